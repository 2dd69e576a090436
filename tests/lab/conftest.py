"""What the lab's tests share: labs in memory and on a real Kafka, closed in the end."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from lab.browser.chromium import chromium  # noqa: F401 - a fixture

from checkout.lab import Lab

OpenLab = Callable[..., Lab]


@pytest.fixture
def memory_lab() -> Iterator[OpenLab]:
    """Opens labs in memory."""
    with ExitStack() as opened:

        def make(**options: Any) -> Lab:
            lab = Lab(log="memory", **options)
            opened.callback(lab.close)
            return lab

        yield make


@pytest.fixture
def kafka_lab(kafka: str) -> Iterator[OpenLab]:
    """Opens labs on the Kafka that the tests share."""
    with ExitStack() as opened:

        def make(**options: Any) -> Lab:
            lab = Lab(bootstrap_servers=kafka, **options)
            opened.callback(lab.close)
            return lab

        yield make


@pytest.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.kafka)])
def open_lab(request: pytest.FixtureRequest) -> OpenLab:
    """Opens labs, in memory and on Kafka in turn."""
    opening: OpenLab = request.getfixturevalue(f"{request.param}_lab")
    return opening


@pytest.fixture
def lab(memory_lab: OpenLab) -> Lab:
    """A lab in memory."""
    return memory_lab()
