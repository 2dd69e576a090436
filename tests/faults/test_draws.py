"""Draws and soak: the same faults for the same seed, none twice at the same place, brokers healed before replicas."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from checkout.faults.draws import Drawn, Draws
from checkout.faults.external_systems import FAULTS
from checkout.faults.fault import Fault
from checkout.faults.soak import Soak
from checkout.processes.supervisor import KAFKA_SERVICES, Supervisor
from checkout.settings import read_settings


@pytest.fixture
def store(tmp_path: Path) -> Supervisor:
    """A store that is not started."""
    settings = read_settings({}, home=tmp_path, bootstrap_servers="127.0.0.1:1", database_url="postgresql://nobody")
    return Supervisor(settings, dict.fromkeys(KAFKA_SERVICES, 2), lambda what, share: None)


def draw(store: Supervisor, seed: int, count: int = 400) -> list[Drawn]:
    draws = Draws(store, Path("kafka-home"), 3, seed)
    return [next(draws) for _ in range(count)]


def names(drawn: list[Drawn]) -> list[tuple[str, str, float]]:
    return [(each.kind, each.fault.name, each.seconds) for each in drawn]


def test_the_same_seed_draws_the_same_faults(store: Supervisor) -> None:
    first, same, other = draw(store, 1), draw(store, 1), draw(store, 2)

    assert names(first) == names(same)
    assert names(first) != names(other)


def test_faults_of_every_kind_are_drawn_for_every_replica_and_every_broker(store: Supervisor) -> None:
    drawn = draw(store, 1)

    kinds, affected = Counter(each.kind for each in drawn), {name for each in drawn for name in each.fault.affects}
    assert len(kinds) == 10 + len(FAULTS), kinds
    assert affected >= {f"{service}-{number}" for service in KAFKA_SERVICES for number in (1, 2)}
    assert affected >= {"broker-1", "broker-2", "broker-3", "payment_broker", "shipment_company", "mailbox"}


def test_every_crash_point_that_is_drawn_is_a_valid_setting(store: Supervisor) -> None:
    points = [each.fault.name.rpartition(" at ")[2] for each in draw(store, 1) if each.kind == "crash point"]

    assert [read_settings({}, crash_at=point).crash_at for point in points] == points
    assert len(set(points)) >= 20


class StubStore:
    """A store without processes; `ended` are those that have ended."""

    def __init__(self, home: Path) -> None:
        self.settings, self.ended = read_settings({}, home=home), dict[str, int]()

    def crashed(self) -> Iterator[tuple[str, int]]:
        yield from self.ended.items()


def fault(events: list[str], name: str, *affects: str, starts: bool = False) -> Fault:
    inject, heal = (lambda: events.append(f"inject {name}")), (lambda: events.append(f"heal {name}"))
    return Fault(name, affects, inject, heal, starts)


def soak_of(tmp_path: Path, *drawn: Drawn) -> Soak:
    """A soak that draws a fault every 5 seconds of a clock that goes on when the soak pauses."""
    store: Any = StubStore(tmp_path)
    seconds = [0.0]

    def pause(by: float) -> None:
        seconds[0] += by

    return Soak(store, iter(drawn), tmp_path / "faults.jsonl", 5.0, lambda: seconds[0], pause)


def run(tmp_path: Path, *drawn: Drawn) -> Soak:
    """A soak in which all these faults are injected."""
    soak = soak_of(tmp_path, *drawn)
    soak.run(5.0 * len(drawn))
    return soak


def test_replicas_are_started_when_no_broker_is_away(tmp_path: Path) -> None:
    events: list[str] = []
    broker = Drawn("broker", fault(events, "broker", "broker-1"), 20)
    replica = Drawn("kill", fault(events, "replica", "stock-1", starts=True), 0.0)

    run(tmp_path, broker, replica)

    assert events == ["inject broker", "inject replica", "heal broker", "heal replica"]


def test_no_second_fault_is_injected_where_one_is_active(tmp_path: Path) -> None:
    events: list[str] = []
    first = Drawn("pause", fault(events, "pause", "stock-1"), 20)
    second = Drawn("kill", fault(events, "kill", "stock-1", "stock-2"), 0.0)

    soak = run(tmp_path, first, second)

    assert events == ["inject pause", "heal pause"]
    assert soak.counts == {"pause": 1}


def test_a_fault_that_cannot_be_injected_ends_the_soak_and_every_fault_is_healed_and_only_those_that_began_count(
    tmp_path: Path,
) -> None:
    events: list[str] = []
    half = Fault("half", ["stock-2"], failing("stock-2 does not end"), lambda: events.append("heal half"))
    soak = soak_of(tmp_path, Drawn("pause", fault(events, "pause", "stock-1"), 20), Drawn("kill", half, 0.0))

    with pytest.raises(TimeoutError, match="stock-2 does not end"):
        soak.run(10)

    assert events == ["inject pause", "heal half", "heal pause"]
    assert soak.counts == {"pause": 1} and b"half" not in (tmp_path / "faults.jsonl").read_bytes().splitlines()[0]


def test_a_fault_that_cannot_be_healed_leaves_no_other_unhealed(tmp_path: Path) -> None:
    events: list[str] = []
    stuck = Fault("stuck", ["stock-1"], lambda: None, failing("stock-1 does not start"))
    soak = soak_of(tmp_path, Drawn("kill", stuck, 5.0), Drawn("pause", fault(events, "pause", "stock-2"), 20))

    with pytest.raises(TimeoutError, match="stock-1 does not start"):
        soak.run(10)

    assert events == ["inject pause", "heal pause"]


def failing(reason: str) -> Callable[[], None]:
    def fail() -> None:
        raise TimeoutError(reason)

    return fail


def test_the_history_says_when_each_fault_began_and_ended(tmp_path: Path) -> None:
    run(tmp_path, Drawn("pause", fault([], "SIGSTOP of stock-1", "stock-1"), 0.0))

    lines = [msgspec.json.decode(line) for line in (tmp_path / "faults.jsonl").read_bytes().splitlines()]
    assert [(line["event"], line["fault"]) for line in lines] == [
        ("injected", "SIGSTOP of stock-1"), ("healed", "SIGSTOP of stock-1")
    ]
