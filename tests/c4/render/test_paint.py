"""Paint: frames, verdicts and differences as pictures, each arrow in the colour that says how it is."""

import re
from pathlib import Path
from random import Random

import pytest
from c4.conftest import DIAGRAMS, Draw
from c4.runs import mutated, valid_run

from checkout.c4.checks.overlay import overlay
from checkout.c4.checks.verify import verify
from checkout.c4.findings import CannotJudge
from checkout.c4.journal import by_order, parsed
from checkout.c4.render.renderer import Picture, Renderer
from checkout.c4.story import frame, page, steps_of

pytestmark = pytest.mark.slow  # draws with PlantUML


def colour(svg: str, group: str | None) -> str:
    """The colour of an arrow's line, its dashes, its opacity."""
    text = svg.split(f'id="{group}"')[1].split("</g>")[0]
    line = re.search(r'<path [^>]*style="([^"]*)"', text)
    return (line[1] if line else "") + text.split(">")[0]


@pytest.fixture
def ordering(draw: Draw) -> Picture:
    return draw(file=DIAGRAMS / "ordering.puml")


def test_frame_shows_past_present_and_future(ordering: Picture) -> None:
    text = frame(ordering, 13)

    shades = [colour(text, arrow.svg_id) for arrow in ordering.drawing.arrows]
    assert all("#1E8E3E" in shade for shade in shades[:12])
    assert all("#E8710A" in shade for shade in shades[12:15])
    assert all("opacity" in shade for shade in shades[15:])


def test_equal_numbers_are_one_step(ordering: Picture) -> None:
    assert [len(step) for step in steps_of(ordering)] == [1] * 12 + [3, 2]


@pytest.mark.parametrize("step", [0, 15])
def test_step_that_is_not_there_is_refused_with_those_that_are(ordering: Picture, step: int) -> None:
    with pytest.raises(CannotJudge, match="steps 1 to 14"):
        frame(ordering, step)


@pytest.mark.parametrize(
    ("kind", "ink"),
    [("missing", "#D93025"), ("redelivered", "#E8710A"), ("too early", "#8E24AA"), ("extra", "#E8710A")],
)
def test_verdict_paints_its_deviation_and_leaves_the_rest_green(
    renderer: Renderer, ordering: Picture, kind: str, ink: str
) -> None:
    random = Random(11)
    run = mutated(valid_run("ordering", random), kind, random)

    text = overlay(renderer, ordering.drawing, verify(ordering.drawing, by_order(parsed(run))))

    groups = re.findall(r'class="link"[^>]*id="([^"]+)"|id="([^"]+)"[^>]*class="link"', text)
    shades = [colour(text, one or two) for one, two in groups]
    green = sum("#1E8E3E" in shade for shade in shades)
    assert (green, sum(ink in shade for shade in shades)) == ((17, 1) if kind == "extra" else (16, 1))


def test_page_stands_alone_and_tells_the_run(ordering: Picture) -> None:
    run = valid_run("ordering", Random(1))
    run[0]["payload"] = {"name": "</script><script>act()</script>"}

    text = page(ordering, parsed(run))

    assert text.count("<script") == 2
    assert not re.search(r'(?:src|href)="(?!#|data:)', text)
    assert '"message": "PaymentProcessed"' in text
    assert "__" not in re.sub(r"[a-z]__[a-z]", "", text.split("<script")[0])


def test_page_of_no_run_has_a_note_for_every_step(ordering: Picture, tmp_path: Path) -> None:
    text = page(ordering)

    assert text.count('"index": "') == 14
    assert "Notifications \\u2192 Customer: sends an e-mail to (SMTP)" in text
