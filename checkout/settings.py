"""Settings: everything that can be set, with laptop defaults, read once from `CHECKOUT_...`."""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from checkout.errors import CheckoutError

PREFIX = "CHECKOUT_"
HOST = "127.0.0.1"
IN_PROCESS = "in-process"  # instead of an outside system's URL: inside the service that asks it
PORTS = {  # above the base; Kafka's own are 11,092 to 11,097 above it
    "web": 0, "gateway": 1, "orders": 2, "stock": 3, "payments": 4, "shipments": 5, "notifications": 6,
    "payment_broker": 101, "shipment_company": 102, "mailbox": 103, "smtp": 25,
}


class WrongSetting(CheckoutError, ValueError):
    """A setting that cannot be used; the message names it and what it takes."""

    exit_code = 2


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What one run of the store needs to know. Empty strings mean: the store starts its own."""

    home: Path = Path(".checkout")
    bootstrap_servers: str = ""
    prefix: str = ""  # of this run's topics and consumer groups
    port_base: int = 8000
    partitions: int = 1
    brokers: int = 1
    database_url: str = ""  # of a PostgreSQL in which each service gets a database of its own
    payment_broker_url: str = ""
    shipment_company_url: str = ""
    smtp_url: str = ""
    journal: str = "all"  # all, none, or a percentage of the orders
    stock: int = 0  # how many of each product are on hand at the start; 0: as the catalogue says
    batch: int = 500  # records a worker takes at a time
    operator_token: str = ""  # who sends it may list all orders
    plantuml_jar: str = ""  # path of the PlantUML jar that renders diagrams; empty: from Maven Central
    crash_before: str = ""  # a fault to try: publish or commit, before which a worker that has work kills itself

    def port(self, name: str) -> int:
        """The port of a container, an outside system or `smtp`."""
        return self.port_base + PORTS[name]

    def url(self, name: str) -> str:
        """Where a container or an outside system answers."""
        given = {"payment_broker": self.payment_broker_url, "shipment_company": self.shipment_company_url,
                 "smtp": self.smtp_url}
        scheme = "smtp" if name == "smtp" else "http"
        return given.get(name) or f"{scheme}://{HOST}:{self.port(name)}"


def read_settings(environment: Mapping[str, str] = os.environ, **overrides: object) -> Settings:
    """The settings named by the environment; overrides that are not None win.

    Raises WrongSetting for a value of the wrong kind.
    """
    fields = Settings.__struct_fields__
    named = {name: environment[PREFIX + name.upper()] for name in fields if PREFIX + name.upper() in environment}
    chosen = named | {name: value for name, value in overrides.items() if value is not None}
    try:
        return _checked(msgspec.convert(chosen, Settings, strict=False, dec_hook=lambda kind, value: kind(value)))
    except msgspec.ValidationError as error:
        field = str(error).partition("$.")[2].rstrip("`")
        raise WrongSetting(f"{PREFIX}{field.upper()} is {chosen.get(field)!r}: write a whole number") from error


def as_environment(settings: Settings) -> dict[str, str]:
    """The variables that make another process read the same settings."""
    return {PREFIX + field.upper(): str(getattr(settings, field)) for field in settings.__struct_fields__}


def _checked(settings: Settings) -> Settings:
    if not 1 <= settings.port_base <= 65_535 - 11_098:
        raise WrongSetting(f"{PREFIX}PORT_BASE is {settings.port_base}: choose one between 1 and {65_535 - 11_098}")
    if settings.partitions < 1 or settings.brokers not in (1, 3):
        raise WrongSetting(f"{PREFIX}PARTITIONS must be 1 or more, and {PREFIX}BROKERS 1 or 3")
    if settings.crash_before not in ("", "publish", "commit"):
        raise WrongSetting(f"{PREFIX}CRASH_BEFORE is {settings.crash_before!r}: write publish or commit")
    if settings.batch < 1:
        raise WrongSetting(f"{PREFIX}BATCH is {settings.batch}: take 1 record or more at a time")
    if settings.journal not in ("all", "none", *map(str, range(101))):
        raise WrongSetting(f"{PREFIX}JOURNAL is {settings.journal!r}: write all, none, or a percentage such as 10")
    return settings
