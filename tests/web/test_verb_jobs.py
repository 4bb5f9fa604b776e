"""What verbs find is kept by what it was made from; a proposal that is taken is the next revision of the plan."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from iceball.errors import IceballError
from iceball.io.bench import new_bench_case
from iceball.io.case import Case
from iceball.io.text import write_json
from iceball.plan.protocol import freeze
from iceball.tissue.bench import Bench
from iceball.web import plans
from iceball.web.app import create_app
from iceball.web.jobs import as_placed, compare, search, whatif
from iceball.web.jobs.task import Cancelled, Task
from iceball.web.searches import ASKED, made_for
from iceball.web.workspace import Workspace

AT = "/api/cases/gel"


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("verbs")
    new_bench_case(folder / "gel", Bench("gel", 60, 20, 20), title="Gel", protocol=freeze(30.0))
    found = Workspace(folder, workers=1)
    yield found
    found.close()


@pytest.fixture
def client(space: Workspace) -> Iterator[TestClient]:
    found = TestClient(create_app(space), base_url="http://127.0.0.1", raise_server_exceptions=False)
    before = plans.standing(space, "gel").plan
    yield found
    plans.save(space, "gel", before, "Put back")


def task(space: Workspace, module: Any, *, stopped: bool = False, **options: Any) -> Task:
    document = plans.standing(space, "gel").revision.document
    return Task(
        space.folder / "gel", document, {**module.DEFAULTS, **options}, lambda message: None, lambda: stopped
    )  # fmt: skip


def post(client: TestClient, door: str) -> Any:
    etag = client.get(f"{AT}/plan").headers["etag"]
    return client.post(f"{AT}/{door}", headers={"If-Match": etag})


def test_a_change_that_was_tried_can_be_taken_until_the_plan_is_another(client: TestClient, space: Workspace) -> None:
    done = whatif.run(task(space, whatif, spacing_mm=4.0))
    told = client.get(f"{AT}/told/what-if").json()
    assert (told["status"], told["key"]) == ("valid", done["key"])
    names = [row["change"] for row in told["result"]["changes"]]
    longer = names.index("every freeze 2 min longer") + 1
    refused = names.index("10 mm of fluid beside what is nearest to its limit") + 1
    assert post(client, f"told/what-if/{refused}/take").status_code == 404
    assert client.post(f"{AT}/told/what-if/{longer}/take", headers={"If-Match": '"0"'}).status_code == 412
    taken = post(client, f"told/what-if/{longer}/take").json()
    assert taken["plan"]["protocol"]["steps"][0]["duration_s"] == 150.0
    assert taken["what"] == "Took “every freeze 2 min longer”"
    assert client.get(f"{AT}/told/what-if").json()["status"] == "stale"
    assert post(client, f"told/what-if/{longer}/take").status_code == 409
    assert post(client, "plan/undo").status_code == 200
    assert client.get(f"{AT}/told/what-if").json()["status"] == "valid"
    assert whatif.there(space.case("gel"), done)


def test_plans_are_compared_with_an_earlier_revision(client: TestClient, space: Workspace) -> None:
    first = plans.standing(space, "gel")
    longer = replace(first.plan, protocol=freeze(40.0))
    plans.save(space, "gel", longer, "Longer")
    done = compare.run(task(space, compare, spacing_mm=4.0, revisions=[first.revision.number]))
    told = client.get(f"{AT}/told/compare").json()
    names = [p["name"] for p in told["result"]["plans"]]
    assert names == ["this plan", f"revision {first.revision.number}"]
    assert (done["plans"], set(told["result"]["histograms"])) == (2, set(names))
    picture = client.get(f"{AT}/{told['result']['picture']}")
    assert picture.headers["content-type"] == "image/png"
    with pytest.raises(IceballError, match="revision"):
        compare.run(task(space, compare, spacing_mm=4.0, revisions=[999]))


def test_work_that_is_cancelled_keeps_nothing(client: TestClient, space: Workspace) -> None:
    plans.save(space, "gel", replace(plans.standing(space, "gel").plan, protocol=freeze(33.0)), "Other")
    before = client.get(f"{AT}/told/what-if").json()
    with pytest.raises(Cancelled):
        whatif.run(task(space, whatif, stopped=True, spacing_mm=4.0))
    assert client.get(f"{AT}/told/what-if").json() == before


def test_a_proposal_of_the_search_is_taken_as_a_machines_plan(client: TestClient, space: Workspace) -> None:
    plan, anatomy = plans.standing(space, "gel").plan, space.patient("gel").anatomy
    case: Case = space.case("gel")
    deeper = [replace(plan, review="starter", probes=(replace(plan.probes[0], name=f"proposed {n}"),)) for n in (1, 2)]
    case.save_search({"front": []}, deeper)
    write_json(case.folder / "search" / ASKED, {"key": "k", "made_for": made_for(plan, anatomy), "options": {}})
    assert client.get(f"{AT}/search").json()["status"] == "valid"
    assert search.there(case, {"key": "k"})
    assert post(client, "search/3/take").status_code == 404
    assert post(client, "search/best/take").status_code == 404
    taken = post(client, "search/2/take").json()
    assert (taken["what"], taken["plan"]["review"]) == ("Took plan 2 of the search", "starter")
    assert taken["plan"]["probes"][0]["name"] == "proposed 2"
    assert client.get(f"{AT}/search").json()["status"] == "valid", "needles are what a search replaces"
    assert post(client, "plan/undo").status_code == 200
    plans.save(space, "gel", replace(plan, goals=()), "No goals")
    assert client.get(f"{AT}/search").json()["status"] == "stale"
    assert post(client, "search/1/take").status_code == 409


@pytest.mark.parametrize(
    ("module", "options"),
    [
        (search, {"intent": "partial"}),
        (search, {"budget_s": 0}),
        (search, {"free": "needles"}),
        (as_placed, {"streaks": [{"needle": "a", "tip_mm": [0, 0, 0], "shaft_mm": [0, 0, 1]}]}),
        (as_placed, {"matrix": [1, 2, 3]}),
    ],
)
def test_what_cannot_be_is_refused_before_a_worker_begins(
    client: TestClient, module: Any, options: dict[str, Any]
) -> None:
    kind = {search: "search", as_placed: "as-placed"}[module]
    answer = client.post(f"{AT}/jobs", json={"kind": kind, "options": options})
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["what"]
