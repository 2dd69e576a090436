"""External calls: each is repeated with growing pauses until it is answered; none runs twice at a time."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sample import FIRST, order_id
from waiting import wait_until

from checkout.replies import CardCharged
from checkout.worker.calls.external_calls import FIRST_PAUSE, CallResult, ExternalCalls, Unanswered
from checkout.worker.outbox import OutboxKind, OutboxRow


def call(id: str = FIRST, purpose: str = "charge") -> OutboxRow:
    return OutboxRow(
        kind=OutboxKind.EXTERNAL_CALL,
        order_id=id, destination=purpose, message="ChargeCard", payload=b"{}", correlation="c-1", cause="ProcessPayment"
    )


def charged(row: OutboxRow) -> CallResult:
    return CallResult(row, "http://payments.example", "201", CardCharged(row.order_id))


@pytest.fixture
def new_calls() -> Iterator[Callable[..., ExternalCalls]]:
    """Makes ExternalCalls with one adapter: `new_calls(adapter, workers=0)`."""
    made: list[ExternalCalls] = []

    def make(adapter: Any, workers: int = 0, **options: Any) -> ExternalCalls:
        made.append(ExternalCalls({"ChargeCard": adapter}, workers, **options))
        return made[-1]

    yield make
    for external_calls in made:
        external_calls.close()


class StubAdapter:
    """An adapter that fails `failures` times, then succeeds; it records every attempt with its time."""

    def __init__(self, failures: int = 0, error: Exception | None = None) -> None:
        self.attempts: list[tuple[OutboxRow, float]] = []
        self.failures, self.error = failures, error or Unanswered("http://payments.example", "ReadTimeout")

    def __call__(self, row: OutboxRow) -> CallResult:
        self.attempts.append((row, time.monotonic()))
        if len(self.attempts) <= self.failures:
            raise self.error
        return charged(row)


def test_a_call_returns_the_result_of_its_adapter(new_calls: Callable[..., ExternalCalls]) -> None:
    external_calls = new_calls(StubAdapter())

    external_calls.put([call()])

    assert external_calls.take(10) == [charged(call())]
    assert external_calls.open == {(FIRST, "charge")}


def test_a_call_is_open_until_it_is_closed(new_calls: Callable[..., ExternalCalls]) -> None:
    adapter = StubAdapter()
    external_calls = new_calls(adapter)
    external_calls.put([call()])
    external_calls.put([call()])
    external_calls.take(10)
    external_calls.put([call()])
    started = len(adapter.attempts)

    external_calls.close_call((FIRST, "charge"))
    external_calls.put([call()])

    assert (started, len(adapter.attempts)) == (1, 2)


def test_calls_with_different_purposes_or_orders_are_independent(new_calls: Callable[..., ExternalCalls]) -> None:
    adapter = StubAdapter()

    new_calls(adapter).put([call(), call(purpose="refund"), call(order_id(2))])

    assert len(adapter.attempts) == 3


def test_an_unanswered_call_is_reported_and_repeated_unchanged(new_calls: Callable[..., ExternalCalls]) -> None:
    adapter = StubAdapter(failures=1)
    external_calls = new_calls(adapter)
    external_calls.put([call()])

    (first,) = external_calls.take(10)
    immediately = external_calls.take(10)
    later: list[CallResult] = []
    wait_until(lambda: later.extend(external_calls.take(10)) or later, "the second result")

    assert (first.reply, first.url, first.status, immediately) == (None, "http://payments.example", "ReadTimeout", [])
    assert later == [charged(call())]
    assert [row for row, _ in adapter.attempts] == [call(), call()]
    assert adapter.attempts[1][1] - adapter.attempts[0][1] >= FIRST_PAUSE


def test_the_pause_starts_again_for_a_new_call(new_calls: Callable[..., ExternalCalls]) -> None:
    external_calls = new_calls(StubAdapter(failures=9), clock=lambda: 100.0)
    external_calls.put([call()])
    (result,) = external_calls.take(10)
    external_calls.repeat(result, "HTTP 503")
    external_calls.close_call((FIRST, "charge"))
    external_calls._repeats.clear()

    external_calls.put([call()])
    external_calls.take(10)

    assert external_calls.due_at == pytest.approx(100.0 + FIRST_PAUSE)


def test_an_unexpected_error_of_an_adapter_is_reported_and_the_call_repeated(
    new_calls: Callable[..., ExternalCalls]
) -> None:
    external_calls = new_calls(StubAdapter(failures=1, error=ZeroDivisionError("a bug")))
    external_calls.put([call()])

    (result,) = external_calls.take(10)

    assert (result.reply, result.url, result.status) == (None, "", "ZeroDivisionError: a bug")
    assert len(external_calls._repeats) == 1


def test_a_message_without_an_adapter_is_reported(new_calls: Callable[..., ExternalCalls]) -> None:
    external_calls = new_calls(StubAdapter())
    unknown = call()
    unknown.message = "SendPigeon"
    external_calls.put([unknown])

    (result,) = external_calls.take(10)

    assert (result.reply, result.status) == (None, "KeyError: 'SendPigeon'")


def test_take_returns_at_most_limit_results(new_calls: Callable[..., ExternalCalls]) -> None:
    external_calls = new_calls(StubAdapter())
    external_calls.put([call(order_id(number)) for number in range(5)])

    assert [len(external_calls.take(2)) for _ in range(4)] == [2, 2, 1, 0]


def test_eight_calls_run_concurrently_and_the_others_wait(new_calls: Callable[..., ExternalCalls]) -> None:
    all_started, release = threading.Barrier(9, timeout=5), threading.Event()

    def adapter(row: OutboxRow) -> CallResult:
        if not release.is_set():
            all_started.wait()
            release.wait(5)
        return charged(row)

    external_calls = new_calls(adapter, workers=8)
    external_calls.put([call(order_id(number)) for number in range(20)])
    all_started.wait()
    before = external_calls.take(100)
    release.set()
    results: list[CallResult] = []
    wait_until(lambda: results.extend(external_calls.take(100)) or len(results) == 20, "twenty results")

    assert before == []
    assert {result.row.order_id for result in results} == {order_id(number) for number in range(20)}


def test_no_call_is_started_after_close(new_calls: Callable[..., ExternalCalls]) -> None:
    release, attempts = threading.Event(), list[str]()

    def adapter(row: OutboxRow) -> CallResult:
        attempts.append(row.order_id)
        release.wait(5)
        return charged(row)

    external_calls = new_calls(adapter, workers=1)
    external_calls.put([call(order_id(number)) for number in range(5)])
    wait_until(lambda: attempts, "the first call")

    external_calls.close()
    external_calls.put([call(order_id(9))])
    release.set()
    external_calls._pool.shutdown(wait=True)

    assert attempts == [order_id(0)]
