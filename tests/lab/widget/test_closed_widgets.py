"""Closed widgets: a lab keeps no callback of a widget that is closed, replaced, or was never made."""

from collections.abc import Callable
from typing import Any

import pytest

from checkout.lab import Lab, LabError
from checkout.lab.comparison.comparison import compare
from checkout.lab.widget.board import Board
from checkout.lab.widget.walk import Walk

WIDGETS: dict[str, Callable[[Lab, Lab], Any]] = {
    "walk": lambda lab, _: Walk(lab), "board": lambda lab, _: Board(lab), "comparison": compare,
}  # fmt: skip


@pytest.mark.parametrize("kind", WIDGETS)
def test_a_closed_widget_unregisters_its_callbacks(kind: str, lab: Lab, memory_lab: Callable[[], Lab]) -> None:
    other = memory_lab()
    widget = WIDGETS[kind](lab, other)
    registered = len(lab.callbacks)

    widget.close()
    widget.close()

    assert (registered, lab.callbacks, other.callbacks) == (1, [], [])


def test_a_widget_of_a_replay_is_closed_too(lab: Lab, tmp_path: Any) -> None:
    lab.place_order("wooden spoon")
    lab.run()
    lab.journal.save(tmp_path / "run.jsonl")

    for widget in (Walk(Lab.replay(tmp_path / "run.jsonl")), Board(Lab.replay(tmp_path / "run.jsonl"))):
        widget.close()
        assert widget.comm is None


def test_a_replaced_fork_has_no_callback(lab: Lab) -> None:
    walk = Walk(lab)
    walk.answer({"do": "fork", "number": None})
    first = walk.fork
    walk.answer({"do": "fork", "number": None})
    second = walk.fork
    assert isinstance(first, Lab) and isinstance(second, Lab)

    assert (len(first.callbacks), len(second.callbacks), len(lab.callbacks)) == (0, 1, 1)


def test_a_board_that_is_refused_leaves_no_callback(lab: Lab) -> None:
    with pytest.raises(LabError, match="there is no topic"):
        lab.board("orders")

    assert lab.callbacks == []
