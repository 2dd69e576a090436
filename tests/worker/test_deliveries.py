"""Deliveries: records, replies, HTTP requests and timers in one form, and the records that outbox rows become."""

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec
import pytest
from sample import AT, FIRST, SECOND, order_received, place_order, process_payment
from sqlalchemy import MetaData
from worker.outbox_rows import CHARGE, external_call

from checkout.framework.intake import Intake
from checkout.framework.message import encode
from checkout.framework.service import Service, on
from checkout.framework.sql import utc_text
from checkout.journal.hop import Outcome, utc_now
from checkout.messages import MESSAGE_TYPES, TOPICS, ChargeCard, OrderReceived, PaymentProcessed
from checkout.messaging.log import ProducerRecord, Record
from checkout.messaging.memory_log import MemoryBroker
from checkout.replies import CardCharged
from checkout.services.orders import Orders
from checkout.services.payments import Payments
from checkout.services.stock import Stock
from checkout.worker.calls.external_calls import CallResult, ExternalCalls
from checkout.worker.dead_letters import HEADERS, dead_letter_row
from checkout.worker.deliveries import Delivery, Sources
from checkout.worker.hops import header
from checkout.worker.outbox import OutboxKind, OutboxRow
from checkout.worker.sending import to_record

RECEIVED, TO_PAY = "order.new-order-received", "order.process-order-payment"


def sources(service: Any, *values: bytes | None, intake: Intake | None = None, **options: Any) -> Sources:
    """The sources of a service, with records on its first topic."""
    broker = MemoryBroker()
    broker.create({topic: 1 for topic in TOPICS})
    log = broker.join(service.name, list(service.topics()), f"{service.name}-1")
    topic = next(service.topics())
    log.send([ProducerRecord(topic, options.get("key"), value, options.get("headers", ())) for value in values])
    adapters = {"ChargeCard": lambda row: CallResult(row, "http://payments.example", "201", CardCharged(row.order_id))}
    external_calls = ExternalCalls(adapters, 0)
    external_calls.put(options.get("calls", ()))
    return Sources(service, MESSAGE_TYPES, log, external_calls, intake, options.get("batch", 500))


def take_all(*args: Any, **options: Any) -> Sequence[Delivery]:
    return sources(*args, **options).take(0.0, utc_now)


def test_a_record_is_identified_by_its_topic_and_order() -> None:
    (delivery,) = take_all(Stock(), encode(order_received()), headers=[("kafka_correlationId", b"c-1")])

    assert delivery.identity == (RECEIVED, FIRST)
    assert (delivery.message, delivery.type, delivery.cause, delivery.correlation) == (
        order_received(), OrderReceived, "PlaceOrder", "c-1",
    )
    assert delivery.error is None


@pytest.mark.parametrize(
    ("headers", "correlation"),
    [
        ([], FIRST), ([("other", b"x")], FIRST), ([("kafka_correlationId", b"\xff")], "\ufffd"),
        ([("kafka_correlationId", "é".encode())], "é"), ([("kafka_correlationId", b"a\x00b")], "a\ufffdb"),
        ([("kafka_correlationId", b"a"), ("kafka_correlationId", b"b")], "a"),
    ],
)
def test_the_correlation_is_the_header_or_else_the_order_id(headers: list[tuple[str, bytes]], correlation: str) -> None:
    (delivery,) = take_all(Stock(), encode(order_received()), headers=headers)

    assert delivery.correlation == correlation


@pytest.mark.parametrize("value", [None, b"", b"hello", b"{}", b'{"id":"\xff"}', b"[" * 100_000])
def test_an_unreadable_record_is_delivered_with_its_error(value: bytes | None) -> None:
    (delivery,) = take_all(Stock(), value, key=b"k")

    assert delivery.error and str(delivery.error)
    assert (delivery.message, delivery.id, delivery.record.value) == (None, "", value)


@pytest.mark.parametrize("version", ["2", "2.0", "10.1", "0", "", "x", "1x"])
def test_a_record_of_another_major_version_is_parked_unread(version: str) -> None:
    headers = [("version", version.encode())]

    (delivery,) = take_all(Stock(), encode(order_received()), headers=headers)

    assert delivery.message is None
    assert str(delivery.error) == f"OrderReceived has version {version!r}, and only version 1 can be read"


@pytest.mark.parametrize("version", ["1", "1.0", "1.17"])
def test_a_record_of_another_minor_version_is_read(version: str) -> None:
    (delivery,) = take_all(Stock(), encode(order_received()), headers=[("version", version.encode())])

    assert delivery.message == order_received()


class ReceivedAgain(OrderReceived, frozen=True):
    """The second major version of a message, as another team would define it."""

    major_version: ClassVar[int] = 2
    gift_wrap: bool = False


class ReaderOfTheSecondVersion(Service):
    name, tables = "stock", MetaData()

    @on(ReceivedAgain)
    def read(self, nothing: None, message: ReceivedAgain) -> None:
        """Reads the second version only."""


def test_a_service_reads_records_as_its_own_class_of_the_message() -> None:
    wrapped = encode(order_received()).replace(b"{", b'{"giftWrap":true,', 1)

    (delivery,) = take_all(ReaderOfTheSecondVersion(), wrapped, headers=[("version", b"2.1")])

    assert (type(delivery.message), delivery.message.gift_wrap) == (ReceivedAgain, True)


def test_a_record_without_a_version_has_version_1() -> None:
    (delivery,) = take_all(ReaderOfTheSecondVersion(), encode(order_received()))

    assert str(delivery.error) == "ReceivedAgain has version '1', and only version 2 can be read"


