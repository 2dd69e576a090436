"""Rest: waits until a store has nothing left to do."""

from collections.abc import Iterator
from contextlib import closing

from sqlalchemy import URL
from sqlalchemy.exc import SQLAlchemyError

from checkout.checker.collect.databases import database_urls, open_database
from checkout.checker.collect.topics import lags
from checkout.messaging.kafka_log import KafkaBroker
from checkout.messaging.log import Broker, LogUnavailable
from checkout.processes.shop_file import ShopError, ShopFile
from checkout.system.deadline import wait_until

OPEN_ORDERS = "SELECT count(*) FROM orders WHERE status IN ('RECEIVED', 'RESERVED')"
OPEN_ROWS = "SELECT count(*) FROM outbox WHERE done_at IS NULL"
PAUSE = 0.2  # seconds between two looks


class NotAtRest(ShopError):
    """The store still has something to do; the message says what."""


def wait_for_rest(shop: ShopFile, timeout: float = 60.0) -> None:
    """Waits until every order is at an end, all outboxes are empty and all records are handled.

    Raises NotAtRest after `timeout` seconds.
    """
    with closing(KafkaBroker(shop.bootstrap_servers, shop.prefix, security=shop.kafka_security)) as broker:
        look = Look(shop, broker)
        try:
            wait_until(look.is_at_rest, timeout, PAUSE)
        except TimeoutError:
            raise NotAtRest(f"after {timeout:g} s the store is not at rest, it has {look.left}") from None


class Look:
    """Looks at a store again and again. `left`: what it still had to do at the last look."""

    def __init__(self, shop: ShopFile, broker: Broker) -> None:
        self._shop, self._broker = shop, broker
        self._ends: object = None
        self.left = "it was not looked at"

    def is_at_rest(self) -> bool:
        """Whether the last two looks found nothing to do, and no record between them.

        One look is not enough: work can move from where it has not looked yet to where it has.
        """
        before = self._ends
        try:
            self.left = ", ".join(self._look())
        except (LogUnavailable, SQLAlchemyError) as error:
            self.left, self._ends = str(error).splitlines()[0], None
        if self.left:
            self._ends = None
        return self._ends is not None and self._ends == before

    def _look(self) -> Iterator[str]:
        for service, url in database_urls(self._shop).items():
            if service == "orders" and (orders := _count(url, OPEN_ORDERS)):
                yield f"{orders} open orders"
            if rows := _count(url, OPEN_ROWS):
                yield f"{rows} unsent messages of {service}"
        found = lags(self._broker)
        for group, partitions in found.items():
            if records := sum(lag.records for lag in partitions.values()):
                yield f"{records} records that {group} has not handled"
        self._ends = {each: lag.end for partitions in found.values() for each, lag in partitions.items()}


def _count(url: URL, query: str) -> int:
    with open_database(url) as db:
        return int(db.exec_driver_sql(query).scalar_one())
