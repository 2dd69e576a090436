"""Extra services: the replacements of Payments publish what Payments does, and Loyalty counts each order once."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from sample import ADA, EMAIL, FIRST, SECOND, approved, paid, to_pay
from services.conftest import Bench
from sqlalchemy import select

from checkout.domain import PaymentMethod
from checkout.framework.message import encode
from checkout.framework.service import Service, Tick
from checkout.journal.journal import Journal
from checkout.lab.course.extra_services import HOUR, POINTS, LegacyPayments, Loyalty, PaymentFunction
from checkout.messages import (
    MESSAGE_TYPES,
    TOPICS,
    CardCharged,
    CardDenied,
    ChargeCard,
    OrderApproved,
    PaymentFailed,
    PaymentProcessed,
    ProcessPayment,
)
from checkout.messaging.log import ProducerRecord
from checkout.messaging.memory_log import MemoryBroker
from checkout.services.notifications import Notifications
from checkout.services.payments import Payments
from checkout.simulators.in_process import SimulatedSystems
from checkout.worker.database import ServiceDatabase
from checkout.worker.external_calls import ExternalCalls
from checkout.worker.worker import Worker

TICK = Tick("charge_all 2026-01-01T11:00:00Z", "2026-01-01T11:00:00Z")
REPLACEMENTS = [LegacyPayments, PaymentFunction]


class TimedBench(Bench):
    """A bench that also calls the handlers of timers."""

    def _handler(self, message: Any) -> Any:
        timers = [handler for _, handler in self.service.timers.values()]
        return timers[0] if isinstance(message, Tick) else super()._handler(message)


@pytest.fixture
def open_bench() -> Iterator[Callable[[type[Service]], TimedBench]]:
    """Makes a bench for an extra service."""
    made: list[TimedBench] = []

    def make(kind: type[Service]) -> TimedBench:
        made.append(TimedBench(kind()))
        return made[-1]

    yield make
    for bench in made:
        bench.database.close()


OpenBench = Callable[[type[Service]], TimedBench]


@pytest.mark.parametrize("total", ["0.00", "-1.00", "NaN", "1000000.01", None])
@pytest.mark.parametrize("kind", REPLACEMENTS)
def test_a_replacement_refuses_an_invalid_amount_as_payments_does(
    open_bench: OpenBench, kind: type[Service], total: str | None
) -> None:
    sent = open_bench(kind).tell(to_pay(total=total))

    assert sent == open_bench(Payments).tell(to_pay(total=total))
    assert [type(message) for message in sent] == [PaymentFailed]


@pytest.mark.parametrize("kind", REPLACEMENTS)
def test_a_replacement_publishes_the_payment_of_a_charged_card(open_bench: OpenBench, kind: type[Service]) -> None:
    bench = open_bench(kind)
    bench.tell(to_pay())

    sent = bench.tell(CardCharged(FIRST))

    assert sent == [PaymentProcessed(FIRST)]


def test_the_batch_system_charges_nothing_before_its_hour(open_bench: OpenBench) -> None:
    bench = open_bench(LegacyPayments)

    sent = bench.tell(to_pay(), to_pay(SECOND))

    assert sent == []
    assert {id: job.state for id, job in bench.state(TICK).items()} == {FIRST: "NOTED", SECOND: "NOTED"}


def test_the_batch_system_charges_all_that_wait_and_each_once(open_bench: OpenBench) -> None:
    bench = open_bench(LegacyPayments)
    bench.tell(to_pay(), to_pay(SECOND, total="8.50"))

    sent = bench.tell(TICK)

    credit = PaymentMethod.CREDIT
    assert sent == [ChargeCard(FIRST, Decimal("10.00"), credit), ChargeCard(SECOND, Decimal("8.50"), credit)]
    assert bench.tell(TICK) == []


def test_a_request_in_the_batch_of_the_tick_is_charged_with_the_others(open_bench: OpenBench) -> None:
    bench = open_bench(LegacyPayments)

    sent = bench.tell(to_pay(), TICK)

    assert [message.id for message in sent] == [FIRST]


def test_the_batch_system_knows_the_customer_of_a_denied_payment(open_bench: OpenBench) -> None:
    bench = open_bench(LegacyPayments)
    bench.tell(to_pay())
    bench.tell(TICK)

    sent = bench.tell(CardDenied(FIRST, "above the limit"))

    assert sent == [PaymentFailed(FIRST, "above the limit", ADA, EMAIL)]
    assert bench.state(to_pay())[FIRST].state == "UNPAID"


def test_the_function_does_not_know_the_customer_of_a_denied_payment(open_bench: OpenBench) -> None:
    bench = open_bench(PaymentFunction)
    bench.tell(to_pay())

    sent = bench.tell(CardDenied(FIRST, "above the limit"))

    assert sent == [PaymentFailed(FIRST, "above the limit")]
    assert not PaymentFunction.tables.tables


def test_without_a_name_the_letter_about_a_denied_payment_has_no_address(open_bench: OpenBench) -> None:
    notifications = open_bench(Notifications)
    (refusal,) = open_bench(PaymentFunction).tell(CardDenied(FIRST, "above the limit"))

    sent = notifications.tell(refusal)

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
        log.send([ProducerRecord(ProcessPayment.topic, FIRST.encode(), encode(to_pay()), [])])

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


def points(loyalty: TimedBench) -> dict[str, int]:
    with loyalty.database.read() as db:
        return {row.customer: row.points for row in db.execute(select(POINTS))}


def test_loyalty_handles_approved_orders_and_publishes_nothing() -> None:
    assert set(Loyalty.handlers) == {OrderApproved}
    assert not (Loyalty.replies or Loyalty.timers)


def test_a_whole_euro_is_a_point_and_cents_are_none(open_bench: OpenBench) -> None:
    loyalty = open_bench(Loyalty)

    sent = loyalty.tell(msgspec.structs.replace(approved(), total=Decimal("64.90")))

    assert sent == []
    assert points(loyalty) == {EMAIL: 64}


def test_points_of_a_customer_add_up_within_a_batch_and_over_batches(open_bench: OpenBench) -> None:
    loyalty = open_bench(Loyalty)
    loyalty.tell(approved(FIRST), approved(SECOND))

    loyalty.tell(approved("00000000-0000-4000-8000-000000000003"))

    assert points(loyalty) == {EMAIL: 30}


def test_an_order_that_comes_again_is_not_counted_again(open_bench: OpenBench) -> None:
    loyalty = open_bench(Loyalty)
    loyalty.tell(approved(), approved())

    loyalty.tell(approved())

    assert points(loyalty) == {EMAIL: 10}


def test_without_an_address_the_points_go_to_the_name(open_bench: OpenBench) -> None:
    loyalty = open_bench(Loyalty)

    loyalty.tell(approved(email=None))

    assert points(loyalty) == {ADA: 10}


@pytest.mark.parametrize("total", ["NaN", "Infinity", "-5.00", "1000000.01"])
def test_a_total_that_is_no_amount_earns_nothing(open_bench: OpenBench, total: str) -> None:
    loyalty = open_bench(Loyalty)

    loyalty.tell(msgspec.structs.replace(approved(), total=Decimal(total)))

    assert points(loyalty) == {EMAIL: 0}


def test_the_total_may_be_in_the_payment_only(open_bench: OpenBench) -> None:
    loyalty = open_bench(Loyalty)

    loyalty.tell(msgspec.structs.replace(approved(), total=None, payment=paid("8.50")))

    assert points(loyalty) == {EMAIL: 8}
