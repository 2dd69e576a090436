"""The worker's four verbs: stories told to their end, repeats, and what a record looks like."""

from typing import Any

import msgspec
import pytest
from sample import FIRST, SECOND, order_id, order_received, place_order, process_payment
from sqlalchemy import select
from worker.expected_steps import ENDS, ORDERS, STEPS, applied_steps, end_of
from worker.in_memory_shop import Shop, turn

from checkout.framework.message import encode
from checkout.journal import journal
from checkout.messages import TOPICS, OrderReceived, PaymentFailed
from checkout.messaging.log import ProducerRecord
from checkout.worker.outbox import OUTBOX

RECEIVED, RESERVED, TO_PAY = "order.new-order-received", "stock.order-products-reserved", "order.process-order-payment"
PAID, APPROVED = "payment.order-payment-processed", "order.new-order-approved"


# -- stories ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("story", STEPS)
def test_a_story_goes_its_steps_and_ends_as_told(shop: Shop, story: str) -> None:
    outcomes = shop.place(ORDERS[story])
    shop.run()

    told = shop.hops()
    assert outcomes == ["applied"]
    assert [hop.step for hop in journal.applied(told)] == STEPS[story]
    assert {hop.outcome for hop in told} == {"applied"}
    assert end_of(shop, story) == ENDS[story]


def test_when_a_story_has_ended_nothing_is_left_to_do(shop: Shop) -> None:
    shop.place(place_order())
    shop.run()

    turn(shop.workers["orders"])
    assert all(lag.records == 0 for worker in shop.workers.values() for lag in worker.log.lag().values())
    for name, worker in shop.workers.items():
        worker._mark_now()
        assert not worker.external_calls.open
        with shop.databases[name].read() as db:
            assert db.execute(select(OUTBOX).where(OUTBOX.c.done_at.is_(None))).all() == []


@pytest.mark.parametrize("story", STEPS)
def test_a_message_delivered_twice_changes_nothing(shop: Shop, story: str) -> None:
    shop.place(ORDERS[story])
    shop.run()
    before = len(shop.hops())
    records = list(shop.broker.read(list(TOPICS)))

    for record in records:
        shop.put(record.topic, record.value, key=record.key, headers=record.headers)
    shop.run()

    repeats = shop.hops()[before:] and [hop for hop in shop.hops() if hop.outcome == "duplicate"]
    deliveries = sum(step in (4, 6, 8, 11, 13) for step in STEPS[story])
    assert len(repeats) == deliveries > 0
    assert applied_steps(shop.hops()) == STEPS[story]
    assert end_of(shop, story) == ENDS[story]
    assert len(list(shop.broker.read(list(TOPICS)))) == 2 * len(records)


def test_an_order_handed_in_twice_is_a_duplicate(shop: Shop) -> None:
    outcomes = shop.place(place_order(), place_order())
    outcomes += shop.place(place_order())

    assert outcomes == ["applied", "duplicate", "duplicate"]
    assert len(shop.records(RECEIVED)) == 1


def test_many_orders_in_one_batch_end_each_for_itself(shop: Shop) -> None:
    shop.place(*[place_order(order_id(n), quantity=1) for n in range(1, 41)])
    shop.run()

    assert len(journal.applied(shop.hops())) == 40 * 16
    assert (shop.product().on_hand, shop.product().reserved) == (60, 0)
    assert len(shop.outside.mailbox.mails()) == 40


# -- what a record looks like -----------------------------------------------------------------------------------------


def test_every_record_carries_its_orders_key_and_the_correlation_and_nothing_else(shop: Shop) -> None:
    shop.place(place_order())
    shop.run()

    records = list(shop.broker.read(list(TOPICS)))
    assert len(records) == 5
    assert {record.key for record in records} == {FIRST.encode()}
    assert {tuple(record.headers) for record in records} == {(("kafka_correlationId", b"c-1"),)}


def test_an_answer_copies_the_questions_correlation_or_takes_the_orders_id(shop: Shop) -> None:
    shop.put(RECEIVED, encode(order_received()), headers=[("kafka_correlationId", b"theirs"), ("__TypeId__", b"Order")])
    shop.put(RECEIVED, encode(order_received(id=SECOND)))

    turn(shop.workers["stock"])

    assert [record.headers for record in shop.records(RESERVED)] == [
        [("kafka_correlationId", b"theirs")], [("kafka_correlationId", SECOND.encode())],
    ]


