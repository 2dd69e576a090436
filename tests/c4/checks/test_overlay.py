"""Overlay: the strokes of arrows that cannot be judged, of other alternatives, and of accepted deviations."""

import re
from dataclasses import replace

import pytest
from c4.conftest import Draw
from c4.traced_runs import hop

from checkout.c4.checks.conformance.results import OrderResult, Unjudged
from checkout.c4.checks.overlay import KEYS, overlay_key, render_overlay
from checkout.c4.checks.verify import verify_orders
from checkout.c4.render.renderer import RenderedDiagram, Renderer

pytestmark = pytest.mark.slow  # draws with PlantUML

ARROWS = ('Container(web, "Web")', 'Container(shop, "Shop")', 'Container(bank, "Bank")') + (
    'Rel(web, shop, "orders from", "HTTP", $index=1)',
    'Rel(shop, bank, "pays at", "HTTP", $index=2)',
)
RED, GREEN, GREY, GREY_DASHED = "#D93025", "#1E8E3E", "#9AA0A6", "stroke:#80868B;stroke-width:1.6;stroke-dasharray:3,4"


@pytest.fixture
def shop(draw: Draw) -> RenderedDiagram:
    return draw(*ARROWS)


def strokes(renderer: Renderer, shop: RenderedDiagram, *results: OrderResult) -> list[str]:
    """The style of each arrow's line."""
    svg = render_overlay(renderer, shop.drawing, results)
    groups = [svg.split(f'id="{each.svg_id}"')[1].split("</g>")[0] for each in shop.drawing.arrows]
    return [match[1] for each in groups if (match := re.search(r'<path [^>]*style="([^"]*)"', each))]


def judged(shop: RenderedDiagram) -> OrderResult:
    """An order in which only the first arrow happened."""
    return verify_orders(shop.drawing, {"t1": [hop("1", "web", "shop")]})[0]


def test_arrow_that_cannot_be_judged_is_grey_and_dashed(renderer: Renderer, shop: RenderedDiagram) -> None:
    unknown = replace(judged(shop), deviations=(), unjudged=(Unjudged(shop.drawing.arrows[1], "no span"),))

    first, second = strokes(renderer, shop, unknown)

    assert GREEN in first and GREY_DASHED in second
    assert overlay_key(shop.drawing, [unknown]) == " ".join([*KEYS.values(), "Grey, dashed: cannot be judged."])


def test_arrow_that_happened_in_another_order_is_green(renderer: Renderer, shop: RenderedDiagram) -> None:
    unknown = replace(judged(shop), deviations=(), unjudged=(Unjudged(shop.drawing.arrows[1], "no span"),))
    complete = verify_orders(shop.drawing, {"t2": [hop("1", "web", "shop"), hop("2", "shop", "bank", cause="1")]})[0]

    assert all(GREEN in each for each in strokes(renderer, shop, unknown, complete))


def test_alternative_that_did_not_happen_is_grey(renderer: Renderer, shop: RenderedDiagram) -> None:
    other = replace(judged(shop), deviations=())

    assert GREY in strokes(renderer, shop, other)[1]


def test_accepted_deviation_keeps_its_colour(renderer: Renderer, shop: RenderedDiagram) -> None:
    known = [replace(each, tolerated=True, accepted="known") for each in judged(shop).deviations]

    assert RED in strokes(renderer, shop, replace(judged(shop), deviations=tuple(known)))[1]
