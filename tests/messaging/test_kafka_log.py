"""Kafka log: what only a real Kafka does - be unreachable, be shared by several runs."""

import contextlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from messaging.polling import ORDERS

from checkout.errors import PackageMissing
from checkout.local_kafka import cluster
from checkout.messaging.kafka_log import KafkaBroker
from checkout.messaging.kafka_topics import choose_brokers, topic_options
from checkout.messaging.log import Broker, Lag, LogUnavailable, ProducerRecord, Replicas
from checkout.messaging.memory_log import MemoryBroker
from checkout.messaging.security.login import LoginRefused
from checkout.settings import KAFKA_CLIENTS, KafkaSecurity

NewBroker = Callable[[], KafkaBroker]
AWAY = r"LogUnavailable: no Kafka answers at 127.0.0.1:\d+: start one with `checkout kafka start`"


@pytest.mark.kafka
def test_kafka_and_memory_give_a_key_the_same_partition(new_kafka_broker: NewBroker) -> None:
    messages = [ProducerRecord(ORDERS, bytes(range(n)), b"") for n in range(200)]
    brokers: list[Broker] = [new_kafka_broker(), MemoryBroker()]
    for broker in brokers:
        broker.create({ORDERS: 7})
    members = [broker.join("stock", [ORDERS], "stock-1") for broker in brokers]

    on_kafka, in_memory = [[metadata.partition for metadata in member.send(messages)] for member in members]

    assert on_kafka == in_memory
    assert len(set(in_memory)) == 7
    members[0].close()


@pytest.mark.kafka
def test_the_beginning_offset_is_that_of_the_oldest_record_that_is_not_deleted(new_kafka_broker: NewBroker) -> None:
    broker = new_kafka_broker()
    broker.create({ORDERS: 2})
    member = broker.join("stock", [ORDERS], "stock-1", assign=True)
    member.send([ProducerRecord(ORDERS, None, b"1", partition=0) for _ in range(3)])
    deleted = {broker.connection.topic_partition((ORDERS, 0)): 2}

    with contextlib.closing(KafkaAdminClient(bootstrap_servers=broker.connection.bootstrap_servers)) as admin:
        admin.delete_records(deleted)

    assert broker.begins([ORDERS]) == {(ORDERS, 0): 2, (ORDERS, 1): 0}
    assert broker.lags("stock", [ORDERS])[ORDERS, 0] == Lag(0, 3, 2)
    assert [record.offset for record in broker.read([ORDERS])] == [2]
    member.close()


@pytest.mark.kafka
def test_a_partition_names_its_brokers(new_kafka_broker: NewBroker) -> None:
    broker = new_kafka_broker()
    broker.create({ORDERS: 2}, chooses_brokers=True)

    assert broker.replicas([ORDERS]) == {(ORDERS, 0): Replicas(1, [1], [1]), (ORDERS, 1): Replicas(1, [1], [1])}
    with pytest.raises(LogUnavailable, match="has no topic nothing"):
        broker.replicas(["nothing"])


def test_chosen_brokers_are_the_same_in_every_run_and_lead_in_turn() -> None:
    options = [topic_options(topic, partitions=2, brokers=3, retention=None) for topic in ("a", "b")]
    for first, each in enumerate(options):
        choose_brokers(each, [1, 2, 3], first)

    assert [each["assignments"] for each in options] == [{0: [1, 2, 3], 1: [2, 3, 1]}, {0: [2, 3, 1], 1: [3, 1, 2]}]
    assert "replication_factor" not in options[0]


@pytest.mark.kafka
@pytest.mark.parametrize(
    ("retention", "expected"),
    [(None, ("-1", None)), (604_800.0, ("604800000", "75600000")), (60.0, ("60000", "10000"))],
)
def test_topics_keep_their_records_for_the_retention(
    new_kafka_broker: NewBroker, retention: float | None, expected: tuple[str, str | None]
) -> None:
    broker = new_kafka_broker()
    broker.create({ORDERS: 1}, retention)

    name = broker.connection.add_prefix(ORDERS)
    with contextlib.closing(KafkaAdminClient(bootstrap_servers=broker.connection.bootstrap_servers)) as admin:
        asked = ConfigResource(ConfigResourceType.TOPIC, name)
        found = admin.describe_configs([asked], config_filter="all")["topic"][name]

    assert found["retention.ms"]["value"] == expected[0]
    assert expected[1] in (None, found["segment.ms"]["value"])


