"""Stories and steps of traces: causes, links over traces, clocks, concurrency."""

import pytest
from c4.traces.mapping.written_spans import arrows, chain, mapped, process, receive, send, span, view

from checkout.c4.findings import PreconditionError
from checkout.c4.traces.mapping.hops import TraceHops


def steps(found: TraceHops) -> dict[str, int | None]:
    return {f"{hop.sender} → {hop.to}": hop.step for hop in found.hops}


def call(name: str, parent: str, target: str, at: float, to: float) -> object:
    return span(name, parent, "client", at, to, peer__service=target)


def test_a_poll_loop_does_not_join_the_stories_of_its_messages() -> None:
    sent = [send("shop/1@a"), send("shop/1@b")]
    loop = [span("stock/0@poll"), receive("stock/r@poll", "0", links="1@a 1@b")]
    handled = [process(f"stock/{n}@poll", "r", links=f"1@{n}") for n in "ab"]
    calls = [span(f"stock/c{n}@poll", n, "client", peer__service="bank") for n in "ab"]

    found = mapped(*sent, *loop, *handled, *calls)

    stories = {order: [hop for hop in found.hops if hop.order == order] for order in ("a", "b")}
    assert len(found.hops) == 6
    assert [len(hops) for hops in stories.values()] == [3, 3]


def test_links_carry_a_story_over_several_traces() -> None:
    found = mapped(
        send("shop/1@a"),
        process("stock/2@b", links="1@a"),
        send("stock/3@b", "2", **{"messaging.destination.name": "reserved"}),
        process("bank/4@c", links="3@b", **{"messaging.destination.name": "reserved"}),
    )

    assert {hop.order for hop in found.hops} == {"a"}
    assert chain(found)["kafka → bank"] == "stock → kafka"


def test_a_link_to_an_absent_trace_begins_the_story_of_that_trace() -> None:
    found = mapped(process("stock/1@b", links="9@gone"), process("bank/1@c", links="9@gone"))

    assert [hop.order for hop in found.hops] == ["gone", "gone"]


def test_links_in_a_circle_end() -> None:
    found = mapped(
        process("a/1@a", links="2@b"), send("a/2@a", "1"), process("b/1@b", links="2@a"), send("b/2@b", "1")
    )

    assert len(found.hops) == 4


def test_clocks_that_are_hours_apart_change_neither_causes_nor_steps() -> None:
    hour = 3_600_000

    def run(shift: float) -> TraceHops:
        shop = [span("shop/1", kind="server", at=0, to=30), span("shop/2", "1", "client", 1, 20)]
        stock = [span("stock/3", "2", "server", shift, shift + 5), send("stock/4", "3", at=shift + 1)]
        return mapped(*shop, *stock, process("bank/5", "4", at=-shift))

    assert steps(run(hour)) == steps(run(-hour)) == steps(run(2))
    assert chain(run(hour)) == chain(run(2))


def test_calls_after_each_other_are_in_sequence_and_calls_that_overlap_are_concurrent() -> None:
    root = span("shop/1", kind="server", at=0, to=99)
    calls = [call("shop/2", "1", "a", 1, 10), call("shop/3", "1", "b", 5, 20), call("shop/4", "1", "c", 20, 30)]

    assert steps(mapped(root, *calls)) == {"shop → a": 1, "shop → b": 1, "shop → c": 2}


def test_calls_that_begin_in_the_same_millisecond_are_concurrent() -> None:
    calls = [call("shop/2", "1", "a", 1, 1), call("shop/3", "1", "b", 1, 1)]

    assert set(steps(mapped(span("shop/1"), *calls)).values()) == {1}


def test_a_caller_waits_for_what_its_call_does_but_not_for_the_consumers_of_its_message() -> None:
    found = mapped(
        span("shop/1", kind="server", at=0, to=99),
        span("shop/2", "1", "client", 1, 10),
        span("stock/3", "2", "server", 2, 9),
        call("stock/4", "3", "shelf", 3, 4),
        send("shop/5", "1", at=11),
        process("mail/6", "5", at=50),
        call("mail/7", "6", "customer", 51, 52),
        call("shop/8", "1", "bank", 13, 14),
    )

    expected = {"shop → stock": 1, "stock → shelf": 2, "shop → kafka": 3, "kafka → mail": 4, "shop → bank": 4}
    assert steps(found) == expected | {"mail → customer": 5}


