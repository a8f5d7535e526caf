"""The way through the dashboard in a real browser: overview, unmatched, filter, sort, a match."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from pipelines.settings import Home
from tests import chromium
from tests.dashboard.conftest import PUBLISHED, ROOT, publish

pytestmark = pytest.mark.browser

QUIET = ("--no-sandbox", "--disable-background-networking", "--disable-component-update")
# Streamlit looks for itself below a page's own address first, which is no fault of a page.
LOOKED_FOR = re.compile(r"/(unmatched|match)/_stcore/(health|host-config)$")
ROW = 36  # pixels, header and rows alike


@dataclass(frozen=True, kw_only=True)
class Dashboard:
    """A served dashboard, and what the browser complained about."""

    url: str
    home: Home
    page: Page
    complaints: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = chromium.find()
    if found is None:
        pytest.skip("no Chromium here: run .ci/chromium to get one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Home]]:
    """A demo home and the address its dashboard is served on."""
    home = Home.open(tmp_path_factory.mktemp("browser") / "home", "demo")
    home.published.mkdir(exist_ok=True)
    publish(home, PUBLISHED)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "dashboard/app.py")]
    log = Path(home.path, "dashboard.log")
    with log.open("wb") as opened:
        server = subprocess.Popen(
            [*command, "--server.port", str(port)],
            env={**os.environ, "COUNTERFOIL_HOME": str(home.path)},
            cwd=home.path,
            stdout=opened,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}/"
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{url}_stcore/health", timeout=1).close()
                break
            except OSError:
                assert server.poll() is None, log.read_text()
                time.sleep(0.5)
        yield url, home
    finally:
        server.terminate()
        server.wait()


@pytest.fixture
def dashboard(browser: Browser, served: tuple[str, Home]) -> Iterator[Dashboard]:
    url, home = served
    page = browser.new_page(viewport={"width": 1440, "height": 1400})
    page.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    dashboard = Dashboard(url=url, home=home, page=page)
    page.on("pageerror", lambda error: dashboard.complaints.append(str(error)))
    page.on(
        "requestfailed",
        lambda request: (
            dashboard.complaints.append(f"{request.url}: {request.failure}")
            if request.failure != "net::ERR_ABORTED"  # the test went on to the next page
            else None
        ),
    )
    page.on(
        "console",
        lambda message: (
            dashboard.complaints.append(f"{message.text} {message.location}")
            if message.type == "error" and not LOOKED_FOR.search(message.location.get("url", ""))
            else None
        ),
    )
    yield dashboard
    page.close()


def test_an_analyst_gets_from_the_overview_to_the_evidence_of_a_proposal(
    dashboard: Dashboard,
) -> None:
    page = dashboard.page

    # the very first request of this server, at an address below its root
    page.goto(f"{dashboard.url}unmatched?currency=USD&what=Bank+lines+without+explanation")
    expect(page.get_by_role("heading", name="Unmatched")).to_be_visible()
    expect(page.get_by_text("Demo data.")).to_be_visible()
    expect(page.get_by_text("Rows 1 to 1 of 1")).to_be_visible()

    page.goto(f"{dashboard.url}?currency=USD")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    expect(page.get_by_text("1,000.00").first).to_be_visible()
    expect(page.locator(".js-plotly-plot")).to_be_visible()

    page.goto(f"{dashboard.url}unmatched?currency=USD")
    expect(page.get_by_text("Rows 1 to 4 of 4, oldest first")).to_be_visible()

    choose(page, "Entity", "Maple Homes")
    expect(page.get_by_text("Rows 1 to 3 of 3, oldest first")).to_be_visible()
    choose(page, "Sort", "Smallest first")
    expect(page.get_by_text("Rows 1 to 3 of 3, smallest first")).to_be_visible()
    choose(page, "Sort", "By name")
    expect(page.get_by_text("Rows 1 to 3 of 3, by name")).to_be_visible()
    assert "entity=Maple+Homes" in page.url

    pick(page, 0)
    expect(page.get_by_text("Open the proposal and decide.")).to_be_visible()
    page.get_by_role("button", name="Open the proposal").click()

    expect(page.get_by_role("heading", name="What is linked")).to_be_visible()
    assert page.url.endswith("match?match=doubtful")
    expect(page.get_by_text("Suggested, not settled").first).to_be_visible()
    expect(page.get_by_text("+13.5 bits")).to_be_visible()
    expect(page.get_by_text("Nothing tells it from another pair")).to_be_visible()

    page.goto(f"{dashboard.url}match?match=settled")
    expect(page.get_by_role("heading", name="From document to bank line")).to_be_visible()
    expect(page.locator(".sankey")).to_be_visible()
    page.get_by_role("link", name="Open").click()
    expect(page.get_by_text("Match key banked")).to_be_visible()

    assert dashboard.complaints == []


def test_an_export_says_in_name_and_content_that_it_is_a_demo(dashboard: Dashboard) -> None:
    page = dashboard.page
    page.goto(f"{dashboard.url}unmatched?currency=USD")
    with page.expect_download() as waited:
        page.get_by_role("button", name="Export all as CSV").click()

    assert waited.value.suggested_filename == "demo-unmatched.csv"
    written = Path(waited.value.path()).read_text()
    assert written.count("demo data") == 4 and "\"'=HYPERLINK" in written


def test_an_open_page_shows_a_new_publish_by_itself(dashboard: Dashboard) -> None:
    page = dashboard.page
    page.goto(f"{dashboard.url}unmatched?currency=USD")
    expect(page.get_by_text("run r1")).to_be_visible()
    publish(dashboard.home, PUBLISHED, run_id="r2")

    expect(page.get_by_text("run r2")).to_be_visible()
    assert dashboard.complaints == []


def test_nothing_is_wider_than_a_narrow_screen(dashboard: Dashboard) -> None:
    page = dashboard.page
    page.set_viewport_size({"width": 390, "height": 900})
    for address in ("", "unmatched", "match?match=doubtful"):
        page.goto(f"{dashboard.url}{address}")
        expect(page.locator("table.cf").first).to_be_visible()
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390, address


def choose(page: Page, label: str, option: str) -> None:
    """Choose from a box as a person does."""
    page.get_by_test_id("stSelectbox").filter(has_text=label).locator("input").click()
    page.get_by_role("option", name=option).click()


def pick(page: Page, row: int) -> None:
    """Choose a row of the list. It is a canvas and takes clicks a moment after it shows."""
    picked = page.get_by_text("Why it is here.")
    table = page.get_by_test_id("stDataFrame")
    # while a page runs again, the list as it was stands beside the new one for a moment
    expect(table).to_have_count(1)
    for _ in range(10):
        table.click(position={"x": 250, "y": (row + 1.5) * ROW})
        with contextlib.suppress(AssertionError):
            expect(picked).to_be_visible(timeout=6_000)
            return
