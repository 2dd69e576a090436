"""Delivery invariants: I10 and I11 hold in a good run, and each way to break them is found."""

from dataclasses import replace

import pytest
from checker.breaking import (
    change_rows,
    drop_entries,
    drop_records,
    drop_rows,
    entries,
    more_entries,
    problems,
    rows,
)
from checker.good_run import APPROVED, DENIED, FOREIGN, LATE, REFUSED_PARCEL, SOLD_OUT

from checkout.checker.facts import ORDER_APPROVED, ORDER_CANCELLED, PAYMENT_FAILED
from checkout.checker.witnesses import Witnesses


def test_an_approved_order_without_a_parcel_is_found(good: Witnesses) -> None:
    assert problems(drop_entries(good, "parcels", APPROVED), "I10") == ["approved, but without a parcel"]


def test_a_parcel_that_is_still_requested_is_no_missing_one(good: Witnesses) -> None:
    requested = change_rows(good, "shipments", "shipments", {"order_id": APPROVED}, status="REQUESTED")

    assert problems(drop_entries(requested, "parcels", APPROVED), "I10") == []


def test_a_second_parcel_is_found(good: Witnesses) -> None:
    twice = more_entries(good, "parcels", APPROVED, id="parcel-9")

    assert problems(twice, "I10") == ["2 parcels: parcel-1, parcel-9"]


@pytest.mark.parametrize("order", [DENIED, LATE])
def test_a_parcel_of_an_order_that_is_not_approved_is_found(good: Witnesses, order: str) -> None:
    moved = entries(good, "parcels", APPROVED, order=order)

    assert "parcel-1 was booked, but the order is not approved" in problems(moved, "I10")


def test_a_parcel_that_was_refused_and_booked_is_found(good: Witnesses) -> None:
    moved = entries(good, "parcels", APPROVED, order=REFUSED_PARCEL)

    assert "its parcel was refused, but it has one" in problems(moved, "I10")


def test_a_parcel_with_other_products_is_found(good: Witnesses) -> None:
    wrong = entries(good, "parcels", APPROVED, products=[{"sku": 1, "quantity": 3}])

    assert problems(wrong, "I10") == ["parcel-1 has {1: 3}, but order.new-order-approved[0]@0 {1: 2}"]


def test_a_parcel_whose_key_came_with_another_content_is_found(good: Witnesses) -> None:
    (problem,) = problems(entries(good, "parcels", APPROVED, conflicts=1), "I10")

    assert problem == "parcel-1 was requested 1 times with another content"


def test_a_second_mail_of_a_kind_is_found(good: Witnesses) -> None:
    twice = more_entries(good, "mails", APPROVED, message_id="<another>")

    assert problems(twice, "I11") == ["2 e-mails 'approved'"]


def test_copies_of_a_mail_need_as_many_lost_replies(good: Witnesses) -> None:
    copied = entries(good, "mails", APPROVED, copies=3)

    assert problems(copied, "I11") == ["2 copies of e-mails, but only 0 replies of the mail server were lost"]
    assert problems(replace(copied, lost_replies=2), "I11") == []
    assert problems(replace(copied, lost_replies=None), "I11") == []


@pytest.mark.parametrize(
    ("topic", "order", "kind"),
    [(ORDER_APPROVED, APPROVED, "approved"), (PAYMENT_FAILED, DENIED, "denied"), (ORDER_CANCELLED, LATE, "cancelled")],
)
def test_a_mail_about_what_has_not_happened_is_found(good: Witnesses, topic: str, order: str, kind: str) -> None:
    assert f"e-mail {kind!r}, but nothing on {topic}" in problems(drop_records(good, topic, order), "I11")


def test_a_mail_to_somebody_else_is_found(good: Witnesses) -> None:
    wrong = entries(good, "mails", SOLD_OUT, to="eve@example.org")

    assert problems(wrong, "I11") == ["e-mail 'unavailable' went to eve@example.org, not to ada@example.org"]


def test_a_mail_that_is_not_in_the_mailbox_was_not_sent(good: Witnesses) -> None:
    assert problems(drop_entries(good, "mails", SOLD_OUT), "I11") == [
        "e-mail 'unavailable' is SENT, but not in the mailbox"
    ]


def test_a_message_of_which_the_customer_is_not_told_is_found(good: Witnesses) -> None:
    untold = drop_rows(good, "notifications", "mails", order_id=DENIED)

    (problem,) = problems(untold, "I11")
    assert problem.startswith("no e-mail 'denied' about payment.order-payment-failed[0]@")


def test_a_customer_who_knows_of_the_cancellation_is_not_told_of_the_denial(good: Witnesses) -> None:
    cancelled = rows(good, "notifications", "mails", lambda found: [
        {**row, "kind": "cancelled"} if row["order_id"] == DENIED else row for row in found
    ])  # fmt: skip

    assert all("no e-mail" not in problem for problem in problems(cancelled, "I11"))


def test_an_order_without_an_address_gets_no_mail(good: Witnesses) -> None:
    (row,) = (row for row in good.databases["notifications"]["mails"] if row["order_id"] == FOREIGN)

    assert row["status"] == "NO ADDRESS"
    assert problems(good, "I11") == []
