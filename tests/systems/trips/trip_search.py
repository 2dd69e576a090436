"""Trip search: services that find trips for travellers, over remote calls, and a currency service without telemetry.

Fares are unavailable at the first attempt, and quoted at the second, during which seats, a stream, are watched.
Its faults: seats are not watched (missing call); the timetable counts seats (new call); the search is recorded before
the fares are known (wrong order); the fares are asked for through another method (wrong topic: remote calls have
methods in place of topics); an audit service gets the same record as the ledger (extra consumer: remote calls have
receivers in place of consumers).
"""

import threading
from collections.abc import Iterator
from contextvars import copy_context
from typing import Any

from systems.instrumented.rpc_service import RpcService, Style, Unavailable
from systems.instrumented.running_system import RunningSystem
from systems.seeded_faults import Fault

CURRENCY = "currency.travel.internal"


class TripSearch(RunningSystem):
    """The services of the trip search. `style` is that of the instrumentation of their clients."""

    def __init__(self, fault: Fault | None = None, style: Style = Style.ATTEMPT) -> None:
        super().__init__()
        self._fault, self._style = fault, style
        self._attempts, self._retried, self._watched = 0, threading.Event(), threading.Event()
        self._currency = self.add(RpcService(CURRENCY, self.ports, None))
        self._rates = self.add(RpcService("rates.example", self.ports, None))
        self._trips, self._timetable = self._service("trips"), self._service("timetable")
        self._fares, self._seats = self._service("fares"), self._service("seats")
        self._ledger, self._audit = self._service("ledger"), self._service("audit")
        self._add_methods()

    def search(self) -> list[Any]:
        """Sends the search of a traveller, whose device is not instrumented."""
        return list(self._currency.call("trips", "travel.Trips/Search", {"from": "Bern", "to": "Ghent"}))

    def _service(self, name: str) -> RpcService:
        return self.add(RpcService(name, self.ports, self.telemetry_of(name), self._style))

    def _add_methods(self) -> None:
        self._trips.on("travel.Trips/Search", self._search)
        self._timetable.on("travel.Timetable/Connections", self._connections)
        self._fares.on("travel.Fares/Quote", self._quote)
        self._fares.on("travel.OldFares/Quote", self._quote)
        self._seats.on("travel.Seats/Watch", self._watch)
        self._seats.on("travel.Seats/Count", lambda message: iter([12]))
        self._currency.on("travel.Currency/Convert", self._convert)
        self._rates.on("rates.Rates/Latest", lambda message: iter([0.93]))
        self._ledger.on("travel.Ledger/Record", lambda message: iter([None]))
        self._audit.on("travel.Ledger/Record", lambda message: iter([None]))

    def _search(self, message: Any) -> Iterator[Any]:
        connections = self._trips.call("timetable", "travel.Timetable/Connections", message)
        if self._fault is Fault.WRONG_ORDER:
            self._record(message)
        self._ask_together(connections)
        if self._fault is not Fault.WRONG_ORDER:
            self._record(message)
        yield from connections

    def _ask_together(self, connections: Any) -> None:
        service = "OldFares" if self._fault is Fault.WRONG_TOPIC else "Fares"
        call = (self._trips.call, "fares", f"travel.{service}/Quote", connections)
        thread = threading.Thread(target=copy_context().run, args=call)
        thread.start()
        self._retried.wait(10)
        if self._fault is Fault.MISSING_CALL:
            self._watched.set()
        else:
            self._trips.call("seats", "travel.Seats/Watch", connections)
        thread.join()

    def _record(self, message: Any) -> None:
        for receiver in ("ledger", "audit") if self._fault is Fault.EXTRA_CONSUMER else ("ledger",):
            self._trips.call(receiver, "travel.Ledger/Record", message)

    def _connections(self, message: Any) -> Iterator[Any]:
        if self._fault is Fault.NEW_CALL:
            self._timetable.call("seats", "travel.Seats/Count")
        yield from ("08:04", "09:04")

    def _quote(self, message: Any) -> Iterator[Any]:
        self._attempts += 1
        if self._attempts == 1:
            raise Unavailable
        self._retried.set()
        yield self._fares.call(CURRENCY, "travel.Currency/Convert", 80)
        self._watched.wait(10)

    def _watch(self, message: Any) -> Iterator[Any]:
        yield 12
        self._watched.set()
        yield 11

    def _convert(self, message: Any) -> Iterator[Any]:
        (rate,) = self._currency.call("rates.example", "rates.Rates/Latest")
        yield message * rate
