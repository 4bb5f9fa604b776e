"""A plan lives through reloads, through two windows at once, and is never saved over unseen."""

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.hands import handle, open_case, part, saved_revision, tab
from tests.browser.server import Server
from tests.browser.watch import shot


def tips(server: Server, case: str) -> list[list[float]]:
    return [needle["tip_mm"] for needle in server.ask(f"/cases/{case}/plan")["plan"]["probes"]]


def nudge(page: Page, key: str = "ArrowRight", times: int = 1) -> None:
    """Move the chosen tip by the keyboard, and wait until that is saved."""
    before = saved_revision(page)
    for _ in range(times):
        page.keyboard.press(key)
    expect(part(page, "save-state")).not_to_have_text(f"Saved, revision {before}")
    saved_revision(page)


def test_undo_and_redo_work_after_a_reload(page: Page, server: Server) -> None:
    case = server.demo()
    first = tips(server, case)
    open_case(page, server, case)
    nudge(page)
    second = tips(server, case)
    assert second != first
    page.reload()
    saved_revision(page)
    part(page, "undo").click()
    expect(part(page, "redo")).to_be_enabled()
    assert tips(server, case) == first
    page.reload()
    saved_revision(page)
    part(page, "redo").click()
    expect(part(page, "redo")).to_be_disabled()
    assert tips(server, case) == second


def test_the_second_of_two_windows_is_shown_the_difference_and_loses_nothing(
    context: BrowserContext, server: Server
) -> None:
    case = server.demo()
    one, other = context.new_page(), context.new_page()
    open_case(one, server, case)
    open_case(other, server, case)
    nudge(one)
    theirs = tips(server, case)
    expect(part(other, "elsewhere")).to_be_visible()
    other.keyboard.press("ArrowUp")
    clash = part(other, "conflict")
    expect(clash).to_be_visible()
    expect(clash.locator("tbody tr")).not_to_have_count(0)
    shot(other, "conflict")
    assert tips(server, case) == theirs, "nothing is written over before a person has decided"
    part(other, "take-theirs").click()
    expect(clash).to_be_hidden()
    assert tips(server, case) == theirs
    other.get_by_role("button", name="Bring mine back").click()
    expect(part(other, "save-state")).to_have_text("Saved, revision 3")
    mine = tips(server, case)
    assert mine != theirs
    part(other, "undo").click()
    expect(part(other, "redo")).to_be_enabled()
    assert tips(server, case) == theirs, "the other window's plan is one undo away"


def test_what_the_plan_cannot_be_is_refused_beside_it_and_not_saved_until_it_can(page: Page, server: Server) -> None:
    case = server.demo()
    before = server.ask(f"/cases/{case}/plan")["plan"]
    open_case(page, server, case)
    field = tab(page, "plan").get_by_role("spinbutton").first
    field.fill("99999")
    field.press("Enter")
    expect(part(page, "wrong").or_(part(page, "refused")).first).to_be_visible()
    field.press("Escape")
    part(page, "limits").locator("summary").first.click()
    part(page, "add-limit").click()
    part(page, "limit-new-add").click()
    expect(part(page, "limit-new-wrong")).to_contain_text("who changed it, why and when")
    assert server.ask(f"/cases/{case}/plan")["plan"] == before
    for name, words in (("by", "a reader"), ("reason", "an earlier operation")):
        part(page, f"limit-new-{name}").fill(words)
        part(page, f"limit-new-{name}").press("Enter")
    part(page, "limit-new-add").click()
    expect(part(page, "limit-0")).to_contain_text("an earlier operation")
    assert server.ask(f"/cases/{case}/plan")["plan"]["limits"][0]["by"] == "a reader"


def test_the_handle_of_a_needle_is_moved_by_arrow_keys(page: Page, server: Server) -> None:
    case = server.demo()
    before = tips(server, case)
    open_case(page, server, case)
    handle(page, 0, "tip", view="axial").focus()
    nudge(page, times=3)
    after = tips(server, case)
    assert after[0] != before[0]
    assert after[1:] == before[1:]
