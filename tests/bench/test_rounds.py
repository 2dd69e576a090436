"""Rounds: a short measurement of our services and of each peer, whose effects are counted."""

import sys
from pathlib import Path

import msgspec
import pytest

from checkout.bench.rounds import Measurement, Plan, measure, measure_restarts
from checkout.bench.systems import System, parse_system

PEERS = Path(__file__).parents[2] / "scripts" / "peers"
SHORT = Plan(orders=100, rate=20, seconds=1, idle_seconds=0.1, partitions=2)


def measured(
    system: System, monkeypatch: pytest.MonkeyPatch, home: Path, plan: Plan = SHORT
) -> Measurement:
    monkeypatch.setenv("CHECKOUT_HOME", str(home))
    results: list[Measurement] = []
    measure([system], plan, 1, results.append)
    return results[0]


@pytest.mark.kafka
@pytest.mark.parametrize("name", ["checkout", "checkout-confluent"])
def test_our_services_are_measured(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    result = measured(parse_system(name), monkeypatch, tmp_path)

    assert (result.system, result.round) == (name, 1)
    figures = (result.orders_per_second, result.cpu_per_1000, result.cpu_per_1000_at_rate, result.broker_cpu_per_1000)
    assert min(figures) > 0
    assert 0 < result.latency["p50"] <= result.latency["p99"] <= result.latency["max"]
    assert list(result.memory) == ["orders", "stock", "payments", "shipments", "notifications"]


@pytest.mark.kafka
@pytest.mark.postgres
def test_replicas_on_postgresql_are_measured_by_service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    plan = msgspec.structs.replace(SHORT, postgres=True, scale={"stock": 2})

    result = measured(parse_system("checkout"), monkeypatch, tmp_path, plan)

    assert list(result.cpu_of) == ["orders", "stock", "payments", "shipments", "notifications"]
    assert result.cpu_of["stock"] > 0


@pytest.mark.kafka
@pytest.mark.postgres
def test_every_order_has_its_effects_while_a_replica_leaves_and_returns(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CHECKOUT_HOME", str(tmp_path))
    plan = msgspec.structs.replace(SHORT, postgres=True, scale={"stock": 2})

    latencies = dict(measure_restarts(plan, "stock-2"))

    assert [len(found) for found in latencies.values()] == [20] * 5
    assert list(latencies)[3] == "killed with SIGKILL"


@pytest.mark.kafka
@pytest.mark.parametrize("peer", sorted(PEERS.glob("*_peer.py")), ids=lambda path: path.stem)
def test_a_peer_has_the_same_effects(peer: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    result = measured(System(peer.stem, (sys.executable, str(peer))), monkeypatch, tmp_path)

    assert result.system == peer.stem
    assert result.orders_per_second > 0
