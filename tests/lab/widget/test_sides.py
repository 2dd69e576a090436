"""Sides of a widget: messages about one run or two, and what is sent when a cell changes a lab."""

from collections.abc import Callable
from typing import Any

import pytest

from checkout.lab import Lab
from checkout.lab.comparison.comparison import NAMES
from checkout.lab.widget.sides import Sides


@pytest.fixture
def sent() -> list[dict[str, Any]]:
    """What the browser has received without asking."""
    return []


@pytest.fixture
def sides(lab: Lab, sent: list[dict[str, Any]]) -> Sides:
    """A widget around a lab with one order, which a browser has opened."""
    lab.place_order("wooden spoon")
    lab.run()
    sides = Sides(lab, sent.append)
    sides.answer({"do": "hello", "id": 1})
    return sides


def fork(sides: Sides, number: int) -> Lab:
    """Forks as the browser does, and opens the fork's side."""
    answer = sides.answer({"do": "fork", "number": number, "id": 2})
    assert (answer["error"], answer["pair"]["is_new"]) == ("", True)
    sides.answer({"do": "hello", "side": "second", "id": 1})
    assert isinstance(sides.second, Lab)
    return sides.second


def test_with_one_run_no_message_has_a_side_or_a_pair(sides: Sides, lab: Lab, sent: list[dict[str, Any]]) -> None:
    lab.place_order("enamel mug")
    answer = sides.answer({"do": "step", "id": 3})

    assert [{"side", "pair"} & set(message) for message in (*sent, answer)] == [set(), set()]


def test_a_change_by_a_cell_names_its_side_and_compares_anew(
    sides: Sides, lab: Lab, sent: list[dict[str, Any]]
) -> None:
    forked = fork(sides, 4)

    forked.step()
    lab.sell_out("enamel mug")

    assert [message.get("side") for message in sent] == ["second", None]
    assert sent[0]["pair"]["rows"] == [("both", 5), ("first", 12)]
    assert sent[1]["pair"]["rows"] == [("both", 5), ("first", 13)]
    assert sent[1]["pair"]["different"] == [[5, 13]]


def test_an_answer_about_the_second_side_changes_only_that_lab(sides: Sides, lab: Lab) -> None:
    forked = fork(sides, 4)

    answer = sides.answer({"do": "verb", "verb": "commit", "side": "second", "id": 3})

    assert (answer["side"], answer["error"], len(lab.moments)) == ("second", "", 17)
    assert forked.status().work_in_progress.done == ["poll", "handle", "commit"]


def test_a_replaced_or_closed_fork_sends_nothing_any_more(sides: Sides, sent: list[dict[str, Any]]) -> None:
    replaced, closed = fork(sides, 4), fork(sides, 9)
    sides.answer({"do": "close", "side": "pair", "id": 3})

    replaced.step()
    closed.step()

    assert (sent, sides.second) == ([], None)


def test_a_fork_that_fails_changes_nothing(sides: Sides) -> None:
    answer = sides.answer({"do": "fork", "number": 99, "id": 2})

    assert answer == {"answers": 2, "error": "there is no hop 99: the run has 17"}
    assert sides.second is None


def test_each_row_says_how_its_hops_differ(sides: Sides, lab: Lab, memory_lab: Callable[[], Lab]) -> None:
    other = memory_lab()
    other.place_order("wooden spoon", customer="Grace")
    other.run()
    sides.add(other, NAMES)

    rows = [sides.answer({"do": "difference", "row": row, "side": "pair", "id": 3})["difference"] for row in (0, 4, 99)]

    names = "customerName is Ada in the first run and Grace in the second run"
    assert [row.partition(" (")[0] for row in rows] == [f"Hop 1 differs: {names}", f"Hop 5 differs: {names}", ""]


def test_a_replay_cannot_be_forked_in_the_browser(lab: Lab, sides: Sides, tmp_path: Any) -> None:
    lab.journal.save(tmp_path / "run.jsonl")

    answer = Sides(Lab.replay(tmp_path / "run.jsonl"), print).answer({"do": "fork", "number": 3, "id": 1})

    assert answer["error"].startswith("a replay cannot be forked")
