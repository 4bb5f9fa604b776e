"""Structures are drawn, changed, removed, undone and redone; nothing acknowledged is lost, nothing is half there."""

import shutil

import numpy as np
import pytest

from iceball.assessment.goals import Spare
from iceball.desk import Desk
from iceball.errors import CaseError, IceballError, SegmentationError
from iceball.io.case import Case
from iceball.io.drawn import Steps, as_target, put_structure, redo_structures, remove_structure, undo_structures
from iceball.io.intake import Request, new_case
from iceball.io.nifti import write_nifti
from iceball.plan import Placement, Setting
from iceball.space import Volume
from iceball.space.shapes import Ellipsoid, Mask, Points, Polyline, Sphere
from iceball.tissue import TARGET, Structure
from tests.tissue.phantom import grid, trunk

BALL = Sphere((40.0, -10.0, 0.0), 20.0)


@pytest.fixture(scope="module")
def image():
    return trunk(grid((50, 38, 12), 5.0), couch=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory, image):
    home = tmp_path_factory.mktemp("made")
    setting = Setting("L", "HFS")
    return new_case(home / "case", Request(home, organ="kidney", setting=setting, draft=True), image=image)


@pytest.fixture
def case(tmp_path, made):
    shutil.copytree(made.folder, tmp_path / "case")
    return Case.open(tmp_path / "case")


