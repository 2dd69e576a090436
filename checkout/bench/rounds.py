"""Rounds: measures systems one after another, several times, each time with new topics, groups and databases."""

import signal
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import psutil  # type: ignore[import-untyped]

from checkout.bench.effects import STOCK, check_effects
from checkout.bench.invariants import check_invariants
from checkout.bench.load import Load
from checkout.bench.systems import RunningSystem, System, running
from checkout.local_kafka import cluster
from checkout.messages import TOPICS
from checkout.messaging.kafka_log import KafkaBroker
from checkout.processes.postgres import drop_databases, local_postgres
from checkout.processes.service_process import database_url
from checkout.processes.shop_file import ShopError
from checkout.processes.supervisor import KAFKA_SERVICES
from checkout.registry import SERVICES
from checkout.settings import Settings, read_settings
from checkout.system.deadline import wait_until
from checkout.system.ports import free_port_base

WARM_UP = 500  # orders
SETTLE_SECONDS = 60.0  # for the lag of every group to end after the last approval
PERCENTILES = (50, 90, 99)


class Plan(msgspec.Struct, frozen=True):
    """What one round measures, and on what.

    `orders`: of the burst; `rate`, `seconds`: of the constant rate; `idle_seconds`: without orders; `lines`: of an
    order; `scale`: replicas by service; `postgres`: databases on a PostgreSQL of the benchmark instead of SQLite.
    """

    orders: int
    rate: float
    seconds: float
    idle_seconds: float
    partitions: int = 1
    lines: int = 1
    brokers: int = 1
    postgres: bool = False
    scale: Mapping[str, int] = {}


class Measurement(msgspec.Struct):
    """The figures of one system in one round.

    CPU is in seconds per 1,000 orders, of all services and by service; idle CPU in percent of one core per service;
    latencies in milliseconds from when an order was due until it was approved; memory in MiB (PSS) by service.
    """

    system: str
    round: int
    orders_per_second: float
    cpu_per_1000: float
    cpu_of: dict[str, float]
    broker_cpu_per_1000: float
    latency: dict[str, float]
    cpu_per_1000_at_rate: float
    idle_percent: float
    memory: dict[str, float]


def measure(systems: Sequence[System], plan: Plan, rounds: int, report: Callable[[Measurement], None]) -> None:
    """Measures each system in each round, in another order each time; calls `report` with each measurement.

    Starts a Kafka of its own. Raises ShopError when an order lacks an effect or has it twice.
    """
    orders = WARM_UP + plan.orders + int(plan.rate * plan.seconds)
    with _servers(plan) as (settings, kafka):
        for number in range(rounds):
            for system in [*systems[number % len(systems) :], *systems[: number % len(systems)]]:
                with _loaded(system, settings, plan, orders) as (shop, load, broker):
                    fields: dict[str, object] = {"system": system.name, "round": number + 1}
                    fields |= _idle(shop, plan.idle_seconds)
                    fields |= _burst(shop, load, broker, plan.orders, kafka)
                    fields |= {"memory": {name: round(used / 2**20, 1) for name, used in shop.memory().items()}}
                    fields |= _constant(shop, load, broker, plan)
                report(msgspec.convert(fields, Measurement))


def measure_history(bursts: int, orders: int) -> Iterator[tuple[float, float]]:
    """Sends bursts through our services, whose databases grow; gives CPU-s per 1,000 and orders/s of each burst.

    Raises ShopError when in the end an order lacks an effect or has it twice.
    """
    plan = Plan(orders, 0, 0, 0)
    with (
        _servers(plan) as (settings, kafka),
        _loaded(System("checkout"), settings, plan, WARM_UP + bursts * orders) as (shop, load, broker),
    ):
        for _ in range(bursts):
            figures = msgspec.convert(_burst(shop, load, broker, orders, kafka), dict[str, Any])
            yield figures["cpu_per_1000"], figures["orders_per_second"]


def measure_restarts(plan: Plan, replica: str) -> Iterator[tuple[str, list[float]]]:
    """Sends orders at the plan's rate while a replica leaves, returns, is killed and returns.

    Gives what happened and the latencies in seconds of the orders of that time, each `plan.seconds` long. Raises
    ShopError when in the end an order lacks an effect or has it twice.
    """
    actions: dict[str, Callable[[RunningSystem], None]] = {
        "undisturbed": lambda shop: None,
        "stopped with SIGTERM": lambda shop: shop.stop(replica, signal.SIGTERM),
        "started": lambda shop: shop.start(replica),
        "killed with SIGKILL": lambda shop: shop.stop(replica, signal.SIGKILL),
        "started after the kill": lambda shop: shop.start(replica),
    }
    orders = WARM_UP + len(actions) * int(plan.rate * plan.seconds)
    with (
        _servers(plan) as (settings, _),
        _loaded(System("checkout"), settings, plan, orders) as (shop, load, broker),
    ):
        for happened, act in actions.items():
            act(shop)
            yield happened, load.constant(plan.rate, plan.seconds)
        _settle(broker)


