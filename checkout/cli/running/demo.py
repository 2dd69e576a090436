"""Demo: `checkout demo`, takes orders of several stories through the store on a real Kafka and checks their ends."""

import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from checkout.cli import output
from checkout.cli.orders import journeys
from checkout.cli.orders.following import JOURNEY_WITHIN, wait_for_journey
from checkout.cli.orders.order_commands import call_gateway
from checkout.cli.running.up import running_shop
from checkout.domain import OrderStatus
from checkout.journal import journal
from checkout.journal.hop import Hop
from checkout.local_kafka import security
from checkout.messages import CANCEL_ORDER, PLACE_ORDER, PRODUCTS
from checkout.messaging.kafka_log import KafkaBroker
from checkout.processes.shop_file import ShopFile, find_shop
from checkout.processes.switches import set_switches
from checkout.registry import arrows
from checkout.settings import read_settings
from checkout.system.deadline import wait_until
from checkout.system.ports import free_port_base

CUSTOMER = {"customerName": "Ada", "customerEmail": "ada@example.org", "payment": {"paymentMethod": "CREDIT"}}
NEXT_STEPS = """
What next?

  Learn: step through the store in notebooks, in the browser.
      ./scripts/lab
  Draw: play the diagram step by step on a page of its own, story.html.
      ./scripts/install && checkout diagrams story diagrams/ordering.puml --html story.html
  Run: keep the store running, and place an order from another terminal.
      checkout up
      checkout order --product 1 --quantity 2 --follow

`source .venv/bin/activate` makes `checkout` a command of this shell."""


class Story(NamedTuple):
    """An order, the dynamic view that draws its story, and its expected end.

    `charged`, `refunded`: EUR. `switches`: the faults of external systems. `cancel_when`: what the order has to be
    when the customer cancels it, "reserved" or "charged"; empty: it is not cancelled.
    """

    title: str
    view: str
    sku: int
    quantity: int
    status: str
    subjects: tuple[str, ...]  # of the e-mails
    charged: float = 0.0
    refunded: float = 0.0
    switches: Mapping[str, Mapping[str, Any]] = {}
    cancel_when: str = ""


APPROVED, CANCELLED, REFUNDED = "Your order is on its way", "Your order is cancelled", "Your payment is refunded"
UNAVAILABLE, SLOW = {"fail": 1_000_000}, {"delay": 1.5}  # of the payment broker
STORIES = (
    Story("1. Two wooden spoons: approved", "ordering", 1, 2, "APPROVED", (APPROVED,), 10.0),
    Story("2. A garden gnome: sold out", "ordering-sold-out", 3, 1, "REJECTED",
          ("We are sorry: we cannot deliver your order",)),
    Story("3. Two oak tables: payment denied", "ordering-payment-denied", 4, 2, "REJECTED",
          ("We are sorry: your payment was denied",)),
)  # fmt: skip
OTHER_STORIES = (
    Story("4. Payment broker refuses a refund: for an operator", "ordering-refund-refused", 1, 1, "NEEDS_OPERATOR",
          (CANCELLED,), 5.0, 0.0, {"payment_broker": SLOW | {"refuse_refunds": "the card is closed"}}, "charged"),
    Story("5. Cancelled while the card is charged: refunded", "ordering-late-payment", 1, 2, "REFUNDED",
          (CANCELLED, REFUNDED), 10.0, 10.0, {"payment_broker": SLOW}, "charged"),
    Story("6. Parcel refused: refunded", "ordering-parcel-refused", 2, 1, "REFUNDED",
          (APPROVED, CANCELLED, REFUNDED), 8.5, 8.5, {"shipment_company": {"refuse": "the address is unknown"}}),
    Story("7. Cancelled before the payment", "ordering-cancelled", 1, 1, "CANCELLED", (CANCELLED,),
          switches={"payment_broker": UNAVAILABLE}, cancel_when="reserved"),
    Story("8. Not paid in time: cancelled", "ordering-expired", 2, 1, "CANCELLED", (CANCELLED,),
          switches={"payment_broker": UNAVAILABLE}),
)  # fmt: skip
SUCCESSFUL = {"charges": "charged", "refunds": "refunded"}  # the status, by the path of the payment broker
RESERVATION_SECONDS = 10.0  # after which the last story's order expires


class StoryResult(NamedTuple):
    """The hops, order, stock before and after, e-mails, charges and refunds that a story led to."""

    hops: list[Hop]
    order: dict[str, Any]
    before: int
    after: int
    subjects: list[str]
    charged: float
    refunded: float


