"""Local cluster: start, users, stop, restart after a crash, and the messages when it cannot start."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import kafka
import psutil
import pytest

from checkout.local_kafka import state
from checkout.local_kafka.cluster import KafkaUnavailable, acquire, release, status, stop
from checkout.local_kafka.probe import describe_cluster
from checkout.system.pid import Pid
from checkout.system.ports import is_free

WaitUntil = Callable[..., None]
ACQUIRE_AND_RELEASE = """
import sys
from pathlib import Path
from checkout.local_kafka import cluster
print(cluster.acquire(Path(sys.argv[1]), int(sys.argv[2]), make_cache=False), flush=True)
if sys.stdin.readline():
    cluster.release(Path(sys.argv[1]))
"""


def other_user(kafka_home: Path, port_base: int) -> subprocess.Popen[str]:
    """Another process that acquires the Kafka of this home, and releases it when it reads a line."""
    command = [sys.executable, "-c", ACQUIRE_AND_RELEASE, str(kafka_home), str(port_base)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_a_taken_port_is_named_with_its_process(kafka_home: Path, port_base: int) -> None:
    with socket.create_server(("127.0.0.1", port_base + 11_093)), pytest.raises(KafkaUnavailable) as refusal:
        acquire(kafka_home, port_base)

    assert f"port {port_base + 11_093} is taken by process {os.getpid()}" in str(refusal.value)
    assert "--port-base" in str(refusal.value)


def test_data_of_three_brokers_are_refused_by_a_single_one(kafka_home: Path, port_base: int) -> None:
    (kafka_home / "kafka").mkdir(parents=True)
    state.write(kafka_home, state.State("some-cluster", brokers=3))

    with pytest.raises(KafkaUnavailable, match=r"holds the data of 3 broker\(s\), not of 1: use --brokers 3"):
        acquire(kafka_home, port_base)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
def test_a_full_disk_is_named(kafka_home: Path, port_base: int) -> None:
    (kafka_home / "kafka").mkdir(parents=True)
    (kafka_home / "kafka" / "state.draft").symlink_to("/dev/full")

    with pytest.raises(KafkaUnavailable, match="No space left on device: free some space"):
        acquire(kafka_home, port_base)

    (kafka_home / "kafka" / "state.draft").unlink()


@pytest.mark.kafka
def test_stopping_leaves_no_process_and_open_port(kafka_home: Path, port_base: int) -> None:
    servers = acquire(kafka_home, port_base, make_cache=False, keep=True)

    [broker] = status(kafka_home).processes
    stop(kafka_home)

    assert servers == f"127.0.0.1:{port_base + 11_092}" == status(kafka_home).bootstrap_servers
    assert not psutil.pid_exists(broker) and is_free(port_base + 11_092)
    assert status(kafka_home).processes == []
    stop(kafka_home)


@pytest.mark.kafka
def test_ctrl_c_in_the_terminal_does_not_reach_the_broker(kafka_home: Path, port_base: int) -> None:
    acquire(kafka_home, port_base, make_cache=False)

    [broker] = status(kafka_home).processes

    assert os.getsid(broker) == broker != os.getsid(0)


@pytest.mark.kafka
def test_the_last_user_stops_kafka(kafka_home: Path, port_base: int, wait_until: WaitUntil) -> None:
    acquire(kafka_home, port_base, make_cache=False)
    with other_user(kafka_home, port_base) as other:
        wait_until(lambda: len(status(kafka_home).users) == 2, "the other process uses it too")

        release(kafka_home)

        assert status(kafka_home).users == [other.pid] and status(kafka_home).processes
        other.communicate("release it\n", timeout=30)
    assert status(kafka_home).processes == []


@pytest.mark.kafka
def test_a_user_that_died_does_not_keep_kafka_running(kafka_home: Path, port_base: int, wait_until: WaitUntil) -> None:
    with other_user(kafka_home, port_base) as other:
        wait_until(lambda: status(kafka_home).users == [other.pid], "the other process uses it")
        other.kill()
    assert status(kafka_home).users == [] and status(kafka_home).processes

    acquire(kafka_home, port_base, make_cache=False)
    release(kafka_home)

    assert status(kafka_home).processes == []


@pytest.mark.kafka
def test_start_keeps_kafka_running_without_users(kafka_home: Path, port_base: int) -> None:
    acquire(kafka_home, port_base, make_cache=False, keep=True)
    acquire(kafka_home, port_base, make_cache=False)

    release(kafka_home)

    assert status(kafka_home).kept and status(kafka_home).processes


@pytest.mark.kafka
def test_two_starts_at_once_give_one_broker(kafka_home: Path, port_base: int) -> None:
    with other_user(kafka_home, port_base) as one, other_user(kafka_home, port_base) as two:
        answers = [user.stdout.readline() for user in (one, two) if user.stdout]

        assert answers == [f"127.0.0.1:{port_base + 11_092}\n"] * 2
        assert len(status(kafka_home).processes) == 1 and sorted(status(kafka_home).users) == sorted([one.pid, two.pid])
        for user in (one, two):
            user.communicate(timeout=30)


@pytest.mark.kafka
def test_a_killed_broker_starts_again_with_its_data_on_other_ports(
    kafka_home: Path, port_base: int, wait_until: WaitUntil
) -> None:
    servers = acquire(kafka_home, port_base, make_cache=False)
    with kafka.KafkaAdminClient(bootstrap_servers=servers) as admin:
        admin.create_topics({"spoons": {"num_partitions": 1, "replication_factor": 1}})
    with kafka.KafkaProducer(bootstrap_servers=servers) as producer:
        producer.send("spoons", b"wooden spoon").get(10)

    os.kill(status(kafka_home).processes[0], signal.SIGKILL)
    wait_until(lambda: status(kafka_home).processes == [], "the broker is missed")
    servers = acquire(kafka_home, port_base + 200, make_cache=False)

    assert servers == f"127.0.0.1:{port_base + 200 + 11_092}"
    with kafka.KafkaConsumer(
        "spoons", bootstrap_servers=servers, auto_offset_reset="earliest", consumer_timeout_ms=10_000
    ) as consumer:
        assert next(consumer).value == b"wooden spoon"


@pytest.mark.kafka
def test_a_stale_state_stops_no_other_process(kafka_home: Path, port_base: int) -> None:
    (kafka_home / "kafka").mkdir(parents=True)
    own = Pid.own()
    stale = Pid(own.number, own.started - 60)
    state.write(kafka_home, state.State("K" * 22, 1, port_base, processes={1: stale}, users=[stale]))

    acquire(kafka_home, port_base, make_cache=False)

    assert status(kafka_home).processes != [own.number] and status(kafka_home).users == [own.number]


@pytest.mark.kafka
def test_a_broker_missing_in_the_state_is_found_by_its_command_line(kafka_home: Path, port_base: int) -> None:
    acquire(kafka_home, port_base, make_cache=False)
    [lost] = status(kafka_home).processes
    (kafka_home / "kafka" / "state.json").unlink()

    acquire(kafka_home, port_base, make_cache=False)

    assert not psutil.pid_exists(lost) and len(status(kafka_home).processes) == 1


@pytest.mark.kafka
def test_three_brokers_are_all_registered_and_a_killed_one_comes_back(
    kafka_home: Path, port_base: int, wait_until: WaitUntil
) -> None:
    servers = acquire(kafka_home, port_base, brokers=3, make_cache=False)
    os.kill(status(kafka_home).processes[2], signal.SIGKILL)
    wait_until(lambda: len(status(kafka_home).processes) == 2, "the third broker is missed")

    again = acquire(kafka_home, port_base, brokers=3, make_cache=False)

    ports = [port_base + offset for offset in (11_092, 11_094, 11_096)]
    assert servers == again == ",".join(f"127.0.0.1:{port}" for port in ports)
    assert [describe_cluster(port).brokers for port in ports] == [3, 3, 3]


@pytest.mark.kafka
def test_the_log_of_a_broker_that_exits_at_the_start_is_quoted(kafka_home: Path, port_base: int) -> None:
    (kafka_home / "kafka" / "broker-1").mkdir(parents=True)
    (kafka_home / "kafka" / "broker-1" / "meta.properties").write_text("version=1\n")

    with pytest.raises(KafkaUnavailable, match=r"kafka-1\.log:\n(.*\n)*.*meta\.properties"):
        acquire(kafka_home, port_base, make_cache=False)

    assert status(kafka_home).processes == []
