"""Finds the Chromium of the browser tests: `python -m tests.chromium` prints where it is."""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")


def find() -> str | None:
    """The machine's own, else the one Playwright fetched; none if there is neither."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    with sync_playwright() as playwright:
        fetched = Path(playwright.chromium.executable_path)
    return str(fetched) if fetched.exists() else None


if __name__ == "__main__":
    path = find()
    if path is None:
        sys.exit(1)
    sys.stdout.write(path + "\n")