def run(every: bool) -> int:
    """Runs the first three stories, or every story, and prints their journeys.

    Returns 0 when each end is as expected, else 1.
    """
    stories = (*STORIES, *OTHER_STORIES) if every else STORIES
    home = read_settings().home.absolute() / "demo"
    for folder in ("databases", "journal", "logs", "traces"):
        shutil.rmtree(home / folder, ignore_errors=True)
    prefix = f"demo-{int(time.time() * 1000):x}--"
    own: dict[str, Any] = {"home": home, "prefix": prefix, "port_base": free_port_base()}
    own |= {"reservation_seconds": RESERVATION_SECONDS} if every else {}
    with running_shop((), False, **own):
        shop, problems = find_shop(home), list[str]()
        for story in stories:
            result = _run_story(shop, story)
            output.out.print(output.journey(story.title, result.hops))
            output.out.print(_summary(result))
            problems += _differences(story, result)
        with closing(KafkaBroker(shop.bootstrap_servers, prefix, security=shop.kafka_security)) as broker:
            broker.delete()
            if security.is_secured(home):
                broker.delete_users()
                security.delete_passwords(home, prefix)
    for problem in problems:
        output.out.print(f"[bold]unexpected:[/bold] {problem}")
    if not problems:
        output.out.print(f"All {len(stories)} orders ended as expected.")
        output.out.print(NEXT_STEPS, markup=False)
    return 1 if problems else 0


def _run_story(shop: ShopFile, story: Story) -> StoryResult:
    before = _available(shop, story.sku)
    for system, switches in story.switches.items():
        set_switches(shop.address(system), switches)
    body = CUSTOMER | {"products": [{"sku": story.sku, "quantity": story.quantity}]}
    id = call_gateway(shop, "POST", PLACE_ORDER, json=body)["id"]
    if story.cancel_when:
        _cancel(shop, id, story.cancel_when)
    wait_for_journey(shop, id, view=story.view if story.switches else "")
    with closing(KafkaBroker(shop.bootstrap_servers, shop.prefix, security=shop.kafka_security)) as broker:
        hops = journeys.journey(id, Path(shop.home) / "journal", broker)
    order = call_gateway(shop, "GET", f"{PLACE_ORDER}/{id}")
    mails = httpx.get(shop.address("mailbox") + "/mails", params={"order": id}, trust_env=False).json()
    charged, refunded = (_sum(shop, id, path) for path in ("charges", "refunds"))
    for system in story.switches:
        set_switches(shop.address(system), {})
    subjects = [mail["subject"] for mail in mails]
    return StoryResult(hops, order, before, _available(shop, story.sku), subjects, charged, refunded)


def _cancel(shop: ShopFile, id: str, when: str) -> None:
    path = f"{PLACE_ORDER}/{id}"
    is_due: Mapping[str, Callable[[], bool]] = {
        "reserved": lambda: call_gateway(shop, "GET", path)["status"] == OrderStatus.RESERVED,
        "charged": lambda: _sum(shop, id, "charges") > 0,
    }
    wait_until(is_due[when], JOURNEY_WITHIN, pause=0.05)
    call_gateway(shop, "POST", CANCEL_ORDER.format(id=id))


def _sum(shop: ShopFile, id: str, path: str) -> float:
    address = f"{shop.address('payment_broker')}/{path}"
    entries = httpx.get(address, params={"order": id}, trust_env=False).json()
    return float(sum(entry["amount"] for entry in entries if entry["status"] == SUCCESSFUL[path]))


def _available(shop: ShopFile, sku: int) -> int:
    products: list[dict[str, int]] = call_gateway(shop, "GET", PRODUCTS)
    return next(product["available"] for product in products if product["sku"] == sku)


def _summary(result: StoryResult) -> Any:
    reason = f" ({result.order['reason']})" if result.order["reason"] else ""
    arrows = journal.applied(result.hops)
    rows = (
        ("arrows", f"{len(arrows)} in {len({hop.step for hop in arrows})} steps"),
        ("order", result.order["status"] + reason),
        ("stock", f"{result.before} before, {result.after} after"),
        ("e-mail", ", ".join(result.subjects)),
        ("charged", f"{result.charged:.2f} EUR"),
        *([("refunded", f"{result.refunded:.2f} EUR")] if result.refunded else []),
    )
    return output.table("", ("result", ""), rows)


def _differences(story: Story, result: StoryResult) -> list[str]:
    sold = story.quantity if story.status == "APPROVED" else 0
    drawn = sorted(arrow[:3] for arrow in arrows(story.view))
    checks: tuple[tuple[str, object, object], ...] = (
        ("arrows", drawn, sorted((hop.step, hop.sender, hop.to) for hop in journal.applied(result.hops))),
        ("order", story.status, result.order["status"]),
        ("stock sold", sold, result.before - result.after),
        ("e-mails", sorted(story.subjects), sorted(result.subjects)),
        ("charged", story.charged, result.charged),
        ("refunded", story.refunded, result.refunded),
    )
    return [f"{story.title}: {what}: {found}, not {wanted}" for what, wanted, found in checks if wanted != found]
