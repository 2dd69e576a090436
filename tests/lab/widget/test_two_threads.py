"""Two threads and two widgets: neither waits for what the other one holds."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from checkout.lab import Lab
from checkout.lab.comparison.comparison import compare
from checkout.lab.widget.board import Board
from checkout.lab.widget.walk import Walk

HEAD_START = 0.3  # seconds: the second thread has taken by then whatever is free
DEADLINE = 5.0
STEP = {"do": "step", "id": 1}
Labs = list[Lab]
WIDGETS: dict[str, Callable[[Labs], tuple[Any, Any]]] = {
    "two walks": lambda labs: (Walk(labs[1]), Walk(labs[1])),
    "a board and a walk": lambda labs: (Board(labs[1]), Walk(labs[1])),
    "two comparisons": lambda labs: (compare(labs[1], labs[2]), compare(labs[0], labs[1])),
}


@pytest.mark.parametrize("kind", WIDGETS)
@pytest.mark.parametrize("other", ["an answer", "a cell"])
def test_a_step_sends_news_of_a_widget_that_another_thread_uses(kind: str, other: str) -> None:
    labs = [Lab(log="memory") for _ in range(3)]  # not closed: that would wait for the threads of a failure
    labs[1].place_order("wooden spoon")
    first, second = WIDGETS[kind](labs)
    action = {"an answer": lambda: second.answer(STEP), "a cell": lambda: repr(second)}[other]
    cell = threading.Thread(target=action, daemon=True)
    labs[1].callbacks.insert(0, lambda: start(cell))  # between the step and the news of the second widget
    second.answer({"do": "hello", "id": 1})
    browser = threading.Thread(target=lambda: first.answer(STEP), daemon=True)

    browser.start()
    browser.join(DEADLINE)
    cell.join(DEADLINE)

    assert not browser.is_alive() and not cell.is_alive(), f"no answer within {DEADLINE} seconds"


def start(thread: threading.Thread) -> None:
    """Starts the thread at the first call, and lets it go as far as it can for now."""
    if thread.ident is None:
        thread.start()
        thread.join(HEAD_START)
