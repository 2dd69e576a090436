"""Following: waits until every arrow of an order's story has a hop, for `checkout order --follow` and the demo."""

from collections.abc import Iterable
from pathlib import Path

from checkout.cli import output
from checkout.cli.orders import journeys
from checkout.cli.orders.order_commands import list_orders
from checkout.journal import journal
from checkout.journal.hop import Hop
from checkout.processes.shop_file import ShopError, ShopFile, find_shop
from checkout.registry import arrows
from checkout.settings import read_settings
from checkout.stories import story_of
from checkout.system.deadline import wait_until

JOURNEY_WITHIN = 60.0  # seconds


def follow_order(id: str) -> None:
    """Waits for the end of an order's journey and prints the journey and the order."""
    shop = find_shop(read_settings().home)
    output.out.print(output.journey(f"Order {id}", wait_for_journey(shop, id)))
    list_orders(id, as_json=False)


def wait_for_journey(shop: ShopFile, id: str, seconds: float = JOURNEY_WITHIN, view: str = "") -> list[Hop]:
    """The journey of an order as soon as every arrow of its story has a hop.

    `view`: the story; by default the one that the hops so far belong to. Raises ShopError after `seconds`.
    """
    hops: list[Hop] = []

    def is_complete() -> bool:
        hops[:] = journeys.journey(id, Path(shop.home) / "journal")
        return not missing(hops, view)

    try:
        wait_until(is_complete, seconds, pause=0.05)
    except TimeoutError:
        step, sender, to = missing(hops, view)[0]
        late = f"order {id} has not reached step {step}, {sender} to {to}, after {seconds:.0f} s"
        raise ShopError(f"{late}: see the logs in {shop.home}/logs") from None
    return hops


def missing(hops: Iterable[Hop], view: str = "") -> list[tuple[int, str, str]]:
    """The arrows of an order's story that have no applied hop yet, as (step, from, to)."""
    applied = journal.applied(hops)
    done = {(hop.step, hop.sender, hop.to) for hop in applied}
    expected = [arrow[:3] for arrow in arrows(view or story_of(hop.message for hop in applied))]
    return [arrow for arrow in expected if arrow not in done]
