"""Security: certificate, users and password files of a secured local Kafka, below its home folder.

Clients and brokers talk over TLS and log in with SCRAM; controllers know each other by their certificate. Without a
rule nothing is allowed, but to the operator.
"""

import os
import secrets
import shutil
import subprocess
from pathlib import Path

from checkout.settings import HOST, SCRAM_SHA_512, KafkaSecurity
from checkout.system.java import JAVA

OPERATOR, BROKER = "operator", "broker"  # users that may do everything
CERTIFICATE_NAME = "CN=kafka"
KEYTOOL_TIMEOUT = 60.0  # seconds
CERTIFICATE_DAYS = 3_650
PROPERTIES = """\
listeners=SASL_SSL://{host}:{port},CONTROLLER://{host}:{controller_port}
listener.security.protocol.map=SASL_SSL:SASL_SSL,CONTROLLER:SSL
inter.broker.listener.name=SASL_SSL
sasl.enabled.mechanisms={mechanism}
sasl.mechanism.inter.broker.protocol={mechanism}
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config={login}
listener.name.controller.ssl.client.auth=required
ssl.keystore.type=PKCS12
ssl.keystore.location={folder}/broker.p12
ssl.keystore.password={keystore_password}
ssl.truststore.type=PEM
ssl.truststore.location={folder}/ca.pem
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:{operator};User:{broker};User:{certificate}
"""


def is_secured(home: Path) -> bool:
    """Whether the local Kafka of this home folder is a secured one."""
    return _folder(home).is_dir()


def create(home: Path) -> None:
    """Makes a certificate, and passwords for operator and brokers. Raises OSError or SubprocessError."""
    folder, draft = _folder(home), _folder(home).with_suffix(".draft")
    shutil.rmtree(draft, ignore_errors=True)  # of a process that was killed meanwhile
    draft.mkdir(mode=0o700, parents=True)
    for name in ("keystore-password", f"{OPERATOR}.password", f"{BROKER}.password"):
        write_secret(draft / name, secrets.token_urlsafe(24))
    _make_certificate(draft)
    draft.replace(folder)


def client_security(home: Path, user: str = OPERATOR) -> KafkaSecurity:
    """How a user connects to the local Kafka of this home folder."""
    if not is_secured(home):
        return KafkaSecurity()
    files = str(_password_file(home, user)), str(_folder(home) / "ca.pem")
    return KafkaSecurity("SASL_SSL", SCRAM_SHA_512, user, *files)


def make_password(home: Path, user: str) -> str:
    """Returns the password of a user of the secured local Kafka; makes one, and its file, when there is none."""
    file = _password_file(home, user)
    if not file.exists():
        write_secret(file, secrets.token_urlsafe(24))
    return file.read_text()


def delete_passwords(home: Path, prefix: str) -> None:
    """Deletes the password files of all users with this prefix, which must not be empty."""
    if prefix:
        for file in _folder(home).glob(f"{prefix}*.password"):
            file.unlink(missing_ok=True)


def write_secret(path: Path, content: str) -> None:
    """Writes a file that only its user can read, in one step."""
    draft = path.with_name(path.name + ".draft")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)
    draft.replace(path)


def broker_properties(home: Path, port: int, controller_port: int) -> str:
    """Returns the server properties that secure a broker. They contain passwords."""
    folder, passwords = _folder(home), [make_password(home, user) for user in (OPERATOR, BROKER)]
    return PROPERTIES.format(
        host=HOST, port=port, controller_port=controller_port, folder=folder, mechanism=SCRAM_SHA_512,
        login=_jaas_login(BROKER, passwords[1]), keystore_password=(folder / "keystore-password").read_text(),
        operator=OPERATOR, broker=BROKER, certificate=CERTIFICATE_NAME,
    )  # fmt: skip


def first_users(home: Path) -> str:
    """Returns the arguments with which Kafka's StorageTool makes operator and broker, one argument a line."""
    users = [f"SCRAM-SHA-512=[name={user},password={make_password(home, user)}]" for user in (OPERATOR, BROKER)]
    return "".join(f"--add-scram\n{user}\n" for user in users)


def checkpoint(home: Path) -> Path:
    """The file that makes the first users when the cluster starts for the first time."""
    return _folder(home) / "bootstrap.checkpoint"


def client_properties(security: KafkaSecurity) -> str:
    """Returns the properties with which Kafka's own tools connect. They contain the password."""
    lines = [f"security.protocol={security.protocol}"]
    if security.has_sasl:
        login = _jaas_login(security.user, security.password(), security.mechanism)
        lines += [f"sasl.mechanism={security.mechanism}", f"sasl.jaas.config={login}"]
    if security.has_tls and security.ca_file:
        lines += ["ssl.truststore.type=PEM", f"ssl.truststore.location={security.ca_file}"]
    return "".join(f"{line}\n" for line in lines)


def _jaas_login(user: str, password: str, mechanism: str = SCRAM_SHA_512) -> str:
    kind = "plain.Plain" if mechanism == "PLAIN" else "scram.Scram"
    # A properties file takes one backslash away, the login another.
    quoted = [value.replace("\\", 4 * "\\").replace('"', '\\\\"') for value in (user, password)]
    module = f"org.apache.kafka.common.security.{kind}LoginModule"
    return f'{module} required username="{quoted[0]}" password="{quoted[1]}";'


def _folder(home: Path) -> Path:
    return home.absolute() / "kafka" / "security"


def _password_file(home: Path, user: str) -> Path:
    return _folder(home) / f"{user}.password"


def _make_certificate(folder: Path) -> None:
    # Self-signed: a client that trusts it trusts nothing else, and no key remains that could sign another.
    store = ["-alias", "broker", "-keystore", "broker.p12", "-storetype", "PKCS12"]
    store += ["-storepass:file", "keystore-password"]
    key = ["-keyalg", "EC", "-groupname", "secp256r1", "-validity", str(CERTIFICATE_DAYS), "-dname", CERTIFICATE_NAME]
    names = ["-ext", f"san=ip:{HOST},dns:localhost", "-ext", "bc:critical=ca:true"]
    keytool = Path(JAVA).with_name("keytool")
    for command in (["-genkeypair", *store, *key, *names], ["-exportcert", "-rfc", *store, "-file", "ca.pem"]):
        subprocess.run([keytool, *command], cwd=folder, check=True, capture_output=True, timeout=KEYTOOL_TIMEOUT)
    for file in folder.iterdir():
        file.chmod(0o600)
