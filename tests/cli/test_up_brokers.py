"""Up: what it reports when Kafka brokers stop and start."""

import pytest

from checkout.cli.running.up import KAFKA_RUNS_AGAIN, KAFKA_STOPPED, describe_brokers


@pytest.mark.parametrize(
    ("running", "brokers", "expected"),
    [(1, 1, KAFKA_RUNS_AGAIN), (3, 3, KAFKA_RUNS_AGAIN), (0, 1, KAFKA_STOPPED), (1, 3, KAFKA_STOPPED)],
)
def test_kafka_runs_again_or_has_stopped(running: int, brokers: int, expected: str) -> None:
    assert describe_brokers(running, brokers) == expected


def test_a_cluster_that_has_lost_one_of_three_stays_available() -> None:
    expected = "2 of 3 Kafka brokers are running, and the cluster stays available: `checkout kafka start`"

    assert describe_brokers(2, 3).startswith(expected)
