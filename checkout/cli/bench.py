"""Bench: `checkout bench`, times a burst of orders through the five Kafka services and counts its effects."""

import sqlite3
import tempfile
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import msgspec
import psutil  # type: ignore[import-untyped]

from checkout.cli import output
from checkout.cli.up import SIMULATED, running_shop
from checkout.domain import PaymentMethod
from checkout.fields import OrderLine, Payment
from checkout.framework.message import encode
from checkout.framework.service import Service
from checkout.local_kafka import cluster
from checkout.messages import OrderReceived
from checkout.messaging.kafka_log import KafkaBroker
from checkout.messaging.log import ProducerRecord
from checkout.processes.supervisor import KAFKA_SERVICES, ShopError, Supervisor
from checkout.registry import SERVICES
from checkout.settings import read_settings
from checkout.system.deadline import wait_until
from checkout.system.ports import free_port_base

BURST_WITHIN = 300.0  # seconds
STOCK = 1_000_000  # of each product
CHUNK = 2_000  # records sent at a time
EFFECTS = {  # by service: a query whose result is the number of orders
    "orders": "SELECT count(*) FROM orders WHERE status = 'APPROVED'",
    "stock": f"SELECT sum({STOCK} - on_hand) FROM products",
    "payments": "SELECT count(*) FROM payments WHERE status = 'CHARGED'",
    "shipments": "SELECT count(*) FROM shipments WHERE status = 'BOOKED'",
    "notifications": "SELECT count(*) FROM mails WHERE status = 'SENT'",
}


class BenchResult(msgspec.Struct):
    """The duration of one burst, and its CPU seconds per 1,000 orders in total and by replica."""

    orders: int
    seconds: float
    orders_per_second: float
    cpu_per_1000: float
    cpu_of: dict[str, float]


def run(orders: int, rounds: int, as_json: bool) -> int:
    """Measures and prints some bursts; returns 0. Raises ShopError when an order lacks an effect or has it twice."""
    results = [_measure(orders) for _ in range(rounds)]
    if as_json:
        output.print_json(results)
        return 0
    columns = ("orders", "seconds", "orders/s", "CPU-s per 1,000 orders", "of which")
    output.out.print(output.table("Five services, five processes, one broker", columns, map(_row, results)))
    return 0


def _measure(orders: int) -> BenchResult:
    base, home = free_port_base(), read_settings().home.absolute() / "bench"
    servers = cluster.acquire(home, base)
    with tempfile.TemporaryDirectory() as folder:
        own = {"home": Path(folder), "bootstrap_servers": servers, "prefix": f"bench-{time.time_ns():x}--"}
        try:
            with running_shop((), False, KAFKA_SERVICES, stock=STOCK, port_base=base, **own, **SIMULATED) as supervisor:
                result = _burst(supervisor, orders)
            _check_effects(Path(folder) / "databases", orders)
        finally:
            cluster.release(home)
    return result


def _burst(supervisor: Supervisor, orders: int) -> BenchResult:
    broker = KafkaBroker(supervisor.settings.bootstrap_servers, supervisor.settings.prefix)
    records = [_record() for _ in range(orders)]
    driver = broker.join("driver", [], "driver-1", assign=True)
    before, started = _cpu_seconds(supervisor), time.perf_counter()
    for first in range(0, orders, CHUNK):
        driver.send(records[first : first + CHUNK])
    _wait_until_processed(broker, orders)
    seconds, after = time.perf_counter() - started, _cpu_seconds(supervisor)
    driver.close()
    broker.delete()
    broker.close()
    cpu = {name: (after[name] - before[name]) / orders * 1_000 for name in after}
    return BenchResult(orders, seconds, orders / seconds, sum(cpu.values()), cpu)


def _record() -> ProducerRecord:
    lines = [OrderLine(sku=1, name="Wooden spoon", quantity=1)]
    payment = Payment(payment_method=PaymentMethod.CREDIT)
    order = OrderReceived(str(uuid.uuid4()), "Ada", lines, payment, "ada@example.org")
    return ProducerRecord("order.new-order-received", order.id.encode(), encode(order))


def _wait_until_processed(broker: KafkaBroker, orders: int) -> None:
    _wait(lambda: sum(broker.ends(["order.new-order-approved"]).values()) >= orders, "approved")
    for service in SERVICES:
        _wait(partial(_has_no_lag, broker, service), f"read by {service.name}")


def _has_no_lag(broker: KafkaBroker, service: type[Service]) -> bool:
    return not any(lag.records for lag in broker.lags(service.name, list(service.topics())).values())


def _wait(condition: Callable[[], bool], what: str) -> None:
    try:
        wait_until(condition, BURST_WITHIN, pause=0.1)
    except TimeoutError:
        raise ShopError(f"after {BURST_WITHIN:.0f} s not every order is {what}") from None


def _cpu_seconds(supervisor: Supervisor) -> dict[str, float]:
    times = {one.name: psutil.Process(one.pid.number).cpu_times() for one in supervisor.processes.values()}
    return {name: used.user + used.system for name, used in times.items()}


def _check_effects(databases: Path, orders: int) -> None:
    for name, query in EFFECTS.items():
        with closing(sqlite3.connect(databases / f"{name}.db")) as db:
            found = db.execute(query).fetchone()[0]
        if found != orders:
            raise ShopError(f"{orders} orders had {found} effects in {name}: {query}")


def _row(result: BenchResult) -> tuple[object, ...]:
    by_replica = ", ".join(f"{name} {seconds:.2f}" for name, seconds in result.cpu_of.items())
    rate, cpu = f"{result.orders_per_second:.0f}", f"{result.cpu_per_1000:.2f}"
    return result.orders, f"{result.seconds:.2f}", rate, cpu, by_replica
