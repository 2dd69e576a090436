"""Fixtures of the faults: stores on real processes, each with a Kafka of its own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from checkout.faults.site import Site, running_site


@pytest.fixture(scope="module")
def new_site(
    tmp_path_factory: pytest.TempPathFactory, new_port_base: Callable[[], int]
) -> Iterator[Callable[..., Site]]:
    """Starts a store: `new_site(replicas=1, brokers=1, is_proxied=False)`; all are stopped at the end."""
    with ExitStack() as stack:

        def start(**options: Any) -> Site:
            home = tmp_path_factory.mktemp("site")
            return stack.enter_context(running_site(home, new_port_base(), **options))

        yield start
