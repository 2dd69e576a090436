"""Answers: each request of the browser gets one, the result or an error as a sentence; and what else a failure does."""

from typing import Any

import pytest

from checkout.lab import Lab, LabError
from checkout.lab.comparison.comparison import compare
from checkout.lab.widget.board import Board
from checkout.lab.widget.sides import Sides
from checkout.lab.widget.walk import Walk

REFUSAL = "no broker answers: lab.start_brokers() starts them"


def refuse(*_: Any, **__: Any) -> Any:
    """In place of a method that asks the broker."""
    raise LabError(REFUSAL)


@pytest.fixture
def sides(lab: Lab) -> Sides:
    """A walk around a lab with one order, beside its fork."""
    lab.place_order("wooden spoon")
    lab.run()
    sides = Sides(lab, print)
    sides.answer({"do": "fork", "number": 4})
    return sides


def test_a_fork_is_closed_once(sides: Sides) -> None:
    answers = [sides.answer({"do": "close", "side": "pair", "id": number}) for number in (1, 2)]

    assert answers == [
        {"answers": 1, "error": "", "side": "pair"},
        {"answers": 2, "error": "there is no fork here: it has been closed", "side": "pair"},
    ]  # fmt: skip


def test_a_request_about_a_closed_fork_is_answered_on_its_side(sides: Sides) -> None:
    sides.answer({"do": "close", "side": "pair"})

    answer = sides.answer({"do": "step", "side": "second", "id": 3})

    assert answer == {"answers": 3, "error": "there is no second run here: it has been closed", "side": "second"}


@pytest.mark.parametrize("incomplete", [{}, {"do": "difference", "side": "pair"}, {"do": "page"}])
def test_a_request_that_lacks_something_is_answered(sides: Sides, incomplete: dict[str, Any]) -> None:
    answer = sides.answer(incomplete | {"id": 4})

    assert answer["answers"] == 4 and answer["error"].startswith("this failed: KeyError: ")
    assert answer.get("side", "first") == incomplete.get("side", "first")


@pytest.mark.parametrize("kind", [Walk, Board])
@pytest.mark.parametrize("do", ["hello", "step", "fly"])
def test_a_request_is_answered_when_the_state_cannot_be_read(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, kind: Any, do: str
) -> None:
    widget = kind(lab)
    monkeypatch.setattr(Lab, "status", refuse)

    answer = widget.answer({"do": do, "id": 5})

    assert answer == {"answers": 5, "error": "this widget cannot do 'fly'" if do == "fly" else REFUSAL}


@pytest.mark.parametrize("kind", [Walk, Board])
def test_after_a_failure_the_browser_receives_what_it_has_missed(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, kind: Any
) -> None:
    widget = kind(lab)
    widget.answer({"do": "hello"})
    lab.place_order("wooden spoon")
    with monkeypatch.context() as patched:
        patched.setattr(Lab, "status", refuse)
        widget.answer({"do": "step"})

    answer = widget.answer({"do": "step"})

    assert (answer["keep"], answer["count"], answer["error"]) == (0, 2, "")


def test_a_cell_does_not_fail_because_a_widget_cannot_read_the_state(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.walk().answer({"do": "hello"})
    lab.place_order("wooden spoon")
    monkeypatch.setattr(Lab, "status", refuse)

    lab.step()

    assert len(lab.moments) == 1


def test_an_interrupted_request_is_answered(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Lab, "step", interrupt)

    answer = lab.walk().answer({"do": "step", "id": 6})

    assert (answer["answers"], answer["error"]) == (6, "the kernel was interrupted: try again")


def test_a_comparison_keeps_its_two_runs(lab: Lab, memory_lab: Any) -> None:
    comparison = compare(lab, memory_lab())

    answers = [comparison.answer({"do": "fork", "number": None}), comparison.answer({"do": "close", "side": "pair"})]

    assert [answer["error"] for answer in answers] == [
        "two runs are compared here: lab.fork(number) returns a fork in a cell",
        "there is no fork here: it has been closed",
    ]  # fmt: skip
    assert repr(comparison).startswith("No difference:")


def test_a_comparison_is_neither_saved_nor_a_fork(lab: Lab, memory_lab: Any, tmp_path: Any) -> None:
    comparison = compare(lab, memory_lab())

    with pytest.raises(LabError, match=r'save each side, a.walk\(\).save\("a.html"\) and b.walk\(\).save\("b.html"\)'):
        comparison.save(tmp_path / "both.html")
    with pytest.raises(LabError, match=r"a.fork\(number\) in a cell"):
        assert comparison.fork

    assert list(tmp_path.iterdir()) == []
