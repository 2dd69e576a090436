"""Journeys: `checkout journey`, an order's hops from the journal and, where it has none, from records on the topics."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from checkout.cli import output
from checkout.journal import journal
from checkout.journal.hop import Hop, from_milliseconds, text
from checkout.messages import TOPICS
from checkout.messaging.kafka_log import KafkaBroker
from checkout.messaging.log import Broker, Record
from checkout.processes.shop_file import ShopError, ShopNotRunning, find_shop
from checkout.settings import read_settings
from checkout.stories import number_steps

# As `registry.listeners` has it; importing the services for it would double the time of `checkout messages`.
LISTENERS = {
    "order.new-order-received": ["stock"],
    "stock.order-products-reserved": ["orders"],
    "order.process-order-payment": ["payments"],
    "payment.order-payment-processed": ["orders"],
    "order.new-order-approved": ["stock", "shipments", "notifications"],
    "stock.order-products-reservation-failed": ["orders", "notifications"],
    "payment.order-payment-failed": ["orders", "stock", "notifications"],
    "order.order-cancelled": ["stock", "notifications"],
    "stock.order-products-reservation-expired": ["orders"],
    "order.refund-order-payment": ["payments"],
    "payment.order-payment-refunded": ["orders", "notifications"],
    "payment.order-payment-needs-operator": ["orders"],
    "shipment.order-shipment-refused": ["orders"],
}
CLIENT_SETTINGS = {"retry_backoff_ms": 25}  # the pause before the client looks again whether it knows the leaders


class TopicRecord(NamedTuple):
    """A record with its order, message name, sender, listeners and decoded payload."""

    order: str | None
    record: Record
    message: str
    sender: str
    listeners: list[str]
    payload: Any


def show_journey(id: str, as_json: bool) -> None:
    """Prints every hop of an order. Raises ShopError when there are none, ShopNotRunning when there is no store."""
    home = read_settings().home
    broker = connect_to_kafka(home)
    hops = journey(id, home / "journal", broker)
    if not hops and broker is None:
        find_shop(home)
    if not hops:
        raise ShopError(f"there is no journey of an order {id}: see `checkout orders` for the ids")
    if as_json:
        output.print_json(hops)
    else:
        output.out.print(output.journey(f"Order {id}", hops))


def connect_to_kafka(home: Path) -> KafkaBroker | None:
    """The Kafka that the settings name, or that of the store running below `home`; None where there is neither."""
    try:
        settings = read_settings()
        found = settings if settings.bootstrap_servers else find_shop(home)
        return KafkaBroker(found.bootstrap_servers, found.prefix, CLIENT_SETTINGS, security=found.kafka_security)
    except ShopNotRunning:
        return None


def journey(order: str, folder: Path, broker: Broker | None = None) -> list[Hop]:
    """The hops of an order in causal order; a record that no hop mentions becomes an observed hop.

    Reads the journals in `folder` and, if given, the topics of `broker`. Raises BrokenJournal.
    """
    hops = journal.read(folder, order)
    known = {(hop.topic, hop.partition, hop.offset) for hop in hops if hop.to == "kafka"}
    records = read_records(broker.read(list(TOPICS))) if broker else ()
    observed = [_observed(found) for found in records if found.order == order and found.record[:3] not in known]
    return number_steps(journal.merge([*hops, *observed]))


def read_records(records: Iterable[Record]) -> Iterator[TopicRecord]:
    """Adds to each record what its topic and its value tell; a value that is not JSON becomes text."""
    for record in records:
        message = TOPICS[record.topic]
        payload = _payload(record)
        order = payload.get("id") if isinstance(payload, dict) else None
        yield TopicRecord(order, record, message.__name__, message.sender, LISTENERS[record.topic], payload)


def _payload(record: Record) -> Any:
    try:
        return msgspec.json.decode(record.value or b"null")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return text((record.value or b"")[:200])


def _observed(found: TopicRecord) -> Hop:
    from checkout.worker.hops import observed_publication  # imports SQLAlchemy, and the journal usually has every hop

    record = found.record
    return observed_publication(TOPICS[record.topic], record, found.order, from_milliseconds(record.timestamp))
