"""Shop: the witnesses of a running store, or of one whose services were killed and whose Kafka answers."""

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import make_url

from checkout.checker.client_log import read_client_log
from checkout.checker.collect.databases import of_store
from checkout.checker.collect.external_systems import LEDGERS, of_external_systems
from checkout.checker.collect.topics import of_topics
from checkout.checker.facts import GROUPS, RECEIVED
from checkout.checker.witnesses import Witnesses
from checkout.messaging.kafka_log import KafkaBroker
from checkout.processes.shop_file import ShopFile

SYSTEMS = {system for system, _ in LEDGERS.values()}
SHORTEST_SECRET = 12  # characters: a password such as "checkout" is in many texts, and is looked for in addresses only
FOLDERS = ("logs", "journal")  # below the home: texts that must have no secret


def of_shop(
    shop: ShopFile, client_log: Path | None = None, secrets: Iterable[str] = (), lost_replies: int | None = None,
    received: Mapping[int, int] | None = None,
) -> Witnesses:  # fmt: skip
    """Reads the witnesses of a store from outside.

    `secrets`: texts that must not occur anywhere, besides the operator token and the passwords of databases and Kafka.
    `lost_replies`: how many e-mails a fault has kept without a response. `received`: the units of each SKU at the
    start, by default those that `store.json` tells. Raises LogUnavailable and DatabaseUnavailable.
    """
    # Effects before their causes: what happens meanwhile then lacks no cause.
    requests = read_client_log(client_log) if client_log else None
    ledgers = of_external_systems(shop)
    databases = of_store(shop)
    with closing(KafkaBroker(shop.bootstrap_servers, shop.prefix, security=shop.kafka_security)) as broker:
        topics = of_topics(broker)
    own, short_secrets = _secrets(shop)
    return Witnesses(
        client=requests, databases=databases, lost_replies=lost_replies,
        services={process.name for process in shop.processes} & set(GROUPS),
        texts=functools.partial(_texts, Path(shop.home)), secrets=[*own, *secrets], short_secrets=short_secrets,
        received=received or _received(shop), hold_seconds=shop.reservation_seconds,
        retention_seconds=shop.retention_seconds, read_at=datetime.now(UTC), ledgers_since=_ledgers_since(shop),
        **ledgers, **topics,
    )  # fmt: skip


def _received(shop: ShopFile) -> Mapping[int, int] | None:
    return None if shop.units is None else {sku: shop.units or units for sku, units in RECEIVED.items()}


def _ledgers_since(shop: ShopFile) -> datetime | None:
    # The simulated systems keep their entries in memory: orders of an earlier start of the store are not among them.
    started = [process.pid.started for process in shop.processes if process.name in SYSTEMS]
    return datetime.fromtimestamp(max(started), UTC) if started else None


def _secrets(shop: ShopFile) -> tuple[Sequence[str], int]:
    """The secrets of the store to look for, and how many are too short for that."""
    password = make_url(shop.database_url).password if shop.database_url else None
    of_kafka = shop.kafka_security.password_file  # next to those of the services, where Kafka is a local one
    passwords = [file.read_text().strip() for file in Path(of_kafka).parent.glob("*.password")] if of_kafka else []
    found = [secret for secret in (shop.operator_token, password, *passwords) if secret]
    secrets = [secret for secret in found if len(secret) >= SHORTEST_SECRET]
    in_addresses = [f":{each}@" for each in {password, quote(password, safe="")}] if password else []
    return [*secrets, *in_addresses], len(found) - len(secrets)


def _texts(home: Path) -> Iterator[tuple[str, str]]:
    for folder in FOLDERS:
        for path in sorted((home / folder).rglob("*")):
            if path.is_file():
                yield str(path.relative_to(home)), path.read_text(errors="replace")
