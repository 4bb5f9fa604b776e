"""What a case's results say of themselves: verdict, report, PDF and export belong to one plan, and say to which."""

import io
import json
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from iceball.desk import Desk
from iceball.io.bench import new_bench_case
from iceball.io.runs import save_prediction
from iceball.plan.protocol import freeze
from iceball.reporting.html import policy
from iceball.tissue.bench import Bench
from iceball.web.app import create_app
from iceball.web.workspace import Workspace

AT = "/api/cases/gel"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("results")
    new_bench_case(made / "gel", Bench("gel", 60, 20, 20), title="Gel", protocol=freeze(60.0))
    desk = Desk.open(made / "gel")
    prediction = desk.predict(4.0, "auto")
    desk.judge(prediction, save_prediction(desk.case, prediction))
    return made


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[TestClient]:
    space = Workspace(folder, workers=1)
    yield TestClient(create_app(space), base_url="http://127.0.0.1", raise_server_exceptions=False)
    space.close()


def change(client: TestClient, **fields: Any) -> None:
    now = client.get(f"{AT}/plan")
    plan = {**now.json()["plan"], **fields}
    answer = client.put(f"{AT}/plan", json={"plan": plan, "what": "x"}, headers={"If-Match": now.headers["etag"]})
    assert answer.status_code == 200, answer.text


def undo(client: TestClient) -> None:
    now = client.get(f"{AT}/plan")
    assert client.post(f"{AT}/plan/undo", headers={"If-Match": now.headers["etag"]}).status_code == 200


def statuses(client: TestClient) -> tuple[str, str, str]:
    found = client.get(f"{AT}/standing").json()
    return found["run"]["status"], found["assessment"]["status"], found["report"]


def test_the_verdict_speaks_in_the_words_of_the_report(client: TestClient) -> None:
    told = client.get(f"{AT}/verdict").json()["told"]
    page = client.get(f"{AT}/report.html").text
    words = Words()
    words.feed(page)
    assert told["line"] in words.said
    assert all(cell["text"] in words.said for row in told["tables"]["goals"]["rows"] for cell in row)
    curves = client.get(f"{AT}/curves").json()
    assert curves["histogram"][0]["name"] == "tumour"
    assert curves["sensors"]["needle_watts"]
    assert curves["assessment_key"] == told["assessment_key"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"protocol": {"steps": [{"kind": "freeze", "duration_s": 61.0}]}}, ("stale", "stale", "stale")),
        ({"goals": []}, ("valid", "stale", "stale")),
        ({"reason": "another word"}, ("valid", "valid", "valid")),
    ],
)
def test_a_changed_plan_marks_what_it_affects_and_undo_clears_it(
    client: TestClient, fields: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    before = client.get(f"{AT}/standing").json()
    change(client, **fields)
    stale = expected[2] == "stale"
    assert statuses(client) == expected
    assert ('class="badge">STALE' in client.get(f"{AT}/report.html").text) == stale
    assert client.get(f"{AT}/report.pdf").headers["x-iceball-status"] == expected[2]
    with zipfile.ZipFile(io.BytesIO(client.get(f"{AT}/export.zip").content)) as archive:
        assert json.loads(archive.read("made_by.json"))["status"] == expected[2]
        assert ("STALE" in archive.read("README.txt").decode()) == stale
        assert ("STALE-report.pdf" in archive.namelist()) == stale
        assert ("plan_now.toml" in archive.namelist()) == stale
    undo(client)
    assert client.get(f"{AT}/standing").json() == before


def test_goals_that_are_taken_back_find_their_verdict_again(client: TestClient, folder: Path) -> None:
    before = client.get(f"{AT}/verdict").json()
    change(client, goals=[])
    desk = Desk.open(folder / "gel")
    run, prediction = desk.newest()
    desk.judge(prediction, run)
    assert statuses(client) == ("valid", "valid", "valid")
    assert client.get(f"{AT}/verdict").json() != before
    undo(client)
    assert client.get(f"{AT}/verdict").json() == before


def test_a_verdict_left_behind_by_goals_is_made_again_without_being_asked_for(client: TestClient) -> None:
    space = client.app.state.workspace  # type: ignore[attr-defined]
    assert not space.judge.judge("gel"), "it is of the goals as they stand"
    space.judge.start()
    change(client, goals=[{"kind": "limit", "quantity": "needles", "at_most": 50.0}])
    job = queued(client)
    space.jobs.cancel(job["id"])
    space.crew._write_down(replace(space.jobs.get(job["id"]), kind="simulate", state="done"))  # of the goals before
    assert queued(client)["id"] > job["id"]
    space.judge.stop()
    undo(client)
    assert not space.judge.judge("gel"), "the verdict of before is found again"


def queued(client: TestClient) -> dict[str, Any]:
    """The job that waits to make a verdict."""
    end = time.monotonic() + 10
    while True:
        for job in client.get(f"{AT}/jobs").json():
            if (job["kind"], job["state"]) == ("assess", "queued"):
                return dict(job)
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_report_allows_its_own_style_and_nothing_else(client: TestClient) -> None:
    answer = client.get(f"{AT}/report.html")
    sent = answer.headers["content-security-policy"]
    assert sent.startswith(policy())
    assert "unsafe" not in sent
    assert "frame-ancestors 'self'" in sent
    words = Words()
    words.feed(answer.text)
    assert not words.inline, "an inline style or a script would be refused"


def test_a_case_without_a_result_has_nothing_to_report(client: TestClient, folder: Path) -> None:
    new_bench_case(folder / "new", Bench("gel", 60, 20, 20), title="New")
    answer = client.get("/api/cases/new/report.pdf")
    assert answer.status_code == 422
    assert "nothing to report" in answer.json()["error"]["what"]
    assert client.get("/api/cases/new/verdict").json()["told"] is None
    assert client.get("/api/cases/new/search").json()["status"] == "none"
    assert client.get("/api/cases/new/told/what-if").json()["status"] == "none"


class Words(HTMLParser):
    """The words of a page, and what in it a strict policy refuses."""

    def __init__(self) -> None:
        super().__init__()
        self.said: set[str] = set()
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inline += [tag] if tag == "script" else []
        self.inline += [name for name, _ in attrs if name == "style" or name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.said.add(data.strip())


def test_a_plan_without_pockets_shows_none(client: TestClient) -> None:
    assert client.get(f"{AT}/pockets/0.box").status_code == 404
    assert {"fluids", "warmers", "sprays", "deaths"} == set(client.get("/api/choices").json())
