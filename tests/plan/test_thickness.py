"""The thickness of a pocket is solved: least, confirmed, and refused where none will do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from iceball.assessment.goals import Spare
from iceball.errors import PlanError
from iceball.plan import thickness
from iceball.plan.pocket import Pocket
from iceball.plan.thickness import goals_of, thickness_for
from tests.plan.displaced import body
from tests.plan.test_pocket import PLAN

COLON = Pocket("colon", "dextrose", 10.0, start_c=37.0)


@pytest.fixture(scope="module", autouse=True)
def coarse():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(thickness, "COARSE_MM", 4.0)
        yield


def test_the_least_thickness_meets_the_goal_and_one_thinner_does_not() -> None:
    told: list[str] = []
    solved = thickness_for(PLAN, body(), COLON, spacing_mm=4.0, most_mm=12.0, progress=told.append)
    assert solved.plan.pockets == (solved.pocket,)
    assert solved.after.settled
    assert not solved.before.settled
    thinner = [t for t in solved.tried if 0 < t.thickness_mm < solved.pocket.thickness_mm]
    assert thinner
    assert not any(t.settled for t in thinner)
    assert solved.after.distance_mm > solved.before.distance_mm
    assert len(told) == len(solved.tried)
    assert "NOT MET before, met after" in str(solved)


def test_where_no_thickness_will_do_it_says_how_far_it_came() -> None:
    with pytest.raises(PlanError, match="no pocket up to 2 mm spares colon: at 2 mm") as refusal:
        thickness_for(PLAN, body(), COLON, until=(Spare("colon", 36.9, 5.0),), spacing_mm=4.0, most_mm=2.0)
    assert refusal.value.remedy


def test_a_structure_that_is_spared_needs_no_pocket() -> None:
    with pytest.raises(PlanError, match="spared without a pocket"):
        thickness_for(PLAN, body(), COLON, until=(Spare("colon", -150.0),), spacing_mm=4.0)


def test_without_a_goal_there_is_nothing_to_solve() -> None:
    assert [str(g) for g in goals_of(PLAN, "colon")] == ["nothing below 0 °C within 5 mm of bowel"]
    with pytest.raises(PlanError, match="no goal spares colon"):
        thickness_for(replace(PLAN, goals=PLAN.goals[:1]), body(), COLON)
