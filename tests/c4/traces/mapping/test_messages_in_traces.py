"""Messages in traces: publications and deliveries through a broker."""

import pytest
from c4.traces.mapping.written_spans import MESSAGE, arrows, chain, mapped, process, receive, send, span, view

TWO_ARROWS = ["kafka → stock [orders]", "shop → kafka [orders]"]
CAUSED = {"shop → kafka": "", "kafka → stock": "shop → kafka"}


@pytest.mark.parametrize(
    "delivery",
    [
        [process("stock/2", "1")],
        [process("stock/2", "1", links="1")],
        [process("stock/2@t2", links="1")],
        [receive("stock/2@t2", links="1"), process("stock/3@t2", "2", links="1")],
        [receive("stock/2@t2", links="1"), process("stock/3@t2", "2")],
        [receive("stock/2", "1", "consumer"), process("stock/3", "2")],
        [span("stock/0@t2"), receive("stock/2@t2", "0", links="1"), process("stock/3@t2", "0")],
        [span("stock/0@t2"), receive("stock/2@t2", "0"), process("stock/3@t2", "0", links="1")],
        [receive("stock/2@t2", links="1")],
        [process("stock/2@t2", kind="client", links="1"), span("stock/3@t2", "2")],
        [span("stock/2", "1")],
        [span("stock/2@t2", links="1")],
    ],
    ids=[
        "parent", "parent and link", "link", "receive and process", "links of the receive span", "agent", "siblings",
        "sibling without links", "receive only", "kind client", "by hand, parent", "by hand, link",
    ],
)  # fmt: skip
def test_a_message_is_two_arrows_however_its_delivery_is_traced(delivery: list) -> None:
    found = mapped(send("shop/1"), *delivery)

    assert arrows(found) == TWO_ARROWS
    assert chain(found) == CAUSED
    assert {hop.order for hop in found.hops} == {"t1"}


PLACE = {"messaging.destination.partition.id": "3", "messaging.kafka.offset": 7}


@pytest.mark.parametrize(
    "delivery",
    [
        [process("stock/2@t2", **PLACE)],
        [receive("stock/2@t2", messaging__batch__message_count=1), process("stock/3@t2", "2", **PLACE)],
        [receive("stock/2@t2", messaging__batch__message_count=1), process("stock/3@t3", **PLACE)],
        [receive("stock/2@t2", **PLACE)],
        [process("stock/2@t2", links="9@gone", **PLACE)],
    ],
    ids=["root", "below the receive span", "beside the receive span", "receive only", "link to an absent span"],
)
def test_without_a_parent_or_link_a_message_is_known_by_its_offset(delivery: list) -> None:
    found = mapped(send("shop/1", **PLACE), *delivery)

    assert arrows(found) == TWO_ARROWS
    assert chain(found) == CAUSED


def test_two_messages_with_one_offset_are_of_two_clusters_and_lead_to_no_delivery() -> None:
    found = mapped(send("shop/1", **PLACE), send("shop/1@t2", **PLACE), process("stock/2@t3", **PLACE))

    assert {hop.order for hop in found.hops if hop.to == "stock"} == {"t3"}


def test_deliveries_of_unknown_messages_of_one_poll_are_stories_of_their_own() -> None:
    found = mapped(receive("stock/1"), process("stock/2", "1"), process("stock/3", "1"))

    assert {hop.order for hop in found.hops} == {"t1:2", "t1:3"}


@pytest.mark.parametrize("style", ["linked", "parent of send", "child of send", "sibling"])
def test_create_and_send_are_one_publication(style: str) -> None:
    create = {"messaging.operation.type": "create"}
    spans = {
        "linked": [send("shop/c", "0", **create), send("shop/s", "0", "client", links="c")],
        "parent of send": [send("shop/c", "0", **create), send("shop/s", "c", "client")],
        "child of send": [send("shop/s", "0", "client"), send("shop/c", "s", **create)],
        "sibling": [send("shop/c", "0", **create), send("shop/s", "0", "client")],
    }

    found = mapped(span("shop/0"), *spans[style], process("stock/2", "c"))

    assert arrows(found) == TWO_ARROWS
    assert chain(found) == CAUSED


def test_a_batch_has_a_publication_for_each_message() -> None:
    created = [send(f"shop/c{n}", **{"messaging.operation.type": "create"}) for n in range(3)]
    batch = send("shop/s", kind="client", links="c0 c1 c2", messaging__batch__message_count=3)

    found = mapped(*created, batch, *[process(f"stock/{n}", f"c{n}") for n in range(3)])

    assert arrows(found) == sorted(TWO_ARROWS * 3)
    assert len({hop.cause_id for hop in found.hops if hop.to == "stock"}) == 3


@pytest.mark.parametrize("batch_first", [True, False])
def test_spans_of_messages_that_a_batch_links_to_are_its_messages(batch_first: bool) -> None:
    messages = [span(f"shop/m{n}", kind="producer", **MESSAGE) for n in (1, 2)]
    batch = send("shop/s", kind="client", links="m1 m2")

    found = mapped(*([batch, *messages] if batch_first else [*messages, batch]), process("stock/3", "m2"))

    assert arrows(found) == ["kafka → stock [orders]", *["shop → kafka [orders]"] * 2]


