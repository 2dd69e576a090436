"""Lab: the whole store inside a notebook, moved hop by hop or verb by verb."""

import functools
import threading
import weakref
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

import msgspec
from sqlalchemy import update

from checkout.checker.check import check
from checkout.checker.collect.lab import of_lab
from checkout.checker.results import Report
from checkout.lab.comparison.fork import LabForks
from checkout.lab.engine import broker_actions, diagnosis, requests
from checkout.lab.engine.clock import order_id
from checkout.lab.engine.environment import Environment
from checkout.lab.engine.requests import PlacedOrder, Products
from checkout.lab.engine.scheduler import Scheduler
from checkout.lab.errors import LabError
from checkout.lab.history.lab_journal import LabJournal
from checkout.lab.history.moment import Moment
from checkout.lab.history.projection import SELL_OUT
from checkout.lab.history.replay import Replay
from checkout.lab.locking import changes, on_change, reads, recorded
from checkout.lab.programs import other_producers, replacement
from checkout.lab.sessions.session import Session, open_session
from checkout.lab.views.tables import LabTables
from checkout.lab.views.tool_output import run_tool
from checkout.messages import CancelOrder
from checkout.registry import STORE, Registry
from checkout.services.stock_table import PRODUCTS

ENVIRONMENT, SCHEDULER, SESSION = attrgetter("_environment"), attrgetter("_scheduler"), attrgetter("_session")


