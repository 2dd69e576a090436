"""Worker: complete stories, repeats, the records it publishes, and external systems that do not respond."""

from typing import Any

import msgspec
import pytest
from sample import FIRST, SECOND, order_id, order_received, place_order, process_payment
from sqlalchemy import select
from worker.expected_steps import ORDERS, RESULTS, STEPS, applied_steps, result_of
from worker.in_memory_shop import InMemoryShop, run_once

from checkout.framework.message import encode
from checkout.journal import journal
from checkout.messages import TOPICS, OrderReceived, PaymentFailed
from checkout.messaging.log import ProducerRecord
from checkout.worker.outbox import OUTBOX

RECEIVED, RESERVED, TO_PAY = "order.new-order-received", "stock.order-products-reserved", "order.process-order-payment"
PAID, APPROVED = "payment.order-payment-processed", "order.new-order-approved"


# -- stories ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("story", STEPS)
def test_a_story_has_its_steps_and_its_result(shop: InMemoryShop, story: str) -> None:
    outcomes = shop.place(ORDERS[story])
    shop.run()

    hops = shop.hops()
    assert outcomes == ["applied"]
    assert [hop.step for hop in journal.applied(hops)] == STEPS[story]
    assert {hop.outcome for hop in hops} == {"applied"}
    assert result_of(shop, story) == RESULTS[story]


def test_after_a_story_no_lag_call_or_outbox_row_is_left(shop: InMemoryShop) -> None:
    shop.place(place_order())
    shop.run()

    run_once(shop.workers["orders"])
    assert all(lag.records == 0 for worker in shop.workers.values() for lag in worker.log.lag().values())
    for name, worker in shop.workers.items():
        worker.mark_sent()
        assert not worker.external_calls.open
        with shop.databases[name].read() as db:
            assert db.execute(select(OUTBOX).where(OUTBOX.c.done_at.is_(None))).all() == []


@pytest.mark.parametrize("story", STEPS)
def test_a_redelivered_message_changes_nothing(shop: InMemoryShop, story: str) -> None:
    shop.place(ORDERS[story])
    shop.run()
    hops_before = len(shop.hops())
    records = list(shop.broker.read(list(TOPICS)))

    for record in records:
        shop.publish(record.topic, record.value, key=record.key, headers=record.headers)
    shop.run()

    repeats = shop.hops()[hops_before:] and [hop for hop in shop.hops() if hop.outcome == "duplicate"]
    deliveries = sum(step in (4, 6, 8, 11, 13) for step in STEPS[story])
    assert len(repeats) == deliveries > 0
    assert applied_steps(shop.hops()) == STEPS[story]
    assert result_of(shop, story) == RESULTS[story]
    assert len(list(shop.broker.read(list(TOPICS)))) == 2 * len(records)


def test_an_order_submitted_twice_is_a_duplicate(shop: InMemoryShop) -> None:
    outcomes = shop.place(place_order(), place_order())
    outcomes += shop.place(place_order())

    assert outcomes == ["applied", "duplicate", "duplicate"]
    assert len(shop.records(RECEIVED)) == 1


def test_orders_in_one_batch_are_handled_independently(shop: InMemoryShop) -> None:
    shop.place(*[place_order(order_id(n), quantity=1) for n in range(1, 41)])
    shop.run()

    assert len(journal.applied(shop.hops())) == 40 * 16
    assert (shop.product().on_hand, shop.product().reserved) == (60, 0)
    assert len(shop.simulators.mailbox.mails()) == 40


# -- records ----------------------------------------------------------------------------------------------------------


def test_every_record_has_the_order_id_as_key_and_only_the_correlation_header(shop: InMemoryShop) -> None:
    shop.place(place_order())
    shop.run()

    records = list(shop.broker.read(list(TOPICS)))
    assert len(records) == 5
    assert {record.key for record in records} == {FIRST.encode()}
    assert {tuple(record.headers) for record in records} == {(("kafka_correlationId", b"c-1"),)}


def test_the_correlation_is_copied_from_the_consumed_record_or_is_the_order_id(shop: InMemoryShop) -> None:
    headers = [("kafka_correlationId", b"foreign"), ("__TypeId__", b"Order")]
    shop.publish(RECEIVED, encode(order_received()), headers=headers)
    shop.publish(RECEIVED, encode(order_received(id=SECOND)))

    run_once(shop.workers["stock"])

    assert [record.headers for record in shop.records(RESERVED)] == [
        [("kafka_correlationId", b"foreign")], [("kafka_correlationId", SECOND.encode())],
    ]


