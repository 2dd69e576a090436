"""Generated traces: valid runs of each view conform, and each fault is found with its class and arrow."""

from collections.abc import Callable
from itertools import product
from random import Random

import pytest
from c4.traces.mapping.generated import STYLES
from c4.traces.mapping.generated_verdicts import judge_broken, judge_valid
from c4.traces.mapping.plans import FAULTS, calls_of

from checkout.c4.source.arrows import Drawing

VIEWS = (
    "ordering", "ordering-sold-out", "ordering-payment-denied", "ordering-cancelled", "ordering-expired",
    "ordering-late-payment", "ordering-parcel-refused", "ordering-refund-refused",
)  # fmt: skip
WITHOUT_SEQUENCE = ("ordering-sold-out", "wrong order")  # no service does two things after each other
View = Callable[[str], Drawing]


@pytest.mark.parametrize("name", VIEWS)
def test_valid_runs_conform(view: View, name: str) -> None:
    drawing = view(name)

    results = [judge_valid(drawing, Random(seed), style) for seed, style in enumerate(2 * ("", *STYLES))]

    assert [str(result) for result in results if not result.conforms] == []


@pytest.mark.parametrize(("name", "fault"), [pair for pair in product(VIEWS, FAULTS) if pair != WITHOUT_SEQUENCE])
def test_faults_are_found(view: View, name: str, fault: str) -> None:
    drawing = view(name)

    for seed in range(6):
        found = judge_broken(drawing, fault, Random(seed))
        assert found is not None
        assert found.is_found, f"{seed}: {found}"


def test_every_arrow_happens_however_messages_are_traced(view: View) -> None:
    drawing = view("ordering")

    happened = {style: set(judge_valid(drawing, Random(7), style).hops) for style in STYLES}

    assert happened == dict.fromkeys(STYLES, set(range(len(calls_of(drawing)))))
