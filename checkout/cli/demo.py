"""Demo: three orders through seven processes on a real Kafka, each told arrow by arrow and checked."""

import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from checkout.cli import client, journeys, output
from checkout.cli.up import started
from checkout.journal.hop import Hop, Outcome
from checkout.messages import PLACE_ORDER, PRODUCTS
from checkout.messaging.kafka_log import KafkaBroker
from checkout.processes.supervisor import FRONT, OUTSIDE, WORKERS, ShopFile, Supervisor, find_shop
from checkout.registry import arrows
from checkout.settings import read_settings
from checkout.system.ports import free_port_base

ASKED_FOR = {"customerName": "Ada", "customerEmail": "ada@example.org", "payment": {"paymentMethod": "CREDIT"}}


class Story(NamedTuple):
    """An order, the view that draws what becomes of it, and how it ends."""

    title: str
    view: str
    sku: int
    quantity: int
    status: str
    subject: str
    charged: float


STORIES = (
    Story("1. Two wooden spoons: approved", "ordering", 1, 2, "APPROVED", "Your order is on its way", 10.0),
    Story("2. A garden gnome: sold out", "ordering-sold-out", 3, 1, "REJECTED",
          "We are sorry: we cannot deliver your order", 0.0),
    Story("3. Two oak tables: payment denied", "ordering-payment-denied", 4, 2, "REJECTED",
          "We are sorry: your payment was denied", 0.0),
)


class Told(NamedTuple):
    """What became of a story's order."""

    hops: list[Hop]
    order: dict[str, Any]
    before: int
    after: int
    subjects: list[str]
    charged: float


def run() -> int:
    """`checkout demo`: 0 when all three went as told."""
    home = read_settings().home.absolute() / "demo"
    for folder in ("databases", "journal", "logs"):
        shutil.rmtree(home / folder, ignore_errors=True)
    prefix = f"demo-{int(time.time() * 1000):x}--"
    parts = (*OUTSIDE, *WORKERS, *FRONT)
    with started((), False, parts, home=home, prefix=prefix, port_base=free_port_base()) as store:
        problems = [problem for story in STORIES for problem in _run(store, story)]
        _delete_topics(store)
    for problem in problems:
        output.out.print(f"[bold]not as told:[/bold] {problem}")
    if not problems:
        output.out.print(f"All {len(STORIES)} orders went as told.")
    return 1 if problems else 0


def _run(store: Supervisor, story: Story) -> list[str]:
    told = _tell(find_shop(store.settings.home), story)
    output.out.print(output.journey(story.title, told.hops))
    output.out.print(_end(story, told))
    return list(_differences(story, told))


def _tell(store: ShopFile, story: Story) -> Told:
    before = _available(store, story.sku)
    body = ASKED_FOR | {"products": [{"sku": story.sku, "quantity": story.quantity}]}
    id = client.ask(store, "POST", PLACE_ORDER, json=body)["id"]
    client.wait_for_end(store, id)
    broker = KafkaBroker(store.bootstrap_servers, store.prefix)
    hops = journeys.journey(id, Path(store.home) / "journal", broker)
    broker.close()
    order = client.ask(store, "GET", f"{PLACE_ORDER}/{id}")
    mails = httpx.get(store.address("mailbox") + "/mails", params={"order": id}).json()
    charges = httpx.get(store.address("payment_broker") + "/charges", params={"order": id}).json()
    charged = sum(charge["amount"] for charge in charges if charge["status"] == "charged")
    return Told(hops, order, before, _available(store, story.sku), [mail["subject"] for mail in mails], charged)


def _available(store: ShopFile, sku: int) -> int:
    found: list[dict[str, int]] = client.ask(store, "GET", PRODUCTS)
    return next(product["available"] for product in found if product["sku"] == sku)


def _end(story: Story, told: Told) -> Any:
    reason = f" ({told.order['reason']})" if told.order["reason"] else ""
    steps = len({hop.step for hop in told.hops})
    rows = (
        ("arrows", f"{len(told.hops)} in {steps} steps"),
        ("order", told.order["status"] + reason),
        ("stock", f"{told.before} before, {told.after} after"),
        ("e-mail", ", ".join(told.subjects)),
        ("charged", f"{told.charged:.2f} EUR"),
    )
    return output.table("", ("the end", ""), rows)


def _differences(story: Story, told: Told) -> Sequence[str]:
    sold = story.quantity if story.status == "APPROVED" else 0
    expected = sorted(arrow[:3] for arrow in arrows(story.view))
    pairs = (
        (
            "arrows",
            expected,
            sorted((hop.step, hop.sender, hop.to) for hop in told.hops if hop.outcome == Outcome.APPLIED),
        ),
        ("order", story.status, told.order["status"]),
        ("stock sold", sold, told.before - told.after),
        ("e-mails", [story.subject], told.subjects),
        ("charged", story.charged, told.charged),
    )
    return [f"{story.title}: {what}: {found}, not {wanted}" for what, wanted, found in pairs if wanted != found]


def _delete_topics(store: Supervisor) -> None:
    broker = KafkaBroker(store.settings.bootstrap_servers, store.settings.prefix)
    broker.delete()
    broker.close()
