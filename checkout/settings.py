"""Settings: every setting with its default, read from the environment variables `CHECKOUT_...`."""

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from checkout.errors import CheckoutError

PREFIX = "CHECKOUT_"
HOST = "127.0.0.1"
IN_PROCESS = "in-process"  # in place of an external system's URL: run it inside the calling service
# The addresses of external systems come from here only: no message and no response can name one.
URLS = {"payment_broker_url": "https?", "shipment_company_url": "https?", "smtp_url": "smtp"}  # schemes
SIMULATED = dict.fromkeys(URLS, IN_PROCESS)
PORTS = {  # above the base
    "web": 0, "gateway": 1, "orders": 2, "stock": 3, "payments": 4, "shipments": 5, "notifications": 6,
    "payment_broker": 101, "shipment_company": 102, "mailbox": 103, "smtp": 25,
}
KAFKA_PORTS = range(11_092, 11_098)  # above the base: for each of three brokers, one for clients, one for controllers
KAFKA_PYTHON, CONFLUENT = KAFKA_CLIENTS = ("kafka-python", "confluent")
KAFKA, MEMORY = LOGS = ("kafka", "memory")
PLAINTEXT = "PLAINTEXT"  # the names that Kafka gives to the security protocols of its listeners, and to SASL mechanisms
SECURITY_PROTOCOLS = (PLAINTEXT, "SSL", "SASL_PLAINTEXT", "SASL_SSL")
SCRAM_SHA_512 = "SCRAM-SHA-512"
SASL_MECHANISMS = (SCRAM_SHA_512, "SCRAM-SHA-256", "PLAIN")
OTLP, OTLP_JSON_FILE = TRACE_EXPORTERS = ("otlp", "otlp_json_file")  # the names that OpenTelemetry gives them
COMMON_CRASH_WINDOWS = tuple(f"W{number}" for number in range(8))  # of every service
OWN_CRASH_WINDOWS: Mapping[str, tuple[str, ...]] = {
    "orders": ("G1", "G2", "G3"),
    "payments": tuple(f"P{number}-{call}" for call in ("charge", "refund") for number in range(1, 5)),
    "notifications": ("S1", "S2", "S3"),
    "stock": ("T1", "T2"),
}
CRASH_WINDOWS = (*COMMON_CRASH_WINDOWS, *(window for windows in OWN_CRASH_WINDOWS.values() for window in windows))
RESERVATION_SECONDS = 7200.0  # longer than the hourly run of a payment system that works in batches
CALL_SECONDS = 43_200.0  # half of the day for which payment providers remember an idempotency key
RETENTION_SECONDS = 7 * 86_400.0  # as Kafka keeps records
CHOICES = {
    "log": LOGS, "kafka_client": KAFKA_CLIENTS, "kafka_security_protocol": SECURITY_PROTOCOLS,
    "kafka_sasl_mechanism": SASL_MECHANISMS, "brokers": ("1", "3"),
}  # fmt: skip
KINDS: Mapping[object, str] = {float: "a number", bool: "true or false"}  # of settings; others are whole numbers
LAST_PORT_BASE = 65_535 - KAFKA_PORTS.stop


class WrongSetting(CheckoutError, ValueError):
    """A setting has an invalid value; the message names the setting and the valid values."""

    exit_code = 2


