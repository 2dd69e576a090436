"""Message versions: which changes of a message its readers survive, shown with the services of the store."""

from collections.abc import Callable
from typing import Any, ClassVar

import msgspec
import pytest
from sqlalchemy import MetaData

from checkout import messages
from checkout.framework.message import on_topic
from checkout.framework.service import Service, on
from checkout.lab import Lab, LabError
from checkout.lab.course.message_versions import publishing, reading
from checkout.services.notifications import Notifications
from checkout.services.orders import Orders
from checkout.services.payments import Payments

OpenLab = Callable[..., Lab]


def with_factor() -> type[messages.OrderApproved]:
    class OrderApproved(messages.OrderApproved, frozen=True):
        points_factor: int = 1

    return OrderApproved


def with_name() -> type[messages.OrderApproved]:
    class OrderApproved(messages.OrderApproved, frozen=True):
        customer_name: str = msgspec.field(name="name")

    return OrderApproved


def with_email() -> type[messages.OrderApproved]:
    class OrderApproved(messages.OrderApproved, frozen=True):
        customer_email: str | None = msgspec.field(name="email", default=None)

    return OrderApproved


def second_version() -> type[messages.OrderApproved]:
    class OrderApproved(messages.OrderApproved, frozen=True):
        major_version: ClassVar[int] = 2

    return OrderApproved


def run_order(lab: Lab, customer: str) -> None:
    lab.place_order("wooden spoon", customer=customer)
    lab.run()


def test_old_readers_ignore_a_new_field_and_a_new_reader_takes_its_default_from_old_records(open_lab: OpenLab) -> None:
    lab, version = open_lab(), with_factor()
    run_order(lab, "Ada")
    lab.replace("orders", publishing(Orders, version, points_factor=lambda order: 3), keep_database=True)
    run_order(lab, "Grace")

    class Reader(Service):
        name, tables = "reader", MetaData()

        @on(version)
        def read(self, nothing: None, order: Any) -> None:
            factors.append(order.points_factor)

    factors: list[int] = []
    lab.listen(Reader)
    lab.run()

    assert factors == [1, 3]
    assert lab.dead_letters.empty
    assert lab.mailbox["copies"].tolist() == [1, 1]
    assert lab.orders["status"].tolist() == ["APPROVED", "APPROVED"]
    assert [m.hop.outcome for m in lab.moments if m.hop.outcome != "applied"] == []


@pytest.mark.parametrize(
    ("version", "error"),
    [
        (with_name, "Object missing required field `customerName`"),
        (second_version, "OrderApproved has version '2', and only version 1 can be read"),
    ],
)
def test_a_renamed_required_field_and_another_major_version_are_dead_letters(
    open_lab: OpenLab, version: Callable[[], type[messages.OrderApproved]], error: str
) -> None:
    lab = open_lab()
    lab.replace("orders", publishing(Orders, version()), keep_database=True)

    run_order(lab, "Ada")

    assert len(lab.dead_letters) == 3
    headers = dict(lab.records("order.new-order-approved.stock.dlt")[0].headers)
    assert headers["dlt_error"] == error.encode()
    assert "is a dead letter in order.new-order-approved.stock.dlt" in lab.explain("order-1")
    assert int(lab.stock["reserved"].sum()) == 1


def test_readers_of_the_same_version_read_what_others_refuse(open_lab: OpenLab) -> None:
    lab = open_lab()
    for version in (with_name(), second_version()):
        lab.replace("orders", publishing(Orders, version), keep_database=True)
        lab.replace("notifications", reading(Notifications, version), keep_database=True)
        run_order(lab, "Ada")

    assert lab.mailbox["copies"].tolist() == [1, 1]
    assert set(lab.dead_letters["topic"]) == {f"order.new-order-approved.{name}.dlt" for name in ("stock", "shipments")}


def test_a_renamed_optional_field_is_lost_without_an_error(open_lab: OpenLab) -> None:
    lab = open_lab()
    lab.replace("orders", publishing(Orders, with_email()), keep_database=True)

    run_order(lab, "Ada")

    assert lab.dead_letters.empty and lab.mailbox.empty
    assert lab.table("notifications")["status"].tolist() == ["NO ADDRESS"]
    assert lab.explain("order-1").endswith("nothing waits for it.")


def test_a_message_that_a_reply_causes_is_published_in_the_other_version(lab: Lab) -> None:
    class PaymentProcessed(messages.PaymentProcessed, frozen=True):
        charged_by: str = ""

    lab.replace("payments", publishing(Payments, PaymentProcessed, charged_by=lambda message: "us"))

    run_order(lab, "Ada")

    payload = lab.messages.query("type == 'PaymentProcessed'")["payload"].tolist()
    assert payload == ['{"id":"order-1","chargedBy":"us"}']
    assert lab.orders["status"].tolist() == ["APPROVED"]


def test_a_version_drops_the_fields_that_it_does_not_have(lab: Lab) -> None:
    @on_topic("payment.order-payment-failed", sender="payments", after={messages.ChargeCard: (10, 11)})
    class PaymentFailed(messages.Message, frozen=True):
        message: str

    lab.replace("payments", publishing(Payments, PaymentFailed), keep_database=True)
    lab.deny_next_payment("no money")

    run_order(lab, "Ada")

    payload = lab.messages.query("type == 'PaymentFailed'")["payload"].tolist()
    assert payload == ['{"id":"order-1","message":"no money"}']


def test_a_version_of_another_name_or_of_a_topic_that_is_not_read_is_refused() -> None:
    class Approved(messages.OrderApproved, frozen=True):
        pass

    with pytest.raises(LabError, match="name the class OrderApproved, not Approved"):
        publishing(Orders, Approved)
    with pytest.raises(LabError, match="Payments does not read order.new-order-approved"):
        reading(Payments, Approved)
