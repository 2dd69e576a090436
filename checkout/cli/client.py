"""Look: places orders at a running store, and shows orders, journeys and messages."""

import csv
import itertools
import sys
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import msgspec

from checkout.cli import journeys, output
from checkout.cli.journeys import Seen
from checkout.journal.hop import Hop
from checkout.messages import PLACE_ORDER, TOPICS
from checkout.messaging.kafka_log import KafkaBroker
from checkout.processes.supervisor import ShopError, ShopFile, ShopNotRunning, find_shop
from checkout.settings import WrongSetting, read_settings

FOLLOWED_FOR = 60.0  # seconds
PATIENCE = 15.0  # seconds: more than the gateway has, so that it can say who is slow
CSV_COLUMNS = ("topic", "partition", "offset", "key", "message", "from", "to", "order", "payload")


def place(products: Sequence[int], quantities: Sequence[int], name: str, email: str, pay: str, follow: bool) -> None:
    """`checkout order`."""
    store = find_shop(read_settings().home)
    lines = [{"sku": sku, "quantity": n} for sku, n in itertools.zip_longest(products, quantities, fillvalue=1)]
    body = {"customerName": name, "customerEmail": email, "products": lines[: len(products)],
            "payment": {"paymentMethod": pay.upper()}}
    key = {"Idempotency-Key": str(uuid.uuid4())}
    id = ask(store, "POST", PLACE_ORDER, json=body, headers=key)["id"]
    print(id)
    if follow:
        output.out.print(output.journey(f"Order {id}", wait_for_end(store, id)))
        list_orders(id, as_json=False)


def list_orders(id: str | None, as_json: bool) -> None:
    """`checkout orders`."""
    store = find_shop(read_settings().home)
    operator = {"authorization": f"Bearer {store.operator_token}"}
    found = ask(store, "GET", f"{PLACE_ORDER}/{id}" if id else PLACE_ORDER, headers=operator)
    if as_json:
        print_json(found)
    else:
        output.out.print(output.orders([found] if id else found))


def show_journey(id: str, as_json: bool) -> None:
    """`checkout journey`."""
    home = read_settings().home
    broker = _broker(home)
    told = journeys.journey(id, home / "journal", broker)
    if not told and broker is None:
        find_shop(home)
    if not told:
        raise ShopError(f"nothing is known of order {id}: look at `checkout orders`")
    if as_json:
        print_json(told)
    else:
        output.out.print(output.journey(f"Order {id}", told))


def show_messages(order: str | None, topic: str | None, follow: bool, form: str) -> None:
    """`checkout messages`."""
    if topic and topic not in TOPICS:
        raise WrongSetting(f"there is no topic {topic}: choose one of {', '.join(TOPICS)}")
    broker = _broker(read_settings().home)
    if broker is None:
        raise ShopNotRunning(
            "no store runs here and CHECKOUT_BOOTSTRAP_SERVERS is not set: start one with `checkout up`"
        )
    topics = [topic] if topic else list(TOPICS)
    records = _follow(broker, topics) if follow else sorted(broker.read(topics), key=lambda record: record.timestamp)
    seen = journeys.look(records)
    _print((one for one in seen if order in (None, one.order)), form, follow)


def ask(store: ShopFile, method: str, path: str, **options: Any) -> Any:
    """What the gateway answers. Raises ShopError with its message when it refuses."""
    try:
        answer = httpx.request(method, store.address("gateway") + path, timeout=PATIENCE, **options)
    except httpx.HTTPError as error:
        address = store.address("gateway")
        raise ShopNotRunning(f"the gateway at {address} does not answer: is `checkout up` running?") from error
    if answer.status_code >= 400:
        raise ShopError(answer.json().get("message", f"HTTP {answer.status_code}"))
    return answer.json()


def wait_for_end(store: ShopFile, id: str, seconds: float = FOLLOWED_FOR) -> list[Hop]:
    """The journey of an order once every arrow of its story has happened. Raises ShopError."""
    deadline = time.monotonic() + seconds
    while left := journeys.missing(told := journeys.journey(id, Path(store.home) / "journal")):
        if time.monotonic() > deadline:
            step, sender, to = left[0]
            late = f"order {id} has not gone step {step}, {sender} to {to}, in {seconds:.0f} s"
            raise ShopError(f"{late}: look into {store.home}/logs")
        time.sleep(0.05)
    return told


def print_json(found: Any) -> None:
    """Prints what a program will read."""
    print(msgspec.json.format(msgspec.json.encode(found)).decode())


def _broker(home: Path) -> KafkaBroker | None:
    settings = read_settings()
    if settings.bootstrap_servers:
        return KafkaBroker(settings.bootstrap_servers, settings.prefix)
    try:
        store = find_shop(home)
    except ShopNotRunning:
        return None
    return KafkaBroker(store.bootstrap_servers, store.prefix)


def _follow(broker: KafkaBroker, topics: Sequence[str]) -> Iterator[Any]:
    following = {partition: 0 for partition in broker.ends(topics)}
    while True:
        for record in sorted(broker.read(topics, following), key=lambda record: record.timestamp):
            following[record.topic, record.partition] = record.offset + 1
            yield record
        time.sleep(0.3)


def _print(seen: Iterable[Seen], form: str, follow: bool) -> None:
    if form == "csv":
        writer = csv.writer(sys.stdout)
        writer.writerow(CSV_COLUMNS)
        for one in seen:
            writer.writerow((_columns(one) | {"payload": output.payload(one)}).values())
    elif form == "json" and not follow:
        print_json([_columns(one) for one in seen])
    elif form == "json":
        for one in seen:
            print(msgspec.json.encode(_columns(one)).decode(), flush=True)
    elif follow:
        for one in seen:
            output.out.print(*(str(cell).replace("\n", ", ") for cell in output.message_row(one)), markup=False)
    else:
        output.out.print(output.messages(seen))


def _columns(one: Seen) -> dict[str, Any]:
    record = one.record
    key = record.key.decode("utf-8", "replace") if record.key else None
    to, payload = ", ".join(one.listeners), one.payload
    values = (record.topic, record.partition, record.offset, key, one.type, one.sender, to, one.order, payload)
    return dict(zip(CSV_COLUMNS, values, strict=True))
