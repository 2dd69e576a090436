"""Extra services: Loyalty counts each order once."""

from collections.abc import Callable, Iterator
from decimal import Decimal

import msgspec
import pytest
from sample import ADA, EMAIL, FIRST, SECOND, order_approved, payment
from services.service_harness import ServiceHarness
from sqlalchemy import select

from checkout.framework.service import Service
from checkout.lab.course.extra_services import POINTS, Loyalty
from checkout.messages import OrderApproved

NewHarness = Callable[[type[Service]], ServiceHarness]


@pytest.fixture
def new_harness() -> Iterator[NewHarness]:
    """Makes a harness for an extra service."""
    made: list[ServiceHarness] = []

    def make(kind: type[Service]) -> ServiceHarness:
        made.append(ServiceHarness(kind()))
        return made[-1]

    yield make
    for harness in made:
        harness.database.close()


def points(loyalty: ServiceHarness) -> dict[str, int]:
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
