"""Jobs are done once, by workers that may die."""

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from iceball.errors import CaseError
from iceball.web.app import create_app
from iceball.web.jobs.asked import filled
from iceball.web.workspace import Workspace
from tests.web.conftest import KINDS

JOBS = "/api/cases/block/jobs"


@pytest.fixture(scope="module")
def server(new_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A server with one worker, for all tests of this page."""
    folder = Path(shutil.copytree(new_folder, tmp_path_factory.mktemp("jobs") / "cases"))
    space = Workspace(folder, kinds=KINDS, workers=1)
    with TestClient(create_app(space), base_url="http://127.0.0.1") as client:
        yield client


def ask(client: TestClient, do: str, n: int, status: int = 202) -> dict[str, Any]:
    answer = client.post(JOBS, json={"kind": "tiny", "options": {"do": do, "n": n}})
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def until(client: TestClient, number: int, when: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        job = client.get(f"/api/jobs/{number}").json()
        if when(job):
            return dict(job)
        time.sleep(0.01)
    raise AssertionError(job)


def ended(job: dict[str, Any]) -> bool:
    return job["state"] in ("done", "failed", "cancelled")


def worker(client: TestClient) -> int:
    return int(client.get("/api/health").json()["workers"][0])


def test_a_job_is_done_told_and_not_done_again(server: TestClient) -> None:
    with server.websocket_connect("ws://127.0.0.1/api/events") as feed:
        assert feed.receive_json() == {"type": "hello"}
        number = ask(server, "count", 1)["id"]
        told: list[dict[str, Any]] = []
        while not (told and told[-1]["type"] == "results"):
            told.append(feed.receive_json())
    assert [e["job"]["state"] for e in told if e["type"] == "job"] == ["running", "done"]
    assert {"type": "case", "case": "from a job"} in told
    job = server.get(f"/api/jobs/{number}").json()
    assert (job["state"], job["attempts"], job["result"]["text"]) == ("done", 1, "1 needles in a block")
    assert ask(server, "count", 1, status=200) == job
    assert server.get(JOBS).json()[0] == job
    trail = server.get("/api/audit?case=block").json()["rows"]
    assert [row["verb"] for row in trail if f'"job":{number}' in row["told"]] == ["tiny done", "tiny"]


def test_what_was_made_and_is_gone_is_made_again(server: TestClient) -> None:
    first = until(server, ask(server, "count", 2)["id"], ended)
    Path(first["result"]["file"]).unlink()
    again = until(server, ask(server, "count", 2)["id"], ended)
    assert (again["state"], again["id"] > first["id"]) == ("done", True)


def test_a_refusal_is_told_and_may_be_asked_again(server: TestClient) -> None:
    job = until(server, ask(server, "refuse", 3)["id"], ended)
    assert job["error"] == {"code": "plan", "what": "is refused.", "where": "here", "remedy": "Do something else."}
    assert ask(server, "refuse", 3)["id"] > job["id"]


def test_a_fault_is_told_as_one(server: TestClient) -> None:
    job = until(server, ask(server, "fault", 4)["id"], ended)
    assert (job["state"], job["error"]["code"]) == ("failed", "fault")
    assert "ZeroDivisionError" in job["error"]["what"]


def test_a_worker_that_dies_is_replaced_and_the_job_is_done_once(server: TestClient) -> None:
    job = until(server, ask(server, "die once", 5)["id"], ended)
    assert (job["state"], job["attempts"]) == ("done", 2)


def test_a_running_job_is_cancelled_and_its_worker_goes_on(server: TestClient) -> None:
    number = ask(server, "wait", 7)["id"]
    running = until(server, number, lambda job: job["fraction"] == 0.5)
    assert running["text"] == "waiting"
    at_work = worker(server)
    waiting = ask(server, "wait", 8)
    assert server.delete(f"/api/jobs/{waiting['id']}").json()["state"] == "cancelled"
    assert server.delete(f"/api/jobs/{number}").json()["state"] == "cancelled"
    assert until(server, ask(server, "count", 9)["id"], ended)["state"] == "done"
    assert worker(server) == at_work
    assert server.delete(f"/api/jobs/{number}").json()["state"] == "cancelled"


def test_while_kernels_are_compiled_whoever_waits_is_told_why(space: Workspace, client: TestClient) -> None:
    waiting = ask(client, "count", 1)
    assert waiting["text"] == ""
    space.crew._hands.append(SimpleNamespace(compiles=True, ready=False, process=SimpleNamespace(pid=1)))  # type: ignore[arg-type]
    assert "Compiling once" in client.get(f"/api/jobs/{waiting['id']}").json()["text"]
    assert "Compiling once" in client.get("/api/health").json()["kernels"]


def test_unknown_jobs_and_options_are_refused_by_name(server: TestClient) -> None:
    answer = server.post(JOBS, json={"kind": "dig"})
    assert (answer.status_code, answer.json()["error"]["remedy"]) == (404, "Known: tiny.")
    for options, where in (({"depth": 1}, "options.depth"), ({"n": "1"}, "options.n"), ({"n": True}, "options.n")):
        with pytest.raises(CaseError) as refused:
            filled({"do": "count", "n": 1}, options)
        assert refused.value.where == where
    assert filled({"n": 1, "who": None}, {"n": 1.5, "who": "me"}) == {"n": 1.5, "who": "me"}


def test_no_worker_outlives_the_server_and_the_next_one_takes_its_job_up(server: TestClient) -> None:
    """The last test of this page: it ends the crew."""
    number = ask(server, "wait", 10)["id"]
    until(server, number, lambda job: job["state"] == "running")
    at_work, space = worker(server), server.app.state.workspace  # type: ignore[attr-defined]
    space.crew.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(at_work, signal.SIGTERM)
    assert [(job.id, job.state) for job in space.jobs.take_back()] == [(number, "queued")]
