"""Structures drawn in the page: what is sent becomes a shape, every step is kept, and a target gets its needles."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from iceball.errors import GeometryError
from iceball.io.case import Case
from iceball.io.intake import Request, new_case
from iceball.space import Grid, Volume
from iceball.space.between import AXES
from iceball.web.app import create_app
from iceball.web.drawing import MaskTold, joined, mask_of, mask_told, names_for
from iceball.web.workspace import Workspace
from tests.tissue.phantom import grid, trunk

CASE = "/api/cases/case"
BALL = {"ellipsoid": [40, -10, 0, 24, 20, 22], "how": "two diameters"}


@pytest.fixture(scope="module")
def image() -> Volume:
    return trunk(grid((34, 26, 8), 8.0), couch=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, image: Volume) -> Path:
    home = tmp_path_factory.mktemp("made")
    new_case(home / "case", Request(home, organ="kidney", draft=True), image=image)
    return home / "case"


@pytest.fixture
def space(tmp_path: Path, made: Path) -> Iterator[Workspace]:
    shutil.copytree(made, tmp_path / "case")
    opened = Workspace(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def page(space: Workspace) -> TestClient:
    return TestClient(create_app(space), base_url="http://127.0.0.1")


def test_a_mask_comes_back_as_it_was_sent_whatever_it_holds():
    cells = Grid.of((4, 3, 2), np.diag([1.0, 2, 3, 1]))
    rng = np.random.default_rng(1)
    for data in (np.zeros(24), np.ones(24), rng.integers(0, 2, 24), rng.integers(0, 2, 24)):
        mask = Volume(cells, data.reshape(4, 3, 2).astype(np.uint8), "mask")
        told = MaskTold(**mask_told(mask))
        assert sum(told.runs) == 24
        assert np.array_equal(mask_of(told).data, mask.data)
        first = np.repeat(np.arange(len(told.runs)) % 2, told.runs)[1]
        assert first == mask.data[1, 0, 0]  # the first index runs fastest


@pytest.mark.parametrize(
    "wrong",
    [{"runs": [5]}, {"runs": [-1, 2]}, {"shape": (0, 1, 1)}, {"shape": (10**6, 10**6, 10**6)}, {"affine": [[1.0]]},
     {"affine": np.zeros((4, 4)).tolist()}],
)  # fmt: skip
def test_a_mask_that_cannot_be_is_refused(wrong):
    good = {"shape": (1, 1, 1), "affine": np.eye(4).tolist(), "runs": [0, 1]}
    with pytest.raises(GeometryError):
        mask_of(MaskTold(**{**good, **wrong}))


def test_target_drawn_then_starter_is_a_plan_with_needles_that_undo_takes_back(page, space):
    refused = page.post(f"{CASE}/starter")
    assert refused.status_code == 422
    assert "draft" in refused.json()["error"]["what"]
    for kind in ("simulate", "search"):
        asked = page.post(f"{CASE}/jobs", json={"kind": kind})
        assert asked.status_code == 422
        assert "draft" in asked.json()["error"]["what"]
    before = page.get(f"{CASE}/plan").json()
    assert page.put(f"{CASE}/structures/tumour", json=BALL).status_code == 200
    made = page.post(f"{CASE}/starter")
    assert made.status_code == 200, made.text
    plan = made.json()
    assert plan["plan"]["probes"]
    assert plan["plan"]["review"] == "starter"
    assert plan["revision"] > before["revision"]
    assert made.headers["etag"] == f'"{plan["revision"]}"'
    back = page.post(f"{CASE}/plan/undo", headers={"If-Match": made.headers["etag"]})
    assert back.json()["plan"] == before["plan"]


@pytest.mark.parametrize(
    ("name", "shape", "kind"),
    [
        ("ureter_left", {"polyline": [[0, 0, -20], [0, 0, 20]], "radius_mm": 2}, "polyline"),
        ("spleen", {"mask": {"shape": [2, 1, 1], "affine": np.diag([5.0, 5, 5, 1]).tolist(), "runs": [1, 1]}}, "mask"),
    ],
)
def test_structures_of_every_kind_are_kept_listed_and_undone(page, space, name, shape, kind):
    answer = page.put(f"{CASE}/structures/{name}", json=shape)
    assert answer.status_code == 200, answer.text
    assert answer.json()["can_undo"]
    row = next(r for r in page.get(CASE).json()["structures"] if r["name"] == name)
    assert (row["kind"], row["origin"]) == (kind, "drawn in the workbench")
    told = page.get(f"{CASE}/structures").json()
    assert [d["name"] for d in told["drawn"]] == [name]
    assert page.post(f"{CASE}/structures/undo").json()["can_redo"]
    assert name not in [r["name"] for r in page.get(CASE).json()["structures"]]
    assert page.post(f"{CASE}/structures/redo").status_code == 200
    assert name in [r["name"] for r in page.get(CASE).json()["structures"]]
    assert page.delete(f"{CASE}/structures/{name}").status_code == 200
    assert page.delete(f"{CASE}/structures/{name}").status_code == 422


@pytest.mark.parametrize(
    "shape",
    [
        {},
        {"sphere": [0, 0, 0, 5], "points": [[0, 0, 0]]},
        {"sphere": [0, 0, 0, -5]},
        {"points": []},
        {"polyline": [[0, 0, 0]]},
    ],
)
def test_what_is_no_shape_or_two_is_refused_and_nothing_is_written(page, space, shape):
    before = (space.folder / "case" / "case.toml").read_bytes()
    assert page.put(f"{CASE}/structures/colon", json=shape).status_code == 422
    assert (space.folder / "case" / "case.toml").read_bytes() == before


def test_a_name_that_is_a_script_or_a_path_is_refused(page):
    for name in ("<img src=x onerror=alert(1)>", "..%2f..%2fx", "A B"):
        assert page.put(f"{CASE}/structures/{name}", json=BALL).status_code in (404, 405, 422)


def test_a_drawn_structure_can_be_renamed_and_taken_as_the_target(page, space):
    page.put(f"{CASE}/structures/nodule", json=BALL)
    page.put(f"{CASE}/structures/nodule_2", json={**BALL, "instead_of": "nodule"})
    assert [s.name for s in Case.open(space.folder / "case").record.structures] == ["nodule_2"]
    assert page.post(f"{CASE}/structures/nodule_2/as-target").status_code == 200
    assert page.get(CASE).json()["has_target"]


def test_a_region_grows_from_a_click_and_a_leak_is_refused(page):
    grown = page.post(f"{CASE}/draw/grow", json={"seed_mm": [40, -10, 0], "tolerance": 20, "most_ml": 100})
    assert grown.status_code == 422  # all muscle is as bright
    assert page.post(f"{CASE}/draw/grow", json={"seed_mm": [40, -10, 0]}).status_code == 422
    assert "runs into" in grown.json()["error"]["what"]


def test_outlines_become_a_body_whose_mask_can_be_saved(page):
    circle = [[40 + 10 * np.cos(a), -10 + 10 * np.sin(a)] for a in np.linspace(0, 6.28, 40)[:-1]]
    contours = [[[*p, z] for p in circle] for z in (-10.0, 10.0)]
    body = page.post(f"{CASE}/draw/between", json={"plane": "axial", "contours": contours}).json()
    assert body["volume_ml"] == pytest.approx(np.pi * 0.01 * (20 + 1.25) * 10, rel=0.1)
    assert page.put(f"{CASE}/structures/tumour", json={"mask": body["mask"]}).status_code == 200


@pytest.mark.parametrize("plane", AXES)
def test_one_outline_is_as_thick_as_a_slice_of_the_image(plane):
    cells = Grid.of((10, 10, 10), np.diag([1.0, 2.0, 5.0, 1.0]))
    square = np.insert(np.array([[0.0, 0], [10, 0], [10, 10], [0, 10]]), AXES[plane], 3.0, axis=1)
    made = joined(plane, [square], cells)
    assert made.volume_ml == pytest.approx(0.1 * (1.0, 2.0, 5.0)[AXES[plane]], rel=0.25)


def test_names_offered_begin_with_what_is_expected_beside_the_organ():
    names = names_for("kidney")
    assert names[0] in ("bowel", "colon", "renal_pelvis", "ureter") or names[0]
    assert len(names) == len(set(names))
    assert {"duodenum", "spinal_cord", "sciatic_nerve"} <= set(names_for(""))