class Lab(LabTables, LabForks):
    """Seven services, three external systems and a broker. Nothing moves until a method moves it.

    `log`: "kafka" or "memory"; by default the setting CHECKOUT_LOG, which is kafka. `brokers`: 1 or 3 local Kafka
    brokers. `bootstrap_servers`: a running Kafka in place of a local one. `partitions`: of each topic. `inbox=False`:
    services do not recognise repeated messages. `outbox=False`: unpublished messages are lost in a crash.
    `clock`: "fixed", the same times in every run, or "real".
    `kafka`: settings of kafka-python that override those of the lab. `registry`: another system than the store; `send`
    publishes its first record.

    Raises LabError below 1 partition, and, as all methods do, when the broker does not answer.
    """

    def __init__(
        self, log: str = "", brokers: int = 1, bootstrap_servers: str = "", partitions: int = 1,
        inbox: bool = True, outbox: bool = True, clock: str = "fixed", kafka: Mapping[str, object] | None = None,
        registry: Registry = STORE,
    ) -> None:  # fmt: skip
        self.lock, self.callbacks = threading.RLock(), list[Callable[[], None]]()
        self._session = open_session(log, brokers, bootstrap_servers, kafka or {})
        self._new_environment = functools.partial(
            Environment, self._session, clock == "real", inbox=inbox, outbox=outbox, registry=registry
        )
        self._options = dict[str, Any](
            partitions=partitions, inbox=inbox, outbox=outbox, clock=clock, registry=registry
        )
        # At the interpreter's end no client may start a thread: the cleanup process deletes topics and groups then.
        weakref.finalize(self, self._session.leave).atexit = False
        self.reset()

    replay = Replay

    @recorded
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
        self._environment.place(message, body)
        return PlacedOrder(self._environment.names.of(id), id, f"{requests.contents_of(message)} for {customer}")

    @recorded
    def cancel_order(self, order: str | PlacedOrder) -> str:
        """Queues the cancellation of an order at the web app; `step` and `run` move it.

        `order`: its name, its id, or what `place_order` returned. Orders refuses it when the order is decided: the lab
        shows that as a hop. Returns a sentence. Raises LabError if the order is unknown.
        """
        self._environment.check_is_store("cancel_order", "lab.send(topic, value) publishes a record")
        id = self._id(order)
        self._environment.place(CancelOrder(id), b"")
        return f"the cancellation of {self._environment.names.of(id)} waits at the web app"

    step = changes(Scheduler.step, SCHEDULER)
    run = changes(Scheduler.run, SCHEDULER)
    status = reads(Scheduler.status, SCHEDULER)
    break_at = changes(Scheduler.break_at, SCHEDULER)
    clear_break = changes(Scheduler.clear_break, SCHEDULER)

    @reads
    def explain(self, order: str | PlacedOrder = "") -> str:
        """Returns what is next as a sentence, or why nothing is; of an order, where it is and what it waits for.

        `order`: its name, its id, or what `place_order` returned. Raises LabError if it is unknown.
        """
        if not order:
            return self._scheduler.explain()
        return diagnosis.explain(self._environment, self._id(order))

    crash = recorded(Environment.crash, ENVIRONMENT)
    restart = recorded(Environment.restart, ENVIRONMENT)
    scale = recorded(Environment.scale, ENVIRONMENT)
    replace = recorded(replacement.replace, ENVIRONMENT)
    serve = changes(replacement.serve, ENVIRONMENT)
    listen = recorded(Environment.listen, ENVIRONMENT)
    rewind = recorded(Environment.rewind, ENVIRONMENT)
    send = recorded(other_producers.send, ENVIRONMENT)
    wait = recorded(Environment.wait, ENVIRONMENT)

    leader = reads(Session.leader, SESSION)
    kill_broker = recorded(broker_actions.kill_broker, ENVIRONMENT)
    start_brokers = recorded(broker_actions.start_brokers, ENVIRONMENT)
    kafka_tool = reads(run_tool, SESSION)

    @recorded
    def sell_out(self, product: str | int) -> None:
        """Sets the available quantity of a product, by name or SKU, to 0. Raises LabError for an unknown one."""
        sku = requests.sku_of(product)
        if sku not in requests.PRODUCT_NAMES:
            raise LabError(f"there is no product {sku}")
        self._environment.of("stock")
        with self._environment.databases["stock"].begin() as db:
            db.execute(update(PRODUCTS).where(PRODUCTS.c.sku == sku).values(on_hand=PRODUCTS.c.reserved))
        payload = msgspec.Raw(msgspec.json.encode({"sku": sku}))
        self._environment.note("stock", SELL_OUT, f"{requests.PRODUCT_NAMES[sku]} is sold out now", payload=payload)

    @recorded
    def deny_next_payment(self, reason: str = "the card has expired") -> None:
        """Makes the payment broker deny the next payment for this reason."""
        switches = self._environment.system("payment_broker").switches
        switches.deny, switches.deny_next = reason, 1
        action = f"the payment broker will deny the next payment: {reason}"
        self._environment.note("payment_broker", "DenyNext", action)

    @recorded
    def refuse_refunds(self, reason: str = "the card is closed") -> None:
        """Makes the payment broker refuse all refunds for this reason; an empty reason ends that."""
        self._environment.system("payment_broker").switches.refuse_refunds = reason or None
        action = f"refuses refunds: {reason}" if reason else "refunds again"
        self._environment.note("payment_broker", "RefuseRefunds", f"the payment broker {action}")

    @recorded
    def refuse_parcels(self, reason: str = "the address does not exist") -> None:
        """Makes the shipment company refuse all parcels for this reason; an empty reason ends that."""
        self._environment.system("shipment_company").switches.refuse = reason or None
        action = f"refuses parcels: {reason}" if reason else "books parcels again"
        self._environment.note("shipment_company", "RefuseParcels", f"the shipment company {action}")

    @changes
    def reset(self, partitions: int | None = None) -> None:
        """Starts anew: empty topics, initial stock, and the next order is order-1 again. Break points are removed.

        `partitions`: of each topic from now on; by default as many as before. Raises LabError below 1.
        """
        partitions = self._options["partitions"] if partitions is None else partitions
        self._environment = self._new_environment(partitions=partitions)
        self._scheduler, self._order_count = Scheduler(self._environment), 0
        self._options["partitions"] = partitions

    def close(self) -> None:
        """Deletes topics and groups, and stops a local Kafka that no other lab uses. The hops can still be read."""
        with self.lock:
            self._session.leave()

    on_change = on_change

    def walk(self) -> Any:
        """Returns a widget to step with: the diagram, the work in progress, the tables and a slider."""
        from checkout.lab.widget.walk import Walk

        self._environment.check_is_store("the walk", "lab.step() and lab.journey() show its hops")
        return Walk(self)

    def board(self, topic: str = "") -> Any:
        """Returns a widget of the partitions: records, committed offsets, owners, lag, replicas, and a slider.

        `topic`: only this one and its dead letters; empty shows all. Raises LabError if there is none of that name.
        """
        from checkout.lab.widget.board import Board

        return Board(self, topic)

    @reads
    def check(self) -> Report:
        """Evaluates the invariants of the store, I1 to I23, from its topics, databases and external systems.

        Returns a report with a line for each; run the lab to its end first: what is under way breaks some of them.
        """
        self._environment.check_is_store("check", "its invariants are those of the store")
        return check(of_lab(self))

    @property
    def moments(self) -> list[Moment]:
        """All hops so far, oldest first, each with the state after it."""
        return self._environment.projection.moments

    @property
    def journal(self) -> LabJournal:
        """The journal of all replicas; `lab.journal.save(path)` writes it to a file."""
        return self._environment.journal

    @property
    def brokers(self) -> list[int]:
        """The ids of the running brokers that this lab has started."""
        return sorted(self._session.processes())

    @property
    def bootstrap_servers(self) -> str:
        """The address of the lab's Kafka, for a client of your own. Raises LabError for a lab in memory."""
        return self._session.address()

    def topic(self, name: str) -> str:
        """Returns the full name of a topic or consumer group on the lab's Kafka, for a client of your own.

        Labs share one Kafka, so each has a prefix of its own. Raises LabError for a lab in memory.
        """
        return self._session.full_name(name)

    @property
    def outside(self) -> Any:
        """The simulated external systems: `payment_broker`, `shipment_company` and `mailbox`."""
        return self._environment.systems

    @property
    def view(self) -> str:
        """The name of the diagram view of the last order's story."""
        return self.journal.projection.view()

    def __repr__(self) -> str:
        return f"a lab: {self._order_count} orders placed, {len(self.moments)} hops"
