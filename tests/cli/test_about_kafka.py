"""Up: what it says when brokers come and go."""

import pytest

from checkout.cli.up import KAFKA_BACK, KAFKA_LOST, about_kafka


@pytest.mark.parametrize(
    ("running", "brokers", "said"), [(1, 1, KAFKA_BACK), (3, 3, KAFKA_BACK), (0, 1, KAFKA_LOST), (1, 3, KAFKA_LOST)]
)
def test_kafka_is_back_or_has_ended(running: int, brokers: int, said: str) -> None:
    assert about_kafka(running, brokers) == said


def test_a_cluster_that_has_lost_one_of_three_goes_on() -> None:
    assert about_kafka(2, 3).startswith("2 of 3 Kafka brokers run, and go on: `checkout kafka start`")
