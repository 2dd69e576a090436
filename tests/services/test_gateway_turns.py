"""Gateway under load: requests wait for their turn in the gateway, not in the pool of the HTTP client."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from litestar import Litestar, Response, get

from checkout.framework import http_server
from checkout.load import clients
from checkout.services import web
from checkout.services.gateway import LONGEST_ANSWER, LONGEST_TURN, MOST_AT_ONCE, Gateway

PRODUCTS = "/api/v1/stock-management/products"


class CrowdedService:
    """A server that answers nobody before `opens_at` requests are there at once, or `open` is called."""

    def __init__(self, opens_at: int) -> None:
        self.present = self.peak = 0
        self._opens_at, self._is_open = opens_at, asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._opens = False

    def open(self) -> None:
        self._opens = True
        if self._loop:  # else no request has come yet: the first one opens it
            self._loop.call_soon_threadsafe(self._is_open.set)

    def application(self) -> Litestar:
        @get(PRODUCTS)
        async def products() -> Response[bytes]:
            self._loop = asyncio.get_running_loop()
            self.present += 1
            self.peak = max(self.peak, self.present)
            if self.present >= self._opens_at or self._opens:
                self._is_open.set()
            await self._is_open.wait()
            self.present -= 1
            return Response(b"[]", media_type="application/json")

        return Litestar([products], openapi_config=None, logging_config=None)


@contextmanager
def gateway_of(service: CrowdedService, **options: Any) -> Iterator[str]:
    with http_server.serve_in_thread(service.application()) as stock:
        gateway = Gateway({"stock": stock}, lambda *_: None, **options)
        with http_server.serve_in_thread(gateway.application(lambda: True)) as address:
            yield address


async def get_products(address: str, clients: int, on_first: Any = lambda: None) -> list[httpx.Response]:
    async with httpx.AsyncClient(timeout=30, limits=httpx.Limits(max_connections=None), trust_env=False) as client:
        asked = [asyncio.create_task(client.get(address + PRODUCTS)) for _ in range(clients)]
        await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        on_first()
        return list(await asyncio.gather(*asked))


def test_a_service_gets_so_many_requests_at_once_and_the_others_wait_for_their_turn() -> None:
    service = CrowdedService(opens_at=MOST_AT_ONCE)

    with gateway_of(service) as address:
        responses = asyncio.run(get_products(address, MOST_AT_ONCE + 20))

    assert [each.status_code for each in responses] == [200] * (MOST_AT_ONCE + 20)
    assert service.peak == MOST_AT_ONCE


def test_a_request_that_gets_no_turn_in_time_is_answered_with_503_and_may_come_again() -> None:
    service = CrowdedService(opens_at=MOST_AT_ONCE + 1)

    with gateway_of(service, patience=0.01) as address:
        responses = asyncio.run(get_products(address, MOST_AT_ONCE + 1, service.open))

    refused = [each for each in responses if each.status_code != 200]
    assert [(each.status_code, each.headers["retry-after"]) for each in refused] == [(503, "1")]
    assert refused[0].json() == {"message": "stock has too many requests: try again in a moment"}


@pytest.mark.parametrize("requests", [1, MOST_AT_ONCE + 1])
def test_no_request_waits_longer_than_the_longest_answer(requests: int) -> None:
    service = CrowdedService(opens_at=1_000)

    with gateway_of(service, longest_answer=0.3) as address:
        responses = asyncio.run(get_products(address, requests))
        service.open()

    message = "stock did not answer in time: try again in a moment"
    assert [(each.status_code, each.json()["message"]) for each in responses] == [(503, message)] * requests


def test_clients_and_the_web_app_wait_longer_than_the_gateway() -> None:
    assert LONGEST_TURN < LONGEST_ANSWER < web.TIMEOUT and (clients.TIMEOUT.read or 0) > LONGEST_ANSWER
