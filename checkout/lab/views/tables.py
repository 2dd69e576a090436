"""Sights: the tables of a lab, each read from the thing itself: topics, groups, databases, outside systems."""

import threading
from typing import Any

import pandas as pd
from sqlalchemy import select

from checkout.domain import Product
from checkout.framework.message import KAFKA
from checkout.lab.engine.environment import Stage
from checkout.lab.engine.order_names import Names
from checkout.lab.errors import LabError, in_plain_words
from checkout.lab.history.projection import order_row, stock_row
from checkout.lab.views import dataframes
from checkout.messaging.log import DEAD_LETTERS
from checkout.services import orders, stock


class Sights:
    """What can be seen of a lab's stage without moving anything."""

    lock: threading.RLock
    _stage: Stage

    @property
    def messages(self) -> pd.DataFrame:
        """The records on all topics, read from there, in the order in which they came."""
        with self.lock, in_plain_words():
            stage = self._stage
            records = list(stage.broker.read([*stage.broker.topics()]))
        records.sort(key=lambda record: stage.sent.turn[record[:3]])
        told = {(hop.topic, hop.partition, hop.offset): hop.step for hop in stage.book if hop.to == KAFKA}
        return dataframes.messages(self._names, records, told)

    @property
    def groups(self) -> pd.DataFrame:
        """The consumer groups: committed offset, end and lag of each partition, as the broker has them."""
        with self.lock, in_plain_words():
            stage = self._stage
            lags = {name: stage.broker.lags(name, list(each.topics())) for name, each in stage.services.items()}
            owners = {(r.service.name, p): r.name for r in stage.replicas.values() for p in r.gate.assignment()}
        return dataframes.groups(lags, owners)

    @property
    def topics(self) -> pd.DataFrame:
        """The topics, and how many records each holds."""
        with self.lock, in_plain_words():
            partitions = self._stage.broker.topics()
            return dataframes.topics(partitions, self._stage.broker.ends(list(partitions)))

    @property
    def dead_letters(self) -> pd.DataFrame:
        """What could not be handled."""
        found = self.messages
        return found[found["topic"].str.endswith(DEAD_LETTERS)].reset_index(drop=True)

    @property
    def orders(self) -> pd.DataFrame:
        """How the orders stand in Orders' own database."""
        found = self._rows("orders", orders.ORDERS, orders.ORDERS.c.placed_at)
        return dataframes.frame("orders", self._names.named([order_row(orders.order_of(row)) for row in found]))

    @property
    def stock(self) -> pd.DataFrame:
        """What is on the shelves, in Stock's own database."""
        rows = self._rows("stock", stock.PRODUCTS, stock.PRODUCTS.c.sku)
        return dataframes.frame("stock", [stock_row(Product(**row._mapping)) for row in rows])

    @property
    def ledger(self) -> pd.DataFrame:
        """What the payment broker has been asked, and what it answered."""
        entries = self._stage.outside.payment_broker.ledger.entries()
        return dataframes.frame("ledger", self._names.named(dataframes.amounts(entries)))

    @property
    def mailbox(self) -> pd.DataFrame:
        """The letters that customers got."""
        return dataframes.frame("mailbox", self._names.named(self._stage.outside.mailbox.mails()))

    @property
    def parcels(self) -> pd.DataFrame:
        """The parcels that the shipment company has been given."""
        return dataframes.frame("parcels", self._names.named(self._stage.outside.shipment_company.ledger.entries()))

    def letter(self, order: str) -> str:
        """The text of the last letter about an order. Raises LabError where there is none."""
        mails = self._stage.outside.mailbox.mails(order=self._id(order))
        if not mails:
            raise LabError(f"nobody has written about {self._names.of(self._id(order))} yet")
        return self._names.text(mails[-1]["text"])

    def journey(self, order: Any) -> pd.DataFrame:
        """One order's hops: by its name, its id, or what `place_order` returned."""
        name = self._names.of(self._id(order))
        return dataframes.journey(moment for moment in self._stage.past.moments if moment.order == name)

    def table(self, service: str, name: str = "") -> pd.DataFrame:
        """A table of a service's own database, the first if none is named. Raises LabError."""
        self._stage.of(service)
        tables = {table.name: table for table in self._stage.services[service].tables.sorted_tables}
        if not tables or (name and name not in tables):
            raise LabError(f"{service} has no table {name}: it has {', '.join(tables) or 'none'}")
        found = [dict(row._mapping) for row in self._rows(service, tables[name or next(iter(tables))])]
        return pd.DataFrame(self._names.named(found))

    def _rows(self, service: str, table: Any, *order: Any) -> list[Any]:
        with self.lock, in_plain_words(), self._stage.databases[service].read() as db:
            return list(db.execute(select(table).order_by(*order)))

    @property
    def _names(self) -> Names:
        return self._stage.names

    def _id(self, order: Any) -> str:
        name = getattr(order, "name", order)
        id = self._names.id(str(name))
        if id == name and not any(id == hop.order for hop in self._stage.book):
            raise LabError(f"there is no {name}: orders are order-1, order-2 ...")
        return id
