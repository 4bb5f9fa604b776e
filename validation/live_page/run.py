"""Drags a needle in headless Chromium for half a minute, and measures by the page's own clock how the ice follows."""

from __future__ import annotations

import gzip
import math
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402
from tests.browser.conftest import QUIET  # noqa: E402
from tests.browser.hands import drawn, handle, open_case, part, run_is, until  # noqa: E402
from tests.browser.server import Server  # noqa: E402
from tests.browser.watch import Watch  # noqa: E402

DRAG_S = 30.0
STEP_S = 0.016
REACH_MM = 10.0
SWEEP_S = 2.0
"""A hand goes there and back in so many seconds."""
OPENINGS = 5
FULL = "/NOMINAL|CURRENT/.test(document.querySelector('[data-test=run-status] b').textContent)"
SHARE, MORE_S = 1.3, 1.0
"""The full result may take so many times the run's own seconds, and so many seconds more."""


def run() -> dict[str, float]:
    """Serve, open, drag, let go."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise FileNotFoundError("this proof needs chromium (on Debian: apt install chromium)")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as player:
        server = Server(Path(folder) / "workspace")
        server.start()
        browser = player.chromium.launch(executable_path=chromium, args=QUIET)
        try:
            return {"page_mb": page_mb(), **measured(browser, server)}
        finally:
            browser.close()
            server.stop()


def page_mb() -> float:
    """All files of the page, each packed, in 10^6 bytes."""
    static = ROOT / "src/iceball/web/static"
    return sum(len(gzip.compress(file.read_bytes(), 9)) for file in static.rglob("*") if file.is_file()) / 1e6


def measured(browser: Browser, server: Server) -> dict[str, float]:
    """What one person at one page sees."""
    case = server.demo(whole=True)
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    watch = Watch(context, server.url)
    page = context.new_page()
    open_case(page, server, case)
    run_is(page, "PREVIEW")  # the page shows one of a plan that was never simulated: what computes it is warm
    part(page, "view-needle").get_by_role("button", name="Enlarge or restore the needle view").click()
    needle = server.ask(f"/cases/{case}/plan")["plan"]["probes"][0]
    seconds = dragged(page, math.dist(needle["tip_mm"], needle["entry_mm"]))
    spare = until_full(page, server, case)
    moves = page.evaluate("window.iceball.latency.filter((one) => one.drawn > 0)")
    context.close()
    waits = sorted(one["drawn"] - one["moved"] for one in moves if seconds[0] <= one["moved"] <= seconds[1])
    counts = [sum(1 for one in moves if at <= one["drawn"] < at + 1000) for at in whole_seconds(*seconds)]
    pictures, abroad = first_pictures(browser, server, case)
    return {
        "previews_per_s": float(statistics.median(counts)),
        "move_to_drawn_median_ms": statistics.median(waits),
        "move_to_drawn_p95_ms": waits[math.ceil(0.95 * len(waits)) - 1],
        "full_result_spare_s": spare,
        "first_picture_s": statistics.median(pictures),
        "requests_abroad": float(len(watch.abroad) + abroad),
    }


def dragged(page: Page, length_mm: float) -> tuple[float, float]:
    """Move the first needle's tip back and forth under the mouse, and let go; the page's time at both ends, ms."""
    tip, entry = handle(page, 0, "tip").bounding_box(), handle(page, 0, "entry").bounding_box()
    assert tip is not None
    assert entry is not None
    x, y = tip["x"] + tip["width"] / 2, tip["y"] + tip["height"] / 2
    across = (entry["y"] - tip["y"], tip["x"] - entry["x"])
    reach = REACH_MM / length_mm  # in lengths of the needle as seen: its plane holds all of it
    page.mouse.move(x, y)
    page.mouse.down()
    began = time.monotonic()
    first = page.evaluate("performance.now()")
    while (now := time.monotonic() - began) < DRAG_S:
        swing = reach * math.sin(2 * math.pi * now / SWEEP_S)
        page.mouse.move(x + across[0] * swing, y + across[1] * swing)
        time.sleep(STEP_S)
    last = page.evaluate("performance.now()")
    page.mouse.up()
    return first, last


def until_full(page: Page, server: Server, case: str) -> float:
    """Wait for the full run of the plan that was let go; how many seconds it had to spare."""
    began = time.monotonic()
    until(page, FULL, timeout_s=600)
    took = time.monotonic() - began
    own = server.ask(f"/cases/{case}/results")["run"]["seconds"]
    return float(SHARE * own + MORE_S - took)


def whole_seconds(first: float, last: float) -> list[float]:
    """The beginnings of the whole seconds between two times, ms."""
    return [first + 1000 * n for n in range(int((last - first) / 1000))]


def first_pictures(browser: Browser, server: Server, case: str) -> tuple[list[float], int]:
    """Seconds to the first picture of browsers that have never been here, and how often they asked abroad."""
    took, abroad = [], 0
    for _ in range(OPENINGS):
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        watch = Watch(context, server.url)
        page = context.new_page()
        page.goto(f"{server.url}/#/case/{case}", wait_until="commit")
        drawn(page)
        took.append(page.evaluate("performance.now()") / 1000)  # since navigation began
        context.close()
        abroad += len(watch.abroad)
    return took, abroad


if __name__ == "__main__":
    print(run())
