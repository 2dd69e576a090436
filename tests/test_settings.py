"""Settings: defaults, environment, overrides, and errors that name the variable."""

from pathlib import Path

import pytest

from checkout.settings import PORTS, KafkaSecurity, Settings, WrongSetting, as_environment, read_settings


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = read_settings({})

    assert settings == Settings()
    assert (settings.home, settings.port_base, settings.partitions) == (Path(".checkout"), 8000, 1)


def test_the_environment_sets_every_field_and_other_variables_are_ignored() -> None:
    environment = {"CHECKOUT_HOME": "/tmp/store", "CHECKOUT_PORT_BASE": "9000", "CHECKOUT_NOPE": "1", "HOME": "/root"}

    settings = read_settings(environment)

    assert settings == Settings(home=Path("/tmp/store"), port_base=9000)


def test_an_override_wins_unless_it_is_none() -> None:
    settings = read_settings({"CHECKOUT_PARTITIONS": "3", "CHECKOUT_BROKERS": "3"}, partitions=2, brokers=None)

    assert (settings.partitions, settings.brokers) == (2, 3)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT_BASE", "many"), ("PORT_BASE", ""), ("PORT_BASE", "0"), ("PORT_BASE", "60000"), ("PARTITIONS", "0"),
        ("PARTITIONS", "two"), ("BROKERS", "2"), ("BATCH", "1.5"), ("BATCH", "0"), ("BATCH", "-5"), ("JOURNAL", "some"),
        ("JOURNAL", "-1"), ("JOURNAL", "101"), ("JOURNAL", "²"), ("KAFKA_CLIENT", "rdkafka"),
        ("LOG", "paper"), ("LOG", ""), ("CRASH_AT", "poll"), ("CRASH_AT", "W3:0"), ("CRASH_AT", "W3:"),
    ],
)
def test_the_error_about_an_invalid_value_names_its_variable(variable: str, value: str) -> None:
    with pytest.raises(WrongSetting, match=f"CHECKOUT_{variable}"):
        read_settings({f"CHECKOUT_{variable}": value})


def test_a_switch_is_true_or_false() -> None:
    assert [read_settings({"CHECKOUT_SECURED": text}).secured for text in ("true", "False", "1")] == [True, False, True]
    with pytest.raises(WrongSetting, match="CHECKOUT_SECURED is 'yes': write true or false"):
        read_settings({"CHECKOUT_SECURED": "yes"})


def test_the_error_about_an_unknown_log_names_both_values() -> None:
    with pytest.raises(WrongSetting, match="CHECKOUT_LOG is 'paper': write kafka or memory"):
        read_settings({"CHECKOUT_LOG": "paper"})


@pytest.mark.parametrize(
    ("given", "missing"),
    [({}, "KAFKA_USER"), ({"CHECKOUT_KAFKA_USER": "orders"}, "KAFKA_PASSWORD_FILE")],
)
@pytest.mark.parametrize("protocol", ["SASL_SSL", "SASL_PLAINTEXT"])
def test_a_login_needs_user_and_password_file(given: dict[str, str], missing: str, protocol: str) -> None:
    with pytest.raises(WrongSetting, match=f"PROTOCOL is {protocol}: set CHECKOUT_{missing}, too"):
        read_settings({"CHECKOUT_KAFKA_SECURITY_PROTOCOL": protocol} | given)


@pytest.mark.parametrize(
    ("content", "problem"), [(None, "No such file or directory"), (b" \n", "is empty"), (b"\xff\xfe", "not a text")]
)
def test_a_file_without_a_password_is_named(content: bytes | None, problem: str, tmp_path: Path) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    security = KafkaSecurity("SASL_SSL", user="orders", password_file=str(file))

    with pytest.raises(WrongSetting, match=f"CHECKOUT_KAFKA_PASSWORD_FILE is '{file}'.*{problem}"):
        security.password()


