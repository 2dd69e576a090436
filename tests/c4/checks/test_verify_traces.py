"""Verify, hops with ids: causes decide whatever the clocks and names are; loops and retries are no findings."""

import sys
from collections import Counter
from datetime import timedelta
from random import Random
from typing import Any

import msgspec
import pytest
from c4.runs import FAULTS, VIEWS
from c4.traced_runs import arrow, drawing, drawing_of, hop, traced_run, with_fault

from checkout.c4.checks.conformance.results import DeviationKind, OrderResult, Verdict
from checkout.c4.checks.verify import verify_orders
from checkout.c4.source.arrows import Drawing
from checkout.journal.hop import Hop, Outcome

SHOP = drawing(arrow(1, "web", "shop"), arrow(2, "shop", "stock"), arrow(3, "shop", "bank"))


def verified(view: Drawing, hops: list[Hop], **more: Any) -> OrderResult:
    return verify_orders(view, {"t1": hops}, **more)[0]


def kinds(result: OrderResult) -> list[str]:
    return [str(each.kind) for each in result.deviations]


@pytest.mark.parametrize("name", VIEWS)
def test_valid_traces_conform_in_any_order_of_spans_and_with_clocks_ten_seconds_apart(name: str) -> None:
    view, random = drawing_of(VIEWS[name]), Random(6)

    results = [verified(view, traced_run(VIEWS[name], random)) for _ in range(300)]

    assert [result.deviations for result in results if result.deviations] == []
    assert {len(result.hops) for result in results} == {len(VIEWS[name])}


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("kind", FAULTS)
def test_traces_with_a_fault_are_put_in_its_class(name: str, kind: str) -> None:
    view, random, found = drawing_of(VIEWS[name]), Random(8), Counter[bool]()

    for _ in range(100):
        result = verified(view, with_fault(traced_run(VIEWS[name], random), kind, random))
        found[set(kinds(result)) == {kind}] += 1

    assert found == {True: 100}


def test_two_posts_of_one_name_are_told_apart_by_their_causes() -> None:
    view = drawing(
        arrow(1, "web", "shop"), arrow(2, "shop", "bank"), arrow(3, "bank", "mail"),
        arrow(4, "shop", "stock"), arrow(5, "stock", "mail"), arrow(6, "mail", "customer"),
    )  # fmt: skip
    hops = [
        hop("1", "web", "shop"), hop("2", "shop", "bank", cause="1"), hop("3", "bank", "mail", cause="2"),
        hop("4", "shop", "stock", cause="1"), hop("5", "stock", "mail", cause="4"),
        hop("6", "mail", "customer", cause="5"),
    ]  # fmt: skip

    assert verified(view, hops).conforms


def test_arrow_whose_cause_happened_is_not_taken_for_an_equal_one_whose_cause_did_not() -> None:
    view = drawing(
        arrow(1, "shop", "mail", "sold"), arrow(2, "mail", "customer"),
        arrow(3, "bank", "mail", "paid"), arrow(4, "mail", "customer"),
    )  # fmt: skip
    hops = [hop("1", "shop", "mail", "sold"), hop("2", "bank", "mail", "paid"), hop("3", "mail", "customer", cause="2")]

    assert [each.arrow for each in verified(view, hops).deviations] == [view.arrows[1]]


def test_hops_may_be_given_in_any_order() -> None:
    view = drawing(*SHOP.arrows, arrow(4, "shop", "stock"))
    targets = {"2": "stock", "3": "bank", "4": "stock"}
    calls = [hop(name, "shop", to, cause="1", replica="shop-1") for name, to in targets.items()]

    assert verified(view, [*reversed(calls), hop("1", "web", "shop")]).conforms


def test_cause_that_was_recorded_after_its_effect_is_no_finding() -> None:
    first, *others = (hop(str(number), *each.key, cause="0") for number, each in enumerate(SHOP.arrows))
    late = msgspec.structs.replace(first, cause_id=None, replica="shop-1", at=others[-1].at + timedelta(seconds=1))

    result = verified(SHOP, [late, *(msgspec.structs.replace(each, replica="shop-1") for each in others)])

    assert result.conforms


