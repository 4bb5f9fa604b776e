"""The main job from the first page to the report: by mouse, and by keyboard alone."""

import re

from playwright.sync_api import Page, expect

from tests.browser.hands import (
    FULL_RUN_MS,
    NO_TOUR,
    drag,
    drawn,
    handle,
    part,
    run_is,
    saved_revision,
    tab,
    until,
)
from tests.browser.server import Server
from tests.browser.watch import shot

SEARCH_S = 3


def done(server: Server, case: str, kind: str) -> None:
    """Wait until the newest job of a kind has ended well."""
    job = server.ended(max(one["id"] for one in server.jobs(case, kind)), within_s=FULL_RUN_MS / 1000)
    assert job["state"] == "done", job


def test_demo_move_preview_result_goals_search_compare_report(page: Page, server: Server) -> None:
    case = server.demo()
    page.add_init_script(NO_TOUR)
    page.goto(server.url)
    part(page, f"open-{case}").click()
    drawn(page)
    drag(page, handle(page, 0, "tip"), (14, 6), drop=False)
    run_is(page, "PREVIEW")
    expect(part(page, "margin-min")).to_contain_text("mm")
    expect(part(page, "save-state")).to_have_text("Not saved yet")
    shot(page, "preview")
    page.mouse.up()
    expect(part(page, "save-state")).to_have_text("Saved, revision 2")
    run_is(page, "NOMINAL|CURRENT")
    shot(page, "nominal")
    run = server.ask(f"/cases/{case}/results")["run"]
    assert run["status"] == "valid"

    goals = tab(page, "plan").locator("[data-test='goals']")
    goals.locator("summary").click()
    before = goals.locator("li").count()
    part(page, "add-goal-limit").click()
    expect(goals.locator("li")).to_have_count(before + 1)
    saved_revision(page)
    assert server.ask(f"/cases/{case}/results")["run"]["key"] == run["key"], "a goal does not make a run stale"
    stop_the_run(page)

    tab(page, "search")
    part(page, "search-budget").fill(str(SEARCH_S))
    part(page, "search-most").fill("3")
    part(page, "search-start").click()
    expect(part(page, "search-found").or_(part(page, "search-best")).first).to_be_visible(timeout=FULL_RUN_MS)
    done(server, case, "search")
    take = page.locator("[data-test^='take-']").first
    expect(take).to_be_enabled(timeout=FULL_RUN_MS)
    shot(page, "search")
    revision = saved_revision(page)
    take.click()
    expect(part(page, "save-state")).to_have_text(re.compile(f"Saved, revision {revision + 1}"))

    tab(page, "compare")
    part(page, "compare-start").click()
    expect(part(page, "compare-found")).to_be_visible(timeout=FULL_RUN_MS)
    shot(page, "compare")

    run_is(page, "CURRENT")  # what was taken is run by itself
    tab(page, "report")
    until(
        page,
        "document.querySelector('[data-test=report-frame]')?.dataset.loaded === 'true'",
        timeout_s=FULL_RUN_MS / 1000,
    )
    shot(page, "report")
    report = page.frame_locator("[data-test='report-frame']")
    expect(report.get_by_text("RESEARCH USE ONLY").first).to_be_visible()
    expect(report.get_by_text("STALE")).to_have_count(0)


def stop_the_run(page: Page) -> None:
    """Nobody wants the bounds of this plan's run any more."""
    part(page, "jobs").click()
    page.locator("[data-test^='cancel-job-']").first.click()
    expect(page.locator(".job-cancelled").first).to_be_visible()
    page.keyboard.press("Escape")


def test_the_first_run_opens_the_demo_and_shows_round(page: Page, server: Server) -> None:
    page.goto(server.url)
    part(page, "open-demo").click()
    drawn(page)
    expect(part(page, "tour")).to_be_visible()
    shot(page, "tour")
    while part(page, "tour-next").inner_text() == "Next":
        part(page, "tour-next").click()
    part(page, "tour-next").click()
    expect(part(page, "tour")).to_be_hidden()
    page.reload()
    drawn(page)
    expect(part(page, "tour")).to_be_hidden()


def test_the_main_path_by_keyboard_alone(page: Page, server: Server) -> None:
    case = server.demo()
    page.add_init_script(NO_TOUR)
    page.goto(server.url)
    expect(part(page, f"open-{case}")).to_be_visible()
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.test") == f"open-{case}":
            break
    page.keyboard.press("Enter")
    drawn(page)
    page.keyboard.press("n")
    expect(part(page, "needle-1")).to_have_attribute("aria-pressed", "true")
    before = server.ask(f"/cases/{case}/plan")["plan"]["probes"]
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    expect(part(page, "save-state")).to_have_text(re.compile("^Saved, revision [2-9]$"))
    after = server.ask(f"/cases/{case}/plan")["plan"]["probes"]
    assert after[1]["tip_mm"] != before[1]["tip_mm"]
    assert [after[0], after[2]] == [before[0], before[2]]
    if part(page, "run-status").locator("b").inner_text() not in ("COMPUTING", "NOMINAL", "CURRENT"):
        page.keyboard.press("s")
    run_is(page, "NOMINAL|CURRENT")
    page.keyboard.press("3")
    expect(part(page, "results")).to_be_visible()
    page.keyboard.press("f")
    expect(part(page, "screen-four")).to_be_visible()
    shot(page, "four")
    page.keyboard.press("f")
    page.keyboard.press("8")
    expect(part(page, "report")).to_be_visible()
    until(
        page,
        "document.querySelector('[data-test=report-frame]')?.dataset.loaded === 'true'",
        timeout_s=FULL_RUN_MS / 1000,
    )
    page.keyboard.press("Control+z")
    expect(part(page, "redo")).to_be_enabled()
    page.keyboard.press("?")
    expect(part(page, "shortcuts")).to_be_visible()
    shot(page, "shortcuts")
    page.keyboard.press("Escape")
    expect(part(page, "shortcuts")).to_be_hidden()
