"""Security: certificate, passwords and properties of a secured local Kafka."""

import ssl
import stat
import subprocess
from pathlib import Path

import pytest

from checkout.errors import KafkaUnavailable
from checkout.local_kafka import cluster, security
from checkout.local_kafka.broker_config import broker_configs
from checkout.settings import KafkaSecurity


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    security.create(home)
    return home


def test_a_new_secured_kafka_has_a_certificate_that_python_trusts_for_this_machine(home: Path) -> None:
    login = security.client_security(home)

    [found] = ssl.create_default_context(cafile=login.ca_file).get_ca_certs()

    assert ("IP Address", "127.0.0.1") in found["subjectAltName"]  # type: ignore[operator]
    assert (login.protocol, login.user, len(login.password())) == ("SASL_SSL", "operator", 32)


def test_only_this_user_reads_the_files(home: Path) -> None:
    security.make_password(home, "stock")

    folder = home / "kafka" / "security"
    files = [*folder.iterdir()]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600} and len(files) == 6


def test_a_password_is_made_once_for_each_user(home: Path) -> None:
    passwords = [security.make_password(home, user) for user in ("stock", "orders", "stock")]

    assert passwords[0] == passwords[2] != passwords[1]
    assert security.client_security(home, "orders").password() == passwords[1]


def test_the_passwords_of_a_run_are_deleted_and_no_others(home: Path) -> None:
    kept, gone = (Path(security.client_security(home, user).password_file) for user in ("stock", "demo-1--stock"))
    for user in ("stock", "demo-1--stock"):
        security.make_password(home, user)

    security.delete_passwords(home, "demo-1--")
    security.delete_passwords(home, "")

    assert kept.exists() and not gone.exists()


def test_without_a_certificate_a_kafka_is_not_secured(tmp_path: Path) -> None:
    assert security.client_security(tmp_path) == KafkaSecurity()
    assert "SASL" not in broker_configs(tmp_path, 8000, 1)[0].properties()


def test_a_secured_broker_has_no_listener_without_tls(home: Path) -> None:
    lines = broker_configs(home, 8000, 3)[1].properties().splitlines()

    [listeners, protocols] = [line for line in lines if line.startswith("listener") and "jaas" not in line][:2]
    assert listeners == "listeners=SASL_SSL://127.0.0.1:19094,CONTROLLER://127.0.0.1:19095"
    assert protocols == "listener.security.protocol.map=SASL_SSL:SASL_SSL,CONTROLLER:SSL"
    assert "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer" in lines
    assert not any("allow.everyone" in line for line in lines)


def test_data_of_a_kafka_that_is_not_secured_is_refused(tmp_path: Path) -> None:
    (tmp_path / "kafka" / "broker-1").mkdir(parents=True)
    (tmp_path / "kafka" / "broker-1" / "meta.properties").write_text("cluster.id=K\n")

    with pytest.raises(KafkaUnavailable, match="holds the data of a Kafka that is not secured: set CHECKOUT_HOME"):
        cluster.acquire(tmp_path, secured=True)

    assert not security.is_secured(tmp_path)


def test_a_create_that_was_interrupted_leaves_nothing_that_counts(tmp_path: Path) -> None:
    draft = tmp_path / "kafka" / "security.draft"
    draft.mkdir(parents=True)
    (draft / "broker.p12").write_text("half a file")

    security.create(tmp_path)

    assert security.is_secured(tmp_path) and not draft.exists()


@pytest.mark.parametrize(
    ("mechanism", "module"), [("PLAIN", "plain.PlainLoginModule"), ("SCRAM-SHA-256", "scram.ScramLoginModule")]
)
def test_the_properties_of_kafkas_own_tools_have_the_login(mechanism: str, module: str, tmp_path: Path) -> None:
    (tmp_path / "password").write_text('a "quoted\\word"')
    login = KafkaSecurity("SASL_SSL", mechanism, "ops", str(tmp_path / "password"), "/ca.pem")

    lines = security.client_properties(login).splitlines()

    assert lines[:2] == ["security.protocol=SASL_SSL", f"sasl.mechanism={mechanism}"]
    assert lines[2].startswith(f"sasl.jaas.config=org.apache.kafka.common.security.{module} required")
    assert lines[2].endswith(r'username="ops" password="a \\"quoted\\\\word\\"";')
    assert lines[3:] == ["ssl.truststore.type=PEM", "ssl.truststore.location=/ca.pem"]


def test_no_secret_is_in_the_arguments_of_a_program(home: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError) as failed:
        security._make_certificate(home / "kafka" / "security")  # the alias exists already

    assert not any(file.read_text() in str(failed.value.cmd) for file in home.glob("kafka/security/*password"))
