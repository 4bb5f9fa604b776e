"""Two hundred names that carry scripts are shown as the letters they are, wherever the page shows them."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.hands import NO_TOUR, part, tab
from tests.browser.payloads import DRAWN_ON, SCRIPTS, hostile_zip, payload
from tests.browser.server import Server
from tests.browser.test_everyone import TABS
from tests.browser.watch import shot

INJECTED = """
[...document.querySelectorAll("*")]
  .filter((e) => e.id === "pwned" || e.matches("object, embed, base, marquee, template, audio, video, math, style")
    || (e.matches("script, link, img, iframe") && /x.example|^data:text|^javascript:/.test(e.src || e.href))
    || (e.matches("script") && !e.src) || [...e.attributes].some((a) => a.name.startsWith("on")))
  .map((e) => e.outerHTML.slice(0, 200))
"""


def test_no_script_in_a_name_is_ever_run(page: Page, server: Server, tmp_path: Path) -> None:
    """That no dialog, report of the policy, error or request followed is looked at when the `context` ends."""
    page.add_init_script(NO_TOUR)
    page.goto(server.url)
    part(page, "tab-cases").click()
    part(page, "files-input").set_input_files(hostile_zip(tmp_path))
    found = part(page, "new-case")
    expect(found).to_be_visible()
    shot(page, "hostile-upload")
    shown = "\n".join([found.inner_text(), *found.locator("option").all_inner_texts()])
    for place in ("series", "file name", "structure"):
        hidden = [text for n in range(len(SCRIPTS)) if (text := payload(place, n)) not in shown]
        assert hidden == [], f"each {place} is shown as the letters it is"
    assert page.evaluate(INJECTED) == []

    found.locator("label", has_text=payload("series", DRAWN_ON)).first.click()
    part(page, "target").select_option(payload("structure", DRAWN_ON))
    part(page, "title").fill("<img src=x onerror=alert(1)>")
    part(page, "make-case").click()
    made = part(page, "case-name").or_(part(page, "new-case-refused")).first
    expect(made).to_contain_text("<img")
    for name in TABS:
        tab(page, name)
        page.wait_for_timeout(150)
        assert page.evaluate(INJECTED) == [], name
