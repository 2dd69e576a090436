"""Deleted records: a lab whose Kafka has deleted old records, by its retention or on request."""

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType

from checkout.lab import Lab, Loyalty

pytestmark = pytest.mark.kafka
OpenLab = Callable[..., Lab]
WaitUntil = Callable[..., None]
APPROVED = "order.new-order-approved"


@pytest.fixture
def lab(kafka_lab: OpenLab) -> Lab:
    """A lab in which two orders are approved."""
    lab = kafka_lab()
    for customer in ("Ada", "Grace"):
        lab.place_order("wooden spoon", customer=customer)
    lab.run()
    return lab


@pytest.fixture
def admin(lab: Lab) -> Iterator[KafkaAdminClient]:
    with closing(KafkaAdminClient(bootstrap_servers=lab.bootstrap_servers)) as client:
        yield client


def offsets(lab: Lab) -> list[list[int]]:
    return lab.offsets(APPROVED)[["begin", "end", "records"]].values.tolist()


def delete(admin: KafkaAdminClient, lab: Lab, before: int) -> None:
    admin.delete_records({TopicPartition(lab.topic(APPROVED), 0): before})


def test_a_service_that_joins_later_reads_what_is_left(lab: Lab, admin: KafkaAdminClient) -> None:
    delete(admin, lab, before=1)

    lab.listen(Loyalty)
    nextstep = lab.explain()
    lab.run()

    assert nextstep == f"Next: loyalty-1 polls {APPROVED}[0]@1."
    assert lab.table("loyalty")["order_id"].tolist() == ["order-2"]
    assert int(lab.groups["lag"].sum()) == 0
    assert offsets(lab) == [[1, 2, 1]]
    assert lab.topics.query("topic == @APPROVED")["records"].tolist() == [1]
    assert len(lab.messages) == 9


def test_a_service_whose_records_are_deleted_before_it_reads_them_goes_on(lab: Lab, admin: KafkaAdminClient) -> None:
    lab.crash("notifications")
    lab.place_order("wooden spoon", customer="Linus")
    lab.run()
    lab.restart("notifications")
    delete(admin, lab, before=3)

    lab.run()
    lab.place_order("wooden spoon", customer="Edsger")
    lab.run()

    assert lab.mailbox["order"].tolist() == ["order-1", "order-2", "order-4"]
    assert int(lab.groups["lag"].sum()) == 0


def test_the_broker_deletes_records_within_seconds_after_their_retention(
    lab: Lab, admin: KafkaAdminClient, wait_until: WaitUntil
) -> None:
    retention = {"retention.ms": "1"}
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, lab.topic(APPROVED), retention)])

    wait_until(lambda: offsets(lab) == [[2, 2, 0]], "the records to be deleted", seconds=10)
    lab.listen(Loyalty)

    assert lab.run().note == "Nothing moves: every order is approved or rejected."
    assert lab.table("loyalty").empty
