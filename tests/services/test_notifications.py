"""Notifications: one letter of a kind per order, with what the customer wants to know."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from sample import ADA, EMAIL, FIRST, approved, paid, refused, unpaid

from checkout.fields import OrderLine
from checkout.messages import EmailRefused, EmailSent, Message
from checkout.services.notifications import Notifications


@pytest.fixture
def notifications(bench: Callable[..., Any]) -> Any:
    return bench(Notifications())


def mails(notifications: Any) -> dict[tuple[str, str], str]:
    return {key: mail.status for key, mail in notifications.state(approved()).items()}


def test_an_approved_order_is_told_with_what_was_bought_and_paid(notifications: Any) -> None:
    (letter,) = notifications.tell(approved())

    assert (letter.kind, letter.customer_name, letter.customer_email) == ("approved", ADA, EMAIL)
    assert letter.subject == "Your order is on its way"
    assert letter.text == (
        "Dear Ada,\n\nyour order is approved and on its way:\n\n  2 x Wooden spoon, 5.00 EUR each\n\n"
        f"You paid 10.00 EUR.\n\nYour order: {FIRST}\nAwesome Online Store\n"
    )


def test_a_sold_out_customer_gets_an_apology(notifications: Any) -> None:
    (letter,) = notifications.tell(refused(why="Garden gnome is sold out"))

    assert (letter.kind, letter.subject) == ("unavailable", "We are sorry: we cannot deliver your order")
    assert "Garden gnome is sold out.\nNothing was charged." in letter.text


def test_denied_payment_tells_the_customer_why(notifications: Any) -> None:
    (letter,) = notifications.tell(unpaid(why="above the limit"))

    assert (letter.kind, letter.subject) == ("denied", "We are sorry: your payment was denied")
    assert "your payment was denied: above the limit.\nNothing was charged." in letter.text


@pytest.mark.parametrize(
    ("message", "purpose"),
    [(approved(), "mail-approved"), (refused(), "mail-unavailable"), (unpaid(), "mail-denied")],
)
def test_each_kind_of_letter_has_a_purpose_of_its_own(notifications: Any, message: Message, purpose: str) -> None:
    (letter,) = notifications.tell(message)

    assert letter.purpose == purpose
    assert mails(notifications) == {(FIRST, letter.kind): "REQUESTED"}


@pytest.mark.parametrize("message", [approved(), refused(), unpaid()])
def test_without_an_address_the_letter_is_recorded_and_not_sent(notifications: Any, message: Message) -> None:
    said = notifications.tell(msgspec.structs.replace(message, customer_email=None))

    assert said == []
    assert list(mails(notifications).values()) == ["NO ADDRESS"]


@pytest.mark.parametrize("message", [refused(), unpaid()])
def test_without_a_name_the_letter_goes_to_a_dear_customer(notifications: Any, message: Message) -> None:
    (letter,) = notifications.tell(msgspec.structs.replace(message, customer_name=None))

    assert letter.text.startswith("Dear customer,")


def test_what_another_orders_leaves_out_is_left_out_of_the_letter(notifications: Any) -> None:
    bare = [OrderLine(sku=1), OrderLine(sku=2, name="Enamel mug")]
    order = msgspec.structs.replace(approved(), products=bare, total=None, payment=paid(None))

    (letter,) = notifications.tell(order)

    assert "  1 x product 1\n  1 x Enamel mug\n\nYour order" in letter.text
    assert "None" not in letter.text and "paid" not in letter.text


def test_what_was_paid_is_told_from_wherever_it_stands(notifications: Any) -> None:
    (letter,) = notifications.tell(msgspec.structs.replace(approved(), total=None, payment=paid("9.00")))

    assert "You paid 9.00 EUR." in letter.text


@pytest.mark.parametrize(
    ("reply", "status", "reason"),
    [(EmailSent(FIRST, "approved"), "SENT", None), (EmailRefused(FIRST, "approved", "unknown"), "REFUSED", "unknown")],
)
def test_it_is_kept_whether_the_letter_was_taken(notifications: Any, reply: Any, status: str, reason: str) -> None:
    notifications.tell(approved())

    said = notifications.tell(reply)

    kept = notifications.state(approved())[FIRST, "approved"]
    assert said == []
    assert (kept.status, kept.reason) == (status, reason)


def test_a_reply_about_a_letter_that_was_never_written_is_an_error(notifications: Any) -> None:
    with pytest.raises(KeyError):
        notifications.tell(EmailSent(FIRST, "approved"))