def test_siblings_out_of_order_are_too_early_by_the_clock_of_their_replica_only() -> None:
    hops = [hop("1", "web", "shop"), hop("2", "shop", "bank", cause="1"), hop("3", "shop", "stock", cause="1")]

    one, two, none = (
        [msgspec.structs.replace(each, replica=replica) for each, replica in zip(hops, replicas, strict=True)]
        for replicas in (["a", "shop-1", "shop-1"], ["a", "shop-1", "shop-2"], [None, None, None])
    )

    assert kinds(verified(SHOP, one)) == ["too early"]
    assert verified(SHOP, one).deviations[0].arrow == SHOP.arrows[2]
    assert verified(SHOP, two).conforms
    assert verified(SHOP, none).conforms


def test_ten_calls_in_a_loop_are_ten_times_and_no_deviation() -> None:
    hops = [hop("1", "web", "shop"), hop("90", "shop", "bank", cause="1")]
    hops += [hop(str(number), "shop", "stock", cause="1") for number in range(2, 12)]

    result = verified(SHOP, hops)

    assert result.conforms
    assert "10 times: view.puml:4: 2 shop → stock [HTTP]" in str(result)


def test_failed_tries_before_one_that_was_applied_are_no_finding() -> None:
    hops = [hop("1", "web", "shop"), hop("2", "shop", "stock", cause="1")]
    hops += [hop(str(number), "shop", "bank", cause="1", outcome=Outcome.FAILED) for number in (3, 4)]

    failing, succeeding = verified(SHOP, hops), verified(SHOP, [*hops, hop("5", "shop", "bank", cause="1")])

    assert kinds(failing) == ["missing"] and "failed: POST shop → bank" in failing.deviations[0].message
    assert succeeding.deviations == () and succeeding.times == {}


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ({"partition": 0, "offset": 7}, ["redelivered"]),
        ({"partition": 0, "offset": 8}, []),
        ({"partition": 0, "offset": 7, "group": "other"}, []),
        ({"partition": None, "offset": None}, []),
    ],
)
def test_redelivery_is_the_same_record_twice_for_one_group(second: dict[str, Any], expected: list[str]) -> None:
    view = drawing(arrow(1, "shop", "kafka", "orders"), arrow(2, "kafka", "stock", "orders"))
    first = {"topic": "orders", "group": "stock", "partition": 0, "offset": 7}
    hops = [hop("1", "shop", "kafka", "orders", topic="orders"), hop("2", "kafka", "stock", "orders", "1", **first)]
    again = hop("3", "kafka", "stock", "orders", "1", **first | second)

    assert kinds(verified(view, [*hops, again])) == expected
    assert verified(view, [*hops, again], allow_redelivery=True).conforms


def test_same_producer_twice_without_offsets_is_a_redelivery() -> None:
    view = drawing(arrow(1, "shop", "queue", "orders"), arrow(2, "queue", "stock", "orders"))
    sent = [hop(name, "shop", "queue", "orders", topic="orders") for name in ("1", "2")]
    handled = [hop(f"h{cause}", "queue", "stock", "orders", cause, topic="orders") for cause in ("1", "2")]
    again = hop("5", "queue", "stock", "orders", "2", topic="orders")

    assert kinds(verified(view, [*sent, *handled])) == []
    assert kinds(verified(view, [*sent, *handled, again])) == ["redelivered"]


def test_other_topic_between_the_same_ends_is_one_deviation_with_both_names() -> None:
    hops = [hop("1", "web", "shop"), hop("2", "shop", "stock", "gRPC", "1"), hop("3", "shop", "bank", cause="1")]

    result = verified(SHOP, hops)

    assert kinds(result) == ["wrong technology"]
    assert result.deviations[0].arrow == SHOP.arrows[1]
    assert result.deviations[0].message == (
        "never happened: 2 shop → stock [HTTP]; between the two happened POST shop → stock [gRPC] "
        "at 2026-01-01T10:00:02+00:00"
    )


