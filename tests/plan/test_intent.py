"""What a freeze is meant for becomes ordinary goals: cure, relief, a part by choice."""

from __future__ import annotations

import numpy as np
import pytest

from iceball.assessment import Cover, Limit, Spare
from iceball.errors import PlanError, SegmentationError
from iceball.plan import Plan, freeze
from iceball.plan.constants import constants_of
from iceball.plan.defaults import default_goals
from iceball.plan.search.aim import aimed
from iceball.plan.search.asked import Asked
from iceball.plan.search.intent import Intent, chosen, intent_said, with_intent
from iceball.plan.ways.terrain import Terrain
from iceball.space.shapes import Sphere
from iceball.tissue import Anatomy
from iceball.tissue.interface import BONE_INTERFACE, interface_mm
from tests.plan.phantoms import BONE, Body

SPARES = (Spare("colon", 0.0, 3.0), Limit("needles", 3))
PLAN = Plan(protocol=freeze(300), goals=(Cover("tumour", 0.0, 4.0), *SPARES))
CENTRE = (0.0, -20.0, 0.0)


def body() -> Body:
    return Body(half_mm=(70, 70), air_mm=12).target(CENTRE, 32)


@pytest.fixture(scope="module")
def beside_bone() -> Anatomy:
    """A plate of bone under the tumour's left half, 8 mm thick."""
    made = body()
    made.plant((made.at[..., 0] > 6) & (made.at[..., 0] < 18), BONE)
    return made.anatomy("bone")


def test_a_curative_intent_keeps_the_plans_own_margin_and_adds_the_cold_of_the_pack() -> None:
    plan = with_intent(PLAN, body().anatomy("kidney"), Intent("curative"))
    assert plan.goals == (Cover("tumour", 0.0, 4.0), Cover("tumour", -20.0), *SPARES)
    assert "curative" in intent_said(plan.reason)


def test_a_plan_without_goals_takes_those_of_its_pack() -> None:
    anatomy = body().anatomy("kidney")
    plan = with_intent(Plan(protocol=freeze(300)), anatomy, Intent("curative"))
    assert set(plan.goals) == set(default_goals("kidney"))


def test_a_palliative_intent_covers_the_part_of_the_target_that_lies_at_bone(beside_bone: Anatomy) -> None:
    plan = with_intent(PLAN, beside_bone, Intent("palliative"))
    assert plan.goals == (Cover(BONE_INTERFACE, -20.0, fraction=0.9), *SPARES)
    found = beside_bone.structure(BONE_INTERFACE)
    assert found is not None
    low, high = found.shape.bounds_mm()
    assert 0.05 < found.shape.volume_ml / beside_bone.target.shape.volume_ml < 0.8
    assert low[0] >= 6 - interface_mm() - 4  # cells of 4 mm
    assert high[0] <= 18
    numbers = {c.name for c in constants_of(plan, beside_bone)}
    assert {"interface.reach_mm", "intent.palliative.interface_share"} <= numbers
    mass = with_intent(PLAN, beside_bone, Intent("palliative", relieve="mass", fraction=0.7))
    assert mass.goals[0] == Cover("tumour", -20.0, fraction=0.7)


def test_a_target_without_bone_beside_it_has_no_interface_and_the_refusal_says_so() -> None:
    anatomy = body().anatomy()
    with pytest.raises(PlanError, match="no interface with bone") as refusal:
        with_intent(PLAN, anatomy, Intent("palliative"))
    assert "--relieve mass" in str(refusal.value)
    with pytest.raises(SegmentationError, match="no bone lies within 3 mm"):
        anatomy.structure(BONE_INTERFACE)


def test_a_drawn_interface_is_taken_as_it_was_drawn() -> None:
    anatomy = body().draw(BONE_INTERFACE, Sphere((10.0, -20.0, 0.0), 8)).anatomy()
    assert with_intent(PLAN, anatomy, Intent("palliative")).goals[0] == Cover(BONE_INTERFACE, -20.0, fraction=0.9)


def test_a_partial_intent_covers_a_share_or_a_drawn_part() -> None:
    anatomy = body().draw("left_half", Sphere((8.0, -20.0, 0.0), 16)).anatomy()
    share = with_intent(PLAN, anatomy, Intent("partial", fraction=0.6))
    assert share.goals == (Cover("tumour", -20.0, fraction=0.6), *SPARES)
    part = with_intent(PLAN, anatomy, Intent("partial", part="left_half"))
    assert part.goals[:2] == (Cover("left_half", 0.0, 4.0), Cover("left_half", -20.0))
    assert Asked.of(anatomy, part.goals).aim == "left_half"
    with pytest.raises(PlanError, match="no structure called 'lung'"):
        with_intent(PLAN, anatomy, Intent("partial", part="lung"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"kind": "heroic"}, "no intent called 'heroic'"),
        ({"kind": "partial"}, "either a share"),
        ({"kind": "partial", "fraction": 0.5, "part": "x"}, "either a share"),
        ({"kind": "partial", "fraction": 1.5}, "no share"),
        ({"kind": "curative", "fraction": 0.5}, "covers all"),
        ({"kind": "curative", "part": "x"}, "partial intent"),
        ({"kind": "palliative", "relieve": "pain"}, "nothing to relieve"),
        ({"kind": None, "fraction": 0.5}, "belongs to an intent"),
    ],
)
def test_an_intent_that_cannot_be_is_refused_in_words(words: dict[str, object], said: str) -> None:
    with pytest.raises(PlanError, match=said):
        chosen(**words)  # type: ignore[arg-type]
    assert chosen(None) is None


def test_the_margin_of_a_drawn_part_is_measured_on_the_part() -> None:
    """Ice around the part alone: its margin is met, however much of the tumour stays warm."""
    part = Sphere((8.0, -20.0, 0.0), 14)
    anatomy = body().draw("part", part).anatomy()
    goals = (Cover("part", 0.0, 3.0), Cover("part", -20.0))
    asked = Asked.of(anatomy, goals)
    answer = asked.answer(lambda p: 5.0 * (np.linalg.norm(p - np.array([8.0, -20.0, 0.0]), axis=1) - 12.0))
    assert answer.margin_mm == pytest.approx(5.0, abs=0.5)
    assert answer.met == (True, True)
    whole = Asked.of(anatomy, (Cover("tumour", 0.0, 3.0),))
    assert whole.answer(lambda p: 5.0 * (np.linalg.norm(p - np.array([8.0, -20.0, 0.0]), axis=1) - 12.0)).margin_mm < 0


def test_needles_are_spread_over_what_the_goals_cover(beside_bone: Anatomy) -> None:
    terrain = Terrain.of(beside_bone)
    whole = terrain.ground.target_mm
    assert aimed(terrain, beside_bone, PLAN.goals) is terrain
    half = aimed(terrain, beside_bone, (Cover("tumour", -20.0, fraction=0.5),)).ground.target_mm
    assert len(half) == pytest.approx(len(whole) / 2, rel=0.05)
    assert np.ptp(half, axis=0).max() < 0.9 * np.ptp(whole, axis=0).max()
    face = aimed(terrain, beside_bone, with_intent(PLAN, beside_bone, Intent("palliative")).goals).ground.target_mm
    assert face[:, 0].min() > 0
    assert abs(face[:, 1].mean() - CENTRE[1]) < 3