def cube(case: Case, low: int, high: int) -> Mask:
    grid = case.image().grid
    data = np.zeros(grid.shape, np.uint8)
    data[low // 2 : high // 2, 15:18, 4:7] = 1
    return Mask(Volume(grid, data, "mask"))


def drawn(shape: object, name: str = "colon") -> Structure:
    return Structure(name, shape, "drawn by hand")  # type: ignore[arg-type]


def shapes(case: Case) -> dict[str, float]:
    return {s.name: round(case.anatomy().structures[s.name].shape.volume_ml, 6) for s in case.record.structures}


def test_a_case_without_a_target_is_a_draft_that_can_be_looked_at_but_not_simulated(case):
    again = Case.open(case.folder)
    assert again.draft
    assert again.anatomy().image.grid.matches(case.image().grid)
    plan = again.plan()
    assert plan.probes == ()
    assert plan.goals
    assert plan.setting == Setting("L", "HFS")
    assert "no target" in plan.reason
    with pytest.raises(CaseError, match="draft: no target has been drawn"):
        Desk.open(case.folder)  # what simulate, assess, search and report begin with


def test_a_draft_names_no_target_and_only_a_draft_may_do_so(tmp_path):
    with pytest.raises(CaseError, match="never guessed"):
        Request(tmp_path)
    with pytest.raises(CaseError, match="draft has no target"):
        Request(tmp_path, target_sphere=(0, 0, 0, 9), draft=True)


def test_the_target_drawn_makes_it_a_case_and_removing_it_a_draft_again(case):
    made = put_structure(case, drawn(BALL, TARGET))
    assert not made.case.draft
    assert made.anatomy.target.shape.volume_ml == pytest.approx(BALL.volume_ml)
    assert remove_structure(made.case, TARGET).case.draft


@pytest.mark.parametrize(
    "shape",
    [
        BALL,
        Ellipsoid((40.0, -10, 0), (20.0, 15, 12)),
        Points(np.array([[1.0, 2, 3]]), 0.0),
        Polyline(np.eye(3) * 9, 2.0),
    ],
)
def test_every_kind_of_shape_comes_back_as_it_was_drawn(case, shape):
    put_structure(case, drawn(shape))
    back = Case.open(case.folder).anatomy().structures["colon"]
    assert back.origin == "drawn by hand"
    assert type(back.shape) is type(shape)
    assert np.allclose(back.shape.bounds_mm(), shape.bounds_mm())


def test_undo_and_redo_bring_every_mask_back_whole_over_a_reopening(case):
    seen = [shapes(case)]
    for mask in (cube(case, 60, 64), cube(case, 60, 70)):
        put_structure(Case.open(case.folder), drawn(mask))
        seen.append(shapes(Case.open(case.folder)))
    remove_structure(Case.open(case.folder), "colon")
    seen.append(shapes(Case.open(case.folder)))
    assert seen[1] != seen[2]
    for expected in reversed(seen[:-1]):
        undo_structures(Case.open(case.folder))
        assert shapes(Case.open(case.folder)) == expected
    with pytest.raises(CaseError, match="nothing to undo"):
        undo_structures(Case.open(case.folder))
    for expected in seen[1:]:
        redo_structures(Case.open(case.folder))
        assert shapes(Case.open(case.folder)) == expected
    with pytest.raises(CaseError, match="nothing to redo"):
        redo_structures(Case.open(case.folder))


def test_a_change_after_an_undo_gives_up_what_was_undone_and_its_masks(case):
    one = put_structure(case, drawn(cube(case, 60, 64))).case
    two = put_structure(one, drawn(cube(case, 60, 70))).case
    back = undo_structures(two).case
    assert len(list((case.folder / "images").glob("mask-*"))) == 2
    made = put_structure(back, drawn(BALL, "stomach"))
    assert not made.steps.can_redo
    assert {p.name for p in (case.folder / "images").glob("mask-*")} == {one.record.structures[0].mask}


def test_what_the_anatomy_refuses_is_not_written(case):
    before = (case.folder / "case.toml").read_bytes()
    with pytest.raises(SegmentationError, match="outside the image"):
        put_structure(case, drawn(Sphere((900.0, 0, 0), 20.0), TARGET))
    with pytest.raises(SegmentationError, match="in the air"):
        put_structure(case, drawn(Sphere((110.0, -80, 0), 16.0), TARGET))
    assert (case.folder / "case.toml").read_bytes() == before
    assert not list((case.folder / "images").glob("mask-*"))


@pytest.mark.parametrize("name", ["", "Colon", "../x", "a b", "<script>", "x" * 61, "_x"])
def test_a_name_that_is_no_plain_word_is_refused(case, name):
    with pytest.raises(CaseError, match="cannot be the name"):
        put_structure(case, drawn(BALL, name))


def test_a_structure_that_a_goal_names_cannot_be_removed_under_it(case):
    made = put_structure(put_structure(case, drawn(BALL, TARGET)).case, drawn(cube(case, 20, 26), "my_scar")).case
    plan = made.plan()
    made.save_plan(type(plan)(**{**vars(plan), "goals": (*plan.goals, Spare("my_scar", 0)), "review": "edited"}))
    with pytest.raises(CaseError, match="the plan needs it"):
        remove_structure(made, "my_scar")
    assert "my_scar" in Case.open(case.folder).anatomy().structures


def test_a_drawn_structure_becomes_the_target_and_the_former_target_stays_beside_it(case):
    made = put_structure(put_structure(case, drawn(BALL, TARGET)).case, drawn(cube(case, 62, 68), "nodule")).case
    taken = as_target(made, "nodule")
    assert taken.anatomy.target.shape.volume_ml == pytest.approx(cube(case, 62, 68).volume_ml)
    assert {r.name for r in taken.case.record.structures} == {TARGET, "former_target"}
    assert undo_structures(taken.case).anatomy.target.shape.volume_ml == pytest.approx(BALL.volume_ml)


def test_a_plan_saved_late_does_not_lose_what_was_drawn_meanwhile(case):
    stale = Case.open(case.folder)
    put_structure(case, drawn(BALL, TARGET))
    stale.save_plan(stale.plan())
    assert not Case.open(case.folder).draft


def test_a_crash_between_the_two_files_leaves_the_case_at_one_of_its_steps(case):
    one = put_structure(case, drawn(BALL)).case
    text = (case.folder / "case.toml").read_bytes()
    put_structure(one, drawn(Sphere((40.0, -10, 0), 24.0)))
    (case.folder / "case.toml").write_bytes(text)  # the steps were written, the case was not
    steps = Steps.of(Case.open(case.folder))
    assert steps.at == 1
    assert steps.can_redo


def test_structures_changed_in_the_file_become_a_step_that_can_be_undone(case):
    made = put_structure(case, drawn(BALL)).case
    file = case.folder / "case.toml"
    file.write_text(file.read_text().replace("20.0", "22.0", 1))
    changed = Case.open(case.folder)
    assert Steps.of(changed).steps[-1].what == "changed on disk"
    assert undo_structures(changed).case.record.structures == made.record.structures


def test_two_structures_of_a_file_keep_their_masks_under_two_names_that_hold_the_same(case, tmp_path, image):
    write_nifti(cube(case, 60, 64).volume, tmp_path / "m.nii.gz")
    request = Request(tmp_path, organ="kidney", structures=(tmp_path / "m.nii.gz",), draft=True)
    made = new_case(tmp_path / "other", request, image=image)
    assert made.draft
    assert [r.name for r in made.record.structures] == ["label_1"]


def test_a_needle_in_a_draft_is_still_a_draft(case):
    plan = case.plan()
    needle = Placement("generic-17g-short", (40.0, -10, 0), (40.0, -66, 0))
    case.save_plan(type(plan)(**{**vars(plan), "probes": (needle,), "review": "edited"}))
    with pytest.raises(IceballError, match="no target"):
        Case.open(case.folder).refuse_draft()
