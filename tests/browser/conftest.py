"""A served workspace and Debian's Chromium for the tests of the page; skipped where either is missing."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="the tests of the page need playwright: pip install 'iceball[test]'")

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from tests.browser.server import Server
from tests.browser.watch import Watch

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium")
QUIET = (
    "--no-sandbox",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 40_000
"""How long a busy machine of two cores may take for anything but a run."""
expect.set_options(timeout=PATIENCE_MS)
WITHOUT_GL = ("--disable-gpu", "--disable-3d-apis")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = ""
    if CHROMIUM is None:
        missing = "no chromium on this machine (on Debian: apt install chromium)"
    elif not (ROOT / "src/iceball/web/static/index.html").is_file():
        missing = "the page is not built (type: make page)"
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if missing:
                item.add_marker(pytest.mark.skip(reason=missing))


@pytest.fixture(scope="session")
def player() -> Iterator[Playwright]:
    with sync_playwright() as playing:
        yield playing


@pytest.fixture(scope="session")
def chromium(player: Playwright) -> Iterator[Browser]:
    browser = player.chromium.launch(executable_path=CHROMIUM, args=QUIET)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def chromium_without_gl(player: Playwright) -> Iterator[Browser]:
    browser = player.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *WITHOUT_GL])
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests that do not kill it."""
    served = Server(tmp_path_factory.mktemp("served") / "workspace")
    served.start()
    yield served
    served.stop()


@pytest.fixture
def server(served: Server) -> Iterator[Server]:
    """The server, each test with a case of its own; what it still computes for a test that has ended is cancelled."""
    yield served
    served.rest()


@pytest.fixture
def context(chromium: Browser, server: Server) -> Iterator[BrowserContext]:
    """A browser that has never been here; whatever test uses it, its pages must have done nothing wrong."""
    made = chromium.new_context(viewport={"width": 1440, "height": 900})
    made.set_default_timeout(PATIENCE_MS)
    watch = Watch(made, server.url)
    yield made
    watch.nothing_wrong(made.pages)
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture(scope="session")
def simulated(served: Server) -> str:
    """A demo case with a full run; tests that only look share it."""
    case = served.demo()
    job = served.ask(f"/cases/{case}/jobs", "POST", {"kind": "simulate"})
    assert served.ended(job["id"])["state"] == "done"
    return case
