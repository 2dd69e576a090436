"""Walk: what the browser is told, what it can ask for, and what is left in a notebook without it."""

import re
from html import escape
from pathlib import Path
from typing import Any

import pytest

from checkout import registry
from checkout.lab import Lab
from checkout.lab.course.step_notes import NOTES
from checkout.lab.views.pictures import VIEWS
from checkout.lab.widget.walk import Walk

NAUGHTY = "<img src=x onerror=alert(1)>"


class Heard(Walk):
    """A walk whose messages to the browser are kept."""

    def send(self, content: Any, buffers: Any = None) -> None:
        """Keeps it."""
        self.__dict__.setdefault("heard", []).append(content)

    @property
    def heard(self) -> list[dict[str, Any]]:
        """What the browser has been told."""
        return self.__dict__.get("heard", [])


@pytest.fixture
def walk(lab: Lab) -> Heard:
    """A walk around an order that waits at the web app."""
    lab.place_order("wooden spoon", quantity=2)
    return Heard(lab)


def scene(moments: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """How the store stands after these moments, as the browser adds it up."""
    rows: dict[str, dict[int, Any]] = {}
    for moment in moments:
        for kind, changed in moment["changes"].items():
            rows.setdefault(kind, {}).update({int(at): row for at, row in changed.items()})
    return {kind: [found[at] for at in sorted(found)] for kind, found in rows.items()}


def test_whoever_says_hello_gets_everything(lab: Lab, walk: Heard) -> None:
    lab.run()

    told = walk.answer({"do": "hello", "id": 1})

    assert (told["whole"], told["answers"], len(told["moments"]), told["keep"]) == (True, 1, 17, 0)
    assert list(told["pictures"]) == list(VIEWS) and told["view"] == "ordering"


def test_a_step_is_answered_with_its_one_hop(walk: Heard) -> None:
    walk.answer({"do": "hello"})
    walk.answer({"do": "step"})

    told = walk.answer({"do": "step", "id": 3})

    assert (told["keep"], [moment["step"] for moment in told["moments"]], told["error"]) == (1, [2], "")
    assert "pictures" not in told and walk.heard == []


def test_a_step_in_a_cell_is_told_once_somebody_looks(lab: Lab, walk: Heard) -> None:
    lab.step()
    walk.answer({"do": "hello"})

    lab.step()

    assert [[moment["step"] for moment in news["moments"]] for news in walk.heard] == [[2]]


def test_the_changes_add_up_to_the_store_at_each_moment(lab: Lab, walk: Heard) -> None:
    lab.run()

    told = walk.answer({"do": "hello"})["moments"]

    sums = [scene(told[: at + 1]) for at in range(17)]
    assert [each["orders"] for each in sums] == [moment.scene.orders for moment in lab.moments]
    assert [each["stock"] for each in sums] == [moment.scene.stock for moment in lab.moments]
    assert sums[-1]["mailbox"] == lab.moments[-1].scene.mailbox


def test_after_a_reset_the_browser_keeps_nothing(lab: Lab, walk: Heard) -> None:
    lab.run()
    walk.answer({"do": "hello"})

    told = walk.answer({"do": "reset"})

    assert (told["keep"], told["moments"], told["status"]["next"]) == (0, [], "Nothing moves: place an order.")


def test_what_cannot_be_done_is_said_and_nothing_is_lost(walk: Heard) -> None:
    walk.answer({"do": "hello"})

    told = walk.answer({"do": "restart", "service": "payments", "id": 7})

    assert told["answers"] == 7 and "payments" in told["error"] and "Traceback" not in told["error"]


def test_commit_comes_before_publish_where_the_browser_asks_for_it(lab: Lab, walk: Heard) -> None:
    lab.break_at("stock", "publish")
    lab.run()

    told = walk.answer({"do": "verb", "verb": "commit"})

    assert told["status"]["hand"]["done"] == ["poll", "handle", "commit"]
    assert told["status"]["hand"]["allowed"] == ["publish"]


def test_the_plug_is_pulled_and_put_back(lab: Lab, walk: Heard) -> None:
    lab.break_at("stock", "publish")
    lab.run()

    crashed = walk.answer({"do": "crash", "service": "stock"})["status"]["crashed"]

    assert (crashed, walk.answer({"do": "restart", "service": "stock"})["status"]["crashed"]) == (["stock-1"], [])


def test_a_break_point_is_set_and_taken_away(walk: Heard) -> None:
    point = {"do": "break", "service": "payments", "verb": "publish"}

    told = walk.answer(point | {"on": True})["status"]["breaks"]

    assert (told, walk.answer(point | {"on": False})["status"]["breaks"]) == ([["payments", "publish"]], [])


def test_a_replay_is_shown_whole_and_never_changed(lab: Lab, walk: Heard, tmp_path: Path) -> None:
    lab.run()
    lab.journal.save(tmp_path / "run.jsonl")
    replayed = Walk(Lab.replay(tmp_path / "run.jsonl"))

    told = replayed.answer({"do": "hello"})

    assert (len(told["moments"]), told["status"], told["is_live"]) == (17, None, False)
    assert replayed.answer({"do": "reset"})["error"] == "this is a replay: it can be looked at, not changed"


def test_the_views_follow_what_became_of_each_order(lab: Lab, walk: Heard) -> None:
    lab.place_order("oak table", quantity=2)
    lab.place_order("garden gnome")
    lab.run()

    views = walk.answer({"do": "hello"})["views"]

    assert views == dict(zip(("order-1", "order-2", "order-3"), ("ordering", *reversed(VIEWS[1:])), strict=True))


def test_a_walk_in_plain_text_is_the_same_each_time(lab: Lab, walk: Heard) -> None:
    for _ in range(8):
        lab.step()

    assert repr(walk).splitlines() == [
        "walk through ordering, hop 8 of 8",
        "  Step 8: Kafka hands ProcessPayment of order-1 to Payments.",
        "  order.process-order-payment[0]@0",
        "  key order-1, lag 0",
        f"  {lab.explain()}",
    ]
    assert repr(Walk(lab)) == repr(walk)


def test_without_a_kernel_a_picture_and_a_table_are_left(memory_lab: Any) -> None:
    lab = memory_lab()
    lab.place_order("wooden spoon", customer=NAUGHTY)
    lab.run()

    data, _ = Walk(lab)._repr_mimebundle_()

    assert set(data) == {"text/plain", "text/html", "application/vnd.jupyter.widget-view+json"}
    html = data["text/html"]
    assert re.search(r'<img alt="[^"]*SendEmail[^"]*" [^>]*src="data:image/svg\+xml;base64,', html)
    assert "<td>APPROVED</td>" in html and NAUGHTY not in html


def test_markup_in_a_reason_is_text_in_the_saved_table(lab: Lab) -> None:
    lab.deny_next_payment(NAUGHTY)
    lab.place_order("wooden spoon")
    lab.run()

    html = Walk(lab)._repr_mimebundle_()[0]["text/html"]

    assert escape(NAUGHTY) in html and NAUGHTY not in html


@pytest.mark.parametrize("name", VIEWS)
def test_every_step_has_its_note(name: str) -> None:
    assert set(NOTES[name]) == {arrow.step for arrow in registry.arrows(name)}


def test_an_error_that_nobody_thought_of_is_said_too(walk: Heard) -> None:
    told = walk.answer({"do": "break", "id": 9})

    assert (told["answers"], told["error"]) == (9, "KeyError: 'on'")