def test_a_password_is_the_text_of_its_file_without_the_line_end(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("two words\n")

    assert KafkaSecurity(password_file=str(tmp_path / "password")).password() == "two words"


def test_settings_and_security_are_the_same_data() -> None:
    security = KafkaSecurity("SASL_SSL", "SCRAM-SHA-256", "orders", "password", "ca.pem")

    settings = Settings(prefix="p--").with_security(security)

    assert settings.kafka_security == security and settings.prefix == "p--"
    assert (security.has_tls, security.has_sasl) == (True, True)
    assert (KafkaSecurity().has_tls, KafkaSecurity().has_sasl) == (False, False)


@pytest.mark.parametrize("value", ["all", "none", "0", "10", "100"])
def test_a_journal_is_all_none_or_a_percentage(value: str) -> None:
    assert read_settings({"CHECKOUT_JOURNAL": value}).journal == value


def test_another_process_reads_the_same_settings_from_the_environment() -> None:
    settings = Settings(home=Path("/tmp/a store"), port_base=9_100, partitions=3, journal="10", plantuml_jar="a.jar",
                        secured=True, kafka_security_protocol="SSL", kafka_ca_file="ca.pem")  # fmt: skip

    assert read_settings(as_environment(settings)) == settings


def test_the_ports_are_those_of_the_contract() -> None:
    settings = Settings(port_base=9000)

    assert {name: settings.port(name) - 9000 for name in PORTS} == {
        "web": 0, "gateway": 1, "orders": 2, "stock": 3, "payments": 4, "shipments": 5, "notifications": 6,
        "payment_broker": 101, "shipment_company": 102, "mailbox": 103, "smtp": 25,
    }


def test_the_url_of_an_external_system_is_the_setting_or_its_port() -> None:
    settings = Settings(payment_broker_url="https://payments.example")

    assert settings.url("payment_broker") == "https://payments.example"
    assert settings.url("shipment_company") == "http://127.0.0.1:8102"
    assert settings.url("smtp") == "smtp://127.0.0.1:8025"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("RATE_LIMIT", "many"), ("RATE_LIMIT", "-1"), ("RATE_LIMIT", "nan"), ("RATE_LIMIT", "inf"),
        ("OPERATOR_TOKEN", "geheim ä"), ("OPERATOR_TOKEN", "a b"),
        ("OPERATOR_TOKEN", "\udcff"), ("OPERATOR_TOKEN", "a\n"),
        ("PAYMENT_BROKER_URL", "ftp://pay.example"), ("PAYMENT_BROKER_URL", "pay.example"),
        ("PAYMENT_BROKER_URL", "file:///etc/passwd"), ("SHIPMENT_COMPANY_URL", "http://"),
        ("SHIPMENT_COMPANY_URL", "http://a b/"), ("SMTP_URL", "http://mail.example"), ("SMTP_URL", "smtp:mail"),
        ("SMTP_URL", "smtp://h:abc"), ("PAYMENT_BROKER_URL", "http://h:99999"), ("SHIPMENT_COMPANY_URL", "http://h:0"),
        ("PAYMENT_BROKER_URL", "http://[::1"), ("SMTP_URL", "smtp://:25"), ("PAYMENT_BROKER_URL", "http://user@/v1"),
    ],
)
def test_the_error_about_an_unsafe_value_names_its_variable_and_a_remedy(variable: str, value: str) -> None:
    with pytest.raises(WrongSetting, match=f"CHECKOUT_{variable} (is|has) .*(write|use)"):
        read_settings({f"CHECKOUT_{variable}": value})


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("payment_broker_url", "https://user:password@pay.example:8443/v1"), ("smtp_url", "smtp://127.0.0.1:2525"),
        ("shipment_company_url", "in-process"), ("operator_token", "aZ9-_.~+/="), ("rate_limit", "0.5"),
    ],
)
def test_a_safe_value_is_kept(variable: str, value: str) -> None:
    assert str(getattr(read_settings({f"CHECKOUT_{variable.upper()}": value}), variable)) == value
