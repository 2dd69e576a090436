"""Clients: what they do when they do not know what became of a request, and what they write down."""

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from checkout.checker.client_log import ClientLog, RequestOutcome, read_client_log
from checkout.load.clients import ORDERS, LoadResult, run_clients
from checkout.load.workload import Kind, Purchase, order_body

OK, FAIL, INFO = RequestOutcome.OK, RequestOutcome.FAIL, RequestOutcome.INFO
BODY = order_body([{"sku": 1, "quantity": 1}], "Ada")
DROPPED = 0


class Shop:
    """A gateway whose next answers are in `script`, as statuses; DROPPED closes the connection. Then all succeeds."""

    def __init__(self) -> None:
        self.script: list[int] = []
        self.requests: list[tuple[str, str, str | None]] = []
        self.statuses = ["RECEIVED", "RESERVED"]
        shop, lock = self, threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version, wbufsize = "HTTP/1.1", -1

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                with lock:
                    shop.requests.append(("POST", self.path, self.headers.get("Idempotency-Key")))
                    status = shop.script.pop(0) if shop.script else 201
                self.answer(status, {"id": f"order-of-{self.headers.get('Idempotency-Key')}"})

            def do_GET(self) -> None:
                with lock:
                    shop.requests.append(("GET", self.path, None))
                    status = shop.statuses.pop(0) if shop.statuses else "APPROVED"
                self.answer(200, {"id": self.path.rpartition("/")[2], "status": status})

            def answer(self, status: int, body: Any) -> None:
                if status == DROPPED:
                    self.close_connection = True
                    return
                content = json.dumps(body if status < 300 else {"message": "no"}).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def shop() -> Iterator[Shop]:
    made = Shop()
    with made.server:
        thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.server.shutdown()
        thread.join()


def buy(
    shop: Shop, folder: Path, *purchases: Purchase, clients: int = 1, **options: Any
) -> tuple[LoadResult, list[Any]]:
    path = folder / "client.jsonl"
    with closing(ClientLog(path)) as log:
        result = run_clients(shop.url, iter(purchases), len(purchases), clients, log, **options)
    return result, read_client_log(path)


@pytest.mark.parametrize("unknown", [500, 503, 429, DROPPED])
def test_a_client_asks_again_with_the_same_key_until_it_knows(shop: Shop, tmp_path: Path, unknown: int) -> None:
    shop.script = [unknown, unknown]

    result, log = buy(shop, tmp_path, Purchase(Kind.APPROVED, "k-1", BODY))

    assert shop.requests == [("POST", ORDERS, "k-1")] * 3
    assert result.orders == {"k-1": "order-of-k-1"} and result.unknown == []
    first = FAIL if unknown == 429 else INFO
    assert [(each.outcome, each.status, each.order) for each in log] == [
        (first, unknown or None, None), (first, unknown or None, None), (OK, 201, "order-of-k-1")
    ]  # fmt: skip


def test_a_client_gives_up_and_says_that_it_does_not_know(shop: Shop, tmp_path: Path) -> None:
    shop.script = [503] * 100

    result, log = buy(shop, tmp_path, Purchase(Kind.APPROVED, "k-1", BODY), give_up_after=0.1)

    assert result.unknown == ["k-1"] and result.orders == {}
    assert {each.outcome for each in log} == {INFO}


def test_a_refused_order_is_not_asked_for_again(shop: Shop, tmp_path: Path) -> None:
    shop.script = [422]

    result, log = buy(shop, tmp_path, Purchase(Kind.APPROVED, "k-1", BODY, reads=2))

    assert len(shop.requests) == 1
    assert [(each.outcome, each.status) for each in log] == [(FAIL, 422)]
    assert (result.orders, result.unknown) == ({}, [])


def test_a_customer_repeats_reads_and_cancels_in_this_order(shop: Shop, tmp_path: Path) -> None:
    purchase = Purchase(Kind.CANCELLED, "k-1", BODY, reads=1, repeats=(BODY,), cancel_after=0.0)

    result, log = buy(shop, tmp_path, purchase)

    order = f"{ORDERS}/order-of-k-1"
    assert shop.requests == [
        ("POST", ORDERS, "k-1"), ("POST", ORDERS, "k-1"), ("GET", order, None), ("POST", f"{order}/cancellation", None)
    ]  # fmt: skip
    assert [each.body for each in log] == [BODY, BODY, None, None]
    assert all(each.started <= each.ended for each in log)


def test_a_customer_who_follows_an_order_looks_until_its_end(shop: Shop, tmp_path: Path) -> None:
    result, log = buy(shop, tmp_path, Purchase(Kind.APPROVED, "k-1", BODY, follows=True))

    assert [each.response["status"] for each in log if each.method == "GET"] == ["RECEIVED", "RESERVED", "APPROVED"]
    assert result.statuses == {"order-of-k-1": "APPROVED"}


def test_the_clients_share_the_purchases(shop: Shop, tmp_path: Path) -> None:
    purchases = [Purchase(Kind.APPROVED, f"k-{number}", BODY) for number in range(20)]

    result, log = buy(shop, tmp_path, *purchases, clients=4, rate=500.0)

    assert sorted(result.orders) == sorted(purchase.key for purchase in purchases)
    assert (result.kinds, result.outcomes) == ({Kind.APPROVED: 20}, {OK: 20})
    assert len(log) == 20


def test_the_load_ends_early_when_it_is_told_to(shop: Shop, tmp_path: Path) -> None:
    purchases = [Purchase(Kind.APPROVED, f"k-{number}", BODY) for number in range(20)]

    result, _ = buy(shop, tmp_path, *purchases, until=lambda: len(shop.requests) >= 5)

    assert len(result.orders) == 5
