"""The simulated systems on ports of their own, one server per test file, all fault switches off before every test."""

from collections.abc import Iterator

import httpx
import pytest
from litestar import Litestar

from checkout.simulators import http_api


@pytest.fixture(scope="module")
def server(application: Litestar) -> Iterator[httpx.Client]:
    """A client of the test file's `application`, which really listens."""
    with http_api.serve_in_thread(application) as address, httpx.Client(base_url=address, timeout=5) as client:
        yield client


@pytest.fixture
def client(server: httpx.Client) -> httpx.Client:
    """The client, with every switch of the system off."""
    server.put("/switches", json={}).raise_for_status()
    return server
