"""Everyone can use the page: with a screen reader, in a dark room or a light one, on a tablet, without WebGL2."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import ROOT
from tests.browser.hands import NO_TOUR, handle, open_case, part, saved_revision, tab, until
from tests.browser.server import Server
from tests.browser.watch import Watch, grave_faults, shot

AXE = ROOT / "frontend/node_modules/axe-core/axe.min.js"
TABS = ("plan", "structures", "results", "search", "compare", "whatif", "trajectories", "placed", "report", "cases")


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not here (type: cd frontend && npm ci)")
def test_axe_finds_no_serious_fault_in_any_tab_dark_or_light(page: Page, server: Server, simulated: str) -> None:
    page.goto(server.url)
    expect(part(page, "start")).to_be_visible()
    faults = {"start": grave_faults(page, AXE)}
    open_case(page, server, simulated)
    for theme in ("dark", "light"):
        for name in TABS:
            tab(page, name)
            page.evaluate("document.querySelectorAll('#panel details').forEach((part) => (part.open = true))")
            page.wait_for_timeout(300)
            shot(page, f"{name}-{theme}")
            faults[f"{name}, {theme}"] = grave_faults(page, AXE)
        part(page, "theme").click()
    part(page, "help").click()
    faults["help"] = grave_faults(page, AXE)
    assert {place: found for place, found in faults.items() if found} == {}


def test_without_webgl_slices_are_there_and_the_3d_view_shows_the_server_s_picture(
    chromium_without_gl: Browser, server: Server, simulated: str
) -> None:
    context = chromium_without_gl.new_context(viewport={"width": 1440, "height": 900})
    watch = Watch(context, server.url)
    page = context.new_page()
    open_case(page, server, simulated)
    assert page.evaluate("document.createElement('canvas').getContext('webgl2')") is None
    painted = page.evaluate(
        """() => { const c = document.querySelector("[data-test=view-axial] canvas");
        return new Set(c.getContext("2d").getImageData(0, 0, c.width, c.height).data).size }"""
    )
    assert painted > 50, "the axial slice holds an image"
    solid = page.locator(".cell-solid")
    expect(solid).to_contain_text("WebGL2")
    picture = solid.locator("img")
    expect(picture).to_be_visible()
    until(page, "document.querySelector('.cell-solid img').naturalWidth > 200")
    shot(page, "without-webgl")
    watch.nothing_wrong([page])
    context.close()


def test_a_tablet_shows_all_and_a_finger_moves_a_needle(chromium: Browser, server: Server) -> None:
    case = server.demo()
    context = chromium.new_context(viewport={"width": 1024, "height": 768}, has_touch=True)
    context.add_init_script(NO_TOUR)
    watch = Watch(context, server.url)
    page = context.new_page()
    open_case(page, server, case)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing is cut off at the right"
    for name in ("view-axial", "run-status", "undo", "simulate", "tab-report"):
        expect(part(page, name)).to_be_in_viewport()
    before = saved_revision(page)
    tip = handle(page, 0, "tip", view="axial").bounding_box()
    assert tip is not None
    finger = context.new_cdp_session(page)
    x, y = tip["x"] + tip["width"] / 2, tip["y"] + tip["height"] / 2
    touch = "Input.dispatchTouchEvent"
    finger.send(touch, {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 6):
        finger.send(touch, {"type": "touchMove", "touchPoints": [{"x": x + 4 * step, "y": y}]})
        page.wait_for_timeout(30)
    shot(page, "tablet-drag")
    finger.send(touch, {"type": "touchEnd", "touchPoints": []})
    expect(part(page, "save-state")).to_have_text(f"Saved, revision {before + 1}")
    shot(page, "tablet")
    watch.nothing_wrong([page])
    context.close()
