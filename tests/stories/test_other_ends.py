"""Other ends: cancelled, expired, refunded and undeliverable orders, on real processes."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from stories.shopper import Shopper, open_shopper

from checkout.processes.supervisor import Supervisor
from checkout.registry import arrows

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
MANY = 1_000_000
CANCELLED, REFUNDED = "Your order is cancelled", "Your payment is refunded"


def assert_story(shopper: Shopper, id: str, view: str) -> None:
    """Asserts that exactly the arrows of a view have happened, and saves the journal for `scripts/diagrams`."""
    shopper.save_journal(id, view)
    assert shopper.arrows(id) == sorted(arrow[:3] for arrow in arrows(view))


def order_with_late_payment(shopper: Shopper, *line: tuple[int, int]) -> str:
    """Places an order, and cancels it while the payment provider has the charge."""
    shopper.set_switches("payment_broker", delay=1.5)
    id = shopper.order(*line)
    shopper.wait_until(lambda: len(shopper.charges(id)) == 1, "the payment provider has charged the card", 10)
    assert shopper.cancel(id).status_code == 201
    return id


def subjects(shopper: Shopper, id: str) -> list[str]:
    return [mail["subject"] for mail in shopper.mails(id)]


def test_a_cancelled_order_frees_its_products_and_the_customer_is_told(shopper: Shopper) -> None:
    before = shopper.available(1)
    shopper.set_switches("payment_broker", fail=MANY)
    id = shopper.order((1, 3))
    shopper.wait_until(lambda: shopper.read_order(id)["status"] == "RESERVED", "the products are reserved", 20)

    responses = [shopper.cancel(id), shopper.cancel(id)]

    [order] = shopper.wait_for_end(id)
    assert [(response.status_code, response.json()) for response in responses] == [(201, {"id": id})] * 2
    assert (order["status"], order["reason"]) == ("CANCELLED", "you have cancelled it")
    assert_story(shopper, id, "ordering-cancelled")
    assert shopper.available(1) == before
    assert (subjects(shopper, id), shopper.charges(id)) == ([CANCELLED], [])


def test_a_payment_after_the_cancellation_is_refunded_once(shopper: Shopper) -> None:
    before = shopper.available(2)

    id = order_with_late_payment(shopper, (2, 2))

    shopper.wait_until(lambda: shopper.read_order(id)["status"] == "REFUNDED", "the payment is refunded", 20)
    shopper.wait_for_end(id)
    assert_story(shopper, id, "ordering-late-payment")
    assert [(r["amount"], r["status"], r["attempts"]) for r in shopper.refunds(id)] == [(17.0, "refunded", 1)]
    assert (subjects(shopper, id), shopper.available(2)) == ([CANCELLED, REFUNDED], before)


def test_a_refused_refund_is_left_to_an_operator(shopper: Shopper) -> None:
    shopper.set_switches("payment_broker", delay=1.5, refuse_refunds="the card is closed")
    id = shopper.order((2, 1))
    shopper.wait_until(lambda: len(shopper.charges(id)) == 1, "the payment provider has charged the card", 10)
    shopper.cancel(id)

    shopper.wait_until(lambda: shopper.read_order(id)["status"] == "NEEDS_OPERATOR", "an operator is needed", 20)
    [order] = shopper.wait_for_end(id)
    assert order["reason"] == "the refund was refused: the card is closed"
    assert_story(shopper, id, "ordering-refund-refused")
    assert subjects(shopper, id) == [CANCELLED]


def test_an_order_whose_parcel_is_refused_is_refunded_and_its_products_are_free(shopper: Shopper) -> None:
    before = shopper.available(5)
    shopper.set_switches("shipment_company", refuse="the address is unknown")

    id = shopper.order((5, 1))

    shopper.wait_until(lambda: shopper.read_order(id)["status"] == "REFUNDED", "the payment is refunded", 20)
    [order] = shopper.wait_for_end(id)
    assert order["reason"] == "it cannot be delivered: the address is unknown"
    assert_story(shopper, id, "ordering-parcel-refused")
    assert shopper.available(5) == before
    assert sorted(subjects(shopper, id)) == sorted(["Your order is on its way", CANCELLED, REFUNDED])
    assert [refund["amount"] for refund in shopper.refunds(id)] == [64.90]


def test_an_approved_order_cannot_be_cancelled_and_an_unknown_one_is_not_found(shopper: Shopper) -> None:
    id = shopper.order((1, 1))
    shopper.wait_for_end(id)

    decided, unknown = shopper.cancel(id), shopper.cancel("00000000-0000-4000-8000-000000000000")

    assert decided.status_code == 409
    assert decided.json() == {"message": f"order {id} is APPROVED: it can be cancelled only before it is approved"}
    assert (unknown.status_code, shopper.read_order(id)["status"]) == (404, "APPROVED")


@pytest.fixture
def impatient_shopper(
    new_store: Callable[..., Supervisor], wait_until: Callable[..., None], request: pytest.FixtureRequest
) -> Iterator[Shopper]:
    """A customer of a store that holds products for one second."""
    store = new_store(reservation_seconds=1)
    yield from open_shopper(store, wait_until, request)
    store.stop()


def test_an_order_that_is_not_paid_in_time_is_cancelled(impatient_shopper: Any) -> None:
    shopper, before = impatient_shopper, impatient_shopper.available(1)
    shopper.set_switches("payment_broker", fail=MANY)

    id = shopper.order((1, 2))

    shopper.wait_until(lambda: shopper.read_order(id)["status"] == "CANCELLED", "the order is cancelled", 30)
    [order] = shopper.wait_for_end(id)
    assert order["reason"].startswith("it was not paid within")
    assert_story(shopper, id, "ordering-expired")
    assert (shopper.available(1), subjects(shopper, id)) == (before, [CANCELLED])
    shopper.set_switches("payment_broker")
    shopper.wait_until(lambda: shopper.read_order(id)["status"] == "REFUNDED", "the late payment is refunded", 30)


def test_the_web_page_of_an_order_cancels_it(shopper: Shopper) -> None:
    shopper.set_switches("payment_broker", fail=MANY)
    id = shopper.order((1, 1))
    page = f"{shopper.store.settings.url('web')}/orders/{id}"

    open_page = shopper.http.get(page).text
    form = {"token": re.findall("name=token value=([0-9a-f]+)", open_page)[0]}
    cancelled = shopper.http.post(page + "/cancellation", data=form, follow_redirects=True)
    again = shopper.http.post(page + "/cancellation", data=form, follow_redirects=True)

    assert f"action=/orders/{id}/cancellation" in open_page
    assert "CANCELLED" in cancelled.text and "Cancel this order" not in cancelled.text
    assert again.status_code == 200
