"""Theme of sequence and timeline in Chromium: contrast, accessibility, and markup that is shown as text."""

from pathlib import Path
from typing import Literal

import pytest
from lab.browser.audit import DIAGRAM_RULES, RULES, WALK_RULES, audit
from lab.browser.widget_page import SIZE
from lab.widget.run_views_page import LARGE, MARKUP, OpenView
from playwright.sync_api import expect

from checkout.lab import Lab

pytestmark = [pytest.mark.browser, pytest.mark.slow]
VIEWS = {"diagram": ".walk-card svg", "sequence": ".sequence-row", "timeline": ".timeline .hop",
         "partitions": ".board-lane"}  # fmt: skip
RECORDED = Path(__file__).parents[3] / "notebooks/runs/ordering.jsonl"  # twenty orders in the real processes
CONTRASTS = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const probe = document.querySelector(".walk").appendChild(document.createElement("i"));
  const luminance = (name) => {
    probe.style.color = `var(--${name})`;
    Object.assign(canvas, { fillStyle: getComputedStyle(probe).color }).fillRect(0, 0, 1, 1);
    const parts = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((part) => part / 255);
    const [red, green, blue] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const texts = ["walk-ink", "walk-muted", "walk-now", "walk-unsuccessful"];
  for (let order = 0; order < 8; order++) texts.push(`order-${order}`);
  return ["walk-paper", "walk-raised", "walk-current"].flatMap((paper) => texts.map((text) => {
    const [light, dark] = [luminance(paper), luminance(text)].sort((one, other) => other - one);
    return [text, paper, (light + 0.05) / (dark + 0.05)];
  }));
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_accessibility_audit_of_the_views_finds_nothing(
    theme: Literal["light", "dark"], finished: Lab, open_view: OpenView
) -> None:
    page = open_view(finished, "diagram", 8, theme=theme)

    for view, content in VIEWS.items():
        page.click(f"[role=tab][data-view={view}]")
        expect(page.locator(content).first).to_be_visible()
        for size in (SIZE, LARGE):
            page.set_viewport_size(size)
            audit(page, ".walk", RULES | (DIAGRAM_RULES if view == "diagram" else WALK_RULES))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_colours_of_text_have_contrast(theme: Literal["light", "dark"], finished: Lab, open_view: OpenView) -> None:
    page = open_view(finished, "diagram", 8, theme=theme)

    contrasts = page.evaluate(CONTRASTS)

    assert len(contrasts) == 3 * 12
    assert [each for each in contrasts if each[2] < 4.5] == []


def test_markup_is_text_in_every_view(open_view: OpenView, tmp_path: Path, finished: Lab) -> None:
    finished.journal.save(tmp_path / "run.jsonl")
    text = (tmp_path / "run.jsonl").read_text()
    for name in ("ProductsReserved", "stock"):
        text = text.replace(f'"{name}"', f'"{MARKUP}"')
    (tmp_path / "run.jsonl").write_text(text)
    page = open_view(Lab.replay(tmp_path / "run.jsonl"), "diagram", 5)

    for tab in page.locator("[role=tab]").all():
        tab.click()
        assert page.locator("[onerror], img[src=x]").count() == 0
    page.click("[data-view=sequence]")
    assert MARKUP in page.locator(".sequence-label").nth(4).inner_text()
    assert MARKUP in page.locator(".sequence-heads b").last.inner_text()
