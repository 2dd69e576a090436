"""A checked store: `checkout check` on a running store, and on one of whose services two were killed."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import checkout
from stories.shopper import Shopper, open_shopper

from checkout.checker.client_log import ClientLog
from checkout.load.clients import run_clients
from checkout.load.workload import Workload
from checkout.processes.shop_file import find_shop
from checkout.processes.supervisor import Supervisor

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
OUTSIDE_CLIENTS = ["I2", "I21", "I22"]  # cannot be checked without a client log


@pytest.fixture(scope="module")
def checked_store(new_store: Callable[..., Supervisor]) -> Iterator[Supervisor]:
    """A store of its own: two of its services are killed in the end."""
    store = new_store()
    yield store
    store.stop()


@pytest.fixture
def shopper(
    checked_store: Supervisor, wait_until: Callable[..., None], request: pytest.FixtureRequest
) -> Iterator[Shopper]:
    yield from open_shopper(checked_store, wait_until, request)


@pytest.fixture(scope="module")
def client_log(checked_store: Supervisor) -> Path:
    """The client log of thirty customers."""
    path = checked_store.settings.home / "clients.jsonl"
    log = ClientLog(path)
    run_clients(checked_store.settings.url("gateway"), Workload(14), 30, 4, log)
    log.close()
    return path


def check(store: Supervisor, *options: str) -> tuple[int, dict[str, Any]]:
    """The exit status of `checkout check --json`, and what it prints."""
    result = checkout(store.settings.home, "check", "--json", *options)
    assert result.stdout, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return result.returncode, found


def broken(report: dict[str, Any]) -> set[str]:
    return {result["invariant"] for result in report["results"] if result["verdict"] == "BROKEN"}


def test_all_invariants_hold_after_a_mix_of_orders(checked_store: Supervisor, client_log: Path) -> None:
    exit_code, report = check(checked_store, "--client-log", str(client_log), "--wait", "60")

    assert (exit_code, report["violations"], report["not_checked"]) == (0, 0, [])
    counts = {result["invariant"]: result["counts"] for result in report["results"]}
    assert counts["I1"]["accepted"] == counts["I1"]["orders"] == 30
    assert counts["I14"]["applied"] > 100
    assert counts["I8"]["products"] == 5 and "received: unknown" not in counts["I8"]


def test_without_a_client_log_the_others_are_checked(checked_store: Supervisor, client_log: Path) -> None:
    exit_code, report = check(checked_store)

    assert (exit_code, report["not_checked"]) == (0, OUTSIDE_CLIENTS)
    assert check(checked_store, "--invariant", "i21")[0] == 3


def test_the_report_is_a_line_for_each_invariant(checked_store: Supervisor, client_log: Path) -> None:
    result = checkout(checked_store.settings.home, "check", "--client-log", str(client_log))

    lines = result.stdout.splitlines()
    assert result.returncode == 0
    assert [line.split()[0] for line in lines[:-1]] == [f"I{number}" for number in range(1, 24)]
    assert lines[-1] == "23 of 23 invariants hold, 0 not checked; violations: 0"


def test_a_client_log_that_is_not_there_or_is_none_is_named(checked_store: Supervisor, client_log: Path) -> None:
    store_file = checked_store.settings.home / "store.json"
    problems = {"nowhere.jsonl": "the client log nowhere.jsonl cannot be read", str(store_file): "is no client log"}
    for path, problem in problems.items():
        result = checkout(checked_store.settings.home, "check", "--client-log", path)

        assert (result.returncode, result.stdout) == (2, "")
        assert problem in result.stderr and "Traceback" not in result.stderr


def test_what_killed_services_have_left_undone_is_broken(
    checked_store: Supervisor, client_log: Path, shopper: Shopper
) -> None:
    for process in find_shop(checked_store.settings.home).processes:
        if process.name in ("payments", "notifications"):
            os.kill(process.pid.number, signal.SIGKILL)
    id = shopper.order((1, 1))

    exit_code, report = check(checked_store, "--wait", "2")

    assert exit_code == 1
    assert broken(report) == {"I3", "I16"}
    violations = [violation for result in report["results"] for violation in result["violations"]]
    assert {violation["order"] for violation in violations if violation["invariant"] == "I3"} == {id}
