"""Recorded runs: one run of each system with a fault or without, as the spans of its services."""

from collections.abc import Callable
from pathlib import Path

from opentelemetry.sdk.trace import ReadableSpan
from systems.instrumented.kafka_client import Style as KafkaStyle
from systems.instrumented.rpc_service import Style as RpcStyle
from systems.lending.lending_library import LendingLibrary
from systems.rental.bike_rental import BikeRental
from systems.seeded_faults import Fault
from systems.trips.trip_search import TripSearch

from checkout.messaging.log import Broker
from checkout.messaging.memory_log import MemoryBroker

FOLDER = Path(__file__).parent
VIEWS = {view.stem: view for view in FOLDER.glob("*/*.puml")}


def run_lending(
    fault: Fault | None = None, style: KafkaStyle = KafkaStyle.LINKS, loans: int = 1, broker: Broker | None = None,
    faulty: str = "",
) -> list[ReadableSpan]:  # fmt: skip
    """Lends the books isbn-0, isbn-1, ...; several at once are polled by the consumers in one batch."""
    with LendingLibrary(broker or MemoryBroker(), fault, style, loans, faulty) as library:
        for number in range(loans):
            assert library.lend(f"isbn-{number}", "ann").status == 202
        library.wait_until_idle()
    return library.spans()


def run_trips(fault: Fault | None = None, style: RpcStyle = RpcStyle.ATTEMPT) -> list[ReadableSpan]:
    """Searches for trips."""
    with TripSearch(fault, style) as system:
        assert system.search() == ["08:04", "09:04"]
    return system.spans()


def run_rental(fault: Fault | None = None, failures: int = 2) -> list[ReadableSpan]:
    """Rents a bike."""
    with BikeRental(fault, failures) as system:
        assert system.rent().status in (201, 502)
    return system.spans()


RUNS: dict[str, Callable[[Fault | None], list[ReadableSpan]]] = {
    "lending": run_lending, "trips": run_trips, "rental": run_rental
}  # fmt: skip
