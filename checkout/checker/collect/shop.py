"""Shop: the witnesses of a running store, or of one whose services were killed and whose Kafka answers."""

import functools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import make_url

from checkout.checker.client_log import read_client_log
from checkout.checker.collect.databases import database_urls, of_databases
from checkout.checker.collect.external_systems import LEDGERS, of_external_systems
from checkout.checker.collect.topics import of_topics
from checkout.checker.witnesses import Witnesses
from checkout.messaging.kafka_log import KafkaBroker
from checkout.processes.shop_file import ShopFile

SYSTEMS = {system for system, _ in LEDGERS.values()}
FOLDERS = ("logs", "journal")  # below the home: texts that must have no secret


def of_shop(
    shop: ShopFile, client_log: Path | None = None, secrets: Iterable[str] = (), lost_replies: int | None = None
) -> Witnesses:
    """Reads the witnesses of a store from outside.

    `secrets`: texts that must not occur anywhere, besides the operator token and the passwords of databases and Kafka.
    `lost_replies`: how many e-mails a fault has kept without a response. Raises LogUnavailable.
    """
    # Effects before their causes: what happens meanwhile then lacks no cause.
    requests = read_client_log(client_log) if client_log else None
    ledgers = of_external_systems(shop)
    databases = of_databases(database_urls(shop))
    with closing(KafkaBroker(shop.bootstrap_servers, shop.prefix, security=shop.kafka_security)) as broker:
        topics = of_topics(broker)
    return Witnesses(
        client=requests, databases=databases, lost_replies=lost_replies,
        texts=functools.partial(_texts, Path(shop.home)), secrets=_secrets(shop, secrets),
        ledgers_since=_ledgers_since(shop), **ledgers, **topics,
    )  # fmt: skip


def _ledgers_since(shop: ShopFile) -> datetime | None:
    # The simulated systems keep their entries in memory: orders of an earlier start of the store are not among them.
    started = [process.pid.started for process in shop.processes if process.name in SYSTEMS]
    return datetime.fromtimestamp(max(started), UTC) if started else None


def _secrets(shop: ShopFile, others: Iterable[str]) -> Sequence[str]:
    password = make_url(shop.database_url).password if shop.database_url else None
    of_kafka = shop.kafka_security.password_file  # next to those of the services, where Kafka is a local one
    passwords = [file.read_text().strip() for file in Path(of_kafka).parent.glob("*.password")] if of_kafka else []
    return [secret for secret in (shop.operator_token, password, *passwords, *others) if secret]


def _texts(home: Path) -> Iterator[tuple[str, str]]:
    for folder in FOLDERS:
        for path in sorted((home / folder).rglob("*")):
            if path.is_file():
                yield str(path.relative_to(home)), path.read_text(errors="replace")
