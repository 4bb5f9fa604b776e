"""From a raw CT to the margin of three needles, with no more than twelve clicks."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import ROOT
from tests.browser.hands import NO_TOUR, drawn, part, run_is
from tests.browser.server import Server
from tests.browser.watch import shot

RAW = ROOT / "src/iceball/cases/kidney/ct.nii.gz"
MOST = 12


class Clicks:
    """Counts what a hand does with the mouse: a click and a drag are one each, so is a choice from a list."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def click(self, what: Locator) -> None:
        what.click()
        self.done.append("click")

    def choose(self, what: Locator, value: str) -> None:
        what.select_option(value)
        self.done += ["open the list", "click"]

    def drag(self, page: Page, view: Locator, at: tuple[float, float], by: tuple[float, float]) -> None:
        """From a place, in parts of the view's width and height, by so many pixels."""
        box = view.bounding_box()
        assert box is not None
        x, y = box["x"] + at[0] * box["width"], box["y"] + at[1] * box["height"]
        page.mouse.move(x, y)
        page.mouse.down()
        for step in range(1, 6):
            page.mouse.move(x + by[0] * step / 5, y + by[1] * step / 5)
        page.mouse.up()
        self.done.append("drag")


def test_a_margin_is_reached_in_twelve_clicks(page: Page, server: Server) -> None:
    clicks = Clicks()
    page.add_init_script(NO_TOUR)
    page.goto(server.url)
    clicks.click(part(page, "go-upload"))
    with page.expect_file_chooser() as chooser:
        clicks.click(part(page, "choose-files"))
    chooser.value.set_files(RAW)
    clicks.done.append("the file, in the browser's own window")
    clicks.choose(part(page, "organ"), "kidney")
    clicks.click(part(page, "make-case"))
    drawn(page)
    if part(page, "draw-target").is_visible():
        clicks.click(part(page, "draw-target"))
    expect(part(page, "tool-ellipsoid")).to_have_attribute("aria-checked", "true")
    axial, coronal = part(page, "view-axial"), part(page, "view-coronal")
    clicks.drag(page, axial, (0.79, 0.52), (34, 24))  # across the left kidney
    clicks.drag(page, coronal, (0.82, 0.42), (2, 36))
    shot(page, "ellipsoid")
    clicks.click(part(page, "save-and-place"))
    run_is(page, "NOMINAL|CURRENT")
    expect(part(page, "margin-min")).to_contain_text("mm")
    shot(page, "raw-ct-margin")
    assert len(server.ask(f"/cases/{page.url.rsplit('/', 1)[1]}/plan")["plan"]["probes"]) >= 3
    print(f"{len(clicks.done)} clicks: {', '.join(clicks.done)}")
    assert len(clicks.done) <= MOST, clicks.done
