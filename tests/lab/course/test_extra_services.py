"""Extra services: the replacements of Payments publish what Payments does, and Loyalty counts each order once."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from sample import ADA, EMAIL, FIRST, SECOND, order_approved, payment, process_payment
from services.service_harness import ServiceHarness
from sqlalchemy import select

from checkout.domain import PaymentMethod
from checkout.framework.message import encode
from checkout.framework.service import Service, Tick
from checkout.journal.journal import Journal
from checkout.lab.course.extra_services import HOUR, POINTS, LegacyPayments, Loyalty, PaymentFunction
from checkout.messages import (
    MESSAGE_TYPES,
    TOPICS,
    ChargeCard,
    OrderApproved,
    PaymentFailed,
    PaymentProcessed,
    ProcessPayment,
)
from checkout.messaging.log import ProducerRecord
from checkout.messaging.memory_log import MemoryBroker
from checkout.replies import CardCharged, CardDenied
from checkout.services.notifications import Notifications
from checkout.services.payments import Payments
from checkout.simulators.in_process import SimulatedSystems
from checkout.worker.database import ServiceDatabase
from checkout.worker.external_calls import ExternalCalls
from checkout.worker.worker import Worker

TICK = Tick("charge_all 2026-01-01T11:00:00Z", "2026-01-01T11:00:00Z")
REPLACEMENTS = [LegacyPayments, PaymentFunction]


class TimedHarness(ServiceHarness):
    """A harness that also calls the handlers of timers."""

    def _handler(self, message: Any) -> Any:
        timers = [handler for _, handler in self.service.timers.values()]
        return timers[0] if isinstance(message, Tick) else super()._handler(message)


@pytest.fixture
def new_harness() -> Iterator[Callable[[type[Service]], TimedHarness]]:
    """Makes a harness for an extra service."""
    made: list[TimedHarness] = []

    def make(kind: type[Service]) -> TimedHarness:
        made.append(TimedHarness(kind()))
        return made[-1]

    yield make
    for harness in made:
        harness.database.close()


NewHarness = Callable[[type[Service]], TimedHarness]


@pytest.mark.parametrize("total", ["0.00", "-1.00", "NaN", "1000000.01", None])
@pytest.mark.parametrize("kind", REPLACEMENTS)
def test_a_replacement_refuses_an_invalid_amount_as_payments_does(
    new_harness: NewHarness, kind: type[Service], total: str | None
) -> None:
    sent = new_harness(kind).handle(process_payment(total=total))

    assert sent == new_harness(Payments).handle(process_payment(total=total))
    assert [type(message) for message in sent] == [PaymentFailed]


@pytest.mark.parametrize("kind", REPLACEMENTS)
def test_a_replacement_publishes_the_payment_of_a_charged_card(new_harness: NewHarness, kind: type[Service]) -> None:
    harness = new_harness(kind)
    harness.handle(process_payment())

    sent = harness.handle(CardCharged(FIRST))

    assert sent == [PaymentProcessed(FIRST)]


def test_the_batch_system_charges_nothing_before_its_hour(new_harness: NewHarness) -> None:
    harness = new_harness(LegacyPayments)

    sent = harness.handle(process_payment(), process_payment(SECOND))

    assert sent == []
    assert {id: job.state for id, job in harness.state(TICK).items()} == {FIRST: "NOTED", SECOND: "NOTED"}


def test_the_batch_system_charges_all_that_wait_and_each_once(new_harness: NewHarness) -> None:
    harness = new_harness(LegacyPayments)
    harness.handle(process_payment(), process_payment(SECOND, total="8.50"))

    sent = harness.handle(TICK)

    credit = PaymentMethod.CREDIT
    assert sent == [ChargeCard(FIRST, Decimal("10.00"), credit), ChargeCard(SECOND, Decimal("8.50"), credit)]
    assert harness.handle(TICK) == []


def test_a_request_in_the_batch_of_the_tick_is_charged_with_the_others(new_harness: NewHarness) -> None:
    harness = new_harness(LegacyPayments)

    sent = harness.handle(process_payment(), TICK)

    assert [message.id for message in sent] == [FIRST]


def test_the_batch_system_knows_the_customer_of_a_denied_payment(new_harness: NewHarness) -> None:
    harness = new_harness(LegacyPayments)
    harness.handle(process_payment())
    harness.handle(TICK)

    sent = harness.handle(CardDenied(FIRST, "above the limit"))

    assert sent == [PaymentFailed(FIRST, "above the limit", ADA, EMAIL)]
    assert harness.state(process_payment())[FIRST].state == "UNPAID"


def test_the_function_does_not_know_the_customer_of_a_denied_payment(new_harness: NewHarness) -> None:
    harness = new_harness(PaymentFunction)
    harness.handle(process_payment())

    sent = harness.handle(CardDenied(FIRST, "above the limit"))

    assert sent == [PaymentFailed(FIRST, "above the limit")]
    assert not PaymentFunction.tables.tables


def test_without_a_name_the_letter_about_a_denied_payment_has_no_address(new_harness: NewHarness) -> None:
    notifications = new_harness(Notifications)
    (refusal,) = new_harness(PaymentFunction).handle(CardDenied(FIRST, "above the limit"))

    sent = notifications.handle(refusal)

    assert sent == []
    assert [mail.status for mail in notifications.state(refusal).values()] == ["NO ADDRESS"]


class TimedWorker:
    """The worker of an extra service on a log in memory, with simulated external systems and its own clock."""

    def __init__(self, kind: type[Service]) -> None:
        self.broker, self.time, service = MemoryBroker(), 0.0, kind()
        self.broker.create({topic: 1 for topic in TOPICS})
        log = self.broker.join(service.name, list(service.topics()), "payments-1")
        database = ServiceDatabase("sqlite://", service)
        external_calls = ExternalCalls(SimulatedSystems().adapters(), 0)
        parts = (service, MESSAGE_TYPES, log, database, Journal(None), external_calls)
        self.worker = Worker(*parts, clock=lambda: self.time)
        log.send([ProducerRecord(ProcessPayment.topic, FIRST.encode(), encode(process_payment()), [])])

    def paid(self, at: float) -> list[bytes | None]:
        """The keys of the published payments, after each verb twice: for the request and for the response."""
        self.time = at
        for verb in ("poll", "handle", "publish", "commit") * 2:
            getattr(self.worker, verb)()
        return [record.key for record in self.broker.read([PaymentProcessed.topic])]


@pytest.mark.parametrize(("kind", "after"), [(PaymentFunction, 0.0), (LegacyPayments, HOUR)])
def test_a_worker_runs_the_function_at_once_and_the_batch_system_when_its_hour_comes(
    kind: type[Service], after: float
) -> None:
    timed = TimedWorker(kind)

    paid = {at: timed.paid(at) for at in (0.0, HOUR - 1, HOUR)}

    timed.worker.close()
    assert paid == {at: [FIRST.encode()] if at >= after else [] for at in paid}


def points(loyalty: TimedHarness) -> dict[str, int]:
    with loyalty.database.read() as db:
        return {row.customer: row.points for row in db.execute(select(POINTS))}


def test_loyalty_handles_approved_orders_and_publishes_nothing() -> None:
    assert set(Loyalty.handlers) == {OrderApproved}
    assert not (Loyalty.replies or Loyalty.timers)


def test_a_whole_euro_is_a_point_and_cents_are_none(new_harness: NewHarness) -> None:
    loyalty = new_harness(Loyalty)

    sent = loyalty.handle(msgspec.structs.replace(order_approved(), total=Decimal("64.90")))

    assert sent == []
    assert points(loyalty) == {EMAIL: 64}


def test_points_of_a_customer_add_up_within_a_batch_and_over_batches(new_harness: NewHarness) -> None:
    loyalty = new_harness(Loyalty)
    loyalty.handle(order_approved(FIRST), order_approved(SECOND))

    loyalty.handle(order_approved("00000000-0000-4000-8000-000000000003"))

    assert points(loyalty) == {EMAIL: 30}


def test_an_order_that_comes_again_is_not_counted_again(new_harness: NewHarness) -> None:
    loyalty = new_harness(Loyalty)
    loyalty.handle(order_approved(), order_approved())

    loyalty.handle(order_approved())

    assert points(loyalty) == {EMAIL: 10}


def test_without_an_address_the_points_go_to_the_name(new_harness: NewHarness) -> None:
    loyalty = new_harness(Loyalty)

    loyalty.handle(order_approved(email=None))

    assert points(loyalty) == {ADA: 10}


@pytest.mark.parametrize("total", ["NaN", "Infinity", "-5.00", "1000000.01"])
def test_a_total_that_is_no_amount_earns_nothing(new_harness: NewHarness, total: str) -> None:
    loyalty = new_harness(Loyalty)

    loyalty.handle(msgspec.structs.replace(order_approved(), total=Decimal(total)))

    assert points(loyalty) == {EMAIL: 0}


def test_the_total_may_be_in_the_payment_only(new_harness: NewHarness) -> None:
    loyalty = new_harness(Loyalty)

    loyalty.handle(msgspec.structs.replace(order_approved(), total=None, payment=payment("8.50")))

    assert points(loyalty) == {EMAIL: 8}
