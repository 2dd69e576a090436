"""Fixtures of the service tests: a harness for handlers, and a running HTTP server with its client."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from services.service_harness import ServiceHarness, ServiceServer

from checkout.framework import http_server
from checkout.framework.service import Service
from checkout.services.orders import Orders


@pytest.fixture
def new_harness() -> Iterator[Callable[[Service], ServiceHarness]]:
    """Makes a harness for a service."""
    made: list[ServiceHarness] = []

    def make(service: Service) -> ServiceHarness:
        made.append(ServiceHarness(service))
        return made[-1]

    yield make
    for harness in made:
        harness.database.close()


@pytest.fixture(scope="module")
def start_server(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[..., tuple[ServiceServer, httpx.Client]]]:
    """Starts the server of a service and returns it with a client; `has_worker=False` leaves its worker off."""
    with ExitStack() as stack:

        def start(service: Service, has_worker: bool = True, limit: int = 1_000) -> tuple[ServiceServer, httpx.Client]:
            server = ServiceServer(service, tmp_path_factory.mktemp(service.name), limit)
            stack.callback(server.close)
            if has_worker:
                server.start_worker()
            address = stack.enter_context(http_server.serve_in_thread(server.application))
            return server, stack.enter_context(httpx.Client(base_url=address, timeout=5))

        yield start


@pytest.fixture(scope="module")
def orders_server_and_client(start_server: Callable[..., Any]) -> tuple[Any, httpx.Client]:
    """The server of Orders with a client, for all tests of a module."""
    started: tuple[Any, httpx.Client] = start_server(Orders())
    return started


@pytest.fixture
def orders_server(orders_server_and_client: tuple[Any, httpx.Client]) -> Any:
    """The server of Orders."""
    return orders_server_and_client[0]


@pytest.fixture
def client(orders_server_and_client: tuple[Any, httpx.Client]) -> httpx.Client:
    """An HTTP client of Orders."""
    return orders_server_and_client[1]
