"""Memory: the witnesses of a store inside this process: a lab's, a test's or a simulation's."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from sqlalchemy import Connection

from checkout.checker.client_log import ClientRequest
from checkout.checker.collect.rows import read_tables, with_decimals
from checkout.checker.collect.topics import of_topics
from checkout.checker.witnesses import Witnesses
from checkout.messaging.log import Broker


class ReadableDatabase(Protocol):
    """The database of a service."""

    def read(self) -> AbstractContextManager[Connection]:
        """Opens a connection that reads committed data."""


def of_memory(
    broker: Broker, databases: Mapping[str, ReadableDatabase], simulators: Any,
    client: Sequence[ClientRequest] | None = None, **others: Any,
) -> Witnesses:  # fmt: skip
    """Reads the witnesses of services in this process.

    `simulators`: the external systems, with `payment_broker`, `shipment_company` and `mailbox`. `others`: further
    fields of the witnesses, such as `lost_replies`.
    """
    tables = {}
    for service, database in databases.items():
        with database.read() as db:
            tables[service] = read_tables(db)
    return Witnesses(client=client, databases=tables, **_ledgers(simulators), **of_topics(broker), **others)


def _ledgers(simulators: Any) -> dict[str, Any]:
    provider, company = simulators.payment_broker, simulators.shipment_company
    entries = {
        "charges": provider.ledger.entries(), "refunds": provider.refunds.entries(),
        "parcels": company.ledger.entries(), "mails": simulators.mailbox.mails(),
    }  # fmt: skip
    return {name: [with_decimals(entry) for entry in found] for name, found in entries.items()}
