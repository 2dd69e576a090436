"""Fuzzed records on every topic of a running store: no partition stops, no process ends, and orders go on."""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaException, Producer
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from stories.shopper import Shopper, open_shopper

from checkout.messages import TOPICS
from checkout.messaging.kafka_log import KafkaBroker
from checkout.processes.supervisor import Supervisor
from checkout.registry import STORE

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
BATCHES = int(os.environ.get("CHECKOUT_FUZZED_BATCHES", "39"))  # two of 25 records each, in turn on every topic
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
CORPUS = [
    json.loads(line)
    for path in sorted((Path(__file__).parents[1] / "corpus").glob("*.jsonl"))
    for line in path.read_text().splitlines()
]
VALUES = {topic: [line["value"] for line in CORPUS if line["topic"] == topic] for topic in TOPICS}

IDS = st.one_of(st.uuids().map(str), st.uuids().map(lambda id: str(id).upper()), st.text(max_size=300), st.none())
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=50), st.just("\0"), IDS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=8,
)
HEADER_NAMES = st.one_of(
    st.sampled_from(["kafka_correlationId", "cause", "version", "dlt_topic", "dlt_replay_of"]), st.text(max_size=20)
)
HEADERS = st.lists(st.tuples(HEADER_NAMES, st.one_of(st.none(), st.binary(max_size=60))), max_size=4)
KEYS = st.one_of(st.none(), st.binary(max_size=40), IDS.map(lambda id: id.encode("utf-8", "replace") if id else None))


@st.composite
def changed_messages(draw: st.DrawFn, topic: str) -> bytes:
    """A message of the topic with another id, with fields removed and others replaced."""
    value = dict(draw(st.sampled_from(VALUES[topic]))) | {"id": draw(IDS)}
    for name in draw(st.lists(st.sampled_from(sorted(value)), max_size=2, unique=True)):
        if draw(st.booleans()):
            del value[name]
        else:
            value[name] = draw(JSON)
    return json.dumps(value).encode("utf-8", "surrogatepass")


def values(topic: str) -> st.SearchStrategy[bytes | None]:
    """Values of records: nothing, bytes, JSON, nearly valid messages, large ones."""
    large = st.integers(1, 900_000).map(lambda size: b'{"id":"' + b"x" * size + b'"}')
    deep = st.integers(1, 200_000).map(lambda depth: b"[" * depth)
    lone_surrogate = st.just(b'{"id":"\\ud800","message":"\\udfff"}')
    usual = st.one_of(st.none(), st.binary(max_size=100), JSON.map(lambda value: json.dumps(value).encode()))
    return st.one_of(changed_messages(topic), changed_messages(topic), usual, large, deep, lone_surrogate)


def records(topic: str) -> st.SearchStrategy[Any]:
    """Batches of 25 records with their keys and headers."""
    return st.lists(st.tuples(KEYS, values(topic), HEADERS), min_size=25, max_size=25)


class FuzzingProducer:
    """Sends records with each codec; counts by topic those that Kafka has taken."""

    def __init__(self, store: Supervisor) -> None:
        self._prefix, self.sent = store.settings.prefix, Counter[str]()
        common = {"bootstrap.servers": store.settings.bootstrap_servers, "message.max.bytes": 2_000_000}
        self._producers = {codec: Producer(common | {"compression.type": codec}) for codec in CODECS}

    def send(self, topic: str, codec: str, batch: Any) -> None:
        """Sends a batch with a codec."""

        def note(error: Any, message: Any) -> None:
            self.sent[topic] += error is None

        producer = self._producers[codec]
        for key, value, headers in batch:
            try:
                producer.produce(self._prefix + topic, value, key, headers=headers, on_delivery=note)
            except KafkaException:  # it is larger than a record may be
                continue
        producer.flush()


def publish(producer: FuzzingProducer, topic: str, codec: str) -> None:
    """Sends two batches to a topic."""

    @settings(
        max_examples=2, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(batch=records(topic))
    def send(batch: Any) -> None:
        producer.send(topic, codec, batch)

    send()


@pytest.fixture
def fuzzed_store(new_store: Callable[..., Supervisor]) -> Iterator[Supervisor]:
    """A store of its own: what the records lead to must not reach other tests."""
    store = new_store()
    yield store
    store.stop()


def test_no_record_stops_a_partition_or_ends_a_process(
    fuzzed_store: Supervisor, wait_until: Callable[..., None], request: pytest.FixtureRequest,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    producer, topics = FuzzingProducer(fuzzed_store), list(TOPICS)

    for number in range(BATCHES):
        publish(producer, topics[number % len(topics)], CODECS[number % len(CODECS)])

    broker = KafkaBroker(fuzzed_store.settings.bootstrap_servers, fuzzed_store.settings.prefix)
    try:
        for service in STORE.services:
            read = list(service.topics())
            wait_until(
                lambda name=service.name, read=read: not any(lag.records for lag in broker.lags(name, read).values()),
                f"{service.name} has handled every record", 60,
            )  # fmt: skip
    finally:
        broker.close()
    with capsys.disabled():
        print(f"\n{sum(producer.sent.values()):,} fuzzed records on {len(producer.sent)} topics")
    assert list(fuzzed_store.crashed()) == []
    assert len(producer.sent) == len(topics)
    opened = open_shopper(fuzzed_store, wait_until, request)
    shopper: Shopper = next(opened)
    id = shopper.order((2, 1))
    [order] = shopper.wait_for_end(id, seconds=10)
    assert order["status"] == "APPROVED"
    next(opened, None)
