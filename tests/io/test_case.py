"""A case folder gives back what was put into it, and refuses what was never put there."""

from pathlib import Path

import numpy as np
import pytest

from iceball.assessment.goals import Cover, Limit, Spare
from iceball.errors import CaseError, IceballError
from iceball.io.case import Case
from iceball.plan import Placement, Plan, Setting, freeze
from iceball.space import Grid, Header, Volume
from iceball.space.shapes import Ellipsoid, Mask, Points, Polyline, Sphere
from iceball.tissue import TARGET, Structure
from iceball.units import minutes

GRID = Grid.box((-60, -60, -30), (60, 60, 30), (3.0, 3.0, 5.0))

FINE = Grid.box((-60, -60, -30), (60, 60, 30), 2.0)


def ct() -> Volume:
    at = GRID.centres_mm()
    body = (at[..., 0] / 55) ** 2 + (at[..., 1] / 50) ** 2 < 1
    header = Header("CT", "K1", "1.2.3", "1.2.840.1.4", "Abdomen", "20240131", "HFS", notes=("A note.",))
    return Volume(GRID, np.where(body, 40, -1000).astype(np.int16), "HU", header)


SHAPES = {
    TARGET: Sphere((0.5, -3.25, 2.0), 18.0),
    "colon": Ellipsoid((20.0, 10.0, 0.0), (12.0, 8.0, 20.5)),
    "renal_pelvis": Mask(Volume(GRID, (GRID.centres_mm()[..., 0] < -30).astype(np.uint8), "mask")),
    "ureter": Polyline(np.array([[10.0, 5, -20], [11, 6, 0], [9, 4.125, 20]]), 2.0),
    "psoas_nerve": Polyline(np.array([[-10.0, 5, -20], [-11, 6, 0]])),
    "marker": Points(np.array([[1.0, 2, 3], [4, 5, 6.5]]), 1.5),
}
PLAN = Plan(
    probes=(
        Placement("generic-17g-short", (0.0, 2.0, 1.0), (0.0, 49.0, 1.0), name="one"),
        Placement("generic-17g-long", (15.0, 2.0, 1.0), (15.0, 46.5, 1.0), freeze(3 * minutes).hold(60, duty=0.4)),
    ),
    protocol=freeze(10 * minutes).thaw(5 * minutes).freeze(10 * minutes).active_thaw(60),
    goals=(Cover(TARGET, -20, 5, 0.95), Spare("colon", 0, 5), Limit("volume_ml.0", 60)),
    setting=Setting("L", "HFP", "inspiration", "expiration"),
    reason="Because – “so”\nand so.",
)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    structures = [Structure(name, shape, f"origin of {name}") for name, shape in SHAPES.items()]
    made = Case.create(
        tmp_path / "case", title="A case", image=ct(), structures=structures, organ="kidney", flags=["F"]
    )
    made.save_plan(PLAN)
    return Case.open(tmp_path / "case")


def test_structures_of_every_kind_come_back_as_they_were(case: Case) -> None:
    found = case.anatomy().structures
    for name, shape in SHAPES.items():
        assert found[name].origin == f"origin of {name}"
        back = found[name].shape
        assert type(back) is type(shape)
        assert back.volume_ml == pytest.approx(shape.volume_ml)
        assert np.allclose(back.bounds_mm(), shape.bounds_mm())
        assert np.allclose(back.occupancy(FINE), shape.occupancy(FINE))


def test_image_and_header_come_back_as_they_were(case: Case) -> None:
    image = case.image()
    assert image.grid.matches(GRID)
    assert np.array_equal(image.data, ct().data)
    assert image.header == ct().header
    assert case.record.flags == ("F",)


def test_a_plan_comes_back_as_it_was(case: Case) -> None:
    assert case.plan() == PLAN
    assert case.plan().key() == PLAN.key()


def break_case(case: Case, old: str, new: str) -> None:
    file = case.folder / "case.toml"
    text = file.read_text()
    mask = next(s.mask for s in case.record.structures if s.mask)
    old, new = old.replace("THE_MASK", mask), new.replace("THE_MASK", mask)
    assert old in text
    file.write_text(text.replace(old, new, 1))


def opened(case: Case) -> None:
    again = Case.open(case.folder)
    again.plan()
    again.anatomy()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('title = "A case"', 'title = "A case"\ncolour = "blue"', "colour"),
        ('title = "A case"', "", "title"),
        ('organ = "kidney"', 'organ = "banana"', "banana"),
        ('organ = "kidney"', "organ = 3", "organ"),
        ("format = 1", "format = 99", "99"),
        ('mask = "THE_MASK"', 'mask = "../THE_MASK"', "renal_pelvis"),
        ('mask = "THE_MASK"', 'mask = "/etc/passwd"', "renal_pelvis"),
        ('mask = "THE_MASK"', 'mask = ".."', "missing"),
        ('mask = "THE_MASK"', 'mask = "other.nii.gz"', "missing"),
        ('mask = "THE_MASK"', 'mask = ""', "renal_pelvis"),
        ("title", "title = [", "could not be read"),
    ],
)
def test_a_case_file_broken_by_hand_is_refused_with_the_place(case: Case, old: str, new: str, said: str) -> None:
    break_case(case, old, new)
    with pytest.raises(IceballError) as refusal:
        opened(case)
    assert said in str(refusal.value)
    assert refusal.value.where


def test_a_case_without_its_image_is_refused(case: Case) -> None:
    (case.folder / "images" / "image.nii.gz").unlink()
    with pytest.raises(CaseError, match="missing"):
        opened(case)


def test_a_case_without_its_plan_is_refused(case: Case) -> None:
    (case.folder / "plan.toml").unlink()
    with pytest.raises(CaseError, match=r"plan\.toml"):
        opened(case)


def test_a_folder_without_a_case_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="iceball new"):
        Case.open(tmp_path)


def test_a_failed_write_leaves_the_old_plan(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (case.folder / "plan.toml").read_bytes()

    def full(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="disk full"):
        case.save_plan(PLAN.edited(reason="new"))
    assert (case.folder / "plan.toml").read_bytes() == before
    assert sorted(p.name for p in case.folder.iterdir()) == ["case.toml", "images", "plan.toml"]
