"""A closed lab: its hops can be read, nothing else can be done with it."""

from collections.abc import Callable

import pytest

from checkout.lab import Lab
from checkout.lab.errors import LabError


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(Lab.step, id="step"),
        pytest.param(Lab.run, id="run"),
        pytest.param(lambda lab: lab.place_order("wooden spoon"), id="order"),
        pytest.param(Lab.reset, id="reset"),
        pytest.param(lambda lab: lab.crash("stock"), id="crash"),
    ],
)
def test_a_closed_lab_refuses_changes(lab: Lab, change: Callable[[Lab], object]) -> None:
    lab.place_order("wooden spoon")
    lab.close()

    with pytest.raises(LabError, match=r"this lab is closed: Lab\(\) makes another"):
        change(lab)


def test_the_hops_of_a_closed_lab_can_be_read(lab: Lab) -> None:
    lab.place_order("wooden spoon")
    lab.run()
    moments = list(lab.moments)

    lab.close()
    lab.close()

    assert len(moments) > 10 and lab.moments == moments