def test_other_topic_of_a_message_is_found_where_it_is_published_and_where_it_is_delivered() -> None:
    view = drawing(arrow(1, "shop", "kafka", "sold"), arrow(2, "kafka", "stock", "sold"), arrow(3, "stock", "bank"))
    hops = [hop("1", "shop", "kafka", "sodl"), hop("2", "kafka", "stock", "sodl", "1")]
    hops.append(hop("3", "stock", "bank", cause="2"))

    assert [(str(each.kind), each.arrow) for each in verified(view, hops).deviations] == [
        ("wrong technology", view.arrows[0]), ("wrong technology", view.arrows[1]),
    ]  # fmt: skip


def test_other_technology_takes_the_place_of_one_arrow_only() -> None:
    view = drawing(arrow(1, "web", "shop"), arrow(2, "shop", "stock"), arrow(3, "shop", "stock", "SQL"))

    result = verified(view, [hop("1", "web", "shop"), hop("2", "shop", "stock", "gRPC", "1")])

    assert kinds(result) == ["wrong technology", "missing"]


def test_of_several_undrawn_calls_the_one_with_the_right_cause_has_the_wrong_technology() -> None:
    view = drawing(arrow(1, "web", "shop"), arrow(2, "bank", "shop"), arrow(3, "shop", "stock"))
    hops = [
        hop("1", "web", "shop"), hop("2", "bank", "shop"), hop("3", "shop", "stock", "log", "1"),
        hop("4", "shop", "stock", "gRPC", "2"),
    ]  # fmt: skip

    found = {str(each.kind): each.hop.technology for each in verified(view, hops).deviations if each.hop}

    assert found == {"wrong technology": "gRPC", "extra": "log"}


def test_undrawn_call_is_no_wrong_technology_of_an_arrow_that_was_not_due() -> None:
    view = drawing(*SHOP.arrows, arrow(4, "bank", "mail"), arrow(5, "mail", "web", "SMTP"))
    hops = [hop("1", "web", "shop"), hop("2", "shop", "stock", cause="1"), hop("3", "shop", "bank", cause="1")]
    hops.append(hop("4", "mail", "web", "push", "3"))

    assert kinds(verified(view, hops)) == ["extra", "missing", "missing"]


def test_trace_of_another_story_cannot_be_judged() -> None:
    orders = {"t1": [hop("1", "web", "shop")], "t2": [hop("9", "web", "search")]}

    results = verify_orders(drawing(arrow(1, "web", "shop")), orders)

    assert [result.verdict for result in results] == [Verdict.CONFORMS, Verdict.UNJUDGED]


def test_hops_that_cause_each_other_end_no_judgement() -> None:
    hops = [hop("1", "web", "shop", cause="2"), hop("2", "shop", "stock", cause="1"), hop("3", "shop", "bank")]

    assert verified(SHOP, hops).conforms


def test_control_characters_of_a_trace_are_not_printed() -> None:
    hops = [*(hop(str(n + 1), *each.key) for n, each in enumerate(SHOP.arrows)), hop("9", "web", "\x1b[31mspy")]

    text = str(verified(SHOP, hops))

    assert "\x1b" not in text and "spy" in text


def test_the_calls_of_functions_grow_no_faster_than_the_hops() -> None:
    def calls(count: int) -> int:
        loop = [hop(f"a{number}", "shop", "stock", cause="1") for number in range(count // 2)]
        chain = [hop(f"b{number}", "shop", "bank", cause=f"b{number - 1}") for number in range(count // 2)]
        counted = Counter[str]()
        sys.setprofile(lambda frame, event, argument: counted.update([event]))
        try:
            verified(SHOP, [hop("1", "web", "shop"), *loop, *chain])
        finally:
            sys.setprofile(None)
        return counted.total()

    assert 5 < calls(2_000) / calls(200) < 15


def test_every_kind_of_fault_is_generated() -> None:
    assert set(FAULTS) == set(DeviationKind)
