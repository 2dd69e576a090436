"""Bike rental: services that rent bikes, over HTTP with databases, a cache and retries, and a payment company outside.

The payment company is unavailable at the first two tries; a prober asks each service for its health. Its faults:
billing does not store the deposit (missing call); billing asks a risk company (new call); rentals takes the deposit
before it locks the bike (wrong order); rentals calls another route of bikes (wrong topic: requests have routes in place
of topics); rentals reads the database of billing (extra consumer: databases have readers in place of consumers).
"""

import threading

from systems.instrumented.databases import Cache, Database
from systems.instrumented.http_service import HttpService, Request, Response
from systems.instrumented.running_system import RunningSystem
from systems.instrumented.service_telemetry import ServiceTelemetry
from systems.seeded_faults import Fault

TRIES = 3


class BikeRental(RunningSystem):
    """The services of the rental. The payment company fails `failures` times before it charges a card."""

    def __init__(self, fault: Fault | None = None, failures: int = 2) -> None:
        super().__init__()
        self._fault, self._failures = fault, failures
        self._bikes_db = self.add(Database("bikes.db", "CREATE TABLE bikes(id, locked)"))
        self._billing_db = self.add(Database("billing.db", "CREATE TABLE deposits(rider, amount)"))
        self._cache = Cache("cache.rental.internal")
        self._payments = self.add(HttpService("api.payments.example", self.ports))
        self._risk = self.add(HttpService("risk.example", self.ports))
        self._rentals_telemetry, self._rentals = self._service("rentals")
        self._bikes_telemetry, self._bikes = self._service("bikes")
        self._billing_telemetry, self._billing = self._service("billing")
        self._add_routes()

    def rent(self) -> Response:
        """Sends the request of a rider, whose phone is not instrumented; the prober asks for the health meanwhile."""
        prober = threading.Thread(target=self._probe)
        prober.start()
        response = self._payments.call("POST", "rentals", "/rentals", {"rider": "ann", "bike": 7})
        prober.join()
        return response

    def _probe(self) -> None:
        for host in ("rentals", "bikes", "billing") * 2:
            self._payments.call("GET", host, "/health")

    def _service(self, name: str) -> tuple[ServiceTelemetry, HttpService]:
        telemetry = self.telemetry_of(name)
        return telemetry, self.add(HttpService(name, self.ports, telemetry))

    def _add_routes(self) -> None:
        self._rentals.on("GET", "/health", lambda request: Response(200))
        self._billing.on("GET", "/health", lambda request: Response(200))
        self._bikes.on("GET", "/health", self._check_database)
        self._rentals.on("POST", "/rentals", self._rent)
        for action in ("lock", "reserve"):
            self._bikes.on("POST", f"/bikes/{{id}}/{action}", self._lock)
        self._billing.on("POST", "/deposits", self._take_deposit)
        self._payments.on("POST", "/v1/charges", self._charge)
        self._risk.on("POST", "/scores", lambda request: Response(200))

    def _check_database(self, request: Request) -> Response:
        self._bikes_db.query(self._bikes_telemetry, "SELECT 1")
        return Response(200)

    def _rent(self, request: Request) -> Response:
        if self._cache.get(self._rentals_telemetry, "rider ann"):
            return Response(409)
        action = "reserve" if self._fault is Fault.WRONG_TOPIC else "lock"
        calls = [("bikes", f"/bikes/{request.body['bike']}/{action}"), ("billing", "/deposits")]
        if self._fault is Fault.WRONG_ORDER:
            calls.reverse()
        for host, path in calls:
            self._rentals.call("POST", host, path, request.body)
        if self._fault is Fault.EXTRA_CONSUMER:
            self._billing_db.query(self._rentals_telemetry, "SELECT amount FROM deposits WHERE rider = ?", "ann")
        self._cache.set(self._rentals_telemetry, "rider ann", "7")
        return Response(201)

    def _lock(self, request: Request) -> Response:
        id = request.parameters["id"]
        self._bikes_db.query(self._bikes_telemetry, "SELECT locked FROM bikes WHERE id = ?", id)
        self._bikes_db.query(self._bikes_telemetry, "UPDATE bikes SET locked = 1 WHERE id = ?", id)
        return Response(200)

    def _take_deposit(self, request: Request) -> Response:
        if self._fault is Fault.NEW_CALL:
            self._billing.call("POST", "risk.example", "/scores", request.body)
        call = ("POST", "api.payments.example", "/v1/charges", {"amount": 50})
        if not any(self._billing.call(*call).status == 201 for _ in range(TRIES)):
            return Response(502)
        if self._fault is not Fault.MISSING_CALL:
            self._billing_db.query(self._billing_telemetry, "INSERT INTO deposits VALUES('ann', 50)")
        return Response(201)

    def _charge(self, request: Request) -> Response:
        self._failures -= 1
        return Response(503 if self._failures >= 0 else 201)
