"""Demo: `checkout demo`, takes one order of each story through the whole store on a real Kafka and checks its end."""

import shutil
import time
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from checkout.cli import journeys, output
from checkout.cli.following import wait_for_journey
from checkout.cli.order_commands import call_gateway
from checkout.cli.up import running_shop
from checkout.journal.hop import Hop
from checkout.journal.journal import applied
from checkout.messages import PLACE_ORDER, PRODUCTS
from checkout.messaging.kafka_log import KafkaBroker
from checkout.processes.shop_file import ShopFile, find_shop
from checkout.registry import arrows
from checkout.settings import read_settings
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
    """An order, the dynamic view that draws its story, and its expected end."""

    title: str
    view: str
    sku: int
    quantity: int
    status: str
    subject: str  # of the e-mail
    charged: float  # EUR


STORIES = (
    Story("1. Two wooden spoons: approved", "ordering", 1, 2, "APPROVED", "Your order is on its way", 10.0),
    Story("2. A garden gnome: sold out", "ordering-sold-out", 3, 1, "REJECTED",
          "We are sorry: we cannot deliver your order", 0.0),
    Story("3. Two oak tables: payment denied", "ordering-payment-denied", 4, 2, "REJECTED",
          "We are sorry: your payment was denied", 0.0),
)


class StoryResult(NamedTuple):
    """The hops, order, stock before and after, e-mails and charges that a story led to."""

    hops: list[Hop]
    order: dict[str, Any]
    before: int
    after: int
    subjects: list[str]
    charged: float


def run() -> int:
    """Runs the three stories and prints their journeys; returns 0 when every end is as expected, else 1."""
    home = read_settings().home.absolute() / "demo"
    for folder in ("databases", "journal", "logs"):
        shutil.rmtree(home / folder, ignore_errors=True)
    prefix = f"demo-{int(time.time() * 1000):x}--"
    with running_shop((), False, home=home, prefix=prefix, port_base=free_port_base()) as supervisor:
        shop, problems = find_shop(home), list[str]()
        for story in STORIES:
            result = _run_story(shop, story)
            output.out.print(output.journey(story.title, result.hops))
            output.out.print(_summary(result))
            problems += _differences(story, result)
        with closing(KafkaBroker(supervisor.settings.bootstrap_servers, prefix)) as broker:
            broker.delete()
    for problem in problems:
        output.out.print(f"[bold]unexpected:[/bold] {problem}")
    if not problems:
        output.out.print(f"All {len(STORIES)} orders ended as expected.")
        output.out.print(NEXT_STEPS, markup=False)
    return 1 if problems else 0


def _run_story(shop: ShopFile, story: Story) -> StoryResult:
    before = _available(shop, story.sku)
    body = CUSTOMER | {"products": [{"sku": story.sku, "quantity": story.quantity}]}
    id = call_gateway(shop, "POST", PLACE_ORDER, json=body)["id"]
    wait_for_journey(shop, id)
    with closing(KafkaBroker(shop.bootstrap_servers, shop.prefix)) as broker:
        hops = journeys.journey(id, Path(shop.home) / "journal", broker)
    order = call_gateway(shop, "GET", f"{PLACE_ORDER}/{id}")
    mails = httpx.get(shop.address("mailbox") + "/mails", params={"order": id}, trust_env=False).json()
    charges = httpx.get(shop.address("payment_broker") + "/charges", params={"order": id}, trust_env=False).json()
    charged = sum(charge["amount"] for charge in charges if charge["status"] == "charged")
    subjects = [mail["subject"] for mail in mails]
    return StoryResult(hops, order, before, _available(shop, story.sku), subjects, charged)


def _available(shop: ShopFile, sku: int) -> int:
    products: list[dict[str, int]] = call_gateway(shop, "GET", PRODUCTS)
    return next(product["available"] for product in products if product["sku"] == sku)


def _summary(result: StoryResult) -> Any:
    reason = f" ({result.order['reason']})" if result.order["reason"] else ""
    steps = len({hop.step for hop in result.hops})
    rows = (
        ("arrows", f"{len(result.hops)} in {steps} steps"),
        ("order", result.order["status"] + reason),
        ("stock", f"{result.before} before, {result.after} after"),
        ("e-mail", ", ".join(result.subjects)),
        ("charged", f"{result.charged:.2f} EUR"),
    )
    return output.table("", ("result", ""), rows)


def _differences(story: Story, result: StoryResult) -> list[str]:
    sold = story.quantity if story.status == "APPROVED" else 0
    drawn = sorted(arrow[:3] for arrow in arrows(story.view))
    checks: tuple[tuple[str, object, object], ...] = (
        ("arrows", drawn, sorted((hop.step, hop.sender, hop.to) for hop in applied(result.hops))),
        ("order", story.status, result.order["status"]),
        ("stock sold", sold, result.before - result.after),
        ("e-mails", [story.subject], result.subjects),
        ("charged", story.charged, result.charged),
    )
    return [f"{story.title}: {what}: {found}, not {wanted}" for what, wanted, found in checks if wanted != found]
