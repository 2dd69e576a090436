"""Crashes: the smallest stories of a crash, or of a pause, that tell a mutant from its unmutated twin."""

from mutants.observed_shop import ObservedShop
from worker.in_memory_shop import run_once


def when_it_is_paid_and_cancelled(shop: ObservedShop) -> None:
    """Orders crashes in the commit of an approval, and the customer cancels before it is tried again."""
    order = shop.order().order
    shop.work("stock", "orders", "payments", "payments")
    with shop.crashing("orders"):
        shop.work("orders")
    shop.cancel(order)
    shop.run()


def when_an_order_arrives(shop: ObservedShop) -> None:
    """Orders crashes in the commit of a new order; the customer does not ask again."""
    with shop.crashing("orders"):
        shop.order()
    shop.run()


def after_poll(shop: ObservedShop) -> None:
    """Stock crashes with an order that it has not handled."""
    shop.order()
    shop.workers["stock"].poll()
    shop.crash("stock")
    shop.run()


def after_publish(shop: ObservedShop) -> None:
    """Stock crashes before it commits the offset of an order that it has handled."""
    shop.order()
    worker = shop.workers["stock"]
    for verb in (worker.poll, worker.handle, worker.publish):
        verb()
    shop.crash("stock")
    shop.run()


def when_the_email_is_sent(shop: ObservedShop) -> None:
    """Notifications crashes in the commit before which no e-mail may leave."""
    shop.order((3, 1))
    shop.work("stock")
    with shop.crashing("notifications"):
        shop.work("notifications")
    shop.run()


def pause_a_replica(shop: ObservedShop) -> None:
    """A replica of Notifications pauses for two seconds before it sends an e-mail; another one runs meanwhile."""
    shop.order((3, 1))
    shop.work("stock")
    first = shop.workers["notifications"]
    first.poll()
    first.handle()
    shop.clock.ahead += 2.0
    second = shop.start_further("notifications-2")
    run_once(second)
    first.publish()
    first.commit()
    shop.run()
