"""Needles are set on their metal, told against the plan, and refused where there is none."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from iceball.assessment import Cover, Spare
from iceball.errors import ImageError, PlanError
from iceball.io.schema import schema_of
from iceball.plan import Placement, Plan, freeze
from iceball.plan.placed.laid import Laid, laid_by_hand, must_be_same_patient
from iceball.plan.placed.next_needle import next_needle, with_next
from iceball.plan.placed.placed import Placed, deviations, must_be_apart, must_not_have_moved, place
from iceball.plan.placed.streak import Streak, refine
from iceball.plan.plan import Stage
from iceball.space import Grid, Header, Volume
from iceball.space.rigid import Rigid
from iceball.space.shapes import Sphere
from iceball.tissue import Anatomy
from iceball.tissue.phantom import phantom
from tests.acceptance.json_schema import problems

GOALS = (Cover("tumour", 0.0, 3.0), Spare("skin", 0.0))
PLAN = Plan(
    (
        Placement("generic-17g-short", (0.0, 52.0, 0.0), (0.0, 0.0, 0.0), name="left"),
        Placement("generic-17g-short", (-12.0, 52.0, 0.0), (-12.0, 0.0, 0.0), name="right"),
    ),
    freeze(240),
    GOALS,
)
TIP, SHAFT = np.array([2.0, 54.0, 1.5]), np.array([5.0, 10.0, 3.0])
STREAK = Streak("left", (3.2, 55.5, 0.4), (4.0, 12.0, 4.0))
STILL = Laid(Rigid.still(), "given", None, 0.0)


@pytest.fixture(scope="module")
def patient() -> Anatomy:
    return phantom(
        (140, 90, 140), 4.0, target=Sphere((0.0, 40.0, 0.0), 16.0), layers=(("skin", 4.0),), air_above_mm=160
    )


def control(*needles: tuple[np.ndarray, np.ndarray], height: float = 9000.0, top: float = 3071.0) -> Volume:
    """Metal of needles on cells of 1 x 1 x 2 mm, blurred, in tissue, cut off at the top."""
    grid = Grid.box((-25, -5, -20), (25, 75, 20), (1.0, 1.0, 2.0))
    at, data = grid.centres_mm(), np.full(grid.shape, 40.0)
    for tip, back in needles:
        out = (back - tip) / np.linalg.norm(back - tip)
        along = (at - tip) @ out
        away2 = ((at - tip - along[..., None] * out) ** 2).sum(axis=-1)
        data += height * np.exp(-away2 / 2.0) * (1 + np.vectorize(math.erf)(along / math.sqrt(2.0))) / 2
    data += np.random.default_rng(4).normal(0, 15, grid.shape)
    return Volume(grid, np.clip(data, -1024, top).astype(np.int16), "HU", Header(modality="CT"))


@pytest.fixture(scope="module")
def image() -> Volume:
    return control((TIP, SHAFT))


@pytest.fixture(scope="module")
def placed(patient: Anatomy, image: Volume) -> Placed:
    return place(PLAN, patient, image, [STREAK], STILL)


def test_a_needle_is_set_on_its_metal_although_the_points_lie_beside_it_and_the_scanner_cut_it_off(
    image: Volume,
) -> None:
    found = refine(STREAK, image, radius_mm=0.75)
    out = (SHAFT - TIP) / np.linalg.norm(SHAFT - TIP)
    assert found.cut_off
    assert np.linalg.norm(np.subtract(found.tip_mm, TIP)) < 0.5
    assert math.degrees(math.acos(min(1.0, np.array(found.out) @ out))) < 1.0
    assert found.moved_mm > 1.5


@pytest.mark.parametrize(
    ("streak", "said"),
    [
        (Streak("left", (18.0, 50.0, 10.0), (18.0, 10.0, 10.0)), "no metal lies along"),
        (Streak("left", (4.0, 30.0, 2.0), (5.0, 5.0, 3.0)), "does not end near"),
        (Streak("left", (4.0, 130.0, 2.0), (5.0, 5.0, 3.0)), "outside the control image"),
    ],
)
def test_points_beside_all_metal_behind_the_tip_or_off_the_image_are_refused(
    streak: Streak, said: str, image: Volume
) -> None:
    with pytest.raises(PlanError, match=said):
        refine(streak, image, radius_mm=0.75)


def test_two_streaks_on_one_needle_and_points_too_close_together_are_refused(placed: Placed) -> None:
    (found,) = placed.found
    with pytest.raises(PlanError, match="same metal"):
        must_be_apart([found, replace(found, needle="right")])
    with pytest.raises(PlanError, match="mm apart"):
        Streak("left", (0.0, 0.0, 0.0), (0.0, 5.0, 0.0))


def test_a_streak_of_no_needle_and_no_streak_at_all_are_refused(patient: Anatomy, image: Volume) -> None:
    with pytest.raises(PlanError, match=r"no needle called 'upper'.*left, right"):
        place(PLAN, patient, image, [replace(STREAK, needle="upper")], STILL)
    with pytest.raises(PlanError, match="no streak"):
        place(PLAN, patient, image, [], STILL)


def test_the_plan_stays_and_the_plan_as_placed_says_what_it_is(placed: Placed) -> None:
    assert placed.planned == PLAN
    assert PLAN.stage == "planned"
    assert placed.plan.stage == "as placed"
    assert placed.plan.probes[1] == PLAN.probes[1]
    assert "AS PLACED: left" in placed.plan.reason
    assert "nobody knows where it lies" in str(placed)


def test_deviations_are_those_of_the_true_needle(placed: Placed) -> None:
    left, right = placed.deviations
    assert left.tip_mm == pytest.approx(np.linalg.norm(TIP - PLAN.probes[0].tip_mm), abs=0.5)
    assert left.deeper_mm == pytest.approx(2.0, abs=0.5)
    assert left.beside_mm == pytest.approx(2.5, abs=0.5)
    assert left.angle_deg == pytest.approx(math.degrees(math.atan2(math.hypot(3, 1.5), 44)), abs=1.0)
    assert not right.set_on_streak
    assert deviations(PLAN, placed.plan)[0].tip_mm == left.tip_mm


def test_the_shaft_is_followed_to_the_skin(placed: Placed) -> None:
    assert placed.plan.probes[0].entry_mm[1] == pytest.approx(0.0, abs=2.5)


def test_a_motion_between_the_images_is_taken_back(patient: Anatomy, image: Volume, placed: Placed) -> None:
    moved = Laid(Rigid(Rigid.still().turn, (0.0, -3.0, 1.0)), "given", None, 3.2)
    shifted = place(PLAN, patient, image, [STREAK], moved)
    off = np.subtract(shifted.plan.probes[0].tip_mm, placed.plan.probes[0].tip_mm)
    assert off == pytest.approx((0.0, -3.0, 1.0), abs=0.02)


def test_without_registration_both_images_have_to_name_one_frame(patient: Anatomy, image: Volume) -> None:
    with pytest.raises(ImageError, match="frame of reference") as refused:
        laid_by_hand(patient, image, None)
    # The page has no such option: it is told where the option is.
    assert "in a shell: `iceball as-placed --transform`" in refused.value.remedy
    same = Header(modality="CT", frame_of_reference="1.2.3")
    mine = replace(patient, image=replace(patient.image, header=same))
    assert laid_by_hand(mine, replace(image, header=same), None).motion == Rigid.still()


def test_another_patient_and_an_image_that_is_no_ct_are_refused(patient: Anatomy, image: Volume) -> None:
    mine = replace(patient, image=replace(patient.image, header=Header(patient_key="a")))
    with pytest.raises(ImageError, match="another patient"):
        must_be_same_patient(mine, replace(image, header=Header(patient_key="b")))
    with pytest.raises(ImageError, match="no CT"):
        must_be_same_patient(patient, replace(image, quantity="MR"))


def test_a_needle_that_ice_held_cannot_have_moved_and_one_that_stayed_may(patient: Anatomy, placed: Placed) -> None:
    away = replace(PLAN.probes[0], tip_mm=(5.0, 52.0, 0.0), entry_mm=(5.0, 0.0, 0.0))
    moved = replace(placed.plan, probes=(away, PLAN.probes[1]))
    with pytest.raises(PlanError, match=r"'left' is held by ice.*5.0 mm from where it was"):
        must_not_have_moved(PLAN, moved, patient, at_s=60.0, spacing_mm=4.0)
    must_not_have_moved(PLAN, PLAN, patient, at_s=60.0, spacing_mm=4.0)


def test_one_more_needle_is_advised_where_a_cover_is_missed_and_none_where_it_is_met(
    patient: Anatomy, placed: Placed
) -> None:
    alone = replace(PLAN, probes=(replace(PLAN.probes[1], tip_mm=(-9.0, 52.0, 0.0), entry_mm=(-9.0, 0.0, 0.0)),))
    advice = next_needle(alone, patient, spacing_mm=4.0, coarse_mm=4.0)
    assert advice.needle is not None
    assert advice.then is not None
    assert advice.margin_mm is not None
    then = advice.then.margins_mm["0"].min_mm
    assert then is not None
    assert then > advice.margin_mm + 1
    told = {"research_use_only": True, "control": "c", "at_min": 0.0, **placed.as_json(), **advice.as_json()}
    assert problems(told, schema_of("placed")) == []
    assert problems({**told, "needles": [{}]}, schema_of("placed"))
    more = with_next(alone, advice)
    assert more is not None
    assert more.probes[:-1] == alone.probes
    easy = replace(more, goals=(Cover("tumour", 0.0, fraction=0.5),))
    assert "none needed" in next_needle(easy, patient, spacing_mm=4.0).said


def test_needles_that_touch_may_come_out_a_little_too_near_but_not_through_each_other() -> None:
    def beside(gap: float, stage: Stage) -> Plan:
        other = replace(PLAN.probes[0], tip_mm=(gap, 52.0, 0.0), entry_mm=(gap, 0.0, 0.0), name="other")
        return replace(PLAN, probes=(PLAN.probes[0], other), stage=stage)

    assert beside(0.9, "as placed")
    for gap, stage in ((0.9, "planned"), (0.3, "as placed")):
        with pytest.raises(PlanError, match="come within"):
            beside(gap, stage)  # type: ignore[arg-type]
