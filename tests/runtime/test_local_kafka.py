"""Local Kafka: who starts it, who keeps it, what stops it, and what it says when it cannot start."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from checkout.java import KAFKA, fetch_jars
from checkout.runtime import kafka_cache, kafka_node, kafka_state, local_kafka
from checkout.runtime.kafka_probe import describe_cluster
from checkout.runtime.local_kafka import KafkaUnavailable, acquire, release, start, status, stop
from checkout.runtime.pid import Pid

USE_AND_ASK = """
import sys
from pathlib import Path
from checkout.runtime import local_kafka
print(local_kafka.acquire(Path(sys.argv[1]), int(sys.argv[2]), make_cache=False), flush=True)
if sys.stdin.readline():
    local_kafka.release(Path(sys.argv[1]))
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home of its own, in which nothing runs afterwards."""
    yield tmp_path / "home"
    stop(tmp_path / "home")


def wait_until(condition: Callable[[], object], what: str, seconds: float = 30) -> None:
    """Polls until it holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s until {what}"
        time.sleep(0.02)


def other_user(home: Path, port_base: int) -> subprocess.Popen[str]:
    """Another process that uses the Kafka of this home: until it gets a line, which makes it release it."""
    command = [sys.executable, "-c", USE_AND_ASK, str(home), str(port_base)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_a_later_process_with_the_same_number_is_another_one() -> None:
    own = Pid.own()

    earlier = Pid(own.number, own.started - 60)

    assert own.is_alive() and not earlier.is_alive()
    earlier.stop(1)  # or this test ends here


def test_three_brokers_keep_three_copies_and_want_two(tmp_path: Path) -> None:
    nodes = kafka_node.cluster(tmp_path, 8000, 3)

    lines = [kafka_node.properties(node).splitlines() for node in nodes]

    assert [(node.listener, node.controller) for node in nodes] == [(19092, 19093), (19094, 19095), (19096, 19097)]
    for number, own in enumerate(lines, 1):
        assert f"node.id={number}" in own
        assert {"default.replication.factor=3", "offsets.topic.replication.factor=3", "min.insync.replicas=2"} < set(own)
        assert "controller.quorum.voters=1@127.0.0.1:19093,2@127.0.0.1:19095,3@127.0.0.1:19097" in own


def test_a_taken_port_is_named_with_its_process(home: Path, port_base: int) -> None:
    with socket.create_server(("127.0.0.1", port_base + 11_093)):
        with pytest.raises(KafkaUnavailable) as refusal:
            acquire(home, port_base)

    assert f"port {port_base + 11_093} is taken by process {os.getpid()}" in str(refusal.value)
    assert "--port-base" in str(refusal.value)


def test_data_of_three_brokers_are_not_given_to_one(home: Path, port_base: int) -> None:
    (home / "kafka").mkdir(parents=True)
    kafka_state.write(home, kafka_state.State("some-cluster", brokers=3))

    with pytest.raises(KafkaUnavailable, match=r"holds the data of 3 broker\(s\), not of 1: use --brokers 3"):
        acquire(home, port_base)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
def test_a_full_disk_is_named(home: Path, port_base: int) -> None:
    (home / "kafka").mkdir(parents=True)
    (home / "kafka" / "state.draft").symlink_to("/dev/full")

    with pytest.raises(KafkaUnavailable, match="No space left on device: free some space"):
        acquire(home, port_base)

    (home / "kafka" / "state.draft").unlink()


def test_without_a_network_the_first_run_says_so(
    home: Path, port_base: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    shown = []

    with pytest.raises(KafkaUnavailable, match="Maven Central does not answer .* connect to a network once"):
        acquire(home, port_base, on_progress=lambda what, share: shown.append(what))

    assert shown[0] == "fetching Apache Kafka 4.3.1"


def test_what_is_silent_or_speaks_otherwise_is_no_broker() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with pytest.raises(OSError, match="timed out"):
            describe_cluster(silent.getsockname()[1], patience=0.1)


@pytest.mark.kafka
def test_stopping_leaves_no_process_and_open_port(home: Path, port_base: int) -> None:
    servers = start(home, port_base, make_cache=False)

    [broker] = status(home).processes
    stop(home)

    assert servers == f"127.0.0.1:{port_base + 11_092}" == status(home).bootstrap_servers
    assert not psutil.pid_exists(broker) and kafka_node.is_free(port_base + 11_092)
    assert status(home).processes == []
    stop(home)


@pytest.mark.kafka
def test_ctrl_c_in_the_terminal_does_not_reach_the_broker(home: Path, port_base: int) -> None:
    acquire(home, port_base, make_cache=False)

    [broker] = status(home).processes

    assert os.getsid(broker) == broker != os.getsid(0)


@pytest.mark.kafka
def test_the_last_of_two_users_stops_it(home: Path, port_base: int) -> None:
    acquire(home, port_base, make_cache=False)
    with other_user(home, port_base) as other:
        wait_until(lambda: len(status(home).users) == 2, "the other process uses it too")

        release(home)

        assert status(home).users == [other.pid] and status(home).processes
        other.communicate("release it\n", timeout=30)
    assert status(home).processes == []


@pytest.mark.kafka
def test_a_user_that_died_does_not_keep_it(home: Path, port_base: int) -> None:
    with other_user(home, port_base) as other:
        wait_until(lambda: status(home).users == [other.pid], "the other process uses it")
        other.kill()
    assert status(home).users == [] and status(home).processes

    acquire(home, port_base, make_cache=False)
    release(home)

    assert status(home).processes == []


@pytest.mark.kafka
def test_one_that_is_started_to_be_kept_survives_its_users(home: Path, port_base: int) -> None:
    start(home, port_base, make_cache=False)
    acquire(home, port_base, make_cache=False)

    release(home)

    assert status(home).kept and status(home).processes


@pytest.mark.kafka
def test_two_starts_at_once_give_one_broker(home: Path, port_base: int) -> None:
    with other_user(home, port_base) as one, other_user(home, port_base) as two:
        answers = [user.stdout.readline() for user in (one, two) if user.stdout]

        assert answers == [f"127.0.0.1:{port_base + 11_092}\n"] * 2
        assert len(status(home).processes) == 1 and sorted(status(home).users) == sorted([one.pid, two.pid])
        for user in (one, two):
            user.communicate(timeout=30)


@pytest.mark.kafka
def test_killed_it_starts_again_with_its_data_and_on_other_ports(home: Path, port_base: int) -> None:
    kafka = pytest.importorskip("kafka")
    servers = acquire(home, port_base, make_cache=False)
    with kafka.KafkaAdminClient(bootstrap_servers=servers) as admin:
        admin.create_topics({"spoons": {"num_partitions": 1, "replication_factor": 1}})
    with kafka.KafkaProducer(bootstrap_servers=servers) as producer:
        producer.send("spoons", b"wooden spoon").get(10)

    os.kill(status(home).processes[0], signal.SIGKILL)
    wait_until(lambda: status(home).processes == [], "the broker is missed")
    servers = acquire(home, port_base + 200, make_cache=False)

    assert servers == f"127.0.0.1:{port_base + 200 + 11_092}"
    with kafka.KafkaConsumer("spoons", bootstrap_servers=servers, auto_offset_reset="earliest") as consumer:
        assert next(consumer).value == b"wooden spoon"


@pytest.mark.kafka
def test_a_stale_state_that_names_other_processes_harms_none(home: Path, port_base: int) -> None:
    (home / "kafka").mkdir(parents=True)
    own = Pid.own()
    stale = Pid(own.number, own.started - 60)
    kafka_state.write(home, kafka_state.State("K" * 22, 1, port_base, processes={1: stale}, users=[stale]))

    acquire(home, port_base, make_cache=False)

    assert status(home).processes != [own.number] and status(home).users == [own.number]


@pytest.mark.kafka
def test_a_broker_whose_state_is_lost_is_found_by_its_command_line(home: Path, port_base: int) -> None:
    acquire(home, port_base, make_cache=False)
    [lost] = status(home).processes
    (home / "kafka" / "state.json").unlink()

    acquire(home, port_base, make_cache=False)

    assert not psutil.pid_exists(lost) and len(status(home).processes) == 1
