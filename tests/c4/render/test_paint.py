"""Paint: story frames and overlays colour each arrow by its state."""

import re
from pathlib import Path
from random import Random

import pytest
from c4.conftest import DIAGRAMS, Draw
from c4.runs import mutated, valid_run

from checkout.c4.checks.overlay import render_overlay
from checkout.c4.checks.verify import verify_orders
from checkout.c4.findings import PreconditionError
from checkout.c4.journal import group_by_order, parse_hops
from checkout.c4.render.renderer import RenderedDiagram, Renderer
from checkout.c4.story import group_steps, render_frame, render_page

pytestmark = pytest.mark.slow  # draws with PlantUML


def colour(svg: str, group: str | None) -> str:
    """The colour of an arrow's line, its dashes, its opacity."""
    text = svg.split(f'id="{group}"')[1].split("</g>")[0]
    line = re.search(r'<path [^>]*style="([^"]*)"', text)
    return (line[1] if line else "") + text.split(">")[0]


@pytest.fixture
def ordering(draw: Draw) -> RenderedDiagram:
    return draw(file=DIAGRAMS / "ordering.puml")


def test_frame_shows_past_present_and_future(ordering: RenderedDiagram) -> None:
    text = render_frame(ordering, 13)

    shades = [colour(text, arrow.svg_id) for arrow in ordering.drawing.arrows]
    assert all("#1E8E3E" in shade for shade in shades[:12])
    assert all("#E8710A" in shade for shade in shades[12:15])
    assert all("opacity" in shade for shade in shades[15:])


def test_equal_numbers_are_one_step(ordering: RenderedDiagram) -> None:
    assert [len(step) for step in group_steps(ordering)] == [1] * 12 + [3, 2]


@pytest.mark.parametrize("step", [0, 15])
def test_step_that_is_not_there_is_refused_with_those_that_are(ordering: RenderedDiagram, step: int) -> None:
    with pytest.raises(PreconditionError, match="steps 1 to 14"):
        render_frame(ordering, step)


@pytest.mark.parametrize(
    ("kind", "stroke"),
    [
        ("missing", "#D93025"),
        ("redelivered", "#E8710A"),
        ("too early", "#8E24AA"),
        ("extra", "#E8710A"),
        ("wrong technology", "#B26A00"),
    ],
)
def test_overlay_colours_the_deviation_and_leaves_the_rest_green(
    renderer: Renderer, ordering: RenderedDiagram, kind: str, stroke: str
) -> None:
    random = Random(11)
    run = mutated(valid_run("ordering", random), kind, random)

    text = render_overlay(renderer, ordering.drawing, verify_orders(ordering.drawing, group_by_order(parse_hops(run))))

    groups = re.findall(r'class="link"[^>]*id="([^"]+)"|id="([^"]+)"[^>]*class="link"', text)
    shades = [colour(text, one or two) for one, two in groups]
    green = sum("#1E8E3E" in shade for shade in shades)
    assert (green, sum(stroke in shade for shade in shades)) == ((17, 1) if kind == "extra" else (16, 1))


def test_page_is_self_contained_and_holds_the_run(ordering: RenderedDiagram) -> None:
    run = valid_run("ordering", Random(1))
    run[0]["payload"] = {"name": "</script><script>act()</script>"}

    text = render_page(ordering, parse_hops(run))

    assert text.count("<script") == 2
    assert not re.search(r'(?:src|href)="(?!#|data:)', text)
    assert '"message": "PaymentProcessed"' in text
    assert "__" not in re.sub(r"[a-z]__[a-z]", "", text.split("<script")[0])


def test_page_of_no_run_has_a_note_for_every_step(ordering: RenderedDiagram, tmp_path: Path) -> None:
    text = render_page(ordering)

    assert text.count('"index": "') == 14
    assert "Notifications to Customer: sends an e-mail to (SMTP)" in text
