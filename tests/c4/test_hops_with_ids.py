"""Hop ids: journals whose hops have ids are read and drawn by them."""

from typing import Any

from checkout.c4.draw import observe_arrows
from checkout.c4.journal import parse_hops

LINE = {"order": "7", "from": "members", "to": "lending", "message": "POST", "technology": "HTTP",
        "at": "2026-01-01T10:00:00.001Z"}  # fmt: skip


def steps(*lines: dict[str, Any]) -> list[tuple[int, str, str]]:
    return [(arrow.step, arrow.source, arrow.target) for arrow in observe_arrows([parse_hops(lines)])]


def test_three_equal_calls_with_ids_are_three_hops_and_without_ids_one() -> None:
    assert len(parse_hops([LINE | {"id": str(number)} for number in range(3)])) == 3
    assert len(parse_hops([LINE] * 3)) == 1


def test_a_line_that_is_read_twice_is_one_hop() -> None:
    assert len(parse_hops([LINE | {"id": "1"}] * 2)) == 1


def test_posts_are_drawn_in_the_order_of_their_causes_against_the_clock() -> None:
    first = LINE | {"id": "1", "from": "web", "to": "members"}
    second = LINE | {"id": "2", "cause_id": "1", "at": "2026-01-01T09:00:00Z"}
    third = LINE | {"id": "3", "cause_id": "2", "from": "lending", "to": "stamps", "at": "2026-01-01T08:00:00Z"}

    assert steps(third, second, first) == [(1, "web", "members"), (2, "members", "lending"), (3, "lending", "stamps")]


def test_calls_for_one_cause_have_one_step_and_repeats_keep_the_first() -> None:
    first = LINE | {"id": "1", "from": "web", "to": "members"}
    loop = [LINE | {"id": f"2.{number}", "cause_id": "1"} for number in range(3)]
    other = LINE | {"id": "3", "cause_id": "1", "to": "stamps"}
    again = LINE | {"id": "4", "cause_id": "3", "from": "stamps", "to": "members"}
    late = LINE | {"id": "5", "cause_id": "4"}

    assert steps(first, *loop, other, again, late) == [
        (1, "web", "members"), (2, "members", "lending"), (2, "members", "stamps"), (3, "stamps", "members"),
    ]  # fmt: skip
