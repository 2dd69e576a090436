"""Told: the three stories, their steps and how they end, as the five services should leave them."""

from collections.abc import Sequence
from typing import Any

from sample import FIRST, place_order, products_reserved
from worker.in_memory_shop import Shop

from checkout.journal import journal
from checkout.journal.hop import Hop

STEPS = {
    "happy": [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 13, 13, 14, 14],  # all but the first, which the gateway tells
    "sold out": [2, 3, 4, 5, 6, 6, 7],
    "denied": [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 11, 11, 12],
}
ORDERS = {"happy": place_order(), "sold out": place_order(sku=3, quantity=1), "denied": place_order(sku=4, quantity=2)}
ENDS = {  # status, reason, on hand and reserved of its product, amounts charged, parcels, kinds of mail
    "happy": ("APPROVED", None, (98, 0), [10.0], 1, "Your order is on its way"),
    "sold out": ("REJECTED", "Garden gnome is sold out", (0, 0), [], 0, "We are sorry: we cannot deliver your order"),
    "denied": ("REJECTED", "above the limit", (5, 0), [], 0, "We are sorry: your payment was denied"),
}


def applied_steps(told: Sequence[Hop]) -> list[int | None]:
    return sorted(hop.step for hop in journal.applied(told))


def end_of(shop: Shop, story: str) -> tuple[Any, ...]:
    order = shop.state("orders", products_reserved())[FIRST]
    product = shop.product(ORDERS[story].products[0].sku)
    charged = [float(e["amount"]) for e in shop.outside.payment_broker.ledger.entries() if e["status"] == "charged"]
    parcels = len(shop.outside.shipment_company.ledger.entries())
    (mail,) = shop.outside.mailbox.mails()
    return (order.status, order.reason, (product.on_hand, product.reserved), charged, parcels, mail["subject"])