@pytest.mark.parametrize(("kind", "expected"), [(OrderReceived, None), (ReceivedAgain, "2")])
def test_a_message_of_another_major_version_is_sent_with_its_version(
    kind: type[OrderReceived], expected: str | None
) -> None:
    (delivery,) = take_all(Stock(), encode(order_received()))
    message = msgspec.convert(msgspec.to_builtins(order_received()), kind)
    row = msgspec.structs.replace(delivery.outbox_row(message, "stock"), message="OrderReceived")

    sent = to_record(row, MESSAGE_TYPES)

    assert header(Record(*sent[:1], 0, 0, *sent[1:4]), "version") == expected


def test_a_reply_is_identified_by_the_purpose_of_its_call_and_the_order() -> None:
    call = external_call(CHARGE)
    call.number = 7

    (delivery,) = take_all(Payments(), calls=[call])

    assert delivery.identity == ("charge", FIRST)
    assert (delivery.message, delivery.type, delivery.correlation) == (CardCharged(FIRST), ChargeCard, "c-1")
    done = delivery.call_done(AT)
    assert (done.of_row, done.done_at, done.url, done.status) == (7, utc_text(AT), "http://payments.example", "201")


def test_a_message_after_a_call_goes_to_the_partition_of_the_record_before_the_call() -> None:
    call = external_call(CHARGE)
    call.wanted_partition = 2

    (delivery,) = take_all(Payments(), calls=[call])

    assert delivery.outbox_row(PaymentProcessed(FIRST), "payments").wanted_partition == 2


def test_a_request_is_identified_by_its_type_and_order_and_journaled_with_its_client() -> None:
    async def submit_and_take() -> Sequence[Delivery]:
        intake = Intake()
        task = asyncio.create_task(intake.submit(place_order(), "c-7", "curl", "http://store/orders"))
        await asyncio.sleep(0)
        deliveries = take_all(Orders(), intake=intake)
        task.cancel()
        return deliveries

    (delivery,) = asyncio.run(submit_and_take())
    hop = delivery.hop("orders", Outcome.APPLIED, "orders-1", AT)
    assert delivery.identity == ("PlaceOrder", FIRST)
    assert (hop.step, hop.sender, hop.to, hop.url, hop.client, hop.status, hop.correlation) == (
        2, "gateway", "orders", "http://store/orders", "curl", "201", "c-7",
    )
    assert delivery.hop("orders", Outcome.FAILED, "orders-1", AT).status is None


def test_a_batch_has_deliveries_of_all_sources() -> None:
    deliveries = take_all(Payments(), encode(process_payment(SECOND)), calls=[external_call(CHARGE)])

    assert [delivery.identity for delivery in deliveries] == [("charge", FIRST), (TO_PAY, SECOND)]


def test_a_batch_has_at_most_the_configured_number_of_records() -> None:
    sources_of_stock = sources(Stock(), *[encode(order_received())] * 5, batch=2)

    assert [len(sources_of_stock.take(0.0, utc_now)) for _ in range(4)] == [2, 2, 1, 0]


# -- records of outbox rows -------------------------------------------------------------------------------------------


def test_a_dead_letter_has_the_record_unchanged_and_its_position() -> None:
    headers = [("kafka_correlationId", b"c-1"), ("binary", b"\xff\x00"), ("empty", b"")]
    (delivery,) = take_all(Stock(), b"hello", key=b"\xffkey", headers=headers)

    record = to_record(dead_letter_row(delivery.record, delivery.error, "stock", AT), MESSAGE_TYPES)

    assert (record.topic, record.partition) == (f"{RECEIVED}.stock.dlt", None)
    assert (record.key, record.value) == (b"\xffkey", b"hello")
    assert list(record.headers[:3]) == headers
    assert dict(record.headers[3:]) == {
        "dlt_topic": RECEIVED.encode(), "dlt_partition": b"0", "dlt_offset": b"0", "dlt_at": utc_text(AT).encode(),
        "dlt_error": str(delivery.error).encode(),
    }


def test_a_header_without_a_value_is_as_if_it_were_absent() -> None:
    record = Record(RECEIVED, 0, 0, None, None, [("kafka_correlationId", None), ("kafka_correlationId", b"c-2")])

    assert header(record, "kafka_correlationId") == "c-2"
    assert header(record._replace(headers=record.headers[:1]), "kafka_correlationId") is None


def test_a_dead_letter_is_identified_by_group_and_position() -> None:
    first, second = take_all(Stock(), b"hello", b"hello")

    rows = [dead_letter_row(delivery.record, delivery.error, "stock", AT) for delivery in (first, second)]

    assert [row.identity for row in rows] == [
        (f"{RECEIVED}/0/0", f"{RECEIVED}.stock.dlt"), (f"{RECEIVED}/0/1", f"{RECEIVED}.stock.dlt"),
    ]


def test_a_long_error_is_truncated() -> None:
    (delivery,) = take_all(Stock(), b"hello")
    delivery.error = ValueError("x" * 5_000)

    headers = dict(HEADERS.decode(dead_letter_row(delivery.record, delivery.error, "stock", AT).headers))

    assert len(headers["dlt_error"]) == 1_000


def test_a_message_is_sent_with_its_key_its_correlation_and_its_partition() -> None:
    row = OutboxRow(
        kind=OutboxKind.TOPIC, order_id=FIRST, destination=RECEIVED, message="OrderReceived", payload=b"{}",
        correlation="c-é", cause="PlaceOrder",
        wanted_partition=2, key=FIRST.encode(),
    )

    record = to_record(row, MESSAGE_TYPES)

    assert record == ProducerRecord(RECEIVED, FIRST.encode(), b"{}", [("kafka_correlationId", "c-é".encode())], 2)
