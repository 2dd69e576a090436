"""Picture in Chromium: the coordinates cover no label and no element, and every text is readable in both themes."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page

from checkout.journal.hop import Hop, Outcome
from checkout.lab.history.moment import Moment
from checkout.lab.views.pictures import VIEWS, latency_heatmap, static_picture, view
from checkout.lab.widget.assets import script, style
from checkout.lab.widget.run_messages import view_message
from checkout.messages import TOPICS

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SIZES = {"1366x768": (697, 366, False), "1920x1080": (1100, 490, False), "narrow": (420, 320, False),
         "whole": (697, 366, True)}  # fmt: skip
LOAD = """async (module) => {
  const url = URL.createObjectURL(new Blob([module], { type: "text/javascript" }));
  window.picture = new (await import(url)).Picture(document.querySelector(".walk-card"));
}"""
SHOW = """([name, view, [width, height, isWhole]]) => {
  Object.assign(picture.card.style, { width: `${width}px`, height: `${height}px` });
  picture.isWhole = isWhole;
  picture.open(name, view);
  window.moments = view.arrows.map((arrow) => {
    const topic = /^[a-z]+[.][a-z-]+$/.test(arrow.technology) ? arrow.technology : null;
    const lines = topic ? [`${topic}[11]@1234`, "key order-1000, lag 17, dead-lettered"] : ["answer: 201"];
    return { ...arrow, topic, lines, outcome: "applied", sentence: `Step ${arrow.step}` };
  });
}"""
TOUCHED = """() => {
  const isShown = (node) => getComputedStyle(node).display !== "none";
  const box = (node) => [node, node.getBoundingClientRect()];
  const areLines = (one, two) => one.matches(".place") && one.getAttribute("x") === two.getAttribute("x"); // of one hop
  const touch = (one, two) =>
    one.left < two.right && two.left < one.right && one.top < two.bottom && two.top < one.bottom;
  window.touched = (svg, frame) => {
    const boxes = [...svg.querySelectorAll("text, .entity > :is(rect, path)")].filter(isShown).map(box);
    return boxes.filter(([place]) => place.matches(".place")).flatMap(([place, own]) => {
      const others = boxes.filter(([node, other]) => !areLines(node, place) && touch(own, other));
      const isAcross = own.left >= frame.left && own.right <= frame.right;
      const isInside = isAcross && own.top >= frame.top && own.bottom <= frame.bottom;
      const names = others.map(([node]) => node.textContent || node.tagName);
      return [...names, ...(isInside ? [] : ["outside"])].map((name) => `${place.textContent} touches ${name}`);
    });
  };
}"""
ALL_HOPS = """() => moments.flatMap((moment) => {
  picture.highlight(moments, moment);
  const isWhole = picture.svg.querySelectorAll(".place").length === moment.lines.length;
  return [...touched(picture.svg, picture.card.getBoundingClientRect()), ...(isWhole ? [] : ["a line is missing"])];
})"""
STILL = """(pictures) => pictures.flatMap((svg) => {
  document.querySelector(".still").innerHTML = svg;
  const node = document.querySelector(".still > svg");
  const lines = node.querySelectorAll(".place").length;
  return [...touched(node, node.getBoundingClientRect()), ...(lines ? [] : ["no line"])];
})"""
CONTRASTS = """(marks) => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const luminance = (colour) => {
    Object.assign(canvas, { fillStyle: colour }).fillRect(0, 0, 1, 1);
    const parts = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((part) => part / 255);
    const [red, green, blue] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const now = moments.find((moment) => moment.topic);
  picture.highlight(moments.slice(0, 3), now);
  return [...picture.svg.querySelectorAll("text")].filter((node) => node.textContent.trim()).map((node) => {
    const shape = node.closest(".entity")?.querySelector("rect, path");
    const behind = shape ? getComputedStyle(shape).fill : getComputedStyle(picture.card).backgroundColor;
    const [one, two] = [luminance(getComputedStyle(node).fill), luminance(behind)].sort((a, b) => b - a);
    return [node.textContent, (one + 0.05) / (two + 0.05)];
  });
}"""


@pytest.fixture(scope="module")
def card(chromium: Browser) -> Iterator[Page]:
    """A page with one picture, without a walk around it."""
    page = chromium.new_page(viewport={"width": 1366, "height": 768}, reduced_motion="reduce")
    page.set_content(
        f"<!DOCTYPE html><style>{style('theme', 'walk', 'picture')}</style>"
        '<div class="walk"><div class="walk-card"></div></div><div class="still"></div>'
    )
    page.evaluate(LOAD, script("shared/dom", "walk/free_place", "walk/picture") + "\nexport { Picture };")
    page.evaluate(TOUCHED)
    yield page
    page.close()


def moment_of(arrow: tuple[int, str, str, str]) -> Moment:
    """A moment at an arrow of a view, with long coordinates."""
    step, sender, to, technology = arrow
    topic = technology if technology in TOPICS else None
    hop = Hop(step=step, sender=sender, to=to, message="Message", technology=technology, topic=topic, partition=11,
              offset=1234, key="order-1000", outcome=Outcome.DEAD_LETTERED, status="201",
              at=datetime(2026, 1, 1, tzinfo=UTC))  # fmt: skip
    return Moment(1, hop, "order-1000", 17, (), {})


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("name", VIEWS)
def test_the_coordinates_cover_no_label_and_no_element_at_any_hop(name: str, size: Any, card: Page) -> None:
    card.evaluate(SHOW, [name, view_message(name), size])

    touched = card.evaluate(ALL_HOPS)

    assert card.evaluate("moments.length") >= 8
    assert touched == []


@pytest.mark.parametrize("name", VIEWS)
def test_a_saved_picture_has_no_overlap_at_any_hop(name: str, card: Page) -> None:
    stills = [static_picture(name, [moment_of(arrow)]).svg.decode() for arrow in view(name).arrows]

    touched = card.evaluate(STILL, stills)

    assert touched == []


@pytest.mark.parametrize("name", VIEWS)
def test_the_latencies_of_a_heatmap_have_no_overlap(name: str, card: Page) -> None:
    heatmap = latency_heatmap(name, {arrow: 1234.5 for arrow in view(name).arrows})

    touched = card.evaluate(STILL, [heatmap.svg.decode()])

    assert touched == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", VIEWS)
def test_every_text_of_the_picture_has_contrast(name: str, theme: Literal["light", "dark"], card: Page) -> None:
    card.emulate_media(color_scheme=theme)
    card.evaluate(SHOW, [name, view_message(name), SIZES["1366x768"]])

    contrasts = card.evaluate(CONTRASTS)

    assert len(contrasts) > 40
    assert [(text, ratio) for text, ratio in contrasts if ratio < 4.5] == []


@pytest.mark.parametrize(("host", "theme"), [("true", "light"), ("false", "dark")])
def test_the_picture_follows_the_theme_of_jupyterlab_and_not_of_the_system(
    host: str, theme: str, card: Page
) -> None:
    card.emulate_media(color_scheme="light" if theme == "dark" else "dark")
    try:
        card.evaluate("host => document.body.dataset.jpThemeLight = host", host)
        card.evaluate(SHOW, ["ordering", view_message("ordering"), SIZES["1366x768"]])

        paper = card.evaluate("getComputedStyle(picture.card).backgroundColor")
    finally:
        card.evaluate("delete document.body.dataset.jpThemeLight")

    assert paper == {"light": "rgb(255, 255, 255)", "dark": "rgb(30, 30, 30)"}[theme]
