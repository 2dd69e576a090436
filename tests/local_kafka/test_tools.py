"""Tools: Kafka's own command line tools, and when they need the address of a server."""

import os
import subprocess

import pytest

from checkout.local_kafka import tools
from checkout.system.java import KAFKA, KAFKA_TOOLS


def test_a_program_reads_once_what_is_passed_on_and_nothing_is_on_disk() -> None:
    path = tools.pass_on("password=wooden spoon\n")
    try:
        ended = subprocess.run(["cat", path], capture_output=True, text=True, close_fds=False, timeout=10)
    finally:
        os.close(int(path.rpartition("/")[2]))

    assert (ended.stdout, ended.stderr) == ("password=wooden spoon\n", "")


def test_the_tools_have_the_version_of_the_broker() -> None:
    assert KAFKA_TOOLS.rpartition(":")[2] == KAFKA.split("+")[0].rpartition(":")[2]


@pytest.mark.parametrize(
    ("tool", "arguments", "lacks"),
    [
        ("consumer-groups", ["--list"], True),
        ("consumer-groups", [], True),
        ("topics", ["--list", "--bootstrap-server", "127.0.0.1:1"], False),
        ("topics", ["--list", "--bootstrap-server=127.0.0.1:1"], False),
        ("console-consumer", ["--help"], False),
        ("dump-log", ["--files", "00000000000000000000.log"], False),
    ],
)
def test_a_tool_gets_a_server_unless_it_has_one_or_needs_none(tool: str, arguments: list[str], lacks: bool) -> None:
    assert tools.lacks_server(tool, arguments) is lacks


def test_variables_that_change_how_java_starts_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Xmx1m")
    monkeypatch.setenv("CLASSPATH", "other.jar")
    monkeypatch.setenv("CHECKOUT_STOCK", "5")

    found = tools.environment()

    assert {"JAVA_TOOL_OPTIONS", "CLASSPATH"} & found.keys() == set()
    assert found["CHECKOUT_STOCK"] == "5"
