"""Expected steps: the steps and the results of the three stories in the five services."""

from collections.abc import Sequence
from typing import Any

from sample import FIRST, place_order, products_reserved
from worker.in_memory_shop import InMemoryShop

from checkout.journal import journal
from checkout.journal.hop import Hop

STEPS = {
    "happy": [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 13, 13, 14, 14],  # step 1 is reported by the gateway
    "sold out": [2, 3, 4, 5, 6, 6, 7],
    "denied": [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 11, 11, 12],
}
ORDERS = {"happy": place_order(), "sold out": place_order(sku=3, quantity=1), "denied": place_order(sku=4, quantity=2)}
RESULTS = {  # status, reason, (on hand, reserved), amounts charged, parcels, subject of the e-mail
    "happy": ("APPROVED", None, (98, 0), [10.0], 1, "Your order is on its way"),
    "sold out": ("REJECTED", "Garden gnome is sold out", (0, 0), [], 0, "We are sorry: we cannot deliver your order"),
    "denied": ("REJECTED", "above the limit", (5, 0), [], 0, "We are sorry: your payment was denied"),
}


def applied_steps(hops: Sequence[Hop]) -> list[int | None]:
    return sorted(hop.step for hop in journal.applied(hops))


def result_of(shop: InMemoryShop, story: str) -> tuple[Any, ...]:
    order = shop.state("orders", products_reserved())[FIRST]
    product = shop.product(ORDERS[story].products[0].sku)
    charged = [float(e["amount"]) for e in shop.simulators.payment_broker.ledger.entries() if e["status"] == "charged"]
    parcels = len(shop.simulators.shipment_company.ledger.entries())
    (mail,) = shop.simulators.mailbox.mails()
    return (order.status, order.reason, (product.on_hand, product.reserved), charged, parcels, mail["subject"])
