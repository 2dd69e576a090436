"""Fixtures of the worker tests: the five services in this thread, databases in memory, external systems to call."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar, Response, get, post
from worker.connections import close_connection
from worker.faulty_service import FaultyService, FaultyServiceHarness
from worker.in_memory_shop import databases, new_shop, shop  # noqa: F401 - fixtures

from checkout.framework.http_server import listen
from checkout.services.stock import Stock
from checkout.simulators import http_api, mailbox_http
from checkout.simulators.mailbox import Mailbox
from checkout.worker.calls.adapters import HttpAdapter, SmtpAdapter
from checkout.worker.database import ServiceDatabase


@pytest.fixture
def database() -> Iterator[ServiceDatabase]:
    database = ServiceDatabase("sqlite://", Stock())
    yield database
    database.close()


@pytest.fixture(scope="module")
def faulty_database() -> Iterator[ServiceDatabase]:
    database = ServiceDatabase("sqlite://", FaultyService())
    yield database
    database.close()


@pytest.fixture
def harness(tmp_path: Path, faulty_database: ServiceDatabase) -> Iterator[FaultyServiceHarness]:
    harness = FaultyServiceHarness(tmp_path, faulty_database)
    yield harness
    harness.worker.journal.close()


@pytest.fixture(scope="module")
def stub_response_and_adapter() -> Iterator[tuple[dict[str, Any], HttpAdapter]]:
    response: dict[str, Any] = {}

    async def respond() -> Response[bytes]:
        status, content, kind = response["next"]
        return Response(content, status_code=status, media_type=kind)

    async def respond_to_get() -> Response[bytes]:
        status, content, kind = response["get"]
        return Response(content, status_code=status, media_type=kind)

    routes = [post(["/charges", "/parcels", "/refunds"])(respond), get("/charges/{key:str}")(respond_to_get)]
    application = Litestar(routes, openapi_config=None, logging_config=None)
    with http_api.serve_in_thread(application) as address:
        adapter = HttpAdapter(address)
        yield response, adapter
        adapter._client.close()


@pytest.fixture(scope="module")
def mailbox_and_url() -> Iterator[tuple[Mailbox, str]]:
    inbox = Mailbox()
    with listen(0, "the mailbox of a test") as smtp, http_api.serve_in_thread(mailbox_http.app(inbox, smtp)):
        yield inbox, "smtp://{}:{}".format(*smtp.getsockname())


@pytest.fixture
def mailbox_and_adapter(mailbox_and_url: tuple[Mailbox, str]) -> Iterator[tuple[Mailbox, SmtpAdapter]]:
    inbox, url = mailbox_and_url
    new = Mailbox()
    inbox.switches, inbox._mails = new.switches, new._mails
    adapter = SmtpAdapter(url)
    yield inbox, adapter
    close_connection(adapter)