class KafkaSecurity(msgspec.Struct, frozen=True):
    """How clients connect to Kafka: the security protocol and, where it has SASL or TLS, user and files.

    `ca_file`: certificates in PEM that may sign the broker's; empty: those of the operating system.
    """

    protocol: str = PLAINTEXT
    mechanism: str = SCRAM_SHA_512
    user: str = ""
    password_file: str = ""
    ca_file: str = ""

    @property
    def has_tls(self) -> bool:
        """Whether connections are encrypted, and the broker's certificate is checked."""
        return self.protocol.endswith("SSL")

    @property
    def has_sasl(self) -> bool:
        """Whether a client logs in with user and password."""
        return self.protocol.startswith("SASL")

    def password(self) -> str:
        """Reads the password. Raises WrongSetting when there is none in the file."""
        try:
            found = Path(self.password_file).read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not a text"
            raise WrongSetting(
                f"{PREFIX}KAFKA_PASSWORD_FILE is {self.password_file!r}: {reason}: name a file that holds the password "
                f"of {self.user}"
            ) from error
        if not found:
            raise WrongSetting(f"{PREFIX}KAFKA_PASSWORD_FILE is {self.password_file!r}, which is empty")
        return found


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one run. An empty address or URL means that the run starts its own server."""

    home: Path = Path(".checkout")
    bootstrap_servers: str = ""
    log: str = MEMORY if sys.platform == "emscripten" else KAFKA  # the default of a lab; emscripten: a browser
    kafka_client: str = KAFKA_PYTHON  # the library of the services' consumers and producers, or confluent
    kafka_security_protocol: str = PLAINTEXT
    kafka_sasl_mechanism: str = SCRAM_SHA_512
    kafka_user: str = ""
    kafka_password_file: str = ""
    kafka_ca_file: str = ""  # empty: the certificates of the operating system
    secured: bool = False  # start the local Kafka with TLS, a user for each service, and access rules
    prefix: str = ""  # of the topics and consumer groups of this run
    port_base: int = 8000
    partitions: int = 1
    brokers: int = 1
    database_url: str = ""  # a PostgreSQL server, on which each service gets its own database
    payment_broker_url: str = ""
    shipment_company_url: str = ""
    smtp_url: str = ""
    journal: str = "all"  # all, none, or a percentage of the orders
    stock: int = 0  # quantity of each product on hand at the start; 0: as in the catalogue
    reservation_seconds: float = RESERVATION_SECONDS  # after which products that are still reserved expire
    call_seconds: float = CALL_SECONDS  # after which a call to an external system without a reply is given up
    retention_seconds: float = RETENTION_SECONDS  # for which records, inbox, outbox and journal are kept
    batch: int = 500  # records per poll
    rate_limit: float = 0.0  # requests per second from one address to the gateway or the web app; 0: no limit
    operator_token: str = ""  # bearer token that may list all orders
    traces_folder: str = ""  # of the files of OTEL_TRACES_EXPORTER=otlp_json_file; empty: traces below home
    crash_at: str = ""  # fault injection: the point at which a service kills itself, as WINDOW or WINDOW:TIME
    plantuml_jar: str = ""  # path of the PlantUML jar that renders diagrams; empty: from Maven Central
    registry: str = "checkout.registry:STORE"  # the system to run, as MODULE:NAME

    @property
    def kafka_security(self) -> KafkaSecurity:
        """How to connect to `bootstrap_servers`."""
        return KafkaSecurity(
            self.kafka_security_protocol, self.kafka_sasl_mechanism, self.kafka_user, self.kafka_password_file,
            self.kafka_ca_file,
        )  # fmt: skip

    def with_security(self, security: KafkaSecurity) -> "Settings":
        """The same settings with another way to connect to Kafka."""
        changed = {
            "kafka_security_protocol": security.protocol, "kafka_sasl_mechanism": security.mechanism,
            "kafka_user": security.user, "kafka_password_file": security.password_file,
            "kafka_ca_file": security.ca_file,
        }  # fmt: skip
        return msgspec.structs.replace(self, **changed)

    def port(self, name: str) -> int:
        """The port of a container, an external system or `smtp`."""
        return self.port_base + PORTS[name]

    def url(self, name: str) -> str:
        """The URL of a container or an external system."""
        given = getattr(self, f"{name}_url", "")  # of an external system
        return given or f"{'smtp' if name == 'smtp' else 'http'}://{HOST}:{self.port(name)}"


def read_settings(environment: Mapping[str, str] = os.environ, **overrides: object) -> Settings:
    """The settings from the environment; overrides that are not None take precedence.

    Raises WrongSetting for a value of the wrong kind.
    """
    fields = Settings.__struct_fields__
    named = {name: environment[PREFIX + name.upper()] for name in fields if PREFIX + name.upper() in environment}
    chosen = named | {name: value for name, value in overrides.items() if value is not None}
    try:
        return _checked(msgspec.convert(chosen, Settings, strict=False, dec_hook=lambda kind, value: kind(value)))
    except msgspec.ValidationError as error:
        field = str(error).partition("$.")[2].rstrip("`")
        valid = KINDS.get(Settings.__annotations__.get(field), "a whole number")
        raise WrongSetting(f"{PREFIX}{field.upper()} is {chosen.get(field)!r}: write {valid}") from error


def read_trace_exporters(environment: Mapping[str, str] = os.environ) -> list[str]:
    """The exporters of OpenTelemetry's OTEL_TRACES_EXPORTER; none when tracing is off.

    Without that variable an OTLP endpoint turns tracing on. OTEL_SDK_DISABLED=true turns it off. All other variables
    `OTEL_...` are read by the OpenTelemetry SDK. Raises WrongSetting for an exporter or a protocol that is not there.
    """
    def value(name: str) -> str:
        return environment.get(f"OTEL_{name}", "").strip()

    if value("SDK_DISABLED").lower() == "true":
        return []
    has_endpoint = value("EXPORTER_OTLP_ENDPOINT") or value("EXPORTER_OTLP_TRACES_ENDPOINT")
    named = value("TRACES_EXPORTER") or (OTLP if has_endpoint else "none")
    exporters = [name.strip() for name in named.split(",") if name.strip() not in ("", "none")]
    for name in exporters:
        if name not in TRACE_EXPORTERS:
            valid = ", ".join([*TRACE_EXPORTERS, "none"])
            raise WrongSetting(f"OTEL_TRACES_EXPORTER is {name!r}: write one of {valid}")
    protocol = value("EXPORTER_OTLP_TRACES_PROTOCOL") or value("EXPORTER_OTLP_PROTOCOL")
    if OTLP in exporters and protocol not in ("", "http/protobuf"):
        raise WrongSetting(f"OTEL_EXPORTER_OTLP_PROTOCOL is {protocol!r}: write http/protobuf, usually to port 4318")
    return exporters


def as_environment(settings: Settings) -> dict[str, str]:
    """The environment variables from which another process reads the same settings."""
    return {PREFIX + field.upper(): str(getattr(settings, field)) for field in settings.__struct_fields__}


def _checked(settings: Settings) -> Settings:
    if not 1 <= settings.port_base <= LAST_PORT_BASE:
        raise WrongSetting(f"{PREFIX}PORT_BASE is {settings.port_base}: choose one between 1 and {LAST_PORT_BASE}")
    for name in ("partitions", "batch"):
        if getattr(settings, name) < 1:
            raise WrongSetting(f"{PREFIX}{name.upper()} is {getattr(settings, name)}: choose 1 or more")
    if settings.crash_at and not re.fullmatch(f"({'|'.join(CRASH_WINDOWS)})(:[1-9][0-9]*)?", settings.crash_at):
        windows = ", ".join(CRASH_WINDOWS)
        raise WrongSetting(f"{PREFIX}CRASH_AT is {settings.crash_at!r}: write one of {windows}, or as W3:2")
    for name, valid in CHOICES.items():
        if (given := str(getattr(settings, name))) not in valid:
            raise WrongSetting(f"{PREFIX}{name.upper()} is {given!r}: write {' or '.join(valid)}")
    _check_security(settings)
    for name in ("reservation_seconds", "call_seconds", "retention_seconds"):
        if not 0 < getattr(settings, name) < 1e9:
            raise WrongSetting(f"{PREFIX}{name.upper()} is {getattr(settings, name)}: choose 1 second or more")
    if settings.journal not in ("all", "none", *map(str, range(101))):
        raise WrongSetting(f"{PREFIX}JOURNAL is {settings.journal!r}: write all, none, or a percentage such as 10")
    _check_front(settings)
    return settings


def _check_front(settings: Settings) -> None:
    if not 0 <= settings.rate_limit < 1e6:
        raise WrongSetting(f"{PREFIX}RATE_LIMIT is {settings.rate_limit}: write requests per second, 0 for no limit")
    if not re.fullmatch("[!-~]*", settings.operator_token):
        raise WrongSetting(f"{PREFIX}OPERATOR_TOKEN has a character that no HTTP header takes: use letters and digits")
    for name, scheme in URLS.items():
        url = getattr(settings, name)
        if url not in ("", IN_PROCESS) and not _is_address(url, scheme):
            example = f"{scheme.removesuffix('s?')}://HOST:PORT"
            raise WrongSetting(f"{PREFIX}{name.upper()} is no address: write one such as {example}")


def _is_address(url: str, scheme: str) -> bool:
    try:
        parts = urlsplit(url)
        has_place = bool(parts.hostname) and parts.port != 0  # reading the port raises ValueError for what is none
    except ValueError:
        return False
    return has_place and re.fullmatch(scheme + r"://[^\s/?#]+(/[^\s?#]*)?", url) is not None


def _check_security(settings: Settings) -> None:
    security = settings.kafka_security
    if security.has_sasl and not (security.user and security.password_file):
        missing = "PASSWORD_FILE" if security.user else "USER"
        raise WrongSetting(f"{PREFIX}KAFKA_SECURITY_PROTOCOL is {security.protocol}: set {PREFIX}KAFKA_{missing}, too")
    if security.user and not security.has_sasl:
        remedy = f"write SASL_SSL in {PREFIX}KAFKA_SECURITY_PROTOCOL"
        raise WrongSetting(f"{PREFIX}KAFKA_USER is {security.user!r}, but {security.protocol} has no login: {remedy}")
