"""Walk: the messages to the browser, its requests, and the static output in a notebook."""

import re
from html import escape
from pathlib import Path
from typing import Any

import pytest
from lab.widget.recorded_walk import RecordedWalk

from checkout import registry
from checkout.lab import Lab
from checkout.lab.course.step_notes import NOTES
from checkout.lab.views.pictures import VIEWS
from checkout.lab.widget.walk import Walk

MARKUP = "<img src=x onerror=alert(1)>"


@pytest.fixture
def walk(lab: Lab) -> RecordedWalk:
    """A walk around an order that waits at the web app."""
    lab.place_order("wooden spoon", quantity=2)
    return RecordedWalk(lab)


def state_after(moments: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """The state of the store after these moments, as the browser sums it up."""
    rows: dict[str, dict[int, Any]] = {"orders": {}, "stock": {}, "mailbox": {}}
    for moment in moments:
        for kind, changed in moment["changes"].items():
            rows.setdefault(kind, {}).update({int(at): row for at, row in changed.items()})
    return {kind: [found[at] for at in sorted(found)] for kind, found in rows.items()}


def test_hello_is_answered_with_the_hops_and_the_picture_of_the_last_order(lab: Lab, walk: RecordedWalk) -> None:
    lab.run()

    answer = walk.answer({"do": "hello", "id": 1})

    assert (answer["whole"], answer["answers"], len(answer["moments"]), answer["keep"]) == (True, 1, 17, 0)
    assert (list(answer["pictures"]), answer["view"]) == (["ordering"], "ordering")


def test_a_step_is_answered_with_its_one_hop(walk: RecordedWalk) -> None:
    walk.answer({"do": "hello"})
    walk.answer({"do": "step"})

    answer = walk.answer({"do": "step", "id": 3})

    assert (answer["keep"], [moment["step"] for moment in answer["moments"]], answer["error"]) == (1, [2], "")
    assert "pictures" not in answer and walk.messages == []


def test_a_step_in_a_cell_is_sent_to_an_open_walk(lab: Lab, walk: RecordedWalk) -> None:
    lab.step()
    walk.answer({"do": "hello"})

    lab.step()

    assert [[moment["step"] for moment in news["moments"]] for news in walk.messages] == [[2]]


def test_the_changes_add_up_to_the_store_at_each_moment(lab: Lab, walk: RecordedWalk) -> None:
    lab.run()

    answer = walk.answer({"do": "hello"})["moments"]

    sums = [state_after(answer[: at + 1]) for at in range(17)]
    assert [each["orders"] for each in sums] == [moment.state.orders for moment in lab.moments]
    assert [each["stock"] for each in sums] == [moment.state.stock for moment in lab.moments]
    assert sums[-1]["mailbox"] == lab.moments[-1].state.mailbox


def test_a_reset_discards_all_moments_in_the_browser(lab: Lab, walk: RecordedWalk) -> None:
    lab.run()
    walk.answer({"do": "hello"})

    answer = walk.answer({"do": "reset"})

    assert (answer["keep"], answer["moments"], answer["status"]["next"]) == (0, [], "Nothing moves: place an order.")


def test_an_error_is_answered_as_a_sentence(walk: RecordedWalk) -> None:
    walk.answer({"do": "hello"})

    answer = walk.answer({"do": "restart", "service": "payments", "id": 7})

    assert answer["answers"] == 7 and "payments" in answer["error"] and "Traceback" not in answer["error"]


def test_commit_comes_before_publish_where_the_browser_asks_for_it(lab: Lab, walk: RecordedWalk) -> None:
    lab.break_at("stock", "publish")
    lab.run()

    answer = walk.answer({"do": "verb", "verb": "commit"})

    assert answer["status"]["work_in_progress"]["done"] == ["poll", "handle", "commit"]
    assert answer["status"]["work_in_progress"]["allowed"] == ["publish"]


def test_the_browser_crashes_and_restarts_a_service(lab: Lab, walk: RecordedWalk) -> None:
    lab.break_at("stock", "publish")
    lab.run()

    crashed = walk.answer({"do": "crash", "service": "stock"})["status"]["crashed"]

    assert (crashed, walk.answer({"do": "restart", "service": "stock"})["status"]["crashed"]) == (["stock-1"], [])


def test_a_break_point_is_set_and_taken_away(walk: RecordedWalk) -> None:
    point = {"do": "break", "service": "payments", "verb": "publish"}

    answer = walk.answer(point | {"on": True})["status"]["breaks"]

    assert (answer, walk.answer(point | {"on": False})["status"]["breaks"]) == ([["payments", "publish"]], [])


def test_a_replay_is_shown_whole_and_never_changed(lab: Lab, walk: RecordedWalk, tmp_path: Path) -> None:
    lab.run()
    lab.journal.save(tmp_path / "run.jsonl")
    replayed = Walk(Lab.replay(tmp_path / "run.jsonl"))

    answer = replayed.answer({"do": "hello"})

    assert (len(answer["moments"]), answer["status"], answer["is_live"]) == (17, None, False)
    assert replayed.answer({"do": "reset"})["error"] == "this is a replay: it can be looked at, not changed"


def test_the_view_follows_the_story_of_each_order(lab: Lab, walk: RecordedWalk) -> None:
    lab.place_order("oak table", quantity=2)
    lab.place_order("garden gnome")
    lab.run()

    views = walk.answer({"do": "hello"})["views"]

    assert views == {
        "order-1": "ordering", "order-2": "ordering-payment-denied", "order-3": "ordering-sold-out",
    }  # fmt: skip


def test_a_walk_in_plain_text_is_the_same_each_time(lab: Lab, walk: RecordedWalk) -> None:
    for _ in range(8):
        lab.step()

    assert repr(walk).splitlines() == [
        "walk through ordering, hop 8 of 8",
        "  Step 8: Kafka delivers ProcessPayment of order-1 to Payments.",
        "  order.process-order-payment[0]@0",
        "  key order-1, lag 1",
        f"  {lab.explain()}",
    ]
    assert repr(Walk(lab)) == repr(walk)


def test_without_a_kernel_the_output_is_a_picture_and_a_table(memory_lab: Any) -> None:
    lab = memory_lab()
    lab.place_order("wooden spoon", customer=MARKUP)
    lab.run()

    data, _ = Walk(lab)._repr_mimebundle_()

    assert set(data) == {"text/plain", "text/html", "application/vnd.jupyter.widget-view+json"}
    html = data["text/html"]
    assert re.search(r'<img alt="[^"]*SendEmail[^"]*" [^>]*src="data:image/svg\+xml;base64,', html)
    assert "<td>APPROVED</td>" in html and MARKUP not in html


def test_the_static_table_says_how_many_orders_it_leaves_out(lab: Lab) -> None:
    for _ in range(20):
        lab.place_order("wooden spoon")
    lab.run()
    whole = Walk(lab)._html()
    lab.place_order("wooden spoon")
    lab.run()

    html = Walk(lab)._html()

    assert "<caption>" not in whole and "<caption>the last 20 of 21 orders</caption>" in html
    assert html.count("<td>APPROVED</td>") == 20


def test_markup_in_a_reason_is_text_in_the_saved_table(lab: Lab) -> None:
    lab.deny_next_payment(MARKUP)
    lab.place_order("wooden spoon")
    lab.run()

    html = Walk(lab)._repr_mimebundle_()[0]["text/html"]

    assert escape(MARKUP) in html and MARKUP not in html


@pytest.mark.parametrize("name", VIEWS)
def test_every_step_has_its_note(name: str) -> None:
    assert set(NOTES[name]) == {arrow.step for arrow in registry.arrows(name)}


def test_an_unexpected_error_is_answered_with_its_type(walk: RecordedWalk) -> None:
    answer = walk.answer({"do": "break", "id": 9})

    assert (answer["answers"], answer["error"]) == (9, "this failed: KeyError: 'on'")
