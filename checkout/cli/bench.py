"""Bench: a burst of orders through the five Kafka services, timed, with its effects counted."""

import sqlite3
import tempfile
import time
import uuid
from pathlib import Path

import msgspec
import psutil  # type: ignore[import-untyped]

from checkout.cli import output
from checkout.cli.client import print_json
from checkout.cli.up import started
from checkout.domain import PaymentMethod
from checkout.fields import OrderLine, Payment
from checkout.framework.message import encode
from checkout.local_kafka import cluster
from checkout.messages import TOPICS, OrderReceived
from checkout.messaging.kafka_log import KafkaBroker
from checkout.messaging.log import ProducerRecord
from checkout.processes.supervisor import WORKERS, ShopError, Supervisor
from checkout.registry import SERVICES
from checkout.settings import IN_PROCESS, read_settings
from checkout.system.ports import free_port_base

DEADLINE = 300.0  # seconds for one burst
EFFECTS = {
    "orders": "SELECT count(*) FROM orders WHERE status = 'APPROVED'",
    "stock": "SELECT sum(1000000 - on_hand) FROM products",
    "payments": "SELECT count(*) FROM payments WHERE status = 'CHARGED'",
    "shipments": "SELECT count(*) FROM shipments WHERE status = 'BOOKED'",
    "notifications": "SELECT count(*) FROM mails WHERE status = 'SENT'",
}


class Round(msgspec.Struct):
    """One burst: how fast it went, and what it cost in CPU seconds per 1,000 orders."""

    orders: int
    seconds: float
    orders_per_second: float
    cpu_per_1000: float
    cpu_of: dict[str, float]


def run(orders: int, rounds: int, as_json: bool) -> int:
    """`checkout bench`: 0 when every order of every round had each of its effects once."""
    done = [_round(orders) for _ in range(rounds)]
    if as_json:
        print_json(done)
        return 0
    columns = ("orders", "seconds", "orders/s", "CPU-s per 1,000 orders", "of which")
    rows = [_row(one) for one in done]
    output.out.print(output.table("Five services, five processes, one broker", columns, rows))
    return 0


def _round(orders: int) -> Round:
    outside = dict.fromkeys(("payment_broker_url", "shipment_company_url", "smtp_url"), IN_PROCESS)
    base, home = free_port_base(), read_settings().home.absolute() / "bench"
    servers = cluster.acquire(home, base)
    with tempfile.TemporaryDirectory() as folder:
        own = {"home": Path(folder), "bootstrap_servers": servers, "prefix": f"bench-{time.time_ns():x}--"}
        try:
            with started((), False, WORKERS, stock=1_000_000, port_base=base, **own, **outside) as store:
                measured = _burst(store, orders)
            _check_effects(Path(folder) / "databases", orders)
        finally:
            cluster.release(home)
    return measured


def _burst(store: Supervisor, orders: int) -> Round:
    broker = KafkaBroker(store.settings.bootstrap_servers, store.settings.prefix)
    records = [_record() for _ in range(orders)]
    driver = broker.join("driver", [], "driver-1", assign=True)
    before, begun = _cpu(store), time.perf_counter()
    for start in range(0, orders, 2_000):
        driver.send(records[start : start + 2_000])
    _wait_until_read(broker, orders)
    seconds, after = time.perf_counter() - begun, _cpu(store)
    driver.close()
    broker.delete()
    broker.close()
    cpu = {name: (after[name] - before[name]) / orders * 1_000 for name in after}
    return Round(orders, seconds, orders / seconds, sum(cpu.values()), cpu)


def _record() -> ProducerRecord:
    lines = [OrderLine(sku=1, name="Wooden spoon", quantity=1)]
    payment = Payment(payment_method=PaymentMethod.CREDIT)
    order = OrderReceived(str(uuid.uuid4()), "Ada", lines, payment, "ada@example.org")
    return ProducerRecord("order.new-order-received", order.id.encode(), encode(order))


def _wait_until_read(broker: KafkaBroker, orders: int) -> None:
    deadline = time.monotonic() + DEADLINE
    approved = "order.new-order-approved"
    while sum(end for (topic, _), end in broker.ends(list(TOPICS)).items() if topic == approved) < orders:
        _sleep(deadline, "approved")
    for service in SERVICES:
        while any(lag.records for lag in broker.lags(service.name, list(service.topics())).values()):
            _sleep(deadline, f"read by {service.name}")


def _sleep(deadline: float, what: str) -> None:
    if time.monotonic() > deadline:
        raise ShopError(f"after {DEADLINE:.0f} s not every order was {what}")
    time.sleep(0.1)


def _cpu(store: Supervisor) -> dict[str, float]:
    times = {part.name: psutil.Process(part.pid.number).cpu_times() for part in store.parts.values()}
    return {name: used.user + used.system for name, used in times.items()}


def _check_effects(databases: Path, orders: int) -> None:
    for name, question in EFFECTS.items():
        db = sqlite3.connect(databases / f"{name}.db")
        found = db.execute(question).fetchone()[0]
        db.close()
        if found != orders:
            raise ShopError(f"{orders} orders had {found} effects in {name}: {question}")


def _row(done: Round) -> tuple[object, ...]:
    shares = ", ".join(f"{name} {seconds:.2f}" for name, seconds in done.cpu_of.items())
    return done.orders, f"{done.seconds:.2f}", f"{done.orders_per_second:.0f}", f"{done.cpu_per_1000:.2f}", shares


