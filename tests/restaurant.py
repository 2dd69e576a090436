"""Restaurant: a system of two services that is not the store - a waiter and a kitchen - on the same worker."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Column, Connection, MetaData, String, Table

from checkout.framework.message import Message, MessageTypes, on_endpoint, on_topic
from checkout.framework.service import Service, on, reply_to
from checkout.framework.sql import fetch, put
from checkout.registry import Registry
from checkout.settings import Settings
from checkout.worker.calls.external_calls import Adapter, CallResult
from checkout.worker.outbox import OutboxRow


@on_topic("guest.meal-ordered", sender="guest", after={None: (1, 2)})
class MealOrdered(Message, frozen=True):
    """A guest orders a meal; `id` is the table's."""

    meal: str


@on_topic("kitchen.meal-cooked", sender="kitchen", after={MealOrdered: (3, 4)})
class MealCooked(Message, frozen=True):
    """The meal is ready to be served."""

    meal: str


@on_endpoint("bell", "BELL, ring", sender="waiter", after={MealCooked: (5,)})
class RingBell(Message, frozen=True):
    """Ring the bell for a table."""

    @property
    def purpose(self) -> str:
        return "ring"


class BellRung(msgspec.Struct, frozen=True):
    """The bell has rung."""

    id: str


class Kitchen(Service):
    """Steps 2-3."""

    name = "kitchen"
    tables = MetaData()

    @on(MealOrdered)
    def cook(self, nothing: None, order: MealOrdered) -> Iterator[Message]:
        """Steps 2-3: cook the meal."""
        yield MealCooked(order.id, order.meal)


class Waiter(Service):
    """Steps 4-5."""

    name = "waiter"
    tables = MetaData()
    MEALS = Table("meals", tables, Column("id", String(40), primary_key=True), Column("meal", String(40)),
                  Column("status", String(10)))  # fmt: skip

    def load(self, db: Connection, messages: Sequence[Any]) -> dict[str, dict[str, str]]:
        rows = fetch(db, self.MEALS, self.MEALS.c.id, (message.id for message in messages))
        return {row.id: dict(row._mapping) for row in rows}

    def save(self, db: Connection, state: dict[str, dict[str, str]]) -> None:
        put(db, self.MEALS, list(state.values()))

    @on(MealCooked)
    def serve(self, meals: dict[str, dict[str, str]], cooked: MealCooked) -> Iterator[Message]:
        """Steps 4-5: serve the meal and ring the bell."""
        meals[cooked.id] = {"id": cooked.id, "meal": cooked.meal, "status": "SERVED"}
        yield RingBell(cooked.id)

    @reply_to(RingBell)
    def note(self, meals: dict[str, dict[str, str]], reply: BellRung) -> None:
        """After step 5: store that the bell has rung."""
        meals[reply.id]["status"] = "HEARD"


def ring(row: OutboxRow) -> CallResult:
    """The bell."""
    return CallResult(row, "bell:/", "rung", BellRung(row.order_id))


class Bell:
    """The bell, inside this process."""

    def adapters(self) -> Mapping[str, Adapter]:
        """Its one call."""
        return {"RingBell": ring}


def adapters(service: str, settings: Settings) -> Mapping[str, Adapter]:
    """The bell, for the waiter's process."""
    return Bell().adapters() if service == "waiter" else {}


RESTAURANT = Registry((Kitchen, Waiter), MessageTypes((MealOrdered, MealCooked, RingBell)), adapters, Bell)
PATH = f"{Path(__file__).stem}:RESTAURANT"  # as CHECKOUT_REGISTRY names it
HOPS = [
    (2, "kafka", "kitchen", "MealOrdered", None),
    (3, "kitchen", "kafka", "MealCooked", "MealOrdered"),
    (4, "kafka", "waiter", "MealCooked", "MealOrdered"),
    (5, "waiter", "bell", "RingBell", "MealCooked"),
]
