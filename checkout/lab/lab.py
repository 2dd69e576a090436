"""Lab: the whole store inside a notebook, moved arrow by arrow, or verb by verb."""

import functools
import threading
import weakref
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from checkout.framework.service import Service
from checkout.lab.engine import requests
from checkout.lab.engine.clock import Clock, order_id
from checkout.lab.engine.environment import Stage
from checkout.lab.engine.kafka_session import Site
from checkout.lab.engine.requests import Products, Request
from checkout.lab.engine.scheduler import Status, Turns
from checkout.lab.errors import in_plain_words
from checkout.lab.history.lab_journal import Book
from checkout.lab.history.moments import Moments
from checkout.lab.history.projection import Moment, view_of
from checkout.lab.history.replay import Replay
from checkout.lab.views import dataframes
from checkout.lab.views.tables import Sights


class PlacedOrder(NamedTuple):
    """An order by its name; `id` is what the journal and the topics call it."""

    name: str
    id: str
    what: str

    def __repr__(self) -> str:
        return f"{self.name}: {self.what}, waiting at the web app"


def _leave(stages: list[Stage], site: Site) -> None:
    for stage in stages:
        stage.close()
    site.leave()


def _guarded(method: Callable[..., Any]) -> Callable[..., Any]:
    # A click may come on another thread than a cell: one of them at a time.
    @functools.wraps(method)
    def guarded(lab: "Lab", *args: Any, **options: Any) -> Any:
        with lab.lock, in_plain_words():
            return method(lab, *args, **options)

    return guarded


