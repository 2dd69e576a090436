"""Stories: the three stories, their variants and external failures, on real processes."""

import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from checkout.processes import checks_before_start
from checkout.processes.shop_file import ShopError
from checkout.processes.supervisor import Supervisor
from checkout.registry import arrows

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


def arrows_of_diagram(view: str) -> list[tuple[int, str, str]]:
    return sorted(arrow[:3] for arrow in arrows(view))


def test_an_order_is_paid_approved_and_shipped_and_the_customer_notified(shopper: Any) -> None:
    before = shopper.available(1)

    id = shopper.order((1, 2))

    [order] = shopper.wait_for_end(id)
    assert (order["status"], order["total"]) == ("APPROVED", 10.00)
    shopper.save_journal(id, "ordering")
    assert shopper.arrows(id) == arrows_of_diagram("ordering")
    assert len(shopper.arrows(id)) == 17 and len({step for step, _, _ in shopper.arrows(id)}) == 14
    assert shopper.available(1) == before - 2
    assert [(c["amount"], c["status"]) for c in shopper.charges(id)] == [(10.00, "charged")]
    assert [parcel["products"] for parcel in shopper.parcels(id)] == [[{"sku": 1, "quantity": 2}]]
    assert [mail["subject"] for mail in shopper.mails(id)] == ["Your order is on its way"]


def test_a_sold_out_order_is_rejected_with_an_apology(shopper: Any) -> None:
    id = shopper.order((3, 1))

    [order] = shopper.wait_for_end(id)
    assert (order["status"], order["reason"]) == ("REJECTED", "Garden gnome is sold out")
    shopper.save_journal(id, "ordering-sold-out")
    assert shopper.arrows(id) == arrows_of_diagram("ordering-sold-out")
    assert len(shopper.arrows(id)) == 8 and len({step for step, _, _ in shopper.arrows(id)}) == 7
    assert shopper.charges(id) == shopper.parcels(id) == []
    [mail] = shopper.mails(id)
    assert "apolog" in mail["text"] or "sorry" in mail["text"]
    assert "Garden gnome is sold out" in mail["text"]


def test_a_denied_payment_is_reported_to_the_customer_with_the_reason(shopper: Any) -> None:
    before = shopper.available(4)

    id = shopper.order((4, 2))

    [order] = shopper.wait_for_end(id)
    assert (order["status"], order["reason"]) == ("REJECTED", "above the limit")
    shopper.save_journal(id, "ordering-payment-denied")
    assert shopper.arrows(id) == arrows_of_diagram("ordering-payment-denied")
    assert len(shopper.arrows(id)) == 14 and len({step for step, _, _ in shopper.arrows(id)}) == 12
    assert shopper.available(4) == before
    assert [charge["status"] for charge in shopper.charges(id)] == ["denied"]
    [mail] = shopper.mails(id)
    assert "above the limit" in mail["text"]


def test_a_payment_denied_by_a_switch_has_its_reason(shopper: Any) -> None:
    shopper.set_switches("payment_broker", deny="card expired", deny_next=1)

    id = shopper.order((2, 1))

    [order] = shopper.wait_for_end(id)
    assert (order["status"], order["reason"]) == ("REJECTED", "card expired")


def test_an_order_with_an_outdated_price_is_rejected(shopper: Any) -> None:
    id = shopper.order((1, 1), price=4.00)

    [order] = shopper.wait_for_end(id)
    assert (order["status"], order["reason"]) == ("REJECTED", "the price of Wooden spoon is 5.00, not 4.00")
    assert shopper.charges(id) == []


def test_an_order_of_an_unknown_product_is_rejected(shopper: Any) -> None:
    id = shopper.order((999, 1))

    [order] = shopper.wait_for_end(id)
    assert (order["status"], order["reason"]) == ("REJECTED", "there is no product 999")


def test_an_order_of_several_lines_has_one_charge_and_one_parcel(shopper: Any) -> None:
    id = shopper.order((1, 1), (2, 2), (1, 3))

    [order] = shopper.wait_for_end(id)
    assert (order["status"], order["total"]) == ("APPROVED", 37.00)
    assert [charge["amount"] for charge in shopper.charges(id)] == [37.00]
    assert len(shopper.parcels(id)) == 1


def test_of_two_orders_for_the_last_item_exactly_one_succeeds(shopper: Any) -> None:
    available = shopper.available(5)
    shopper.wait_for_end(shopper.order((5, available - 1)))

    with ThreadPoolExecutor(2) as pool:
        ids = list(pool.map(lambda _: shopper.order((5, 1)), range(2)))

    statuses = sorted(order["status"] for order in shopper.wait_for_end(*ids))
    assert statuses == ["APPROVED", "REJECTED"]
    assert shopper.available(5) == 0


def test_an_unanswered_charge_is_repeated_and_charges_once(shopper: Any) -> None:
    shopper.set_switches("payment_broker", drop_after_charging=2)

    id = shopper.order((1, 1))

    [order] = shopper.wait_for_end(id)
    [charge] = shopper.charges(id)
    assert (order["status"], charge["status"], charge["conflicts"]) == ("APPROVED", "charged", 0)
    assert charge["attempts"] == 3


def test_calls_to_failing_external_systems_are_repeated(shopper: Any) -> None:
    shopper.set_switches("payment_broker", fail=2)
    shopper.set_switches("shipment_company", fail=2)
    shopper.set_switches("mailbox", fail=2)

    id = shopper.order((1, 1))

    [order] = shopper.wait_for_end(id)
    assert order["status"] == "APPROVED"
    assert len(shopper.charges(id)) == len(shopper.parcels(id)) == len(shopper.mails(id)) == 1


def test_two_requests_with_the_same_idempotency_key_create_one_order(shopper: Any) -> None:
    body = {"customerName": "Ada", "customerEmail": "ada@example.org", "payment": {"paymentMethod": "DEBIT"},
            "products": [{"sku": 1, "quantity": 1}]}
    key = {"Idempotency-Key": "spoon, once"}

    responses = [shopper.post(body, headers=key) for _ in range(2)]
    other_response = shopper.post(body | {"customerName": "Bob"}, headers=key)

    assert [response.status_code for response in responses] == [201, 201]
    assert responses[0].json() == responses[1].json()
    assert other_response.status_code == 422 and "Idempotency-Key" in other_response.json()["message"]
    id = responses[0].json()["id"]
    shopper.wait_for_end(id)
    assert len(shopper.charges(id)) == len(shopper.arrows(id)) / 17 == 1


def test_databases_and_journals_are_readable_only_by_their_user(store: Supervisor) -> None:
    files = [*store.settings.home.glob("databases/*.db"), *store.settings.home.glob("journal/*.jsonl")]

    assert len(files) >= 10
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_second_store_with_the_same_prefix_is_refused(
    store: Supervisor, new_store: Callable[..., Supervisor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks_before_start, "MEMBERS_LEAVE_WITHIN", 0.1)
    prefix = store.settings.prefix

    expected = f"the consumer group {prefix}stock at Kafka .* has the member {prefix}stock-1 already.*CHECKOUT_PREFIX"
    with pytest.raises(ShopError, match=expected):
        new_store(["stock"], prefix=prefix)
    assert store.processes and list(store.crashed()) == []