def test_an_answer_goes_to_its_questions_partition(open_shop: Any) -> None:
    shop = open_shop(partitions=3)
    log = shop.workers["orders"].log
    log.send([ProducerRecord(RECEIVED, None, encode(order_received(id=order_id(n))), (), n % 3) for n in range(9)])

    shop.run()

    for topic in (RESERVED, TO_PAY, PAID, APPROVED):  # the last two answer a call, which answered a record
        assert {int(record.key[-1:]) % 3: record.partition for record in shop.records(topic)} == {0: 0, 1: 1, 2: 2}
        assert all(int(record.key[-1:]) % 3 == record.partition for record in shop.records(topic))


def test_an_answer_to_http_goes_where_its_key_belongs(open_shop: Any) -> None:
    shop = open_shop(partitions=3)
    shop.place(*[place_order(order_id(n)) for n in range(12)])

    assert {record.partition for record in shop.records(RECEIVED)} == {0, 1, 2}


# -- outside systems that do not answer -------------------------------------------------------------------------------


@pytest.mark.parametrize("switch", ["fail", "drop_after_charging"])
def test_a_broker_that_does_not_answer_is_asked_again_and_charges_once(shop: Shop, switch: str) -> None:
    setattr(shop.outside.payment_broker.switches, switch, 1)
    shop.place(place_order())

    shop.run()

    calls = [hop for hop in shop.hops() if hop.to == "payment_broker"]
    assert sorted(hop.outcome for hop in calls) == ["applied", "failed"]
    assert end_of(shop, "happy") == ENDS["happy"]
    assert applied_steps(shop.hops()) == STEPS["happy"]


def test_a_mailbox_that_took_the_letter_and_hung_up_has_it_once(shop: Shop) -> None:
    shop.outside.mailbox.switches.drop_after_receiving = 1
    shop.place(place_order())

    shop.run()

    (mail,) = shop.outside.mailbox.mails()
    assert mail["copies"] == 2
    assert applied_steps(shop.hops()) == STEPS["happy"]


def test_a_stand_in_for_orders_is_served_by_the_others(shop: Shop) -> None:
    theirs = b'{"id":"%s","customerName":"Ada","products":[{"sku":1,"name":null,"price":null}],' % FIRST.encode()
    theirs += b'"payment":{"paymentMethod":"CREDIT"},"colour":"red"}'

    shop.put(RECEIVED, theirs, theirs)
    shop.put(APPROVED, theirs)
    shop.workers["stock"].poll()
    shop.run()

    assert dict(shop.outside.shipment_company.ledger.entries()[0])["order"] == FIRST
    assert msgspec.json.decode(shop.records(RESERVED)[0].value)["total"] == 5.0
    assert shop.broker.topics().keys() == TOPICS.keys()
    assert isinstance(msgspec.json.decode(theirs, type=OrderReceived), OrderReceived)


def test_a_payment_refused_before_any_charge_is_caused_by_the_request_for_payment(shop: Shop) -> None:
    refused = encode(process_payment(total="0.00"))
    shop.put(TO_PAY, refused)
    shop.run()

    hops = [hop for hop in shop.hops() if hop.message == "PaymentFailed"]

    assert sorted(hop.to for hop in hops) == ["kafka", "notifications", "orders", "stock"]
    assert {hop.cause for hop in hops} == {"ProcessPayment"}
    assert not [hop for hop in shop.hops() if hop.message == "ChargeCard"]


def test_a_denied_payment_is_caused_by_the_charge(shop: Shop) -> None:
    shop.place(place_order(sku=4, quantity=2))
    shop.run()

    hops = [hop for hop in shop.hops() if hop.message == "PaymentFailed"]

    assert len(hops) == 4
    assert {hop.cause for hop in hops} == {"ChargeCard"}


def test_the_cause_is_a_header_only_where_the_message_type_leaves_it_open(shop: Shop) -> None:
    shop.place(place_order(sku=4, quantity=2))
    shop.run()

    headers = {topic: [name for name, _ in record.headers] for topic in TOPICS for record in shop.records(topic)}

    assert headers.pop(PaymentFailed.topic) == ["kafka_correlationId", "cause"]
    assert set(map(tuple, headers.values())) == {("kafka_correlationId",)}