def test_a_message_goes_to_the_partition_of_the_consumed_record(new_shop: Any) -> None:
    shop = new_shop(partitions=3)
    log = shop.workers["orders"].log
    log.send([ProducerRecord(RECEIVED, None, encode(order_received(id=order_id(n))), (), n % 3) for n in range(9)])

    shop.run()

    for topic in (RESERVED, TO_PAY, PAID, APPROVED):  # the last two follow a call that a record caused
        assert {int(record.key[-1:]) % 3: record.partition for record in shop.records(topic)} == {0: 0, 1: 1, 2: 2}
        assert all(int(record.key[-1:]) % 3 == record.partition for record in shop.records(topic))


def test_a_message_caused_by_a_request_goes_to_the_partition_of_its_key(new_shop: Any) -> None:
    shop = new_shop(partitions=3)
    shop.place(*[place_order(order_id(n)) for n in range(12)])

    assert {record.partition for record in shop.records(RECEIVED)} == {0, 1, 2}


# -- external systems -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("switch", ["fail", "drop_after_charging"])
def test_an_unanswered_charge_is_repeated_and_charges_once(shop: InMemoryShop, switch: str) -> None:
    setattr(shop.simulators.payment_broker.switches, switch, 1)
    shop.place(place_order())

    shop.run()

    charges = [hop for hop in shop.hops() if hop.to == "payment_broker"]
    assert sorted(hop.outcome for hop in charges) == ["applied", "failed"]
    assert result_of(shop, "happy") == RESULTS["happy"]
    assert applied_steps(shop.hops()) == STEPS["happy"]


def test_an_unconfirmed_email_is_sent_again_and_counted_as_a_copy(shop: InMemoryShop) -> None:
    shop.simulators.mailbox.switches.drop_after_receiving = 1
    shop.place(place_order())

    shop.run()

    (mail,) = shop.simulators.mailbox.mails()
    assert mail["copies"] == 2
    assert applied_steps(shop.hops()) == STEPS["happy"]


def test_the_other_services_accept_messages_of_a_foreign_orders_service(shop: InMemoryShop) -> None:
    order = b'{"id":"%s","customerName":"Ada","products":[{"sku":1,"name":null,"price":null}],' % FIRST.encode()
    order += b'"payment":{"paymentMethod":"CREDIT"},"colour":"red"}'

    shop.publish(RECEIVED, order, order)
    shop.publish(APPROVED, order)
    shop.workers["stock"].poll()
    shop.run()

    assert dict(shop.simulators.shipment_company.ledger.entries()[0])["order"] == FIRST
    assert msgspec.json.decode(shop.records(RESERVED)[0].value)["total"] == 5.0
    assert shop.broker.topics().keys() == TOPICS.keys()
    assert isinstance(msgspec.json.decode(order, type=OrderReceived), OrderReceived)


def test_a_payment_refused_before_any_charge_is_caused_by_the_payment_request(shop: InMemoryShop) -> None:
    refused = encode(process_payment(total="0.00"))
    shop.publish(TO_PAY, refused)
    shop.run()

    hops = [hop for hop in shop.hops() if hop.message == "PaymentFailed"]

    assert sorted(hop.to for hop in hops) == ["kafka", "notifications", "orders", "stock"]
    assert {hop.cause for hop in hops} == {"ProcessPayment"}
    assert not [hop for hop in shop.hops() if hop.message == "ChargeCard"]


def test_a_denied_payment_is_caused_by_the_charge(shop: InMemoryShop) -> None:
    shop.place(place_order(sku=4, quantity=2))
    shop.run()

    hops = [hop for hop in shop.hops() if hop.message == "PaymentFailed"]

    assert len(hops) == 4
    assert {hop.cause for hop in hops} == {"ChargeCard"}


def test_the_cause_is_a_header_only_where_the_message_type_has_several_causes(shop: InMemoryShop) -> None:
    shop.place(place_order(sku=4, quantity=2))
    shop.run()

    headers = {topic: [name for name, _ in record.headers] for topic in TOPICS for record in shop.records(topic)}

    assert headers.pop(PaymentFailed.topic) == ["kafka_correlationId", "cause"]
    assert set(map(tuple, headers.values())) == {("kafka_correlationId",)}
