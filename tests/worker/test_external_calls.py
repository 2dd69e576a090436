"""External calls: each is repeated until it is answered, with growing pauses; none runs twice at a time."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sample import FIRST, order_id, wait_until

from checkout.messages import CardCharged
from checkout.worker.external_calls import FIRST_PAUSE, LONGEST_PAUSE, CallResult, ExternalCalls, Unanswered
from checkout.worker.outbox import OutboxKind, OutboxRow


def call(id: str = FIRST, purpose: str = "charge") -> OutboxRow:
    return OutboxRow(
        kind=OutboxKind.EXTERNAL_CALL,
        order_id=id, destination=purpose, message="ChargeCard", payload=b"{}", correlation="c-1", cause="ProcessPayment"
    )


def charged(row: OutboxRow) -> CallResult:
    return CallResult(row, "http://bank", "201", CardCharged(row.order_id))


@pytest.fixture
def hire() -> Iterator[Callable[..., ExternalCalls]]:
    """Makes couriers with one line, and dismisses them."""
    hired: list[ExternalCalls] = []

    def make(line: Any, workers: int = 0) -> ExternalCalls:
        hired.append(ExternalCalls({"ChargeCard": line}, workers))
        return hired[-1]

    yield make
    for external_calls in hired:
        external_calls.close()


class Line:
    """An outside system that is silent so many times, then answers; it remembers who asked and when."""

    def __init__(self, silent: int = 0, error: Exception | None = None) -> None:
        self.asked: list[tuple[OutboxRow, float]] = []
        self.silent, self.error = silent, error or Unanswered("http://bank", "ReadTimeout")

    def __call__(self, row: OutboxRow) -> CallResult:
        self.asked.append((row, time.monotonic()))
        if len(self.asked) <= self.silent:
            raise self.error
        return charged(row)


def test_a_call_is_answered(hire: Callable[..., ExternalCalls]) -> None:
    external_calls = hire(Line())

    external_calls.put([call()])

    assert external_calls.take(10) == [charged(call())]
    assert external_calls.open == {(FIRST, "charge")}


def test_a_call_is_open_until_its_answer_is_stored(hire: Callable[..., ExternalCalls]) -> None:
    line = Line()
    external_calls = hire(line)
    external_calls.put([call()])
    external_calls.put([call()])
    external_calls.take(10)
    external_calls.put([call()])
    started = len(line.asked)

    external_calls.close_call((FIRST, "charge"))
    external_calls.put([call()])

    assert (started, len(line.asked)) == (1, 2)


def test_two_calls_for_one_order_do_not_exclude_each_other(hire: Callable[..., ExternalCalls]) -> None:
    line = Line()

    hire(line).put([call(), call(purpose="refund"), call(order_id(2))])

    assert len(line.asked) == 3


def test_an_unanswered_call_is_told_and_asked_again_as_it_was(hire: Callable[..., ExternalCalls]) -> None:
    line = Line(silent=1)
    external_calls = hire(line)
    external_calls.put([call()])

    (first,) = external_calls.take(10)
    at_once = external_calls.take(10)
    later: list[CallResult] = []
    wait_until(lambda: later.extend(external_calls.take(10)) or later, "the second answer")

    assert (first.reply, first.url, first.status, at_once) == (None, "http://bank", "ReadTimeout", [])
    assert later == [charged(call())]
    assert [row for row, _ in line.asked] == [call(), call()]
    assert line.asked[1][1] - line.asked[0][1] >= FIRST_PAUSE


def test_the_pause_doubles_up_to_its_cap_and_begins_anew_for_a_new_call(hire: Callable[..., ExternalCalls]) -> None:
    external_calls = hire(Line())
    pauses = []

    for _ in range(8):
        before = time.monotonic()
        external_calls.repeat(call())
        pauses.append(max(due for due, _, _ in external_calls._repeats) - before)
    external_calls.close_call((FIRST, "charge"))
    external_calls._repeats.clear()
    external_calls.repeat(call())

    assert pauses == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0], abs=0.05)
    assert external_calls._repeats[0][0] - time.monotonic() == pytest.approx(FIRST_PAUSE, abs=0.05)
    assert (FIRST_PAUSE, LONGEST_PAUSE) == (0.1, 5.0)


def test_a_fault_of_ours_is_told_and_asked_again_too(hire: Callable[..., ExternalCalls]) -> None:
    external_calls = hire(Line(silent=1, error=ZeroDivisionError("ours")))
    external_calls.put([call()])

    (told,) = external_calls.take(10)

    assert (told.reply, told.url, told.status) == (None, "", "ZeroDivisionError: ours")
    assert len(external_calls._repeats) == 1


def test_a_message_without_a_line_is_told(hire: Callable[..., ExternalCalls]) -> None:
    external_calls = hire(Line())
    odd = call()
    odd.message = "SendPigeon"
    external_calls.put([odd])

    (told,) = external_calls.take(10)

    assert (told.reply, told.status) == (None, "KeyError: 'SendPigeon'")


def test_no_more_answers_are_taken_than_wanted(hire: Callable[..., ExternalCalls]) -> None:
    external_calls = hire(Line())
    external_calls.put([call(order_id(number)) for number in range(5)])

    assert [len(external_calls.take(2)) for _ in range(4)] == [2, 2, 1, 0]


def test_eight_calls_are_under_way_at_once_and_the_others_wait(hire: Callable[..., ExternalCalls]) -> None:
    together, gate = threading.Barrier(9, timeout=5), threading.Event()

    def line(row: OutboxRow) -> CallResult:
        if not gate.is_set():
            together.wait()
            gate.wait(5)
        return charged(row)

    external_calls = hire(line, workers=8)
    external_calls.put([call(order_id(number)) for number in range(20)])
    together.wait()
    before = external_calls.take(100)
    gate.set()
    answers: list[CallResult] = []
    wait_until(lambda: answers.extend(external_calls.take(100)) or len(answers) == 20, "twenty answers")

    assert before == []
    assert {answer.row.order_id for answer in answers} == {order_id(number) for number in range(20)}


def test_a_closed_courier_starts_nothing_more(hire: Callable[..., ExternalCalls]) -> None:
    gate, asked = threading.Event(), list[str]()

    def line(row: OutboxRow) -> CallResult:
        asked.append(row.order_id)
        gate.wait(5)
        return charged(row)

    external_calls = hire(line, workers=1)
    external_calls.put([call(order_id(number)) for number in range(5)])
    wait_until(lambda: asked, "the first call")

    external_calls.close()
    gate.set()
    external_calls._pool.shutdown(wait=True)

    assert asked == [order_id(0)]
