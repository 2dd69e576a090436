"""Lab tables: topics, consumer groups, service databases and external systems of a lab as DataFrames."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from checkout.domain import Product
from checkout.lab.engine.environment import Environment
from checkout.lab.engine.order_names import OrderNames
from checkout.lab.errors import LabError, as_lab_error
from checkout.lab.history.projection import order_row, stock_row
from checkout.lab.partitions.partition_state import PartitionState
from checkout.lab.programs.other_producers import find_records
from checkout.lab.views import dataframes
from checkout.messaging.log import DEAD_LETTERS, Record
from checkout.services import orders_table, stock_table

if TYPE_CHECKING:
    import pandas as pd


class LabTables:
    """The tables of a lab. Reading one moves nothing; each is read from its source, not from the journal."""

    lock: threading.RLock
    _environment: Environment

    @property
    def is_store(self) -> bool:
        """Whether the lab runs the store; else it runs another system."""
        return self._environment.is_store

    @property
    def messages(self) -> pd.DataFrame:
        """The records of all topics, read from the broker, in the order of sending."""
        with self.lock, as_lab_error():
            environment = self._environment
            find_records(environment)
            records = list(environment.broker.read([*environment.broker.topics()]))
        records.sort(key=lambda record: environment.sent.sequence.get(record[:3], 0))
        return dataframes.messages(self._names, records, environment.journal, environment.registry)

    def records(self, topic: str) -> list[Record]:
        """Returns the records of a topic as they are stored: bytes, with headers. An unknown topic has none."""
        with self.lock, as_lab_error():
            return list(self._environment.broker.read([topic]))

    @property
    def groups(self) -> pd.DataFrame:
        """Committed offset, end offset, lag and owner by consumer group and partition, from the broker."""
        with self.lock, as_lab_error():
            environment, services = self._environment, self._environment.services
            lags = {name: environment.broker.lags(name, list(each.topics())) for name, each in services.items()}
            owners = {(r.service.name, p): r.name for r in environment.replicas.values() for p in r.log.assignment()}
        return dataframes.groups(lags, owners)

    def partitions(self, topic: str) -> pd.DataFrame:
        """Returns leader, replicas and in-sync replicas of each partition of a topic, by broker id.

        They are what the broker that answers knows. Raises LabError in memory, or if there is no such topic.
        """
        with self.lock, as_lab_error():
            return dataframes.partitions(self._environment.session.replicas([topic]))

    def partition_state(self, number: int | None = None) -> PartitionState:
        """Returns partitions, consumer groups and brokers as of a hop: what `board` draws.

        `number`: of the hop, 0 is before the first; by default, and of the last hop, as they are now.
        Raises LabError if there is no such hop.
        """
        with self.lock, as_lab_error():
            if number is None or number == len(self._environment.journal):
                self._environment.watch.look()
            return self._environment.partitions.at(number)

    def offsets(self, topic: str) -> pd.DataFrame:
        """Returns beginning offset, end offset and number of records of each partition; none of an unknown topic."""
        with self.lock, as_lab_error():
            broker = self._environment.broker
            return dataframes.offsets(broker.begins([topic]), broker.ends([topic]))

    @property
    def topics(self) -> pd.DataFrame:
        """The topics with their numbers of partitions and records."""
        with self.lock, as_lab_error():
            broker = self._environment.broker
            partitions = broker.topics()
            begins, ends = broker.begins([*partitions]), broker.ends([*partitions])
            return dataframes.topics(partitions, begins, ends, self._environment.registry)

    @property
    def dead_letters(self) -> pd.DataFrame:
        """The records of the dead-letter topics."""
        found = self.messages
        return found[found["topic"].str.endswith(DEAD_LETTERS)].reset_index(drop=True)

    @property
    def orders(self) -> pd.DataFrame:
        """The orders in the database of Orders."""
        found = self._rows("orders", orders_table.ORDERS, orders_table.ORDERS.c.placed_at)
        return dataframes.frame("orders", self._names.rows([order_row(orders_table.order_of(row)) for row in found]))

    @property
    def stock(self) -> pd.DataFrame:
        """The products in the database of Stock."""
        rows = self._rows("stock", stock_table.PRODUCTS, stock_table.PRODUCTS.c.sku)
        return dataframes.frame("stock", [stock_row(Product(**row._mapping)) for row in rows])

    @property
    def ledger(self) -> pd.DataFrame:
        """The charges that the payment broker has been asked for."""
        entries = self._environment.system("payment_broker").ledger.entries()
        rows = [entry | {"amount": f"{entry['amount']:.2f}"} for entry in entries]
        return dataframes.frame("ledger", self._names.rows(rows))

    @property
    def mailbox(self) -> pd.DataFrame:
        """The e-mails that customers have received."""
        return dataframes.frame("mailbox", self._names.rows(self._environment.system("mailbox").mails()))

    @property
    def parcels(self) -> pd.DataFrame:
        """The parcels that the shipment company has booked."""
        entries = self._environment.system("shipment_company").ledger.entries()
        return dataframes.frame("parcels", self._names.rows(entries))

    def letter(self, order: Any) -> str:
        """Returns the text of the last e-mail about an order.

        `order`: its name, its id, or what `place_order` returned. Raises LabError if there is none.
        """
        id = self._id(order)
        mails = self._environment.system("mailbox").mails(order=id)
        if not mails:
            raise LabError(f"there is no e-mail about {self._names.of(id)} yet")
        return self._names.text(mails[-1]["text"])

    def journey(self, order: Any) -> pd.DataFrame:
        """Returns the hops of one order.

        `order`: its name, its id, or what `place_order` returned. Raises LabError if it is unknown.
        """
        name = self._names.of(self._id(order))
        return dataframes.journey(moment for moment in self._environment.projection.moments if moment.order == name)

    def table(self, service: str, name: str = "") -> pd.DataFrame:
        """Returns a table of a service's database, by default the first. Raises LabError for an unknown name."""
        self._environment.of(service)
        tables = {table.name: table for table in self._environment.services[service].tables.sorted_tables}
        if not tables or (name and name not in tables):
            raise LabError(f"{service} has no table {name}: it has {', '.join(tables) or 'none'}")
        table = tables[name or next(iter(tables))]
        found = [dict(row._mapping) for row in self._rows(service, table)]
        return dataframes.library().DataFrame(self._names.rows(found), columns=table.columns.keys())

    def _rows(self, service: str, table: Any, *order: Any) -> list[Any]:
        self._environment.of(service)
        with self.lock, as_lab_error(), self._environment.databases[service].read() as db:
            return list(db.execute(select(table).order_by(*order)))

    @property
    def _names(self) -> OrderNames:
        return self._environment.names

    def _id(self, order: Any) -> str:
        name = getattr(order, "name", order)
        id = self._names.id(str(name))
        if id == name and not any(id == hop.order for hop in self._environment.journal):
            raise LabError(f"there is no {name}: orders are order-1, order-2 ...")
        return id
