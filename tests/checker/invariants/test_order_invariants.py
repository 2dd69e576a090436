"""Order invariants: I1 to I4 hold in a good run, and each way to break them is found."""

from dataclasses import replace

import msgspec
import pytest
from checker.breaking import change_rows, drop_records, drop_rows, problems, repeat_rows, request_of, requests, rows
from checker.good_run import APPROVED, CANCELLED, DENIED, FOREIGN, LATE, SOLD_OUT

from checkout.checker.client_log import RequestOutcome
from checkout.checker.facts import (
    ORDER_APPROVED,
    ORDER_RECEIVED,
    PAYMENT_FAILED,
    PAYMENT_PROCESSED,
    PAYMENT_REQUESTED,
    REFUND_REQUESTED,
)
from checkout.checker.witnesses import Witnesses


def test_an_accepted_order_without_a_row_is_lost(good: Witnesses) -> None:
    broken = drop_rows(good, "orders", "orders", id=APPROVED)

    assert problems(broken, "I1") == ["answered with 201, but the database of Orders has it 0 times"]


def test_an_accepted_order_without_a_record_is_lost(good: Witnesses) -> None:
    broken = drop_records(good, ORDER_RECEIVED, APPROVED)

    assert problems(broken, "I1") == [f"answered with 201, but not on {ORDER_RECEIVED}"]


def test_an_order_that_was_never_published_is_lost_even_without_a_client_log(good: Witnesses) -> None:
    broken = drop_records(replace(good, client=None), ORDER_RECEIVED, APPROVED)

    assert problems(broken, "I1") == [f"in the database of Orders, but not on {ORDER_RECEIVED}"]


def test_an_order_with_two_rows_is_found(good: Witnesses) -> None:
    broken = repeat_rows(good, "orders", "orders", id=APPROVED)

    assert "2 rows in the database of Orders" in problems(broken, "I1")


def test_an_accepted_order_of_another_orders_needs_no_row_in_ours(good: Witnesses) -> None:
    request = msgspec.structs.replace(request_of(good, APPROVED), order=FOREIGN)
    accepted = requests(drop_rows(good, "orders", "orders", id=FOREIGN), lambda log: [*log, request])

    assert problems(accepted, "I1") == []


def test_an_order_that_no_client_has_requested_is_a_phantom(good: Witnesses) -> None:
    broken = requests(good, lambda log: [request for request in log if request.order != DENIED])

    assert problems(broken, "I2") == ["no client has requested it: ('Ada', 'ada@example.org', (4, 2))"]


def test_an_unanswered_request_explains_one_order_and_not_two(good: Witnesses) -> None:
    lost = msgspec.structs.replace(
        request_of(good, LATE), outcome=RequestOutcome.INFO, order=None, response=None, key="never-answered"
    )
    one = requests(good, lambda log: [*(each for each in log if each.order != LATE), lost])
    two = requests(one, lambda log: [each for each in log if each.order != CANCELLED])

    assert problems(one, "I2") == []
    assert problems(two, "I2") == ["no client has requested it: ('Ada', 'ada@example.org', (1, 2))"]


def test_an_unanswered_request_whose_repeat_was_answered_explains_no_other_order(good: Witnesses) -> None:
    lost = msgspec.structs.replace(request_of(good, LATE), outcome=RequestOutcome.INFO, order=None, response=None)
    broken = requests(good, lambda log: [lost, *(each for each in log if each.order != CANCELLED)])

    assert len(problems(broken, "I2")) == 1


def test_orders_before_the_client_log_and_of_other_programs_are_no_phantoms(good: Witnesses) -> None:
    late = requests(good, lambda log: log[-1:])

    assert problems(late, "I2") == []


@pytest.mark.parametrize(
    ("service", "table", "where", "status", "problem"),
    [
        ("orders", "orders", {"id": APPROVED}, "RESERVED", "RESERVED: it is at no end"),
        ("shipments", "shipments", {"order_id": APPROVED}, "REQUESTED", "APPROVED: its parcel is REQUESTED"),
        ("payments", "payments", {"order_id": DENIED}, "REQUESTED", "REJECTED: its payment is REQUESTED"),
        ("payments", "payments", {"order_id": LATE}, "REFUND_REQUESTED", "REFUNDED: its payment is REFUND_REQUESTED"),
        ("notifications", "mails", {"order_id": SOLD_OUT}, "REQUESTED",
         "REJECTED: the e-mail 'unavailable' is not sent"),
    ],
)  # fmt: skip
def test_an_order_that_is_under_way_has_not_ended(
    good: Witnesses, service: str, table: str, where: dict[str, str], status: str, problem: str
) -> None:
    assert problems(change_rows(good, service, table, where, status=status), "I3") == [problem]


def test_an_approved_order_is_complete_only_with_its_parcel_and_its_mail(good: Witnesses) -> None:
    no_parcel = drop_rows(good, "shipments", "shipments", order_id=APPROVED)
    no_mail = drop_rows(good, "notifications", "mails", order_id=APPROVED)

    assert problems(no_parcel, "I3") == ["APPROVED: its parcel is not requested"]
    assert problems(no_mail, "I3") == ["APPROVED: Notifications has no e-mail about its approval"]


def test_a_status_to_which_no_message_has_led_is_illegal(good: Witnesses) -> None:
    (problem,) = problems(change_rows(good, "orders", "orders", {"id": DENIED}, status="APPROVED"), "I4")

    assert problem.startswith("APPROVED after PlaceOrder")
    assert PAYMENT_FAILED in problem


def test_a_handled_message_without_its_answer_is_illegal(good: Witnesses) -> None:
    swallowed = drop_records(drop_rows(good, "orders", "outbox", order_id=APPROVED, destination=PAYMENT_REQUESTED),
                             PAYMENT_REQUESTED, APPROVED)  # fmt: skip

    assert len(problems(swallowed, "I4")) == 1


def test_an_event_after_the_end_of_an_order_is_illegal(good: Witnesses) -> None:
    first = next(r for r in good.records if r.topic == ORDER_APPROVED)
    value = (first.value or b"").replace(APPROVED.encode(), LATE.encode())
    approved_too = replace(good, records=[*good.records, first._replace(offset=99, key=LATE.encode(), value=value)])

    assert len(problems(approved_too, "I4")) == 1


def test_a_refund_without_a_cancellation_is_illegal(good: Witnesses) -> None:
    row = next(row for row in good.databases["orders"]["outbox"] if row["destination"] == REFUND_REQUESTED)
    refunded = rows(good, "orders", "outbox", lambda found: [*found, {**row, "order_id": APPROVED}])

    assert len(problems(refunded, "I4")) == 1


def test_messages_that_were_not_handled_yet_may_or_may_not_count(good: Witnesses) -> None:
    early = change_rows(good, "orders", "orders", {"id": APPROVED}, status="RESERVED")
    early = drop_rows(early, "orders", "inbox", order_id=APPROVED, source=PAYMENT_PROCESSED)
    early = drop_rows(early, "orders", "outbox", order_id=APPROVED, destination=ORDER_APPROVED)

    assert problems(drop_records(early, ORDER_APPROVED, APPROVED), "I4") == []
