"""Notifications: one e-mail of each kind per order, and its text."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from sample import ADA, EMAIL, FIRST, order_approved, payment, payment_failed, reservation_failed

from checkout.fields import OrderLine
from checkout.messages import Message
from checkout.replies import EmailRefused, EmailSent
from checkout.services.notifications import Notifications


@pytest.fixture
def notifications(new_harness: Callable[..., Any]) -> Any:
    return new_harness(Notifications())


def mails(notifications: Any) -> dict[tuple[str, str], str]:
    return {key: mail.status for key, mail in notifications.state(order_approved()).items()}


def test_the_confirmation_lists_the_products_and_the_amount_paid(notifications: Any) -> None:
    (email,) = notifications.handle(order_approved())

    assert (email.kind, email.customer_name, email.customer_email) == ("approved", ADA, EMAIL)
    assert email.subject == "Your order is on its way"
    assert email.text == (
        "Dear Ada,\n\nyour order is approved and on its way:\n\n  2 x Wooden spoon, 5.00 EUR each\n\n"
        f"You paid 10.00 EUR.\n\nYour order: {FIRST}\nAwesome Online Store\n"
    )


def test_a_sold_out_order_sends_an_apology(notifications: Any) -> None:
    (email,) = notifications.handle(reservation_failed(reason="Garden gnome is sold out"))

    assert (email.kind, email.subject) == ("unavailable", "We are sorry: we cannot deliver your order")
    assert "Garden gnome is sold out.\nNothing was charged." in email.text


def test_a_denied_payment_sends_the_reason_to_the_customer(notifications: Any) -> None:
    (email,) = notifications.handle(payment_failed(reason="above the limit"))

    assert (email.kind, email.subject) == ("denied", "We are sorry: your payment was denied")
    assert "your payment was denied: above the limit.\nNothing was charged." in email.text


@pytest.mark.parametrize(
    ("message", "purpose"),
    [
        (order_approved(), "mail-approved"), (reservation_failed(), "mail-unavailable"),
        (payment_failed(), "mail-denied"),
    ],
)
def test_each_kind_of_email_has_its_own_purpose(notifications: Any, message: Message, purpose: str) -> None:
    (email,) = notifications.handle(message)

    assert email.purpose == purpose
    assert mails(notifications) == {(FIRST, email.kind): "REQUESTED"}


@pytest.mark.parametrize("message", [order_approved(), reservation_failed(), payment_failed()])
def test_without_an_address_the_email_is_recorded_and_not_sent(notifications: Any, message: Message) -> None:
    sent = notifications.handle(msgspec.structs.replace(message, customer_email=None))

    assert sent == []
    assert list(mails(notifications).values()) == ["NO ADDRESS"]


@pytest.mark.parametrize("message", [reservation_failed(), payment_failed()])
def test_without_a_name_the_email_addresses_the_customer_as_customer(notifications: Any, message: Message) -> None:
    (email,) = notifications.handle(msgspec.structs.replace(message, customer_name=None))

    assert email.text.startswith("Dear customer,")


def test_names_prices_and_total_that_a_foreign_orders_service_omits_are_omitted_from_the_email(
    notifications: Any
) -> None:
    products = [OrderLine(sku=1), OrderLine(sku=2, name="Enamel mug")]
    order = msgspec.structs.replace(order_approved(), products=products, total=None, payment=payment(None))

    (email,) = notifications.handle(order)

    assert "  1 x product 1\n  1 x Enamel mug\n\nYour order" in email.text
    assert "None" not in email.text and "paid" not in email.text


def test_the_amount_paid_is_taken_from_the_payment_when_the_order_has_no_total(notifications: Any) -> None:
    (email,) = notifications.handle(msgspec.structs.replace(order_approved(), total=None, payment=payment("9.00")))

    assert "You paid 9.00 EUR." in email.text


@pytest.mark.parametrize(
    ("reply", "status", "reason"),
    [(EmailSent(FIRST, "approved"), "SENT", None), (EmailRefused(FIRST, "approved", "unknown"), "REFUSED", "unknown")],
)
def test_the_reply_of_the_mail_server_is_stored(notifications: Any, reply: Any, status: str, reason: str) -> None:
    notifications.handle(order_approved())

    sent = notifications.handle(reply)

    mail = notifications.state(order_approved())[FIRST, "approved"]
    assert sent == []
    assert (mail.status, mail.reason) == (status, reason)


def test_a_reply_to_an_unknown_email_is_an_error(notifications: Any) -> None:
    with pytest.raises(KeyError):
        notifications.handle(EmailSent(FIRST, "approved"))
