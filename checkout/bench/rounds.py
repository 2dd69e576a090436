"""Rounds: measures systems one after another, several times, each time with new topics, groups and databases."""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import msgspec
import psutil  # type: ignore[import-untyped]

from checkout.bench.effects import STOCK, check_effects
from checkout.bench.load import Load
from checkout.bench.systems import RunningSystem, System, running
from checkout.local_kafka import cluster
from checkout.messages import TOPICS
from checkout.messaging.kafka_log import KafkaBroker
from checkout.processes.shop_file import ShopError
from checkout.registry import SERVICES
from checkout.settings import Settings, read_settings
from checkout.system.deadline import wait_until
from checkout.system.ports import free_port_base

WARM_UP = 500  # orders
SETTLE_SECONDS = 60.0  # for the lag of every group to end after the last approval
PERCENTILES = (50, 90, 99)


class Plan(msgspec.Struct, frozen=True):
    """What one round measures: orders in the burst, orders per second and seconds of the constant rate, and idle."""

    orders: int
    rate: float
    seconds: float
    idle_seconds: float
    partitions: int = 1
    lines: int = 1


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
    base, home = free_port_base(), read_settings().home.absolute() / "bench"
    servers = cluster.acquire(home, base)
    try:
        for number in range(rounds):
            turned = [*systems[number % len(systems) :], *systems[: number % len(systems)]]
            for system in turned:
                with tempfile.TemporaryDirectory() as folder:
                    settings = read_settings(
                        home=Path(folder), bootstrap_servers=servers, prefix=f"bench-{time.time_ns():x}--",
                        port_base=base, partitions=plan.partitions, stock=STOCK,
                    )  # fmt: skip
                    report(_measure(system, number + 1, plan, settings, cluster.processes(home)[1].number))
    finally:
        cluster.release(home)


def _measure(system: System, number: int, plan: Plan, settings: Settings, kafka: int) -> Measurement:
    with closing(KafkaBroker(settings.bootstrap_servers, settings.prefix)) as broker:
        broker.create(dict.fromkeys(TOPICS, plan.partitions))
        try:
            with running(system, settings) as shop:
                figures = list(_phases(shop, plan, settings, broker, psutil.Process(kafka)))
            orders = WARM_UP + plan.orders + int(plan.rate * plan.seconds)
            check_effects(settings.home / "databases", orders, orders * plan.lines)
        except ShopError as error:
            raise ShopError(f"{system.name}: {error}") from error
        finally:
            broker.delete()
    fields: dict[str, object] = {}
    for each in figures:
        fields |= each
    return msgspec.convert({"system": system.name, "round": number} | fields, Measurement)


def _phases(
    shop: RunningSystem, plan: Plan, settings: Settings, broker: KafkaBroker, kafka: psutil.Process
) -> Iterator[dict[str, object]]:
    load = Load(settings.bootstrap_servers, settings.prefix, plan.partitions, plan.lines, shop.check_alive)
    with closing(load):
        load.burst(WARM_UP)
        _settle(broker)
        yield _idle(shop, plan.idle_seconds)
        yield _burst(shop, load, broker, plan.orders, kafka)
        yield {"memory": {name: round(used / 2**20, 1) for name, used in shop.memory().items()}}
        yield _constant(shop, load, broker, plan)


def _idle(shop: RunningSystem, seconds: float) -> dict[str, object]:
    before = shop.cpu_seconds()
    time.sleep(seconds)
    used = sum(shop.cpu_seconds().values()) - sum(before.values())
    return {"idle_percent": round(used / seconds / len(before) * 100, 2) if seconds else 0.0}


def _burst(
    shop: RunningSystem, load: Load, broker: KafkaBroker, orders: int, kafka: psutil.Process
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


def _seconds(process: psutil.Process) -> float:
    used = process.cpu_times()
    return float(used.user + used.system)
