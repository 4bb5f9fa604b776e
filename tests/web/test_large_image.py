"""A large image is seen and drawn on at once, while its tissues are told apart in another process."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from iceball.io import case as cases
from iceball.io.intake import Request, new_case
from iceball.space import Volume
from iceball.space.shapes import Ellipsoid, Mask
from iceball.web import boxes
from iceball.web.app import create_app
from iceball.web.boxes import read_box
from iceball.web.workspace import Workspace
from tests.tissue.phantom import grid, trunk

CASE = "/api/cases/case"
BALL = {"ellipsoid": [40, -10, 0, 24, 20, 22]}


@pytest.fixture
def image() -> Volume:
    return trunk(grid((34, 26, 8), 8.0), couch=False)


@pytest.fixture
def space(tmp_path: Path, image: Volume, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    monkeypatch.setattr(cases, "LARGE_CELLS", 1000)
    new_case(tmp_path / "case", Request(tmp_path, organ="kidney", draft=True), image=image)
    opened = Workspace(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def page(space: Workspace) -> TestClient:
    return TestClient(create_app(space), base_url="http://127.0.0.1")


def whole(page: TestClient) -> dict[str, object]:
    end = time.monotonic() + 60
    while not (told := page.get(CASE).json())["whole"]:
        assert time.monotonic() < end
        time.sleep(0.05)
    return dict(told)


def test_a_draft_is_seen_before_its_tissues_are_told(page, space, image):
    heard: list[dict[str, object]] = []
    space.events.publish = heard.append
    first = page.get(CASE).json()
    assert not first["whole"]
    assert first["structures"] == []
    header, values = read_box(page.get(f"{CASE}/image.box").content)
    assert np.array_equal(values, image.data)
    assert tuple(header["shape"]) == image.grid.shape
    plan = page.get(f"{CASE}/plan").json()
    assert plan["checking"]
    assert plan["run_key"] == ""
    assert page.get(f"{CASE}/results").json()["run"]["status"] == "none"
    assert {"type": "case", "case": "case"} not in heard  # all that came at once
    told = whole(page)
    assert {row["name"] for row in told["structures"]} >= {"skin", "bone"}
    assert {"type": "case", "case": "case"} in heard


def test_the_image_is_sent_as_it_is_and_not_twice(page):
    told = page.get(CASE).json()
    answer = page.get(f"{CASE}/image.box", params={"key": told["image_key"]})
    assert "content-encoding" not in answer.headers
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert "immutable" in answer.headers["cache-control"]
    again = page.get(f"{CASE}/image.box", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_what_is_drawn_meanwhile_stays_and_a_target_waits_for_the_tissues(page):
    assert not page.get(CASE).json()["whole"]
    assert page.put(f"{CASE}/structures/nerve", json={"points": [[40, -10, 0]], "radius_mm": 2}).status_code == 200
    assert "nerve" in {row["name"] for row in page.get(CASE).json()["structures"]}
    outside = page.put(f"{CASE}/structures/tumour", json={"ellipsoid": [110, 78, 0, 24, 24, 20]})
    assert "air outside the body" in outside.json()["error"]["what"]
    assert page.put(f"{CASE}/structures/tumour", json=BALL).status_code == 200
    told = page.post(f"{CASE}/starter").json()
    assert told["plan"]["probes"]
    assert told["run_key"]
    assert {"nerve", "tumour", "skin"} <= {row["name"] for row in whole(page)["structures"]}


def test_what_cannot_be_read_is_told(page, space):
    assert not page.get(CASE).json()["whole"]
    whole(page)
    image = space.case("case").image_file
    image.write_bytes(image.read_bytes()[:4000])
    answer = page.get(CASE)
    assert answer.status_code == 422
    assert "truncated" in answer.json()["error"]["what"]


def test_a_structure_is_told_slab_by_slab_as_it_is_told_at_once(image, monkeypatch):
    for shape in (Ellipsoid((40.0, -10.0, 0.0), (48.0, 40.0, 44.0)), Mask(trunk_mask(image))):
        at_once = boxes.occupancy_box(shape, image.grid)
        with monkeypatch.context() as small:
            small.setattr(boxes, "AT_ONCE", 1)
            assert boxes.occupancy_box(shape, image.grid) == at_once


def trunk_mask(image: Volume) -> Volume:
    return Volume(image.grid, (image.data > 0).astype(np.uint8), "mask")
