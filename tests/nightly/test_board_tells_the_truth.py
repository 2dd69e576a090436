"""Board: after every hop its offsets, owners, lag and in-sync replicas are those that Kafka's own tools print."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from lab.partitions.kafka_says import Difference, differences

from checkout.lab import Lab

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(600)]  # each tool starts a JVM
TESTS = Path(__file__).parents[1]
KILLED_LEADER = """
import time
from lab.partitions.kafka_says import differences
from checkout.lab import Lab
lab, topic, seen = Lab(brokers=3, partitions=2), "order.process-order-payment", 0

def compare(what):
    global seen
    # Leaders and in-sync replicas change by themselves for some seconds: board and tool have to agree in the end.
    deadline = time.monotonic() + 30
    while (found := differences(lab)) and time.monotonic() < deadline:
        assert {each.tool for each in found} == {"topics"}, (what, found)
    assert not found, (what, found)
    seen += 1

lab.scale("stock", 2)
for customer in ("Ada", "Grace"):
    lab.place_order("wooden spoon", customer=customer)
lab.break_at("payments", "poll")
lab.run()
lab.clear_break("payments", "poll")
compare("three brokers run")
killed = lab.leader(topic)
lab.kill_broker(killed)
number = len(lab.moments)
compare("a leader is killed")
while not lab.status().is_idle:
    lab.step()
    compare(f"hop {len(lab.moments)}")
assert lab.orders["status"].tolist() == ["APPROVED", "APPROVED"]
state = lab.partition_state()
assert not any(row.leader == killed or killed in row.in_sync for row in state.partitions)
assert [broker.is_running for broker in state.brokers].count(False) == 1
lab.start_brokers()
compare("started again")
assert all(len(row.in_sync) == 3 for row in lab.partition_state().partitions)
before = lab.partition_state(number - 1)
assert all(len(row.in_sync) == 3 for row in before.partitions) and all(broker.is_running for broker in before.brokers)
print(seen, "comparisons")
lab.close()
"""


def compared_hop_by_hop(lab: Lab, tools: str = "groups topics offsets") -> dict[int, list[Difference]]:
    """Steps to the end; the differences after each hop."""
    found = {len(lab.moments): differences(lab, tools)}
    while not lab.status().is_idle:
        lab.step()
        found[len(lab.moments)] = differences(lab, tools)
    return found


@pytest.mark.parametrize("product", ["wooden spoon", "garden gnome", "oak table"])
def test_after_every_hop_of_the_three_stories(kafka: str, product: str) -> None:
    with closing(Lab(bootstrap_servers=kafka, partitions=2)) as lab:
        lab.place_order(product, quantity=2)

        found = compared_hop_by_hop(lab, "groups offsets")
        found[0] += differences(lab)

    assert len(found) > 8 and found == dict.fromkeys(found, [])


def test_after_every_hop_of_a_rebalance_and_a_dead_member(kafka: str) -> None:
    with closing(Lab(bootstrap_servers=kafka, partitions=3)) as lab:
        for customer in ("Ada", "Grace", "Linus"):
            lab.place_order("wooden spoon", customer=customer)
        for _ in range(4):
            lab.step()
        found = {"one member": differences(lab)}
        lab.run()
        lab.scale("stock", 3)
        found["three members"] = differences(lab)
        for customer in ("Edsger", "Barbara", "Alan"):
            lab.place_order("wooden spoon", customer=customer)
        lab.break_at("stock", "commit")
        lab.run()
        lab.clear_break("stock", "commit")
        lab.crash("stock")
        found["crashed"] = differences(lab)
        lab.wait(seconds=10)
        found["evicted"] = differences(lab)
        hops = compared_hop_by_hop(lab, "groups")
        lab.restart("stock")
        found["back"] = differences(lab)
        lab.scale("stock", 1)
        found["one again"] = differences(lab)

    assert found == dict.fromkeys(found, []) and hops == dict.fromkeys(hops, []) and len(hops) > 20


def test_after_every_hop_behind_a_killed_leader(lab_home: Path) -> None:
    # In a process of its own: kafka-python leaves sockets to dead brokers open.
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS.parent), str(TESTS)])}
    command = [sys.executable, "-c", KILLED_LEADER]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=400, env=environment)

    assert ended.returncode == 0, ended.stderr
    assert int(ended.stdout.split()[-2]) > 18
