"""Chromium: where this machine has one; run as a program it prints that, or ends with 1."""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = [
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
]  # fmt: skip


def find_chromium(own: str) -> str:
    """The system's, else Playwright's own where that has been installed; empty when there is none."""
    return next(filter(None, map(shutil.which, NAMES)), own if Path(own).exists() else "")


if __name__ == "__main__":
    with sync_playwright() as playwright:
        found = find_chromium(playwright.chromium.executable_path)
    print(found)
    sys.exit(not found)
