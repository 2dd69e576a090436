"""Cases: every fault of a store, with what shows that it is there."""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from checkout.checker.client_log import RequestOutcome, read_client_log
from checkout.faults import brokers, external_systems, replicas
from checkout.faults.external_systems import switched
from checkout.faults.fault import Fault
from checkout.faults.proxied_kafka import ProxiedKafka
from checkout.faults.site import Site
from checkout.faults.transactions import paused_in_transaction
from checkout.journal.journal import read_recent
from checkout.local_kafka import cluster
from checkout.messaging.kafka_log import KafkaBroker
from checkout.processes.supervisor import KAFKA_SERVICES

Condition = Callable[[], object]
# Orders takes orders meanwhile, and so has something to send; other services may be idle when Kafka is lost.
WAITS, FENCED = "waits: no Kafka answers", "another process is payments-1 now"


@dataclass(frozen=True)
class Case:
    """A fault of a site, and the condition that is true once the fault has had its effect.

    `effect` is called before the fault is injected and returns that condition.
    """

    make: Callable[[Site], Fault]
    effect: Callable[[Site], Condition]


def has_ended(*names: str) -> Callable[[Site], Condition]:
    """These replicas were killed."""
    return lambda site: lambda: all(dict(site.store.crashed()).get(name) == -9 for name in names)


def says(replica: str, text: str) -> Callable[[Site], Condition]:
    """The log of a replica says once more what it says when the fault has an effect."""

    def begin(site: Site) -> Condition:
        path = Path(site.store.processes[replica].log)
        before = path.read_text().count(text)
        return lambda: path.read_text().count(text) > before

    return begin


def call_failed(replica: str, status: str) -> Callable[[Site], Condition]:
    """The journal of a replica has one more failed call with this status."""

    def begin(site: Site) -> Condition:
        path = site.store.settings.home / "journal" / f"{replica}.jsonl"
        needle = f'"status":"{status}'.encode()
        before = path.read_bytes().count(needle)
        return lambda: path.read_bytes().count(needle) > before

    return begin


def request_failed(site: Site) -> Condition:
    """One more request of a client has no answer, or 503."""
    path = site.store.settings.home / "clients.jsonl"

    def count() -> int:
        requests = read_client_log(path) if path.exists() else []
        return sum(request.outcome is RequestOutcome.INFO for request in requests)

    before = count()
    return lambda: count() > before


def is_torn(replica: str) -> Callable[[Site], Condition]:
    """The journal of a replica has an incomplete last line."""
    return lambda site: lambda: not journal_of(site, replica).read_bytes().endswith(b"\n")


def journal_of(site: Site, replica: str) -> Path:
    return site.store.settings.home / "journal" / f"{replica}.jsonl"


def clock_is_off(replica: str, by: timedelta) -> Callable[[Site], Condition]:
    """The last hop in the journal of a replica has the time of its clock."""

    def begin(site: Site) -> Condition:
        def is_off() -> bool:
            last = read_recent(journal_of(site, replica), timedelta(0))[-1:]
            return any(abs(hop.at - datetime.now(UTC) - by) < timedelta(minutes=5) for hop in last)

        return is_off

    return begin


def is_out_of_its_group(service: str, replica: str) -> Callable[[Site], Condition]:
    """The group goes on without a replica that is paused for longer than the session timeout."""

    def begin(site: Site) -> Condition:
        def is_out() -> bool:
            settings = site.store.settings
            with closing(KafkaBroker(settings.bootstrap_servers, settings.prefix)) as broker:
                return replica not in broker.members([service]).get(service, ())

        return is_out

    return begin


def broker_is_missing(site: Site) -> Condition:
    """The cluster has a broker less."""
    return lambda: len(cluster.status(site.kafka_home).processes) < cluster.status(site.kafka_home).brokers


def one_of_two_is_fenced(replica: str) -> Callable[[Site], Condition]:
    """Of two processes with one name one says that it waits."""

    def begin(site: Site) -> Condition:
        logs = [site.store.settings.home / "logs" / f"{name}.log" for name in (replica, f"{replica}-twin")]
        return lambda: any(log.exists() and FENCED in log.read_text() for log in logs)

    return begin


def at_once(site: Site) -> Condition:
    """The fault is there when it is injected."""
    return lambda: True


def kafka_of(site: Site) -> ProxiedKafka:
    assert site.proxied, "this fault needs a Kafka behind a proxy"
    return site.proxied


