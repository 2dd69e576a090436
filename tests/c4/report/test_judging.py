"""Judging: a shape is judged once, with the same results as if every story were judged on its own."""

from random import Random

import pytest
from c4.report.story_spans import SELL, view
from c4.runs import VIEWS
from c4.traced_runs import drawing_of, hop, traced_run, with_fault

from checkout.c4.checks.conformance.results import OrderResult, Verdict
from checkout.c4.checks.gaps import NoGaps
from checkout.c4.checks.verify import verify_orders
from checkout.c4.report.judging import ViewJudge
from checkout.c4.report.shapes import shape_of
from checkout.c4.source.arrows import Arrow
from checkout.journal.hop import Hop

KINDS = ("", "missing", "extra", "redelivered", "wrong technology", "too early")


class Lost:
    """Gaps: in every third story nothing is proof."""

    problems = ()

    def reason(self, order: str, arrow: Arrow) -> str:
        return f"no span of {arrow.source}" if int(order) % 3 == 0 else ""

    def is_unseen(self, order: str, arrow: Arrow) -> bool:
        return False

    def order_reason(self, order: str) -> str:
        return "" if int(order) % 2 else "an unknown caller"


def facts(result: OrderResult) -> tuple[object, ...]:
    """What a result says, without the evidence."""
    deviations = sorted((*each.key, each.tolerated, each.count) for each in result.deviations)
    gaps = sorted((each.arrow.index if each.arrow else "", each.reason) for each in result.unjudged)
    return result.order, result.verdict, deviations, gaps, sorted(result.hops), dict(result.times)


@pytest.mark.parametrize("gaps", [NoGaps(), Lost()], ids=["complete", "with gaps"])
@pytest.mark.parametrize("name", VIEWS)
def test_stories_of_one_shape_have_the_result_that_each_has_alone(name: str, gaps: NoGaps | Lost) -> None:
    random, view = Random(7), drawing_of(VIEWS[name])
    runs = dict[str, list[Hop]]()
    for number in range(120):
        run = traced_run(VIEWS[name], random, str(number))
        kind = random.choice(KINDS)
        runs[str(number)] = with_fault(run, kind, random) if kind else run
    judge = ViewJudge(view, gaps)

    judged = [judge.judge(order, shape_of(hops)) for order, hops in runs.items()]

    alone = verify_orders(view, runs, gaps=gaps)
    assert [facts(each.result) for each in judged] == [facts(each) for each in alone]
    for each, hops in zip(judged, runs.values(), strict=True):
        assert {hop.order for _, hop in each.hops} <= {hop.order for hop in hops}
        assert {at for at, _ in each.hops} >= each.result.hops.keys()


def test_equal_stories_have_equal_shapes_whatever_their_clocks_and_order() -> None:
    rows = [row for row in VIEWS["ordering"] if row[0] <= 13]
    one, other = (traced_run(rows, Random(seed), f"t{seed}") for seed in (1, 2))

    forms = [shape_of(run).form for run in (one, list(reversed(one)))]

    assert forms[0] == forms[1]
    assert [hop.arrow for hop in shape_of(one).hops] == [hop.arrow for hop in shape_of(other).hops]


class LostDelivery(NoGaps):
    """Gaps: deliveries cannot be judged."""

    def reason(self, order: str, arrow: Arrow) -> str:
        return "a span without a message" if arrow.source == "kafka" else ""


def test_what_follows_a_delivery_that_cannot_be_judged_cannot_be_judged_either() -> None:
    rows = (*SELL[:3], SELL[4])
    hops = [hop("1", *SELL[0]), hop("2", *SELL[1], cause="1")]

    result = ViewJudge(view(rows), LostDelivery()).judge("t1", shape_of(hops)).result

    assert result.verdict == Verdict.UNJUDGED
    assert [each.arrow.index for each in result.unjudged if each.arrow] == ["3", "4"]
