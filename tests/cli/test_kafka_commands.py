"""Kafka commands: the local Kafka is started, shown and stopped by hand, and Kafka's own tools look into it."""

import json
import signal
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from command_line import COMMAND, checkout, environment, run

from checkout.local_kafka import tools
from checkout.messaging.kafka_log import KafkaBroker
from checkout.messaging.log import ProducerRecord


def test_where_no_kafka_runs_status_ends_with_1_and_stop_does_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    exit_codes = run(monkeypatch, "kafka", "status"), run(monkeypatch, "kafka", "stop")

    printed = capsys.readouterr().out.splitlines()
    assert exit_codes == (1, 0)
    assert printed == ["no Kafka is running here: start one with `checkout kafka start`", "no Kafka is running here"]
    assert not home.exists()


def test_the_access_rules_of_every_service_are_printed_as_a_script(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CHECKOUT_PREFIX", "second--")

    exit_code = run(monkeypatch, "kafka", "acls")

    printed = capsys.readouterr().out
    commands = [line for line in printed.splitlines() if line.startswith("kafka-acls.sh ")]
    assert (exit_code, len(commands)) == (0, 19)
    assert subprocess.run(["sh", "-n"], input=printed, text=True).returncode == 0
    assert commands[0].startswith(
        'kafka-acls.sh --bootstrap-server "$BOOTSTRAP_SERVERS" --command-config "$COMMAND_CONFIG" --add '
        "--allow-principal User:second--orders --operation Read --operation Describe --topic second--payment."
    )


def test_the_access_rules_are_printed_as_json(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    exit_code = run(monkeypatch, "kafka", "acls", "--format", "json")

    rules = json.loads(capsys.readouterr().out)
    assert exit_code == 0
    assert {"user": "payments", "kind": "group", "name": "payments", "operations": ["Read"]} in rules


@pytest.mark.kafka
@pytest.mark.slow
def test_the_local_kafka_is_started_shown_and_stopped_by_hand(kafka_home: Path, port_base: int) -> None:
    servers = f"127.0.0.1:{port_base + 11_092}"

    started = checkout(kafka_home, "kafka", "start", "--port-base", str(port_base))
    shown, as_json = (checkout(kafka_home, "kafka", "status", *form) for form in ((), ("--json",)))
    stopped = checkout(kafka_home, "kafka", "stop")
    after = checkout(kafka_home, "kafka", "status")

    assert [ended.returncode for ended in (started, shown, as_json, stopped, after)] == [0, 0, 0, 0, 1]
    assert started.stderr == ""
    assert started.stdout == f"Kafka answers at {servers}; stop it with `checkout kafka stop`\n"
    status = json.loads(as_json.stdout)
    assert (status["bootstrap_servers"], status["brokers"], status["users"]) == (servers, 1, [])
    assert f"1 broker(s) at {servers}, processes {status['processes']}, not in use" in shown.stdout
    assert stopped.stdout == "Kafka is stopped; its topics stay on disk\n"


def test_a_tool_without_a_server_and_without_a_local_kafka_names_both_remedies(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    exit_code = run(monkeypatch, "kafka", "tool", "topics", "--list")

    printed = capsys.readouterr()
    remedies = "start one with `checkout kafka start`, or name one with --bootstrap-server"
    assert (exit_code, printed.out, printed.err) == (3, "", f"checkout: no Kafka is running here: {remedies}\n")


def test_an_unknown_tool_is_wrong_usage_and_the_known_ones_are_named(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    exit_code = run(monkeypatch, "kafka", "tool", "producer-perf-test")

    printed = capsys.readouterr().err.splitlines()[-1]
    assert exit_code == 2
    assert all(repr(name) in printed for name in tools.CLASSES)


@pytest.mark.kafka
@pytest.mark.parametrize("tool", tools.CLASSES)
def test_help_after_the_name_of_a_tool_is_that_of_the_tool(tool: str, home: Path) -> None:
    ended = checkout(home, "kafka", "tool", tool, "--help")

    purpose = "getting topic-partition offsets" if tool == "get-offsets" else "This tool helps to"
    assert purpose in ended.stdout + ended.stderr
    assert "SLF4J" not in ended.stderr
    assert ended.returncode in (0, 1)


@pytest.mark.kafka
def test_a_tool_prints_its_own_output_and_ends_with_its_own_exit_status(kafka: str, home: Path) -> None:
    with closing(KafkaBroker(kafka, "tool-test--")) as broker:
        broker.create({"spoons": 3})
        described = checkout(home, "kafka", "tool", "topics", "--describe", "--topic", "tool-test--spoons",
                             CHECKOUT_BOOTSTRAP_SERVERS=kafka)  # fmt: skip
        wrong = checkout(home, "kafka", "tool", "consumer-groups", "--nonsense", "--bootstrap-server", kafka)
        broker.delete()

    assert (described.returncode, described.stderr) == (0, "")
    assert "Topic: tool-test--spoons" in described.stdout and "PartitionCount: 3" in described.stdout
    assert wrong.returncode == 1
    assert "nonsense is not a recognized option" in wrong.stderr


@pytest.mark.kafka
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_consumer_which_then_counts_its_records(number: int, kafka: str, home: Path) -> None:
    with closing(KafkaBroker(kafka, "tool-test--")) as broker:
        broker.create({"mugs": 1})
        member = broker.join("mugs", ["mugs"], "mugs-1", assign=True)
        member.send([ProducerRecord("mugs", b"k", b"a mug")])
        member.close()
        arguments = ["--topic", "tool-test--mugs", "--from-beginning", "--bootstrap-server", kafka]
        with subprocess.Popen([*COMMAND, "kafka", "tool", "console-consumer", *arguments], env=environment(home),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as consumer:  # fmt: skip
            assert consumer.stdout
            first = consumer.stdout.readline()
            consumer.send_signal(number)
            _, last = consumer.communicate(timeout=30)
        broker.delete()

    assert first == "a mug\n"
    assert "Processed a total of 1 messages" in last
    assert consumer.returncode == 128 + number


def test_a_tool_that_cannot_be_downloaded_names_the_remedy(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)

    exit_code = run(monkeypatch, "kafka", "tool", "topics", "--help")

    printed = capsys.readouterr().err
    assert exit_code == 3
    assert "Maven Central does not answer" in printed and "connect to a network once" in printed
