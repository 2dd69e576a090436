"""Kafka settings: every setting of the store is counted once."""

from pathlib import Path

from checkout.lab.views.kafka_settings import kafka_settings
from checkout.local_kafka.broker_config import broker_configs
from checkout.messaging.clients.kafka_consumer import CONSUMER_SETTINGS, MEMBER_SETTINGS
from checkout.messaging.clients.kafka_producer import PRODUCER_SETTINGS


def test_every_setting_of_a_broker_a_topic_and_the_clients_is_counted_once() -> None:
    counts = kafka_settings().groupby("of")["settings"].sum().to_dict()

    properties = [line for line in broker_configs(Path(), 1, 3)[0].properties().splitlines() if line[0] != "#"]
    assert counts == {
        "broker": len(properties), "topic": 8, "producer": len(PRODUCER_SETTINGS),
        "consumer": len({**CONSUMER_SETTINGS, **MEMBER_SETTINGS}),
    }  # fmt: skip


def test_the_purposes_of_a_brokers_settings_are_the_comments_of_its_properties() -> None:
    purposes = kafka_settings().query("of == 'broker'")["purpose"].tolist()

    assert purposes[:3] == [
        "the node, its listeners, its data", "by default Kafka's internal topics need three brokers",
        "fast start, small memory",
    ]  # fmt: skip
    assert (kafka_settings()["settings"] > 0).all()
