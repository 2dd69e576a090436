"""Chromium: where this machine has one; run as a program it prints that, or ends with 1."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = [
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
    "--disable-features=AutofillServerCommunication", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]  # fmt: skip


def find_chromium(own: str) -> str:
    """The system's, else Playwright's own where that has been installed; empty when there is none."""
    return next(filter(None, map(shutil.which, NAMES)), own if Path(own).exists() else "")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser per module: while Playwright runs in this thread, no other test can have an event loop."""
    with sync_playwright() as playwright:
        found = find_chromium(playwright.chromium.executable_path)
        if not found:
            pytest.skip("no Chromium here: run ./scripts/browser")
        browser = playwright.chromium.launch(executable_path=found, args=OPTIONS)
        yield browser
        browser.close()


if __name__ == "__main__":
    with sync_playwright() as playwright:
        found = find_chromium(playwright.chromium.executable_path)
    print(found)
    sys.exit(not found)
