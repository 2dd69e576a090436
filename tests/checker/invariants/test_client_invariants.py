"""Client invariants: I21 and I22 hold in a good run, and each way to break them is found."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from checker.breaking import change_rows, problems, request_of, requests
from checker.good_run import APPROVED, DENIED, LATE, ORDERS
from sample import BODY

from checkout.checker.check import check
from checkout.checker.client_log import ClientRequest, RequestOutcome
from checkout.checker.witnesses import Witnesses

START = datetime(2026, 1, 1, tzinfo=UTC)


def request(start: float, end: float, method: str, status: int | None, **fields: Any) -> ClientRequest:
    """A request about an order that lasts from `start` to `end`, in seconds."""
    outcome = RequestOutcome.INFO if status is None else RequestOutcome.OK if status < 300 else RequestOutcome.FAIL
    made = {"path": ORDERS, "order": APPROVED} | fields
    return ClientRequest(
        started=START + timedelta(seconds=start), ended=START + timedelta(seconds=end), method=method, status=status,
        outcome=outcome, **made,
    )  # fmt: skip


def place(start: float, end: float, status: int | None = 201, **fields: Any) -> ClientRequest:
    return request(start, end, "POST", status, **fields)


def get(start: float, end: float, shown: str, **fields: Any) -> ClientRequest:
    path = f"{ORDERS}/{APPROVED}"
    return request(start, end, "GET", 200, path=path, response={"id": APPROVED, "status": shown}, **fields)


def judge(invariant: str, *log: ClientRequest) -> list[str]:
    return problems(Witnesses(client=[place(-2, -1, order=LATE, key="first"), *log]), invariant)


def test_a_status_that_goes_back_is_found() -> None:
    (problem,) = judge("I21", place(0, 1), get(2, 3, "APPROVED"), get(4, 5, "RESERVED"))

    assert problem == "shown as RESERVED at 00:00:04.000000, but before as APPROVED"


def test_concurrent_responses_may_show_either_status() -> None:
    assert judge("I21", place(0, 1), get(2, 4, "APPROVED"), get(3, 5, "RESERVED")) == []


def test_a_way_that_no_order_takes_is_found() -> None:
    assert judge("I21", get(0, 1, "REJECTED"), get(2, 3, "APPROVED")) == [
        "shown as APPROVED at 00:00:02.000000, but before as REJECTED"
    ]


def test_an_accepted_order_that_is_not_found_is_a_problem() -> None:
    missing = request(2, 3, "GET", 404, path=f"{ORDERS}/{APPROVED}")

    assert judge("I21", place(0, 1), missing) == ["not found at 00:00:02.000000, but it was RECEIVED"]
    assert judge("I21", missing) == []


def test_a_command_that_is_repeated_later_is_accepted_again_and_shows_no_status() -> None:
    again = place(4, 5), place(4, 5, path=f"{ORDERS}/{APPROVED}/cancellation")

    assert judge("I21", place(0, 1), get(2, 3, "REFUNDED"), *again) == []


def test_a_cancelled_order_is_never_shown_as_approved() -> None:
    cancelled = place(0, 1, path=f"{ORDERS}/{APPROVED}/cancellation")

    (problem,) = judge("I21", cancelled, get(2, 3, "APPROVED"))
    assert problem.endswith("but before as CANCELLED")


def test_a_status_that_the_database_cannot_have_reached_is_found(good: Witnesses) -> None:
    broken = change_rows(good, "orders", "orders", {"id": DENIED}, status="RECEIVED")

    assert problems(broken, "I21") == ["shown as REJECTED, but it is RECEIVED"]


def test_one_key_with_two_orders_is_found() -> None:
    log = place(0, 1, key="k", body=BODY), place(2, 3, key="k", body=BODY, order=DENIED)

    assert judge("I22", *log) == [f"key k has 2 orders: {APPROVED}, {DENIED}"]


def test_one_key_with_two_bodies_is_found() -> None:
    log = place(0, 1, key="k", body=BODY), place(2, 3, key="k", body=BODY | {"customerName": "Eve"})

    assert judge("I22", *log) == ["key k was accepted with 2 bodies"]


def test_a_refused_repeat_with_the_same_body_is_found() -> None:
    log = place(0, 1, key="k", body=BODY), place(2, 3, 422, key="k", body=dict(BODY), order=None, response="no")

    assert judge("I22", *log) == ["key k was accepted, but refused with the same body: no"]


@pytest.mark.parametrize("status", [None, 409, 429, 503])
def test_a_repeat_may_be_unanswered_or_come_too_early(status: int | None) -> None:
    assert judge("I22", place(0, 1, key="k", body=BODY), place(2, 3, status, key="k", body=BODY, order=None)) == []


def test_another_body_must_be_refused() -> None:
    other = place(2, 3, 422, key="k", body=BODY | {"customerName": "Eve"}, order=None)

    assert judge("I22", place(0, 1, key="k", body=BODY), other) == []


@pytest.mark.parametrize("key", ["another", None])
def test_one_order_for_two_requests_without_a_common_key_is_found(key: str | None) -> None:
    (problem,) = judge("I22", place(0, 1, key="k", body=BODY), place(2, 3, key=key, body=BODY))

    assert problem.startswith("one order for 2 requests with the keys ")


def test_without_a_client_log_nothing_can_be_said(good: Witnesses) -> None:
    report = check(replace(good, client=None))

    assert report.not_checked == ["I2", "I21", "I22"]
    assert {result.not_checked for result in report.results if result.verdict == "not checked"} == {"no client log"}


def test_the_good_run_has_reads_and_repeats_to_judge(good: Witnesses) -> None:
    assert request_of(good, APPROVED).status == 201
    doubled = requests(good, lambda log: sorted(log * 2, key=lambda each: each.started))

    assert problems(doubled, "I21") == problems(doubled, "I22") == []
