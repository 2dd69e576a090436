"""Shapes: stories that a view may judge differently have different shapes, and others have one."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from c4.traced_runs import hop

from checkout.c4.report.shapes import shape_of
from checkout.journal.hop import Hop, Outcome

PLACE = {"topic": "placed", "partition": 0, "offset": 7, "replica": "orders-1"}


def story(trace: str = "t1", **changed: dict[str, Any]) -> list[Hop]:
    """A call, two publications of one service, and their deliveries; `changed` has new fields of a hop by its name."""
    sent = {"sender": "orders", "to": "kafka", "cause": "call"}
    received = {"sender": "kafka", "cause": "first", **PLACE}
    fields: dict[str, dict[str, Any]] = {
        "call": {"sender": "web", "to": "orders", "replica": "orders-1"},
        "first": {**sent, "technology": "placed", **PLACE},
        "second": {**sent, "technology": "paid", **PLACE, "topic": "paid"},
        "stock": {**received, "to": "stock", "technology": "placed", "group": "stock"},
        "mail": {**received, "to": "mail", "technology": "placed", "group": "mail"},
    }
    made = list[Hop]()
    for number, (name, each) in enumerate(fields.items()):
        own = {**each, "replica": {"stock": "stock-1", "mail": "mail-1"}.get(name, "orders-1"), **changed.get(name, {})}
        later = timedelta(seconds=own.pop("seconds", number))
        cause = f"{trace}-{own.pop('cause')}" if own.get("cause") else None
        begun = hop(f"{trace}-{name}", own.pop("sender"), own.pop("to"), own.pop("technology", "HTTP"), cause, **own)
        made.append(msgspec.structs.replace(begun, order=trace, at=begun.at + later))
    return made


@pytest.mark.parametrize(
    "changed",
    [
        {"stock": {"outcome": Outcome.FAILED}},
        {"stock": {"technology": "placed.v2"}},
        {"stock": {"topic": "placed.v2"}},
        {"stock": {"group": "other"}},
        {"stock": {"cause": "second"}},
        {"stock": {"offset": 8}},
        {"stock": {"seconds": 9}},
        {"second": {"seconds": 0.5}},
        {"call": {"seconds": 9}},
        {"call": {"replica": "web-1"}},
    ],
)
def test_what_may_change_a_result_changes_the_shape(changed: dict[str, dict[str, Any]]) -> None:
    assert shape_of(story(**changed)).form != shape_of(story()).form


def test_another_cause_changes_the_shape_also_if_all_places_stay() -> None:
    at_once = {"stock": {"seconds": 3}, "mail": {"seconds": 3}}
    caused = {**at_once, "stock": {"seconds": 3, "cause": "mail"}}

    assert [hop.to for hop in shape_of(story(**caused)).hops] == [hop.to for hop in shape_of(story(**at_once)).hops]
    assert shape_of(story(**caused)).form != shape_of(story(**at_once)).form


def test_traces_times_and_places_that_change_no_result_leave_the_shape() -> None:
    moved = {name: {"offset": 100, "partition": 3} for name in ("first", "second", "stock", "mail")}
    later = [msgspec.structs.replace(each, at=each.at + timedelta(days=1)) for each in story("t2", **moved)]
    skewed = story("t3", stock={"seconds": -7}, mail={"seconds": -5})

    assert shape_of(later[::-1]).form == shape_of(story()).form
    assert shape_of(skewed).form == shape_of(story()).form


def test_hops_that_cause_each_other_are_at_the_end() -> None:
    circle = story(first={"cause": "stock"})

    assert [hop.to for hop in shape_of(circle).hops][:2] == ["orders", "kafka"]
    assert len(shape_of(circle).hops) == 5