@pytest.mark.parametrize("prefix", ["lab", "lab-", "order.", "--", "lab--x", "lab--x--", "lab 1--"])
def test_prefix_that_another_name_could_begin_with_is_refused(prefix: str) -> None:
    with pytest.raises(ValueError, match="cannot be a prefix: take letters, digits"):
        KafkaBroker("127.0.0.1:9", prefix)


def test_run_without_a_prefix_is_never_deleted() -> None:
    with pytest.raises(ValueError, match="the store without a prefix is not deleted"):
        KafkaBroker("127.0.0.1:9").delete()


@pytest.mark.kafka
def test_run_without_a_prefix_does_not_see_the_others(kafka: str, new_kafka_broker: NewBroker) -> None:
    ours = new_kafka_broker()
    ours.create({ORDERS: 1})
    store = KafkaBroker(kafka)

    seen = store.topics()

    assert not [topic for topic in seen if "--" in topic or topic.startswith("__")]
    store.close()


@pytest.mark.kafka
@pytest.mark.parametrize("protocol", ["SSL", "SASL_PLAINTEXT", "SASL_SSL"])
def test_a_kafka_without_tls_and_login_is_told_from_one_that_is_away(
    protocol: str, kafka: str, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text("spoon")
    login = KafkaSecurity(protocol, user="orders", password_file=str(tmp_path / "password"))

    with pytest.raises(LoginRefused, match=f"Kafka at {kafka} wants PLAINTEXT, not {protocol}: set CHECKOUT_KAFKA_SEC"):
        KafkaBroker(kafka, security=login).topics()


def test_a_client_that_is_not_installed_is_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("confluent_consumer", "confluent_producer"):
        monkeypatch.delitem(sys.modules, f"checkout.messaging.clients.{name}", raising=False)
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)

    with pytest.raises(PackageMissing, match=r"needs the package confluent-kafka: install it with `pip install"):
        KafkaBroker("127.0.0.1:9", client="confluent")


def test_an_unreachable_broker_is_reported_with_address_and_remedy() -> None:
    broker = KafkaBroker("127.0.0.1:9")
    started = time.monotonic()

    with pytest.raises(LogUnavailable, match=AWAY.removeprefix("LogUnavailable: ")):
        broker.create({ORDERS: 1})

    assert time.monotonic() - started < 10


@pytest.mark.kafka
@pytest.mark.parametrize("client", KAFKA_CLIENTS)
def test_a_stopped_broker_is_reported_soon_and_used_again_when_it_is_back(
    kafka_home: Path, port_base: int, client: str
) -> None:
    servers = cluster.acquire(kafka_home, port_base, make_cache=False, keep=True)
    program = [sys.executable, str(Path(__file__).with_name("client_program.py")), servers, client]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as member:
        assert next(member.stdout) == "ready\n"
        cluster.stop(kafka_home)

        away = ask(member)
        cluster.acquire(kafka_home, port_base, make_cache=False, keep=True)
        back = ask(member)

        member.stdin.close()
        assert member.wait(10) == 0
    assert {verb for verb, (error, _) in away.items() if re.fullmatch(AWAY, error)} == away.keys() - {"poll"}
    assert away["poll"][0] == ""
    assert max(seconds for _, seconds in away.values()) < 5, away
    assert {error for error, _ in back.values()} == {""}, back


def ask(member: subprocess.Popen[str]) -> dict[str, tuple[str, float]]:
    """The results of the client program's calls now."""
    assert member.stdin and member.stdout
    member.stdin.write("\n")
    member.stdin.flush()
    return json.loads(next(member.stdout))
