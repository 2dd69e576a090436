"""Witnesses: the raw data that the checker reads, each from a source of its own, without code of the services."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from checkout.checker.client_log import ClientRequest
from checkout.messaging.log import Lag, Partition, Record
from checkout.settings import RESERVATION_SECONDS, RETENTION_SECONDS

Row = Mapping[str, Any]  # a row of a database by column, amounts as Decimal, times as datetime in UTC


def no_texts() -> Iterable[tuple[str, str]]:
    """No texts."""
    return ()


@dataclass(kw_only=True)
class Witnesses:
    """What happened in a store, told by six independent sources. None: there is no such source.

    Attributes:
        client: the requests of the clients with the responses, in the order in which they were started.
        records: the records of all topics and dead-letter topics, read from offset 0 with `read_committed`.
        databases: the tables of each service by name, with all their rows.
        charges, refunds, parcels, mails: the entries of the simulated external systems, as their HTTP API lists them.
        lags: by consumer group the committed offset and the end offset of each partition.
        open_transactions: by partition the last stable offset and the end offset where they differ.
        lost_replies: faults that made the mail server keep an e-mail without a response; None if that was not counted.
        services: those that run in the store; others may be programs of others, or not be there.
        texts: texts that must have no secret, such as logs and journals, each with the name of its place.
        secrets: texts that must not occur anywhere: planted card numbers, tokens, passwords.
        short_secrets: how many secrets are not looked for, because ordinary texts have such words, too.
        received: by SKU the units on hand at the start; None: unknown.
        retention_seconds: for how long the store keeps records and rows of inbox and outbox.
        read_at: when all this was read; None: when the newest record was written.
        hold_seconds: for how long products stay reserved without a payment.
        ledgers_since: when the external systems, which keep their entries in memory, have started; None: before all
            orders.
    """

    client: Sequence[ClientRequest] | None = None
    records: Sequence[Record] = ()
    databases: Mapping[str, Mapping[str, Sequence[Row]]] = field(default_factory=dict)
    charges: Sequence[Row] | None = None
    refunds: Sequence[Row] | None = None
    parcels: Sequence[Row] | None = None
    mails: Sequence[Row] | None = None
    lags: Mapping[str, Mapping[Partition, Lag]] = field(default_factory=dict)
    open_transactions: Mapping[Partition, tuple[int, int]] = field(default_factory=dict)
    lost_replies: int | None = None
    services: Collection[str] = ()
    texts: Callable[[], Iterable[tuple[str, str]]] = no_texts
    secrets: Sequence[str] = ()
    short_secrets: int = 0
    received: Mapping[int, int] | None = None
    retention_seconds: float = RETENTION_SECONDS
    read_at: datetime | None = None
    hold_seconds: float = RESERVATION_SECONDS
    ledgers_since: datetime | None = None
