"""Commands: what each prints when there is no store, no Kafka, or a wrong option."""

import json
from pathlib import Path

import pytest
from command_line import checkout, run

NO_STORE = "no store is running below {home}: start one with `checkout up`"


@pytest.mark.parametrize("command", ["order", "order --follow", "orders", "orders 1", "journey 1"])
def test_without_a_store_a_command_says_how_to_start_one(
    home: Path, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    exit_code = run(monkeypatch, *command.split())

    assert (exit_code, *capsys.readouterr()) == (3, "", f"checkout: {NO_STORE.format(home=home)}\n")


@pytest.mark.parametrize("command", ["messages", "messages --follow", "messages --json", "messages --order 1"])
def test_without_a_store_messages_names_the_setting_for_another_kafka(
    home: Path, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    exit_code = run(monkeypatch, *command.split())

    printed = capsys.readouterr()
    assert (exit_code, printed.out) == (3, "")
    assert "start one with `checkout up`, or name another Kafka in CHECKOUT_BOOTSTRAP_SERVERS" in printed.err


def test_a_store_that_does_not_answer_is_named(
    home: Path, port_base: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home.mkdir()
    gateway = {"name": "gateway", "replica": "gateway-1", "address": f"http://127.0.0.1:{port_base}",
               "pid": {"number": 1, "started": 0.0}, "log": ""}
    content = {"bootstrap_servers": "127.0.0.1:1", "prefix": "", "home": str(home), "port_base": port_base,
               "partitions": 1, "database_url": "", "operator_token": "", "processes": [gateway]}
    (home / "store.json").write_text(json.dumps(content))

    exit_code = run(monkeypatch, "orders")

    address = gateway["address"]
    printed = f"checkout: the gateway at {address} does not answer: is `checkout up` running?\n"
    assert (exit_code, *capsys.readouterr()) == (3, "", printed)


def test_a_damaged_store_json_is_named(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home.mkdir()
    (home / "store.json").write_text("{")

    exit_code = run(monkeypatch, "orders")

    printed = capsys.readouterr().err
    assert exit_code == 1
    assert printed.startswith(f"checkout: {home / 'store.json'} cannot be read") and "remove it" in printed


@pytest.mark.parametrize(
    ("command", "printed"),
    [
        ("up --scale stock=2", "stock cannot have 2 replicas on SQLite, which serves one: add --postgres"),
        ("services --scale orders=2", "orders cannot have 2 replicas on SQLite, which serves one: add --postgres"),
        ("up --scale web=2", "--scale web=2: write SERVICE=N"),
        ("up --scale stock", "--scale stock: write SERVICE=N"),
        ("up --scale stock=0", "--scale stock=0: write SERVICE=N"),
        ("up --scale stock=17", "--scale stock=17: write SERVICE=N"),
        ("up --scale stock=-1", "--scale stock=-1: write SERVICE=N"),
        ("up --brokers 2", "CHECKOUT_BROKERS is '2': write 1 or 3"),
        ("up --partitions -1", "CHECKOUT_PARTITIONS is -1: choose 1 or more"),
        ("up --port-base 60000", "CHECKOUT_PORT_BASE is 60000: choose one between"),
        ("kafka start --brokers 2", "CHECKOUT_BROKERS is '2': write 1 or 3"),
        ("messages --topic nonsense", "there is no topic nonsense: choose one of order.new-order-received"),
    ],
)
def test_a_request_that_cannot_work_is_wrong_usage_and_starts_nothing(
    home: Path, command: str, printed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    exit_code = run(monkeypatch, *command.split())

    assert exit_code == 2
    assert printed in capsys.readouterr().err
    assert not home.exists()


def test_a_setting_of_the_wrong_kind_is_named(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CHECKOUT_PORT_BASE", "eight")

    exit_code = run(monkeypatch, "orders")

    printed = "checkout: CHECKOUT_PORT_BASE is 'eight': write a whole number\n"
    assert (exit_code, *capsys.readouterr()) == (2, "", printed)


@pytest.mark.kafka
@pytest.mark.slow
def test_a_kafka_without_topics_shows_no_messages(kafka: str, tmp_path: Path) -> None:
    ended = checkout(tmp_path, "messages", "--json", CHECKOUT_BOOTSTRAP_SERVERS=kafka, CHECKOUT_PREFIX="empty--")

    assert (ended.returncode, ended.stdout.strip(), ended.stderr) == (0, "[]", "")


def test_a_kafka_that_does_not_answer_is_named_with_a_remedy(tmp_path: Path, port_base: int) -> None:
    servers = f"127.0.0.1:{port_base}"

    ended = checkout(tmp_path, "messages", CHECKOUT_BOOTSTRAP_SERVERS=servers)

    assert ended.returncode == 3
    assert ended.stderr == f"checkout: no Kafka answers at {servers}: start one with `checkout kafka start`\n"
