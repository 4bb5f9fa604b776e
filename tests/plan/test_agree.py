"""Goals that contradict each other, and targets that cannot be treated, are refused before anything is searched."""

from __future__ import annotations

import re

import numpy as np
import pytest

from iceball.applicator import probe
from iceball.assessment import Cover, Goal, Limit, Spare
from iceball.errors import PlanError
from iceball.plan import Plan, freeze
from iceball.plan.search.agree import must_agree
from iceball.plan.search.search import search
from iceball.space.shapes import Polyline, Sphere
from iceball.tissue import Anatomy
from tests.plan.phantoms import Body

GAP = 6.0
COVER = Cover("tumour", 0.0, 5.0)
COLON = Sphere((20.0 + GAP, -20.0, 0.0), 20)
PLAN = Plan(protocol=freeze(300), goals=(COVER,))


def body() -> Body:
    """A tumour of 20 mm with the colon 6 mm beside it."""
    return Body(half_mm=(70, 70), air_mm=12).target((0.0, -20.0, 0.0), 20).draw("colon", COLON)


@pytest.fixture(scope="module")
def patient() -> Anatomy:
    return body().anatomy()


@pytest.mark.parametrize("goals", [
    (COVER, Spare("bowel", 0.0, 0.5)),
    (Cover("tumour", 0.0, 2.0), Spare("colon", 0.0, 3.5)),
    (COVER, Cover("tumour", -20.0), Spare("colon", 0.0)),
    (Cover("tumour", 0.0, 5.0, fraction=0.8), Spare("colon", 0.0, 3.0)),
    (COVER, Limit("volume_ml.0", 40.0), Limit("needles", 2)),
])  # fmt: skip
def test_goals_that_leave_room_for_each_other_agree(goals: tuple[Goal, ...], patient: Anatomy) -> None:
    must_agree(goals, patient, kinds=[probe("generic-17g-short")])


def test_two_goals_that_meet_are_named_with_what_would_free_them(patient: Anatomy) -> None:
    with pytest.raises(PlanError) as refusal:
        must_agree((COVER, Spare("bowel", 0.0, 5.0)), patient)
    said = str(refusal.value)
    assert "'0 °C covers tumour + 5 mm' and 'nothing below 0 °C within 5 mm of bowel' need 10 mm" in said
    lies = float(re.search(r"colon, which lies ([\d.]+) mm", said)[1])  # type: ignore[index]
    assert lies == pytest.approx(GAP, abs=0.5)
    aside = float(re.search(r"move colon aside by at least (\d+) mm", said, re.I)[1])  # type: ignore[index]
    assert 10 - GAP <= aside <= 10 - GAP + 1
    assert f"at most {np.floor(2 * (lies - 5)) / 2:g} mm" in said
    # what the refusal advises is accepted
    must_agree((Cover("tumour", 0.0, np.floor(2 * (lies - 5)) / 2), Spare("bowel", 0.0, 5.0)), patient)


def test_a_structure_within_the_target_is_a_contradiction_even_as_a_line() -> None:
    anatomy = body().draw("nerve", Polyline(((0.0, -20.0, -9.0), (0.0, -20.0, 9.0)), 0.0)).anatomy()
    with pytest.raises(PlanError, match="nerve, which lies against it or within it"):
        must_agree((Cover("tumour", -20.0), Spare("nerve", 10.0)), anatomy)


def test_skin_and_bone_are_not_said_to_be_moved() -> None:
    anatomy = body().draw("rib_left_9", Sphere((-16.0, -20.0, 0.0), 8)).anatomy()
    with pytest.raises(PlanError, match="rib_left_9") as refusal:
        must_agree((COVER, Spare("rib_left_9", 0.0)), anatomy)
    assert "aside" not in str(refusal.value)


def test_a_share_that_the_spared_place_leaves_over_is_said() -> None:
    anatomy = body().draw("ureter", Sphere((-6.0, -20.0, 0.0), 14)).anatomy()
    with pytest.raises(PlanError, match=r"keeps 2\d% of") as refusal:
        must_agree((Cover("tumour", -20.0, fraction=0.9), Spare("ureter", 0.0)), anatomy)
    assert "at most 7" in str(refusal.value)
    must_agree((Cover("tumour", -20.0, fraction=0.6), Spare("ureter", 0.0)), anatomy)


def test_a_limit_that_the_covered_volume_exceeds_is_refused(patient: Anatomy) -> None:
    least = np.pi / 6 * 3.0**3
    with pytest.raises(PlanError, match=r"needs 1[45] mL"):
        must_agree((COVER, Limit("volume_ml.0", 0.8 * least)), patient)


def test_more_cold_than_a_needle_has_is_refused(patient: Anatomy) -> None:
    with pytest.raises(PlanError, match="no chosen needle is colder"):
        must_agree((Cover("tumour", -190.0),), patient, kinds=[probe("generic-17g-short")])


def test_a_target_outside_the_body_is_refused_by_the_search() -> None:
    air = Body(half_mm=(50, 50), air_mm=40)
    air.draw("tumour", Sphere((0.0, -70.0, 0.0), 20))
    with pytest.raises(PlanError, match="of the target lies in air or gas, outside the body"):
        search(air.anatomy(), PLAN, budget_s=5)
