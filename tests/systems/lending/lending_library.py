"""Lending library: five services that lend books, over HTTP and Kafka, and a post office outside.

Its faults: the desk does not ask for the book (missing call); the members' service asks the catalogue, too (new call);
the lending service approves the loan before the member is checked (wrong order); the members' service publishes on
another topic, which the lending service also reads (wrong topic); statistics reads approved loans (extra consumer).
"""

from collections.abc import Mapping
from typing import Any

from systems.instrumented.http_service import HttpService, Request, Response
from systems.instrumented.kafka_client import Consumer, Handler, Producer, Style
from systems.instrumented.running_system import RunningSystem
from systems.seeded_faults import Fault
from waiting import wait_until

from checkout.messaging.log import Broker

REQUESTED, CHECKED, VERIFIED, APPROVED = "loans.requested", "loans.checked", "loans.verified", "loans.approved"
TOPICS = dict.fromkeys((REQUESTED, CHECKED, VERIFIED, APPROVED), 1)


class LendingLibrary(RunningSystem):
    """The library on a broker. `style` is that of its instrumentation of Kafka, `batch` the records of one poll.

    `faulty` is the only book whose loan has the fault, by default each; statistics reads all loans in any case.
    """

    def __init__(
        self, broker: Broker, fault: Fault | None = None, style: Style = Style.LINKS, batch: int = 1, faulty: str = ""
    ) -> None:  # fmt: skip
        super().__init__()
        broker.create(TOPICS)
        self._broker, self._fault, self._style, self._batch = broker, fault, style, batch
        self._faulty = faulty
        self._consumers = list[Consumer]()
        self._post = self.add(HttpService("letters.example", self.ports))
        self._desk, self._catalogue = self._service("loan-desk"), self._service("catalogue")
        self._lending, self._members = self._service("lending-service"), self._service("library-members")
        self._reminders = self._service("reminders")
        self._add_routes()
        self._to_kafka = {service.host: self._producer(service) for service in (self._lending, self._members)}
        self._consume(self._members, {REQUESTED: self._check_member})
        self._consume(self._lending, {CHECKED: self._approve, VERIFIED: self._approve})
        self._consume(self._catalogue, {APPROVED: self._mark_as_lent})
        self._consume(self._reminders, {APPROVED: self._send_letter})
        if fault is Fault.EXTRA_CONSUMER:
            self._consume(self._service("statistics"), {APPROVED: self._mark_as_lent})

    def lend(self, isbn: str, member: str) -> Response:
        """Sends the request of a reader, whose browser is not instrumented, to the desk."""
        return self._post.call("POST", "loan-desk", "/loans", {"isbn": isbn, "member": member})

    def look_up(self, isbn: str) -> Response:
        """Sends a request that begins another story than a loan."""
        return self._post.call("GET", "loan-desk", f"/books/{isbn}")

    def wait_until_idle(self) -> None:
        """Waits until every record is handled, and so no more will be published."""
        wait_until(self._is_idle, "the consumers of the library have handled all records", pause=0.002)

    def _has(self, fault: Fault, loan: Any) -> bool:
        return self._fault is fault and self._faulty in ("", loan["isbn"])

    def _is_idle(self) -> bool:
        ends = self._broker.ends(list(TOPICS))
        return not any(consumer.has_lag() for consumer in self._consumers) and self._broker.ends(list(TOPICS)) == ends

    def _service(self, name: str) -> HttpService:
        return self.add(HttpService(name, self.ports, self.telemetry_of(name)))

    def _producer(self, service: HttpService) -> Producer:
        assert service.telemetry
        return self.add(Producer(service.telemetry, self._broker))

    def _consume(self, service: HttpService, handlers: Mapping[str, Handler]) -> None:
        assert service.telemetry
        consumer = Consumer(service.telemetry, self._broker, handlers, self._style, self._batch)
        self._consumers.append(self.add(consumer))

    def _add_routes(self) -> None:
        self._desk.on("POST", "/loans", self._ask_for_loan)
        self._desk.on("GET", "/books/{isbn}", self._show_book)
        self._catalogue.on("GET", "/books/{isbn}", lambda request: Response(200, {"copies": 3}))
        self._lending.on("POST", "/loans", self._place_loan)
        self._post.on("POST", "/letters", lambda request: Response(201))

    def _show_book(self, request: Request) -> Response:
        return self._desk.call("GET", "catalogue", f"/books/{request.parameters['isbn']}")

    def _ask_for_loan(self, request: Request) -> Response:
        calls = [("GET", "catalogue", f"/books/{request.body['isbn']}"), ("POST", "lending-service", "/loans")]
        if self._has(Fault.MISSING_CALL, request.body):
            del calls[0]
        for method, host, path in calls:
            self._desk.call(method, host, path, request.body)
        return Response(202)

    def _place_loan(self, request: Request) -> Response:
        self._publish(self._lending, REQUESTED, request.body)
        if self._has(Fault.WRONG_ORDER, request.body):
            self._publish(self._lending, APPROVED, request.body)
        return Response(202)

    def _check_member(self, loan: Any) -> None:
        if self._has(Fault.NEW_CALL, loan):
            self._members.call("GET", "catalogue", f"/books/{loan['isbn']}")
        self._publish(self._members, VERIFIED if self._has(Fault.WRONG_TOPIC, loan) else CHECKED, loan)

    def _approve(self, loan: Any) -> None:
        if not self._has(Fault.WRONG_ORDER, loan):
            self._publish(self._lending, APPROVED, loan)

    def _mark_as_lent(self, loan: Any) -> None:
        pass

    def _send_letter(self, loan: Any) -> None:
        self._reminders.call("POST", "letters.example", "/letters", loan)

    def _publish(self, service: HttpService, topic: str, loan: Any) -> None:
        self._to_kafka[service.host].publish(topic, loan["isbn"], loan)
