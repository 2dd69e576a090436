"""Rate limit: bursts, refills, clients apart, memory that does not grow, and the response."""

import asyncio
from typing import Any

import pytest

from checkout.framework.rate_limit import BURST_SECONDS, MOST_CLIENTS, RateLimit, front_key


class Clock:
    """Seconds that a test advances."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def accepted(limit: RateLimit, client: str, requests: int) -> int:
    return sum(limit.wait(client) == 0 for _ in range(requests))


@pytest.mark.parametrize(("rate", "burst"), [(10, 50), (1, 5), (0.1, 1)])
def test_a_burst_is_accepted_and_then_as_many_as_the_rate_allows(rate: float, burst: int) -> None:
    clock = Clock()
    limit = RateLimit(rate, clock=clock)

    at_once = accepted(limit, "a", 200)
    clock.now += 3 / rate
    later = accepted(limit, "a", 200)

    assert (at_once, later) == (burst, min(burst, 3))


@pytest.mark.parametrize("rate", [1 / 3, 0.1, 0.07, 1 / 60, 0.001, 3.3])
def test_no_rounding_refuses_a_request_that_the_rate_allows(rate: float) -> None:
    clock, refused = Clock(), 0

    for number in range(5_000):
        clock.now = 0.1 + number * 1_234.567
        refused += RateLimit(rate, clock=clock).wait("a") > 0

    assert refused == 0


def test_refused_requests_do_not_prolong_the_wait_which_is_told_exactly() -> None:
    clock = Clock()
    limit = RateLimit(2, clock=clock)
    accepted(limit, "a", 10)

    waits = {limit.wait("a") for _ in range(100)}
    clock.now += waits.pop()

    assert (waits, limit.wait("a")) == (set(), 0.0)
    assert limit.wait("a") == pytest.approx(0.5)


def test_clients_are_counted_apart() -> None:
    limit = RateLimit(1, clock=Clock())

    assert [accepted(limit, client, 9) for client in ("a", "b")] == [BURST_SECONDS, BURST_SECONDS]


def test_the_oldest_clients_are_forgotten() -> None:
    limit = RateLimit(1, clock=Clock())

    for number in range(MOST_CLIENTS + 50):
        limit.wait(str(number))

    assert len(limit._due) == MOST_CLIENTS and "0" not in limit._due


# -- over ASGI --------------------------------------------------------------------------------------------------------


async def answer(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})


def responses(application: Any, count: int, path: str = "/orders", **headers: str) -> list[dict[str, Any]]:
    """The starts of the responses to a number of requests."""
    raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    scope = {"type": "http", "client": ("10.0.0.1", 5), "path": path, "headers": raw}
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def request() -> None:
        for _ in range(count):
            await application(scope, None, send)

    asyncio.run(request())
    return [message for message in sent if message["type"] == "http.response.start"]


def statuses(application: Any, count: int, *args: Any, **headers: str) -> list[int]:
    return [response["status"] for response in responses(application, count, *args, **headers)]


def test_requests_above_the_limit_are_429_with_the_seconds_to_wait() -> None:
    application = RateLimit(1, clock=Clock()).application(answer)

    *first, last = responses(application, 6)

    headers = dict(last["headers"])
    assert [response["status"] for response in first] == [200] * 5
    assert (last["status"], headers[b"retry-after"]) == (429, b"1")


def test_no_limit_leaves_the_application_as_it_is() -> None:
    assert RateLimit(0).application(answer) is answer


@pytest.mark.parametrize("key", ["", "wrong", "\xff"])
def test_a_wrong_key_is_not_exempt(key: str) -> None:
    application = RateLimit(1, front_key("let-me-in"), Clock()).application(answer)

    assert statuses(application, 6, x_front_key=key)[-1] == 429


def test_the_web_app_and_health_checks_are_exempt() -> None:
    application = RateLimit(1, front_key("let-me-in"), Clock()).application(answer)

    assert set(statuses(application, 20, x_front_key=front_key("let-me-in"))) == {200}
    assert set(statuses(application, 20, "/health-check")) == {200}


def test_without_a_token_nobody_is_exempt() -> None:
    application = RateLimit(1, front_key(""), Clock()).application(answer)

    assert statuses(application, 6, x_front_key="")[-1] == 429
