"""Local Kafka, tested on real brokers."""

import pytest

pytestmark = pytest.mark.kafka


def test_a(kafka):
    from kafka.admin import KafkaAdminClient  # noqa
    a = KafkaAdminClient(bootstrap_servers=kafka)
    assert a.list_topics() == []
    a.close()
