"""What a person does with the page, in words: open a case, take a handle, wait until the run is there."""

import re
import time

from playwright.sync_api import Locator, Page, expect

from tests.browser.server import Server

FULL_RUN_MS = 400_000
"""A full run with its bounds on a busy machine of two cores."""
NO_TOUR = "try { localStorage.setItem('iceball.tour', 'done'); } catch { /* a frame that keeps nothing */ }"


def part(page: Page, name: str) -> Locator:
    """The part of the page with this test name."""
    return page.locator(f"[data-test='{name}']")


def open_case(page: Page, server: Server, case: str, *, tour: bool = False) -> None:
    """Open a case by its address; returns once its first slice is drawn."""
    if not tour:
        page.add_init_script(NO_TOUR)
    page.goto("about:blank")  # so that it is opened anew, not by the address's last part alone
    page.goto(f"{server.url}/#/case/{case}")
    drawn(page)


def until(page: Page, true: str, *, timeout_s: float = 20, every_ms: float = 20) -> None:
    """Wait until an expression is true in the page; asked from outside, since the page's policy forbids eval."""
    end = time.monotonic() + timeout_s
    while not page.evaluate(true):
        assert time.monotonic() < end, f"not true in {timeout_s} s: {true}"
        page.wait_for_timeout(every_ms)


def drawn(page: Page) -> None:
    """Wait until the first slice is drawn."""
    until(page, "window.iceball?.ready === true", timeout_s=60)


def handle(page: Page, needle: int, piece: str, *, view: str = "needle") -> Locator:
    """The handle of a needle in one view."""
    return part(page, f"view-{view}").locator(f"[data-test='needle-{needle}-{piece}']")


def drag(page: Page, what: Locator, by: tuple[float, float], *, steps: int = 8, drop: bool = True) -> None:
    """Take something with the mouse, move it by so many pixels, and let go."""
    box = what.bounding_box()
    assert box is not None, "it is not on the screen"
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, steps + 1):
        page.mouse.move(x + by[0] * step / steps, y + by[1] * step / steps)
        page.wait_for_timeout(30)
    if drop:
        page.mouse.up()


def run_is(page: Page, word: str, *, timeout: float = FULL_RUN_MS) -> None:
    """Wait until the run's state is this word."""
    expect(part(page, "run-status").locator("b")).to_have_text(re.compile(word), timeout=timeout)


def saved_revision(page: Page) -> int:
    """The revision that the page says is saved."""
    words = part(page, "save-state")
    expect(words).to_have_text(re.compile(r"^Saved, revision \d+$"))
    return int(words.inner_text().rsplit(" ", 1)[1])


def tab(page: Page, name: str) -> Locator:
    """Open a tab; its panel."""
    button = part(page, f"tab-{name}")
    if button.get_attribute("aria-selected") != "true":
        button.click()
    return page.locator("#panel")
