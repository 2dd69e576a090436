"""Kafka commands: the local Kafka is started, shown and stopped by hand."""

import json
from pathlib import Path

import pytest
from command_line import checkout, run


def test_where_no_kafka_runs_status_ends_with_1_and_stop_does_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    exit_codes = run(monkeypatch, "kafka", "status"), run(monkeypatch, "kafka", "stop")

    printed = capsys.readouterr().out.splitlines()
    assert exit_codes == (1, 0)
    assert printed == ["no Kafka is running here: start one with `checkout kafka start`", "no Kafka is running here"]
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
    assert started.stderr == ""
    assert started.stdout == f"Kafka answers at {servers}; stop it with `checkout kafka stop`\n"
    status = json.loads(as_json.stdout)
    assert (status["bootstrap_servers"], status["brokers"], status["users"]) == (servers, 1, [])
    assert f"1 broker(s) at {servers}, processes {status['processes']}, not in use" in shown.stdout
    assert stopped.stdout == "Kafka is stopped; its topics stay on disk\n"
