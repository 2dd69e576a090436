"""Left alone: a lab after poll timeouts and broker failures; too slow for every push."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from checkout.lab import Lab
from checkout.local_kafka import cluster

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
PROGRAM = """
from checkout.lab import Lab, LabError
lab, topic = Lab(brokers=3), "order.process-order-payment"
def show(): print(lab.partitions(topic)[["leader", "replicas", "in_sync"]].values.tolist())
lab.place_order("wooden spoon", quantity=2)
lab.break_at("payments", "poll")
lab.run()
lab.clear_break("payments", "poll")
show()
lab.kill_broker(lab.leader(topic))
print(lab.run().note)
show()
lab.kill_broker(lab.brokers[0])
lab.place_order("enamel mug")
try:
    lab.run()
except LabError as error:
    print(str(error)[:16])
lab.start_brokers()
show()
print(lab.run().note)
print(lab.orders["status"].tolist(), lab.brokers)
lab.close()
"""


def test_a_group_continues_after_max_poll_interval_has_expired(kafka: str) -> None:
    lab = Lab(bootstrap_servers=kafka, partitions=2, kafka={"max_poll_interval_ms": 6_000})
    lab.scale("stock", 2)
    for customer in ("Ada", "Grace"):
        lab.place_order("wooden spoon", quantity=2, customer=customer)
    lab.break_at("stock", "commit")
    lab.run()
    lab.clear_break("stock", "commit")

    time.sleep(15)  # longer than max.poll.interval.ms: a member that has records and does not ask for more leaves
    lab.run()

    assert [lab.orders["status"].tolist(), lab.groups["lag"].sum()] == [["APPROVED", "APPROVED"], 0]
    assert lab.stock.iloc[0][["on_hand", "reserved"]].tolist() == [96, 0]
    lab.close()


def test_a_cluster_continues_without_one_of_three_brokers_and_stops_without_two(lab_home: Path) -> None:
    # In a process of its own: kafka-python leaves sockets to dead brokers open.
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=110)

    assert ended.stdout.splitlines()[-7:] == [
        "[[3, '3, 1, 2', '1, 2, 3']]", "Nothing moves: every order is approved or rejected.",
        "[[1, '3, 1, 2', '1, 2']]", "no Kafka answers", "[[2, '3, 1, 2', '1, 2, 3']]",
        "Nothing moves: every order is approved or rejected.", "['APPROVED', 'APPROVED'] [1, 2, 3]",
    ], ended.stderr  # fmt: skip
    assert cluster.status(lab_home / "lab-3-brokers").processes == []