def test_a_consumer_span_that_knows_of_no_message_is_no_delivery() -> None:
    found = mapped(send("shop/1"), span("stock/1@t2", kind="consumer"), process("stock/2@t3", links="1"))

    assert arrows(found) == TWO_ARROWS
    assert "consumer spans without a message (1)" in found.summary[0]


def test_a_create_span_without_a_send_span_is_the_publication() -> None:
    created = send("shop/1", **{"messaging.operation.type": "create"})

    assert arrows(mapped(created, process("stock/2", "1"))) == TWO_ARROWS


def test_two_layers_of_one_client_are_one_publication_and_one_delivery() -> None:
    found = mapped(send("shop/1"), send("shop/2", "1"), process("stock/3", "2"), process("stock/4", "3"))

    assert arrows(found) == TWO_ARROWS


def test_an_outer_and_an_inner_send_span_do_not_hide_the_messages_of_a_batch() -> None:
    found = mapped(send("shop/1"), *[send(f"shop/{n}", "1") for n in (2, 3, 4)])

    assert arrows(found) == ["shop → kafka [orders]"] * 3


def test_a_receive_span_adds_the_messages_that_no_process_span_handles() -> None:
    sent = [send(f"shop/{n}") for n in (1, 2, 3)]

    found = mapped(*sent, receive("stock/r@t2", links="1 2 3"), process("stock/p@t2", "r", links="2"))

    assert arrows(found) == sorted(TWO_ARROWS * 3)


def test_messages_of_a_receive_span_are_given_to_its_process_spans_in_their_order() -> None:
    sent = [send("shop/1"), send("shop/2@t2")]
    handled = [process("stock/p@t3", "r", at=9), process("stock/q@t3", "r", at=5)]

    found = mapped(*sent, receive("stock/r@t3", links="1 2@t2"), *handled)

    orders = {hop.id: hop.order for hop in found.hops}
    assert (orders["t3:q"], orders["t3:p"]) == ("t1", "t2")


@pytest.mark.parametrize("operation", ["settle", "receive"])
def test_settling_and_an_empty_poll_are_no_arrows(operation: str) -> None:
    about = {"messaging.operation.type": operation, "messaging.batch.message_count": 0}

    assert arrows(mapped(span("stock/1", kind="client", **MESSAGE, **about))) == []


def test_polling_without_a_message_is_no_delivery_but_a_message_count_is() -> None:
    assert arrows(mapped(receive("stock/1"))) == []
    assert arrows(mapped(receive("stock/1", messaging__batch__message_count=2))) == ["kafka → stock [orders]"]


def test_a_delivery_belongs_to_the_send_span_though_receive_and_poll_spans_surround_it() -> None:
    found = mapped(
        send("shop/1"),
        span("stock/0@t2", kind="client", messaging__system="kafka"),
        receive("stock/r@t2", "0", links="1"),
        process("stock/p@t2", "r", links="1"),
        span("stock/c@t2", "p", "client", server__address="bank.example"),
    )

    assert chain(found) == CAUSED | {"stock → bank_example": "kafka → stock"}


def test_calls_within_a_receive_span_that_surrounds_the_handling_are_calls() -> None:
    inner = span("stock/2", "1", "client", server__address="bank.example")
    broker = span("stock/3", "1", "client", server__address="broker.example")

    found = mapped(receive("stock/1", server__address="broker.example"), inner, broker)

    assert arrows(found) == ["stock → bank_example []"]


def test_messages_are_drawn_directly_where_no_arrow_touches_a_broker() -> None:
    spans = [send("shop/1"), process("stock/2@t2", links="1"), span("stock/3@t2", "2", "client", peer__service="bank")]

    found = mapped(*spans, drawing=view("shop stock orders", "stock bank HTTP", queues=""))

    assert chain(found) == {"shop → stock": "", "stock → bank": "shop → stock"}


def test_each_topic_may_be_a_queue_of_its_own() -> None:
    drawing = view("shop orders Kafka", "orders stock Kafka", "shop payments Kafka", queues="orders payments")

    found = mapped(send("shop/1"), process("stock/2", "1"), drawing=drawing)

    assert arrows(found) == ["orders → stock [Kafka]", "shop → orders [Kafka]"]


def test_the_broker_is_the_mapped_one_else_that_of_its_name_else_the_only_queue() -> None:
    spans = [send("shop/1")]

    assert arrows(mapped(*spans, brokers={"kafka": "bus"})) == ["shop → bus [orders]"]
    assert arrows(mapped(*spans, drawing=view("shop events", queues="events"))) == ["shop → events []"]
    assert arrows(mapped(*spans, drawing=view("shop kafka", "shop a", queues="a kafka"))) == ["shop → kafka []"]


def test_position_and_group_of_a_record_are_kept() -> None:
    about = {"messaging.destination.partition.id": "2", "messaging.kafka.offset": 17}

    hop = mapped(process("stock/1", **about, **{"messaging.consumer.group.name": "stockers"})).hops[0]

    assert (hop.topic, hop.partition, hop.offset, hop.group) == ("orders", 2, 17, "stockers")


def test_a_consumer_that_adopts_the_senders_service_name_still_receives() -> None:
    assert arrows(mapped(send("shop/1"), process("shop/2", "1"))) == ["kafka → shop [orders]", "shop → kafka [orders]"]
