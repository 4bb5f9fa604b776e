"""A control CT is shown in its own place, and says what it knows of a streak before any needle is set."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from iceball.io.case import Case
from iceball.io.placed import save_placed
from iceball.io.text import write_json
from iceball.plan import freeze
from iceball.space import Grid, Volume
from iceball.space.shapes import Sphere
from iceball.tissue.phantom import phantom
from iceball.web import control, plans
from iceball.web.app import create_app
from iceball.web.boxes import read_box
from iceball.web.new_case import uploads
from iceball.web.uploads import FOUND
from iceball.web.workspace import Workspace
from tests.plan.test_as_placed import PLAN, SHAFT, STREAK, TIP
from tests.plan.test_as_placed import control as metal

AT = "/api/cases/p"
TWO = {"needle": "left", "tip_mm": list(STREAK.tip_mm), "shaft_mm": list(STREAK.shaft_mm)}


@pytest.fixture(scope="module")
def image() -> Volume:
    return metal((TIP, SHAFT))


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("control")
    body = phantom((60, 60, 60), 6.0, target=Sphere((0.0, 30.0, 0.0), 12.0))
    Case.create_phantom(folder / "p", title="t", anatomy=body).save_plan(PLAN)
    found = Workspace(folder, workers=1)
    yield found
    found.close()


@pytest.fixture
def client(space: Workspace) -> TestClient:
    return TestClient(create_app(space), base_url="http://127.0.0.1", raise_server_exceptions=False)


@pytest.fixture
def upload(space: Workspace, image: Volume, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(control, "_read", lambda path, series: image)
    folder = uploads(space).begin(None)
    write_json(folder / FOUND, {"series": [{"key": "k", "file": "c.nii.gz", "description": ""}]})
    return folder.name


def test_a_control_ct_comes_as_it_lies_and_another_patient_s_does_not(
    client: TestClient, upload: str, image: Volume, monkeypatch: pytest.MonkeyPatch
) -> None:
    header, values = read_box(client.get(f"{AT}/control/{upload}.box").content)
    assert np.array_equal(values, image.data)
    assert np.allclose(header["affine"], image.grid.affine)
    monkeypatch.setattr(control, "_read", lambda path, series: replace(image, quantity="MR"))
    answer = client.get(f"{AT}/control/{upload}.box")
    assert (answer.status_code, answer.json()["error"]["what"]) == (422, "is no CT.")
    assert client.get(f"{AT}/control/{'0' * 16}.box").status_code == 404


def test_a_streak_is_tried_where_it_is_pointed_at_and_nothing_is_set(
    client: TestClient, upload: str, space: Workspace
) -> None:
    found = client.post(f"{AT}/control/{upload}/streak", json=TWO).json()
    assert np.linalg.norm(np.subtract(found["tip_mm"], TIP)) < 0.5
    assert not (space.folder / "p" / "placed").exists()
    beside = {**TWO, "tip_mm": [18, 50, 10], "shaft_mm": [18, 10, 10]}
    for wrong, said in ((beside, "no metal"), ({**TWO, "needle": "upper"}, "no needle called 'upper'")):
        answer = client.post(f"{AT}/control/{upload}/streak", json=wrong)
        assert answer.status_code == 422
        assert said in answer.json()["error"]["what"]


def test_the_control_ct_stays_with_the_needles_that_were_set_and_goes_stale_with_them(
    client: TestClient, space: Workspace, image: Volume
) -> None:
    assert client.get(f"{AT}/placed").json()["status"] == "none"
    assert client.get(f"{AT}/results?as_placed=true").status_code == 422
    lies = replace(PLAN, stage="as placed", reason="AS PLACED: left set.")
    moved = [[1, 0, 0, 3], [0, 1, 0, -2], [0, 0, 1, 4], [0, 0, 0, 1]]
    told_of = {"needles": [], "registration": {"control_to_planning": moved}}
    save_placed(space.case("p"), lies, told_of, next_plan=None, control=image)
    laid = control.laid_control(space.case("p"), Grid.of(image.grid.shape, np.array(moved) @ image.grid.matrix))
    assert np.abs(laid.data - image.data).max() < 1, "it lies where the registration says"
    told: dict[str, Any] = client.get(f"{AT}/placed").json()
    assert (told["status"], told["plan"]["stage"]) == ("valid", "as placed")
    assert told["beside"]["as_placed"]["run"]["status"] == "none"
    _, values = read_box(client.get(f"{AT}/placed/control.box?key={told['control_key']}").content)
    assert np.array_equal(values, image.data)
    plans.save(space, "p", replace(PLAN, protocol=freeze(120)), "Another protocol")
    assert client.get(f"{AT}/placed").json()["status"] == "stale"
    assert client.get(f"{AT}/results?as_placed=true").status_code == 409
    assert Path(space.folder / "p" / "placed" / "control.nii.gz").is_file()


def test_ice_that_was_seen_is_kept_shown_and_taken_away_and_nothing_goes_stale(
    client: TestClient, space: Workspace
) -> None:
    keys = client.get(f"{AT}/plan").json()["assessment_key"], client.get(f"{AT}/results").json()
    ball = {"sphere": [0, 24, 0, 20], "at_min": 1.0, "by": "A. B.", "on": "control CT"}
    assert client.post(f"{AT}/observed", json=ball).json() == {"name": "ice-1"}
    (row,) = client.get(f"{AT}/observed").json()["observed"]
    assert (row["words"], row["by"], row["status"]) == ("observed at 1 min", "A. B.", "none")
    header, values = read_box(client.get(f"{AT}/observed/ice-1/ice.box").content)
    assert values.max() > 0.5
    assert header["quantity"] == "occupancy"
    assert (client.get(f"{AT}/plan").json()["assessment_key"], client.get(f"{AT}/results").json()) == keys
    for wrong in ({"at_min": 0}, {"by": ""}, {"sphere": None, "points": [[0, 0, 0]]}, {"sphere": [0, 24, 900, 20]}):
        assert client.post(f"{AT}/observed", json={**ball, **wrong}).status_code == 422, wrong
    assert client.delete(f"{AT}/observed/ice-1").status_code == 204
    assert client.delete(f"{AT}/observed/ice-1").status_code == 404
    assert client.post(f"{AT}/observed", json={**ball, "sphere": [0, 24, 0, 40]}).json() == {"name": "ice-1"}
    _, larger = read_box(client.get(f"{AT}/observed/ice-1/ice.box").content)
    assert larger.sum() > 4 * values.sum(), "a name that is given again is other ice"
    verbs = [r["verb"] for r in client.get("/api/audit?case=p").json()["rows"]]
    assert verbs[:3] == ["observed ice", "observed ice removed", "observed ice"]
