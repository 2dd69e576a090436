"""Changes of a lab: callbacks hear of them, and a reset that is refused makes none."""

from collections.abc import Callable

import pytest

from checkout.lab import Lab, LabError

OpenLab = Callable[..., Lab]


def test_callbacks_are_called_after_every_change(lab: Lab) -> None:
    seen: list[int] = []
    lab.on_change(lambda: seen.append(len(lab.moments)))
    lab.place_order("wooden spoon")

    lab.step()
    lab.run()
    lab.reset()

    assert seen == [0, 1, 17, 0]


def test_an_unregistered_callback_is_called_no_more(lab: Lab) -> None:
    seen: list[str] = []
    unregister = lab.on_change(lambda: seen.append("first"))
    lab.on_change(lambda: seen.append("second"))

    unregister()
    unregister()
    lab.place_order("wooden spoon")

    assert seen == ["second"]


@pytest.mark.parametrize("partitions", [0, -1])
def test_a_topic_has_at_least_one_partition(memory_lab: OpenLab, partitions: int) -> None:
    with pytest.raises(LabError, match=f"a topic cannot have {partitions} partitions: choose 1 or more"):
        memory_lab(partitions=partitions)


@pytest.mark.parametrize("partitions", [0, -1])
def test_a_refused_reset_changes_nothing(memory_lab: OpenLab, partitions: int) -> None:
    lab = memory_lab(partitions=2)
    lab.place_order("wooden spoon")
    lab.run()

    with pytest.raises(LabError, match=f"a topic cannot have {partitions} partitions: choose 1 or more"):
        lab.reset(partitions=partitions)

    assert (len(lab.moments), len(lab.offsets("order.new-order-received"))) == (17, 2)
    assert len(lab.fork().moments) == 17
    lab.reset()
    assert len(lab.offsets("order.new-order-received")) == 2
