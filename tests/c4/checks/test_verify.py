"""Verify: causally valid runs conform whatever their clocks; every deviation is found and classified."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from c4.other_ends import OTHER_ENDS
from c4.runs import VIEWS, mutated, run_of, valid_run

from checkout.c4.checks.conformance.precedence import predecessors
from checkout.c4.checks.conformance.results import DeviationKind, OrderResult
from checkout.c4.checks.verify import numbered_arrows, verify_orders
from checkout.c4.findings import PreconditionError
from checkout.c4.journal import group_by_order, parse_hops
from checkout.c4.source.arrows import Drawing

View = Callable[[str], Drawing]


def verified(drawing: Drawing, run: list[dict[str, Any]], allow_redelivery: bool = False) -> OrderResult:
    return verify_orders(drawing, group_by_order(parse_hops(run)), allow_redelivery)[0]


@pytest.mark.slow
def test_two_thousand_causally_valid_runs_conform(view: View, capsys: pytest.CaptureFixture[str]) -> None:
    drawing, random = view("ordering"), Random(1)

    results = [verified(drawing, valid_run("ordering", random)) for _ in range(2000)]

    rejected = [result.deviations for result in results if not result.conforms]
    with capsys.disabled():
        print(f"\n2,000 valid runs, {len(rejected)} rejected")
    assert rejected == []
    assert {len(result.hops) for result in results} == {17}


@pytest.mark.slow
def test_ten_thousand_mutated_runs_are_caught_and_put_in_their_class(
    view: View, capsys: pytest.CaptureFixture[str]
) -> None:
    drawing, random, caught = view("ordering"), Random(2), Counter[str]()

    for kind in DeviationKind:
        for _ in range(2000):
            result = verified(drawing, mutated(valid_run("ordering", random), kind, random))
            caught[kind] += not result.conforms and {each.kind for each in result.deviations} == {kind}

    with capsys.disabled():
        print(f"\n10,000 mutated runs, caught in their class: {dict(caught)}")
    assert caught == dict.fromkeys(DeviationKind, 2000)


@pytest.mark.parametrize("name", OTHER_ENDS)
def test_valid_runs_of_the_other_ends_conform_and_mutated_ones_do_not(view: View, name: str) -> None:
    drawing, random, caught = view(name), Random(4), Counter[str]()

    runs = [run_of(OTHER_ENDS[name], random) for _ in range(200)]
    for kind in DeviationKind:
        for run in runs:
            caught[kind] += not verified(drawing, mutated(run, kind, random)).conforms

    assert [result.deviations for run in runs if not (result := verified(drawing, run)).conforms] == []
    assert caught == dict.fromkeys(DeviationKind, 200)


@pytest.mark.parametrize("name", VIEWS)
def test_valid_run_of_each_view_conforms_to_that_view_only(view: View, name: str) -> None:
    run = valid_run(name, Random(3))

    conforming = [other for other in VIEWS if verified(view(other), run).conforms]

    assert conforming == [name]


def test_clock_order_alone_would_reject_most_valid_runs(view: View) -> None:
    random, drawing = Random(5), view("ordering")
    runs = [valid_run("ordering", random) for _ in range(100)]

    by_clock = [[hop["step"] for hop in sorted(run, key=lambda hop: hop["at"])] for run in runs]

    assert sum(steps == sorted(steps) for steps in by_clock) < 50
    assert all(verified(drawing, run).conforms for run in runs)


def test_missing_arrow_is_named_with_its_line(view: View) -> None:
    run = [hop for hop in valid_run("ordering", Random(1)) if hop["step"] != 12]

    deviation = verified(view("ordering"), run).deviations[0]

    assert deviation.message == "never happened: 12 orders → kafka [order.new-order-approved]"
    assert "ordering.puml:35: never happened" in str(deviation)


def test_failed_attempt_is_the_evidence_of_a_missing_arrow(view: View) -> None:
    run = [hop | {"outcome": "failed"} if hop["step"] == 9 else hop for hop in valid_run("ordering", Random(1))]

    deviation = verified(view("ordering"), run).deviations[0]

    assert deviation.kind == DeviationKind.MISSING
    assert "failed: ChargeCard payments → payment_broker" in deviation.message


def test_extra_hop_says_what_is_drawn_between_the_two(view: View) -> None:
    run = valid_run("ordering", Random(1))
    run.append(run[0] | {"from": "web", "to": "gateway", "technology": "SMTP", "at": "2026-01-01T11:00:00Z"})

    deviation = verified(view("ordering"), run).deviations[0]

    assert deviation.kind == DeviationKind.EXTRA
    assert deviation.message.endswith("between the two is drawn HTTP, POST /api/v1/order-management/orders")


def test_duplicate_that_was_recognised_is_reported_and_tolerated(view: View) -> None:
    run = valid_run("ordering", Random(1))
    run.append(next(hop for hop in run if hop["step"] == 8) | {"outcome": "duplicate", "at": "2026-01-01T11:00:00Z"})

    result = verified(view("ordering"), run)

    assert result.conforms
    assert [each.kind for each in result.deviations] == [DeviationKind.REDELIVERED]


def test_redelivery_can_be_tolerated_and_nothing_else_with_it(view: View) -> None:
    random = Random(1)
    twice = mutated(valid_run("ordering", random), DeviationKind.REDELIVERED, random)
    without = mutated(valid_run("ordering", random), DeviationKind.MISSING, random)

    tolerant = [verified(view("ordering"), run, allow_redelivery=True).conforms for run in (twice, without)]

    assert tolerant == [True, False]


def test_effect_before_its_cause_on_one_clock_is_too_early(view: View) -> None:
    run = [
        hop | {"replica": "payments-1"} if hop["step"] in (9, 10) else hop for hop in valid_run("ordering", Random(1))
    ]
    charged = next(hop for hop in run if hop["step"] == 9)
    next(hop for hop in run if hop["step"] == 10)["at"] = charged["at"].replace("10:00", "09:59")

    kinds = {deviation.kind for deviation in verified(view("ordering"), run).deviations}

    assert kinds == {DeviationKind.EARLY}


def test_what_follows_a_call_waits_for_that_call_and_not_for_others_of_its_step(view: View) -> None:
    arrows = numbered_arrows(view("ordering-parcel-refused"))
    refusal = next(at for at, arrow in enumerate(arrows) if (arrow.source, arrow.step) == ("shipments", 15))

    before = [(arrows[at].source, arrows[at].target) for at in predecessors(arrows, refusal)]

    assert before == [("shipments", "shipment_company")]


def test_static_view_cannot_be_verified(view: View) -> None:
    with pytest.raises(PreconditionError, match="containers has no numbered arrows"):
        verified(view("containers"), valid_run("ordering", Random(1)))


def test_journal_of_another_system_cannot_be_verified(view: View) -> None:
    run = [hop | {"from": "till", "to": "printer"} for hop in valid_run("ordering", Random(1))]

    with pytest.raises(PreconditionError, match="another system"):
        verified(view("ordering"), run)


def test_text_indices_keep_the_order_in_which_they_are_drawn(view: View) -> None:
    drawing = view("ordering-sold-out")
    lettered = replace(drawing, arrows=tuple(replace(arrow, index=f"{arrow.index}a") for arrow in drawing.arrows))

    result = verified(lettered, valid_run("ordering-sold-out", Random(1)))

    assert result.conforms
    assert len(result.hops) == 8


def test_hops_are_put_in_causal_order_whatever_their_clocks_say() -> None:
    run = valid_run("ordering", Random(7))

    ordered = parse_hops(run)

    topics = [(hop.to == "kafka", hop.position) for hop in ordered if hop.offset is not None]
    assert all(topics.index((True, place)) < topics.index((False, place)) for is_sent, place in topics if is_sent)