ALL_SERVICES = [f"{service}-1" for service in KAFKA_SERVICES]
HOUR = timedelta(hours=1)
CLOCK = "checkout.faults.shifted_clock"
OF_ANY_SITE: Mapping[str, Case] = {
    "kill -9 of all services at once": Case(
        lambda site: replicas.killed(site.store, *ALL_SERVICES), has_ended(*ALL_SERVICES)
    ),
    "kill -9 of the gateway": Case(lambda site: replicas.killed(site.store, "gateway-1"), request_failed),
    "torn journal": Case(lambda site: replicas.with_torn_journal(site.store, "orders-1"), is_torn("orders-1")),
    "clock an hour ahead": Case(
        lambda site: replicas.with_registry(site.store, "stock-1", f"{CLOCK}:AHEAD", "clock ahead"),
        clock_is_off("stock-1", HOUR),
    ),
    "clock an hour behind": Case(
        lambda site: replicas.with_registry(site.store, "payments-1", f"{CLOCK}:BEHIND", "clock behind"),
        clock_is_off("payments-1", -HOUR),
    ),
    "two replicas with one identity": Case(
        lambda site: replicas.doubled(site.store, "payments-1"), one_of_two_is_fenced("payments-1")
    ),
}
CALLS = {  # the replica that calls, and the status of its failed calls
    "payment provider slow": ("payments-1", "ReadTimeout"), "payment provider answers 500": ("payments-1", "HTTP 500"),
    "payment provider answers 409": ("payments-1", "HTTP 409"),
    "payment provider drops connections after charging": ("payments-1", "RemoteProtocolError"),
    "shipment company slow": ("shipments-1", "ReadTimeout"),
    "shipment company answers 500": ("shipments-1", "HTTP 500"),
    "shipment company drops connections after booking": ("shipments-1", "RemoteProtocolError"),
    "mail server answers 451": ("notifications-1", "SMTP 451"),
    "mail server drops connections after the final dot": ("notifications-1", "SMTPServerDisconnected"),
}  # fmt: skip
OF_EXTERNAL_SYSTEMS: Mapping[str, Case] = {
    name: Case(lambda site, name=name: switched(site.store.settings, name), call_failed(*CALLS[name]))
    for name in external_systems.FAULTS
}
OF_SQLITE: Mapping[str, Case] = {
    "full disk": Case(lambda site: replicas.without_disk(site.store, *ALL_SERVICES), request_failed),
}
OF_ONE_BROKER: Mapping[str, Case] = {
    "broker restarted": Case(lambda site: brokers.stopped(site.kafka_home), says("orders-1", WAITS)),
    "broker killed": Case(lambda site: brokers.killed(site.kafka_home), says("orders-1", WAITS)),
    "broker paused": Case(lambda site: brokers.paused(site.kafka_home), says("orders-1", WAITS)),
    "disk of the broker full": Case(lambda site: brokers.without_disk(site.kafka_home), says("orders-1", WAITS)),
}
OF_THREE_BROKERS: Mapping[str, Case] = {
    "one of three brokers killed": Case(lambda site: brokers.killed(site.kafka_home, [1]), broker_is_missing),
    "two of three brokers killed": Case(lambda site: brokers.killed(site.kafka_home, [2, 3]), says("orders-1", WAITS)),
}
OF_TWO_REPLICAS: Mapping[str, Case] = {
    "zombie replica": Case(
        lambda site: replicas.paused(site.store, "stock-1"), is_out_of_its_group("stock", "stock-1")
    ),
    "replica paused in a transaction": Case(lambda site: paused_in_transaction(site.store, "stock-1"), at_once),
    "all first replicas paused": Case(
        lambda site: replicas.paused(site.store, *ALL_SERVICES), is_out_of_its_group("payments", "payments-1")
    ),
}
OF_THE_NETWORK: Mapping[str, Case] = {
    "Kafka unreachable": Case(lambda site: kafka_of(site).unreachable(), says("orders-1", WAITS)),
    "connections to Kafka half-open": Case(lambda site: kafka_of(site).half_open(), says("orders-1", WAITS)),
    "responses of Kafka lost": Case(lambda site: kafka_of(site).one_way(), says("orders-1", WAITS)),
    "Kafka slow": Case(lambda site: kafka_of(site).slow(3.0), says("orders-1", WAITS)),
}
