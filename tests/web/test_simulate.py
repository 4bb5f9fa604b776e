"""The job `simulate`: its nominal run is shown first, and all of it is what the shell makes."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from iceball.desk import Desk
from iceball.io.bench import new_bench_case
from iceball.plan.protocol import freeze
from iceball.tissue.bench import Bench
from iceball.web.app import create_app
from iceball.web.boxes import read_box
from iceball.web.jobs import simulate
from iceball.web.jobs.task import Cancelled, Task
from iceball.web.meshes import read_mesh
from iceball.web.plans import tables_of
from iceball.web.results import results
from iceball.web.workspace import Workspace

AT = "/api/cases/gel"
OPTIONS = {**simulate.DEFAULTS, "spacing_mm": 4.0}


def task_in(folder: Path, heard: Any = lambda message: None, cancelled: Any = lambda: False) -> Task:
    desk = Desk.open(folder)
    return Task(folder, tables_of(desk.plan), dict(OPTIONS), heard, cancelled)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("simulated")
    new_bench_case(made / "gel", Bench("gel", 60, 20, 20), title="Gel", protocol=freeze(130.0))
    return made


@pytest.fixture(scope="module")
def space(folder: Path) -> Iterator[Workspace]:
    made = Workspace(folder, workers=1)
    yield made
    made.close()


@pytest.fixture(scope="module")
def during(space: Workspace, folder: Path) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Results when the nominal part was told, what the job gave, and results at its end."""
    seen: list[dict[str, Any]] = []

    def heard(message: dict[str, Any]) -> None:
        if message.get("publish", {}).get("type") == "results":
            seen.append(results(space, "gel"))

    given = simulate.run(task_in(folder / "gel", heard))
    json.dumps(given, allow_nan=False)
    return seen[0], given, results(space, "gel")


@pytest.fixture(scope="module")
def client(space: Workspace, during) -> TestClient:
    return TestClient(create_app(space), base_url="http://127.0.0.1", raise_server_exceptions=False)


def test_the_nominal_run_is_shown_before_its_bounds_and_then_the_whole(during, folder: Path) -> None:
    first, given, last = during
    assert (first["run"]["status"], first["run"]["nominal_only"]) == ("valid", True)
    assert first["assessment"]["status"] == "none"
    assert (last["run"]["status"], last["run"]["nominal_only"]) == ("valid", False)
    assert last["assessment"]["status"] == "valid"
    assert first["run"]["key"] == last["run"]["key"] == given["run"]
    assert first["strip"]["margin_min_mm"] == pytest.approx(last["strip"]["margin_min_mm"])
    assert last["run"]["frames_s"] == [60.0, 120.0]
    assert not (folder / "gel" / ".nominal").exists()


def test_it_is_the_run_that_the_shell_makes_to_the_bit(during, folder: Path) -> None:
    desk = Desk.open(folder / "gel")
    prediction = desk.predict(4.0, "auto")
    assert prediction.run_key == during[1]["run"]
    run, stored = desk.newest()
    assert run.key == prediction.run_key
    for name, history in prediction.histories.items():
        assert np.array_equal(stored.histories[name].minimum_c, history.minimum_c, equal_nan=True)
    assert stored.history.doubt == prediction.history.doubt


def test_the_page_gets_the_fields_and_surfaces_of_that_run(client: TestClient, during, folder: Path) -> None:
    at = f"{AT}/runs/{during[1]['run']}"
    _, stored = Desk.open(folder / "gel").newest()
    got = client.get(f"{at}/coldest.box")
    assert (got.status_code, got.headers["cache-control"]) == (200, "private, max-age=31536000, immutable")
    assert np.allclose(read_box(got.content)[1], stored.history.minimum_c, atol=0.0051)
    end = read_box(client.get(f"{at}/end_of_freeze_1.box", headers={"accept-encoding": "identity"}).content)[1]
    assert np.allclose(end, stored.history.end_of_freeze_c[0], atol=0.0051)
    header, early = read_box(client.get(f"{at}/at/60.box").content)
    assert header["time_s"] == 60.0
    assert end.min() - 1.0 < early.min() < 0
    assert (early <= 0).sum() < (end <= 0).sum()
    points, _, colours = read_mesh(client.get(f"{at}/surfaces/margin.mesh").content)
    assert colours is not None
    assert len(points) == len(colours) > 100
    assert len(read_mesh(client.get(f"{at}/surfaces/iso0.mesh").content)[0]) > 10
    again = client.get(f"{at}/coldest.box", headers={"if-none-match": got.headers["etag"]})
    assert again.status_code == 304
    assert [client.get(f"{at}/{name}").status_code for name in ("at/61.box", "run.json", "..%2Frun.json")] == [404] * 3
    assert client.get(f"{AT}/runs/0123456789abcdef/coldest.box").status_code == 409


def test_the_image_and_structures_are_kept_by_the_browser_under_their_key(client: TestClient) -> None:
    info = client.get(AT).json()
    image = client.get(f"{AT}/image.box", params={"key": info["image_key"]})
    assert "immutable" in image.headers["cache-control"]
    assert read_box(image.content)[0]["quantity"] == info["quantity"]
    assert "no-cache" in client.get(f"{AT}/image.box", params={"key": "old"}).headers["cache-control"]
    (row,) = info["structures"]
    occupied = read_box(client.get(f"{AT}/structures/{row['name']}.box", params={"key": row["key"]}).content)[1]
    assert 0.9 < occupied.max() <= 1.0
    assert client.get(f"{AT}/structures/nobody.box").status_code == 404


def test_the_server_draws_slices_and_the_target_for_those_without_webgl(client: TestClient) -> None:
    for query in ("slice.png", "slice.png?plane=3d", "thumbnail.png"):
        got = client.get(f"{AT}/{query}")
        assert (got.status_code, got.content[:4]) == (200, b"\x89PNG"), got.text
    assert client.get(f"{AT}/slice.png?plane=oblique").status_code == 422
    assert client.get(f"{AT}/slice.png?at=1,2").status_code == 422


def test_a_job_that_is_cancelled_ends_at_once_and_keeps_nothing(folder: Path, tmp_path: Path) -> None:
    new_bench_case(tmp_path / "gel", Bench("gel", 60, 20, 20), title="Gel", protocol=freeze(600.0))
    steps: list[dict[str, Any]] = []
    with pytest.raises(Cancelled):
        simulate.run(task_in(tmp_path / "gel", steps.append, lambda: bool(steps)))
    assert not (tmp_path / "gel" / "runs").exists()
    told: list[dict[str, Any]] = []
    with pytest.raises(Cancelled):
        simulate.run(task_in(tmp_path / "gel", told.append, lambda: any("publish" in message for message in told)))
    assert any("publish" in message for message in told)
    assert not (tmp_path / "gel" / ".nominal").exists()
