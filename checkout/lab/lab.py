"""Lab: the whole store inside a notebook, moved hop by hop or verb by verb."""

import functools
import threading
import weakref
from collections.abc import Callable, Mapping
from typing import Any

from checkout.framework.service import Service
from checkout.lab.broker_controls import BrokerControls
from checkout.lab.engine import requests
from checkout.lab.engine.clock import order_id
from checkout.lab.engine.environment import Environment
from checkout.lab.engine.kafka_session import KafkaSession
from checkout.lab.engine.requests import PlacedOrder, PlacedRequest, Products
from checkout.lab.engine.scheduler import LabStatus, Scheduler
from checkout.lab.errors import as_lab_error
from checkout.lab.history.lab_journal import LabJournal
from checkout.lab.history.moments import Moments
from checkout.lab.history.projection import Moment, view_of
from checkout.lab.history.replay import Replay
from checkout.lab.locking import changes, reads
from checkout.lab.views import dataframes
from checkout.lab.views.tables import LabTables
from checkout.registry import STORE, Registry


def _close(environments: list[Environment], session: KafkaSession) -> None:
    for environment in environments:
        environment.close()
    session.leave()


class Lab(LabTables, BrokerControls):
    """Seven services, three external systems and a broker. Nothing moves until a method moves it.

    `log`: "kafka" or "memory". `brokers`: 1 or 3 local Kafka brokers. `bootstrap_servers`: a running Kafka in place of
    a local one. `partitions`: of each topic. `inbox=False`: services do not recognise repeated messages.
    `outbox=False`: unpublished messages are lost in a crash. `clock`: "fixed", the same times in every run, or "real".
    `kafka`: settings of kafka-python that override those of the lab. `registry`: another system than the store; `send`
    publishes its first record.

    Raises LabError, as all methods do, when the broker does not answer.
    """

    def __init__(
        self, log: str = "kafka", brokers: int = 1, bootstrap_servers: str = "", partitions: int = 1,
        inbox: bool = True, outbox: bool = True, clock: str = "fixed", kafka: Mapping[str, object] | None = None,
        registry: Registry = STORE,
    ) -> None:  # fmt: skip
        dataframes.set_display_options()
        self.lock, self.callbacks = threading.RLock(), list[Callable[[], None]]()
        self._session = KafkaSession(log, brokers, bootstrap_servers, kafka or {})
        self._new_environment = functools.partial(
            Environment, self._session, clock == "real", partitions, inbox, outbox, registry
        )
        self._environments: list[Environment] = []
        # At the interpreter's end no client may start a thread: the cleanup process deletes topics and groups then.
        weakref.finalize(self, _close, self._environments, self._session).atexit = False
        with as_lab_error():
            self._open()

    def _open(self) -> None:
        self._environment = self._new_environment()
        self._environments[:] = [self._environment]
        self._scheduler, self._order_count = Scheduler(self._environment), 0

    replay = Replay

    @changes
    def place_order(
        self, products: Products, quantity: int = 1, customer: str = "Ada", email: str | None = None,
        pay: str = "credit",
    ) -> PlacedOrder:  # fmt: skip
        """Queues an order at the web app; `step` and `run` move it.

        `products`: a name, a SKU, or a dictionary from these to quantities. `quantity`: of a single product.
        `email`: by default made of the customer's name. `pay`: "credit" or "debit".
        Returns the order with its name (`order-1`) and id. Raises LabError if the gateway would refuse it.
        """
        self._environment.check_is_store("place_order", "lab.send(topic, value) publishes a record")
        body = requests.body_of(products, quantity, customer, email, pay)
        id = order_id(self._order_count + 1)
        message = requests.message_of(id, body, self._environment.clock.now())
        self._order_count += 1
        self._environment.placed.append(PlacedRequest(message, body, self._environment.sent.next_sequence()))
        return PlacedOrder(self._environment.names.of(id), id, f"{requests.contents_of(message)} for {customer}")

    @changes
    def step(self, verb: bool | str = False) -> Moments:
        """Moves to the next hop. With `verb=True` calls one verb, with the name of a verb that one.

        Returns the new moments. Raises LabError if the busy replica cannot call the verb now.
        """
        return self._scheduler.step(verb)

    @changes
    def run(self) -> Moments:
        """Moves until nothing is left to do or a break point is next. Returns the new moments."""
        return self._scheduler.run()

    @reads
    def explain(self) -> str:
        """Returns what is next as a sentence, or why nothing is."""
        return self._scheduler.explain()

    @reads
    def status(self) -> LabStatus:
        """Returns the state of the lab as data: what is next, work in progress, break points, crashed replicas."""
        return self._scheduler.status()

    @changes
    def break_at(self, service: str, verb: str) -> None:
        """Sets a break point: `run` and `step` stop before this verb of this service.

        `verb`: poll, handle, publish or commit. Raises LabError for an unknown service or verb.
        """
        self._scheduler.break_at(service, verb)

    @changes
    def clear_break(self, service: str, verb: str) -> None:
        """Removes a break point; without one it does nothing."""
        self._scheduler.clear_break(service, verb)

    @changes
    def crash(self, service: str) -> str:
        """Crashes a replica: its memory is lost, its database and the topics stay.

        `service`: a service, whose busy or first replica crashes, or a replica (`stock-2`).
        Returns the effect as a sentence. Raises LabError if it is unknown or has crashed already.
        """
        return self._environment.crash(service)

    @changes
    def restart(self, service: str) -> str:
        """Restarts a crashed replica with its database, at its group's committed offsets.

        Returns a sentence. Raises LabError if none has crashed.
        """
        return f"{self._environment.restart(service)} runs again"

    @changes
    def scale(self, service: str, replicas: int) -> None:
        """Sets the number of replicas of a service, 1 to 8: members of one group, which share its partitions.

        Raises LabError for another number, or if a replica has work in progress.
        """
        self._environment.scale(service, replicas)

    @changes
    def replace(self, service: str, kind: type[Service]) -> None:
        """Replaces a service by another class of the same name; group and offsets stay, its database is new.

        Raises LabError if the names differ, or if a replica has work in progress.
        """
        self._environment.replace(service, kind)

    @changes
    def listen(self, kind: type[Service], from_now: bool = False) -> None:
        """Adds a service, which reads its topics from the beginning, or from the end with `from_now`.

        Raises LabError if there is a service of that name.
        """
        self._environment.listen(kind, from_now)

    @changes
    def rewind(self, service: str, topic: str, offset: int = 0, partition: int = 0) -> None:
        """Resets the committed offset of a service's group, back or forth.

        Raises LabError for a partition it does not read, an offset beyond the end, or work in progress.
        """
        self._environment.rewind(service, topic, partition, offset)

    @changes
    def send(self, topic: str, value: str, key: str | None = None) -> None:
        """Publishes a record as an external producer; without a key Kafka chooses the partition.

        Raises LabError for an unknown topic.
        """
        self._environment.send(topic, value, key)

    @changes
    def wait(self, seconds: float = 0, minutes: float = 0, hours: float = 0) -> None:
        """Moves the lab's clock without waiting: timers and retries become due.

        After 10 seconds crashed members of a group lose their partitions.
        """
        self._environment.wait(seconds + 60 * minutes + 3600 * hours)

    @changes
    def sell_out(self, product: str | int) -> None:
        """Sets the available quantity of a product, by name or SKU, to 0. Raises LabError for an unknown one."""
        self._environment.sell_out(requests.sku_of(product))

    @changes
    def deny_next_payment(self, reason: str = "the card has expired") -> None:
        """Makes the payment broker deny the next payment for this reason."""
        self._environment.deny_next_payment(reason)

    @changes
    def reset(self) -> None:
        """Starts anew: empty topics, initial stock, and the next order is order-1 again. Break points are removed."""
        self._environment.close()
        self._open()

    def close(self) -> None:
        """Deletes topics and groups, and stops a local Kafka that no other lab uses."""
        with self.lock:
            _close(self._environments, self._session)

    def on_change(self, callback: Callable[[], None]) -> None:
        """Registers a function that is called after each change, on the thread that has made it."""
        self.callbacks.append(callback)

    def walk(self) -> Any:
        """Returns a widget to step with: the diagram, the work in progress, the tables and a slider."""
        from checkout.lab.widget.walk import Walk

        self._environment.check_is_store("the walk", "lab.step() and lab.journey() show its hops")
        return Walk(self)

    @property
    def moments(self) -> list[Moment]:
        """All hops so far, oldest first, each with the state after it."""
        return self._environment.projection.moments

    @property
    def journal(self) -> LabJournal:
        """The journal of all replicas; `lab.journal.save(path)` writes it to a file."""
        return self._environment.journal

    @property
    def outside(self) -> Any:
        """The simulated external systems: `payment_broker`, `shipment_company` and `mailbox`."""
        return self._environment.systems

    @property
    def view(self) -> str:
        """The name of the diagram view of the last order's story."""
        return view_of(self.moments)

    def __repr__(self) -> str:
        where = "in memory" if self._session.kind == "memory" else "on Apache Kafka"
        return f"a lab {where}: {self._order_count} orders placed, {len(self.moments)} hops"