@contextmanager
def _servers(plan: Plan) -> Iterator[tuple[Settings, Sequence[psutil.Process]]]:
    # the settings of Kafka and PostgreSQL, and the processes of the brokers
    base, home = free_port_base(), read_settings().home.absolute() / f"bench-{plan.brokers}"
    servers = cluster.acquire(home, base, plan.brokers)
    try:
        with local_postgres(home) if plan.postgres else nullcontext("") as url:
            settings = read_settings(bootstrap_servers=servers, port_base=base, stock=STOCK, database_url=url)
            yield settings, [psutil.Process(broker.number) for broker in cluster.processes(home).values()]
    finally:
        cluster.release(home)


@contextmanager
def _loaded(
    system: System, settings: Settings, plan: Plan, orders: int
) -> Iterator[tuple[RunningSystem, Load, KafkaBroker]]:
    # The running system after some orders; at the end the effects of `orders` orders in total are counted.
    prefix = f"bench-{time.time_ns():x}--"
    with tempfile.TemporaryDirectory() as folder, closing(KafkaBroker(settings.bootstrap_servers, prefix)) as broker:
        own = {"home": Path(folder), "prefix": prefix, "partitions": plan.partitions}
        settings = msgspec.structs.replace(settings, **own)
        broker.create(dict.fromkeys(TOPICS, plan.partitions))
        try:
            with running(system, settings, plan.scale) as shop:
                load = Load(settings.bootstrap_servers, prefix, plan.partitions, plan.lines, shop.check_alive)
                with closing(load):
                    load.burst(WARM_UP)
                    _settle(broker)
                    yield shop, load, broker
            check_effects(partial(database_url, settings), orders, orders * plan.lines)
            if not system.command:  # the tables of others are known only as far as the effects count them
                check_invariants(partial(database_url, settings), broker)
        except ShopError as error:
            raise ShopError(f"{system.name}: {error}") from error
        finally:
            broker.delete()
            if plan.postgres:
                drop_databases(settings, KAFKA_SERVICES)


def _idle(shop: RunningSystem, seconds: float) -> dict[str, object]:
    before = shop.cpu_seconds()
    time.sleep(seconds)
    used = sum(shop.cpu_seconds().values()) - sum(before.values())
    return {"idle_percent": round(used / seconds / len(before) * 100, 2) if seconds else 0.0}


def _burst(
    shop: RunningSystem, load: Load, broker: KafkaBroker, orders: int, kafka: Sequence[psutil.Process]
) -> dict[str, object]:
    before, broker_before, started = shop.cpu_seconds(), _seconds(kafka), time.perf_counter()
    load.burst(orders)
    _settle(broker)
    seconds, after = time.perf_counter() - started, shop.cpu_seconds()
    cpu = {name: round((after[name] - before[name]) / orders * 1_000, 3) for name in after}
    broker_cpu = (_seconds(kafka) - broker_before) / orders * 1_000
    return {
        "orders_per_second": round(orders / seconds, 1), "cpu_per_1000": round(sum(cpu.values()), 3), "cpu_of": cpu,
        "broker_cpu_per_1000": round(broker_cpu, 3),
    }  # fmt: skip


def _constant(shop: RunningSystem, load: Load, broker: KafkaBroker, plan: Plan) -> dict[str, object]:
    before = sum(shop.cpu_seconds().values())
    latencies = load.constant(plan.rate, plan.seconds)
    _settle(broker)
    used = sum(shop.cpu_seconds().values()) - before
    points = statistics.quantiles(latencies, n=100, method="inclusive") if len(latencies) > 1 else [0.0] * 99
    latency = {f"p{percent}": round(points[percent - 1] * 1_000, 1) for percent in PERCENTILES}
    latency["max"] = round(max(latencies, default=0.0) * 1_000, 1)
    return {"latency": latency, "cpu_per_1000_at_rate": round(used / max(1, len(latencies)) * 1_000, 2)}


def _settle(broker: KafkaBroker) -> None:
    for service in SERVICES:
        topics = list(service.topics())
        try:
            wait_until(partial(_has_no_lag, broker, service.name, topics), SETTLE_SECONDS, pause=0.05)
        except TimeoutError:
            raise ShopError(f"{service.name} does not read all records") from None


def _has_no_lag(broker: KafkaBroker, group: str, topics: Sequence[str]) -> bool:
    return not any(lag.records for lag in broker.lags(group, topics).values())


def _seconds(processes: Sequence[psutil.Process]) -> float:
    times = [process.cpu_times() for process in processes]
    return float(sum(used.user + used.system for used in times))
