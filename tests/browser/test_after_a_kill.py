"""A worker is killed, then the whole server: no acknowledged change is lost, and the work finishes once."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.hands import FULL_RUN_MS, open_case, part, run_is, saved_revision
from tests.browser.server import Server
from tests.browser.watch import Watch, shot


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "workspace")
    server.start()
    yield server
    server.stop()


def in_midst(server: Server, case: str) -> int:
    """Wait until the newest simulation is under way; its id."""
    end = time.monotonic() + 60
    while True:
        newest = max(server.jobs(case, "simulate"), key=lambda job: job["id"], default=None)
        if newest and newest["state"] == "running" and newest["fraction"] > 0.05:
            return int(newest["id"])
        assert time.monotonic() < end, newest
        time.sleep(0.05)


def busiest(pids: list[int]) -> int:
    """The process that has computed most."""

    def ticks(pid: int) -> int:
        told = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return int(told[11]) + int(told[12])

    before = {pid: ticks(pid) for pid in pids}
    time.sleep(0.5)
    return max(pids, key=lambda pid: ticks(pid) - before[pid])


def move(page: Page, key: str) -> int:
    """Move the chosen tip by a key; the revision that was acknowledged."""
    before = saved_revision(page)
    page.keyboard.press(key)
    expect(part(page, "save-state")).to_have_text(f"Saved, revision {before + 1}")
    return before + 1


def test_nothing_is_lost_and_the_run_finishes_once(chromium: Browser, mortal: Server) -> None:
    case = mortal.demo()
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    watch = Watch(context, mortal.url)
    page = context.new_page()
    open_case(page, mortal, case)

    move(page, "ArrowRight")
    if not mortal.jobs(case, "simulate"):
        part(page, "simulate").click()
    first = in_midst(mortal, case)
    os.kill(busiest(mortal.workers()), signal.SIGKILL)

    time.sleep(0.5)
    in_midst(mortal, case)
    revision = move(page, "ArrowUp")
    plan = mortal.ask(f"/cases/{case}/plan")["plan"]
    if len(mortal.jobs(case, "simulate")) == 1:
        part(page, "simulate").click()
    last = in_midst(mortal, case)
    mortal.kill()
    expect(part(page, "server-gone")).to_be_visible(timeout=15_000)
    shot(page, "server-gone")
    mortal.start()
    expect(part(page, "server-gone")).to_be_hidden(timeout=30_000)
    assert mortal.ask(f"/cases/{case}/plan")["plan"] == plan
    assert saved_revision(page) == revision

    run_is(page, "CURRENT")
    mortal.ended(last, within_s=FULL_RUN_MS / 1000)
    jobs = mortal.jobs(case, "simulate")
    assert {job["id"]: job["state"] for job in jobs}[last] == "done"
    assert len({job["key"] for job in jobs if job["state"] == "done"}) == sum(job["state"] == "done" for job in jobs)
    assert all(job["state"] in ("done", "cancelled") for job in jobs), "no run is left half done"
    assert first <= last
    assert sum(job["attempts"] for job in jobs) > len(jobs), "the killed ones were taken up again"
    key = mortal.ask(f"/cases/{case}/results")["run"]["key"]
    assert sum(folder.name == key for folder in (mortal.workspace / case / "runs").iterdir()) == 1
    watch.nothing_wrong([page])
    context.close()
