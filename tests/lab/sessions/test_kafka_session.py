"""Kafka session: labs on a real Kafka are isolated and delete their topics and groups, even after `kill -9`."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from checkout.lab import Lab
from checkout.lab.sessions.kafka_session import delete_leftovers, machine
from checkout.local_kafka import cluster
from checkout.local_kafka.broker_config import bootstrap_servers, broker_configs
from checkout.local_kafka.broker_process import start_broker
from checkout.local_kafka.download import class_path, no_progress
from checkout.local_kafka.probe import is_serving
from checkout.local_kafka.storage import format_storage, random_uuid
from checkout.messages import TOPICS
from checkout.messaging.kafka_log import KafkaBroker
from checkout.messaging.log import ProducerRecord
from checkout.settings import HOST, KafkaSecurity

pytestmark = pytest.mark.kafka
OpenLab = Callable[..., Lab]
WaitUntil = Callable[..., None]
KERNEL = """
import sys
import threading
from checkout.lab import Lab, LabError
lab = Lab()
lab.place_order("wooden spoon")
lab.break_at("payments", "publish")
print(lab.run().note, flush=True)
sys.stdin.read()
"""


def names(servers: str) -> set[str]:
    broker = KafkaBroker(servers)
    found = broker.names()
    broker.close()
    return {name for name in found if not name.startswith("__")}


def test_a_closed_lab_leaves_no_topic_no_group_and_no_cleanup_process(kafka: str) -> None:
    before, children = names(kafka), len(psutil.Process().children())
    lab = Lab(bootstrap_servers=kafka)
    lab.place_order("wooden spoon")
    lab.run()

    lab.reset()
    lab.close()

    assert names(kafka) == before
    assert len(psutil.Process().children()) == children


def test_a_lab_beside_a_store_neither_sees_nor_deletes_its_messages(kafka: str, kafka_lab: OpenLab) -> None:
    store = KafkaBroker(kafka)
    store.create(dict.fromkeys(TOPICS, 1))
    member = store.join("stock", list(TOPICS), "stock-1", assign=True)
    member.send([ProducerRecord("order.new-order-received", b"k", b"{}")])
    ends = store.ends(list(TOPICS))

    lab = kafka_lab()
    lab.place_order("wooden spoon")
    lab.run()

    assert len(lab.messages) == 5
    assert store.ends(list(TOPICS)) == ends
    member.close()
    store.close()


def test_a_lab_starts_the_local_kafka_and_the_last_one_stops_it(
    lab_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = Lab(), Lab()
    running = len(cluster.status(lab_home).processes)

    one.close()
    still = len(cluster.status(lab_home).processes)
    two.close()

    assert [running, still, len(cluster.status(lab_home).processes)] == [1, 1, 0]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_kernel_leaves_no_topics_and_groups(
    lab_home: Path, number: int, wait_until: WaitUntil
) -> None:
    cluster.acquire(lab_home, int(os.environ["CHECKOUT_PORT_BASE"]), make_cache=False, keep=True)
    servers = cluster.status(lab_home).bootstrap_servers
    with subprocess.Popen([sys.executable, "-c", KERNEL], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as kernel:
        assert kernel.stdout
        printed = kernel.stdout.readline().decode()
        during = len(names(servers))

        kernel.send_signal(number)
        kernel.wait()

    assert printed == "break point: payments-1, before publish\n"
    assert during >= len(TOPICS)
    wait_until(lambda: not names(servers), "the cleanup process to delete topics and groups")
    assert cluster.status(lab_home).users == []


def test_a_new_lab_deletes_the_topics_of_a_dead_one(kafka: str) -> None:
    dead = KafkaBroker(kafka, f"lab-{machine()}-4194000-1-1--")
    elsewhere = KafkaBroker(kafka, "lab-000000-4194000-1-1--")
    for broker in (dead, elsewhere):
        broker.create({"order.new-order-received": 1})

    delete_leftovers(kafka, KafkaSecurity())

    left = [dead.topics(), elsewhere.topics()]
    elsewhere.delete()
    dead.close()
    elsewhere.close()
    assert left == [{}, {"order.new-order-received": 1}]


@pytest.fixture
def kafka_with_idle_timeout(tmp_path: Path, port_base: int, wait_until: WaitUntil) -> Iterator[str]:
    """A broker that closes connections after two idle seconds."""
    [broker] = broker_configs(tmp_path, port_base, 1)
    jars = class_path(no_progress)
    format_storage(broker, random_uuid(), jars)
    with broker.properties_file.open("a") as properties:
        properties.write("connections.max.idle.ms=2000\n")
    process = start_broker(broker, jars)
    wait_until(lambda: is_serving(broker.port), "the broker to answer")
    yield bootstrap_servers([broker])
    process.stop(5)


@pytest.mark.slow
def test_an_idle_kernel_continues_in_the_middle_of_a_hop(kafka_with_idle_timeout: str) -> None:
    idle = {"connections_max_idle_ms": 2_000, "request_timeout_ms": 1_500}
    lab = Lab(bootstrap_servers=kafka_with_idle_timeout, kafka=idle)
    lab.place_order("wooden spoon", quantity=2)
    lab.break_at("stock", "publish")
    lab.run()

    time.sleep(10)  # longer than the idle timeout
    lab.run()

    assert kafka_with_idle_timeout.startswith(HOST)
    assert [len(lab.moments), lab.orders["status"].tolist(), lab.groups["lag"].sum()] == [17, ["APPROVED"], 0]
    lab.close()


def test_a_garbage_collected_lab_ends_its_clients_and_deletes_its_topics(kafka: str) -> None:
    before, threads = names(kafka), threading.active_count()
    lab = Lab(bootstrap_servers=kafka)
    running = threading.active_count()

    del lab

    assert running > threads
    assert names(kafka) == before
    assert threading.active_count() <= threads