def _moving(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def moving(lab: "Lab", *args: Any, **options: Any) -> Any:
        try:
            return _guarded(method)(lab, *args, **options)
        finally:
            for callback in list(lab.callbacks):
                callback()

    return moving


class Lab(Sights):
    """Seven services, three outside systems and a Kafka: nothing moves until you say so.

    `log` is kafka or memory; `bootstrap_servers` names another Kafka than this machine's; `clock="real"` measures time.
    Without `inbox` and `outbox` services forget what they have handled, and what they have still to say.
    `kafka` holds settings of kafka-python that win over ours. Raises LabError.
    """

    def __init__(
        self, log: str = "kafka", brokers: int = 1, bootstrap_servers: str = "", partitions: int = 1,
        inbox: bool = True, outbox: bool = True, clock: str = "fixed", kafka: Mapping[str, object] | None = None,
    ) -> None:  # fmt: skip
        dataframes.prepare()
        self.lock, self.callbacks = threading.RLock(), list[Callable[[], None]]()
        self._site = Site(log, brokers, bootstrap_servers, kafka or {})
        self._real, self._partitions, self._forgets = clock == "real", partitions, (not inbox, not outbox)
        self._stages: list[Stage] = []
        # At the interpreter's end no client may start a thread: the cleanup process removes what is left.
        weakref.finalize(self, _leave, self._stages, self._site).atexit = False
        with in_plain_words():
            self._open()

    def _open(self) -> None:
        self._stage = Stage(self._site, Clock(self._real), self._partitions, self._forgets)
        self._stages[:] = [self._stage]
        self._turns, self._placed = Turns(self._stage), 0

    replay = staticmethod(Replay.open)

    @_moving
    def place_order(
        self, products: Products, quantity: int = 1, customer: str = "Ada", email: str | None = None,
        pay: str = "credit",
    ) -> PlacedOrder:  # fmt: skip
        """An order waits at the web app; nothing has moved yet. `products` is a name, a SKU, or {name: quantity}."""
        body = requests.body_of(products, quantity, customer, email, pay)
        id = order_id(self._placed + 1)
        message = requests.read(id, body, self._stage.clock.now())
        self._placed += 1
        self._stage.requests.append(Request(message, body, self._stage.sent.next_turn()))
        lines = ", ".join(f"{line.quantity} x {requests.NAMES.get(line.sku, line.sku)}" for line in message.products)
        return PlacedOrder(self._stage.names.of(id), id, f"{lines} for {customer}")

    @_moving
    def step(self, verb: bool | str = False) -> Moments:
        """To the next arrow; with `verb=True` one verb, with a verb's name that verb of whoever is at work."""
        return self._turns.step(verb)

    @_moving
    def run(self) -> Moments:
        """To the end, or to a break point."""
        return self._turns.run()

    @_guarded
    def explain(self) -> str:
        """What is next, and why; or why nothing moves."""
        return self._turns.explain()

    @_guarded
    def status(self) -> Status:
        """Where everything stands, as data."""
        return self._turns.status()

    @_moving
    def break_at(self, service: str, verb: str) -> None:
        """Stops before this verb of this service."""
        self._turns.break_at(service, verb)

    @_moving
    def clear_break(self, service: str, verb: str) -> None:
        """Stops there no longer."""
        self._turns.breaks[:] = [point for point in self._turns.breaks if point != (service, verb)]

    @_moving
    def crash(self, service: str) -> str:
        """The process of this service ends here: its memory is gone, its database and the log stay."""
        return self._stage.crash(service)

    @_moving
    def restart(self, service: str) -> str:
        """It starts again, from its database and its group's offset."""
        return f"{self._stage.restart(service)} runs again"

    @_moving
    def scale(self, service: str, replicas: int) -> None:
        """So many replicas of a service, members of one consumer group, share its partitions."""
        self._stage.scale(service, replicas)

    @_moving
    def replace(self, service: str, kind: type[Service]) -> None:
        """Another service takes the place of this one."""
        self._stage.replace(service, kind)

    @_moving
    def listen(self, kind: type[Service], from_now: bool = False) -> None:
        """One more service listens, from the beginning or from now."""
        self._stage.listen(kind, from_now)

    @_moving
    def rewind(self, service: str, topic: str, offset: int = 0, partition: int = 0) -> None:
        """A service's group goes back (or forth) to this offset."""
        self._stage.rewind(service, topic, partition, offset)

    @_moving
    def send(self, topic: str, value: str, key: str | None = None) -> None:
        """A stranger, none of the services, publishes a record; without a key it goes to any partition."""
        self._stage.send(topic, value, key)

    @_moving
    def wait(self, seconds: float = 0, minutes: float = 0, hours: float = 0) -> None:
        """Time passes, at once: timers come due, silent members lose their partitions."""
        self._stage.wait(seconds + 60 * minutes + 3600 * hours)

    @_moving
    def sell_out(self, product: str | int) -> None:
        """Nothing more of this product can be had."""
        self._stage.sell_out(requests.sku_of(product))

    @_moving
    def deny_next_payment(self, reason: str = "the card has expired") -> None:
        """The payment broker denies the next payment."""
        self._stage.deny_next_payment(reason)

    @_guarded
    def leader(self, topic: str, partition: int = 0) -> int:
        """The number of the broker that takes and hands out a partition's records; others hold copies of it."""
        return self._site.leader(topic, partition)

    @_guarded
    def kill_broker(self, number: int) -> None:
        """`kill -9` for one of the Kafka brokers that this lab has started."""
        self._site.kill_broker(number)

    @property
    def brokers(self) -> list[int]:
        """The numbers of the brokers that run, of those this lab has started."""
        return sorted(self._site.processes())

    @_guarded
    def start_brokers(self) -> None:
        """Starts the brokers that have died."""
        self._site.start_brokers()

    @_moving
    def reset(self) -> None:
        """Everything begins anew: empty topics, full shelves, the first order is order-1 again."""
        self._stage.close()
        self._open()

    def close(self) -> None:
        """Leaves nothing behind; a Kafka that nobody else uses is stopped."""
        with self.lock:
            _leave(self._stages, self._site)

    def on_change(self, callback: Callable[[], None]) -> None:
        """Has somebody told of every change; it may come on any thread."""
        self.callbacks.append(callback)

    def walk(self) -> Any:
        """The diagram, the record in hand, the tables and a slider, to step with."""
        from checkout.lab.widget.walk import Walk

        return Walk(self)

    @property
    def moments(self) -> list[Moment]:
        """Everything that happened, oldest first."""
        return self._stage.past.moments

    @property
    def journal(self) -> Book:
        """The journal of all; `save(path)` writes it to a file."""
        return self._stage.book

    @property
    def outside(self) -> Any:
        """The payment broker, the shipment company and the mailbox."""
        return self._stage.outside

    @property
    def view(self) -> str:
        """The view that draws what became of the last order."""
        return view_of(self.moments)

    def __repr__(self) -> str:
        where = "in memory" if self._site.kind == "memory" else "on Apache Kafka"
        return f"a lab {where}: {self._placed} orders placed, {len(self.moments)} hops"
