"""Audit: axe in a page, with the proof that its rules about widgets have looked at something."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = {"aria-allowed-attr", "aria-valid-attr-value", "button-name", "color-contrast", "label"}
WALK_RULES = {"aria-required-children", "scrollable-region-focusable", "summary-name", "td-headers-attr"}
DIAGRAM_RULES = WALK_RULES | {"svg-img-alt"}
BOARD_RULES = {"select-name"}


def audit(page: Page, context: str | None = None, rules: set[str] = RULES) -> None:
    """Fails where axe finds a violation within this element, or where one of these rules has found nothing to check."""
    found = Axe().run(page, context=context)

    response: Any = found.response
    checked = {rule["id"] for rule in response["passes"] if rule["nodes"]}
    assert found.violations_count == 0, found.generate_report()
    assert rules <= checked, f"not checked: {', '.join(sorted(rules - checked))}"