def test_an_arrow_that_happens_again_keeps_its_first_number() -> None:
    calls = [call(f"shop/{n}", "1", "bank", 10 * n, 10 * n + 5) for n in range(2, 6)]

    found = mapped(span("shop/1"), *calls, call("shop/9", "1", "mail", 90, 95))

    assert steps(found) == {"shop → bank": 1, "shop → mail": 2}


def test_a_retried_call_has_one_number_and_what_follows_from_it_the_next() -> None:
    failed = span("shop/2", "1", "client", 1, 3, error=True, peer__service="fares")
    beside = call("shop/3", "1", "seats", 2, 9)
    again = [span("shop/4", "1", "client", 5, 8), span("fares/5", "4", "server", 6, 7)]
    later = [call("fares/6", "5", "rates", 6, 7), call("shop/7", "1", "bank", 20, 21)]

    found = mapped(span("shop/1", to=30), failed, beside, *again, *later)

    assert steps(found) == {"shop → seats": 1, "shop → fares": 1, "fares → rates": 2, "shop → bank": 3}


def test_a_call_that_overlaps_with_a_failed_try_only_is_concurrent_to_the_retried_call() -> None:
    failed = span("shop/2", "1", "client", 1, 5, error=True, peer__service="fares")
    calls = [
        call("shop/3", "1", "seats", 4, 6), call("shop/4", "1", "fares", 7, 9),
        call("shop/5", "1", "bank", 10, 11),
    ]

    found = mapped(span("shop/1", to=30), failed, *calls)

    assert steps(found) == {"shop → fares": 1, "shop → seats": 1, "shop → bank": 2}


def test_a_repeated_call_does_not_make_later_calls_concurrent() -> None:
    targets = ((2, "a", 0), (3, "b", 3), (4, "a", 6), (5, "c", 7))
    calls = [call(f"shop/{n}", "1", to, at, at + 2) for n, to, at in targets]

    assert steps(mapped(span("shop/1"), *calls)) == {"shop → a": 1, "shop → b": 2, "shop → c": 3}


def test_hops_have_steps_without_a_drawing_only() -> None:
    spans = [span("shop/1"), call("shop/2", "1", "bank", 1, 2)]

    assert steps(mapped(*spans, drawing=view("shop bank HTTP"))) == {"shop → bank": None}


def test_spans_of_one_process_have_one_clock() -> None:
    named = [call("shop/1", "", "a", 1, 2), call("shop/1@t2", "", "a", 1, 2)]
    for each in named:
        each.attributes["service.instance.id"] = "shop-7"  # type: ignore[attr-defined]
    unnamed = [span("mail/1@t3"), call("mail/2@t3", "1", "a", 1, 2), call("mail/3@t3", "1", "b", 3, 4)]

    replicas = [hop.replica for hop in mapped(*named, *unnamed, call("mail/9@t4", "", "a", 1, 2)).hops]

    assert replicas[0] == replicas[1] == "shop-7"
    assert replicas[2] == replicas[3] != replicas[4]


def test_a_hop_without_a_time_has_no_clock() -> None:
    client, server = span("shop/1", kind="client", at=-1000), span("stock/2", "1", "server", at=5)
    late = span("mail/3", kind="client", at=-1000, peer__service="bank")

    hops = {hop.to: hop for hop in mapped(client, server, late).hops}

    assert (client.start, hops["bank"].replica, hops["stock"].replica) == (0, None, "t1:2")


@pytest.mark.parametrize(("order", "count"), [("aaa1", 1), ("aaa", 2), ("order.id=7", 1), ("vip=true", 1)])
def test_order_names_a_trace_its_beginning_or_an_attribute_of_a_span_in_it(order: str, count: int) -> None:
    spans = [span("shop/1@aaa1", kind="client", peer__service="bank", order__id=7), send("shop/1@aaa2")]

    found = mapped(*spans, process("stock/1@bbb", links="1@aaa2", vip=True), order=order)

    assert len({hop.order for hop in found.hops}) == count


def test_order_that_no_trace_has_is_an_error_that_names_some() -> None:
    with pytest.raises(PreconditionError, match="no trace with hops fits --order zzz: there are t1"):
        mapped(span("shop/1", kind="client", peer__service="bank"), order="zzz")


def test_a_batch_in_one_process_span_is_delivered_to_each_story() -> None:
    found = mapped(send("shop/1@a"), send("shop/1@b"), process("stock/1@c", links="1@a 1@b"))

    assert arrows(found).count("kafka → stock [orders]") == 2
    assert {hop.order for hop in found.hops} == {"a", "b"}
