"""Levels: views share a mapping only if each of them would understand a story alike alone."""

import pytest
from c4.report.story_spans import SELL, Rows, view

from checkout.c4.report.levels import group_levels

POST = ("web", "orders", "HTTP, POST /orders")


@pytest.mark.parametrize(
    ("rows", "levels"),
    [
        ([POST, ("orders", "kafka", "order.cancelled")], 1),
        ([("web", "orders", "HTTP, POST /orders/{id}/cancellation"), ("orders", "kafka", "order.placed")], 1),
        ([("web", "orders", "HTTP"), ("orders", "kafka", "order.placed")], 2),
        ([("web", "orders", "HTTP, POST /{anything}"), ("orders", "kafka", "order.placed")], 2),
        ([POST, ("orders", "kafka", "events on Kafka")], 2),
        ([POST, ("orders", "mail", "order.placed")], 2),
    ],
    ids=["other topic", "other route", "any request", "placeholder", "any topic", "no broker"],
)
def test_views_share_a_level_unless_one_call_fits_a_technology_of_both(rows: Rows, levels: int) -> None:
    found = group_levels([view(SELL), view(rows, "other")])

    assert len(found) == levels
    assert [drawing.name for level in found for drawing in level.views] == ["sell", "other"]


def test_the_drawing_of_a_level_has_the_elements_and_arrows_of_its_views() -> None:
    returns = [POST, ("orders", "kafka", "order.returned"), ("kafka", "refunds", "order.returned")]

    (level,) = group_levels([view(SELL), view(returns, "returns")])

    assert level.drawing.aliases.keys() == {"web", "orders", "kafka", "stock", "mail", "warehouse", "refunds"}
    assert len(level.drawing.arrows) == len(SELL) + 2


def test_views_that_mean_two_things_by_one_alias_do_not_share_a_level() -> None:
    assert len(group_levels([view(SELL), view(SELL, "other", shape="rectangle")])) == 2
