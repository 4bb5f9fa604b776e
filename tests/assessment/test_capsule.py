"""The target's face at its organ's capsule, on shapes whose capsule is known."""

import numpy as np
import pytest

from iceball.assessment import Assessment, Cover, assess
from iceball.assessment.spread import member_numbers, numbers_of
from iceball.errors import PlanError
from iceball.space import Grid
from iceball.space.shapes import Ellipsoid, Sphere
from tests.assessment.made_by_hand import ball, box, history, patient

GRID = box(40, 2.0)
IMAGE = Grid.box((-60,) * 3, (60,) * 3, 4.0)
# A liver of 70 mm whose capsule lies 3 mm before a tumour of 20 mm; ice that lags behind on the capsule's side.
LIVER, TUMOUR = Sphere((0, 0, -22), 70), Sphere((0, 0, 0), 20)
ICE = ball(GRID, 18, centre=(0, 0, -5))


def judged(*goals, organ="liver", shapes=None, ice=ICE) -> Assessment:
    shapes = shapes or {"tumour": TUMOUR, "liver": LIVER}
    return assess(history(GRID, ice), goals, patient(shapes, organ=organ, image=IMAGE), kill=None)


def test_the_margin_without_the_capsules_face_is_told_beside_the_whole_and_is_wider() -> None:
    found = judged().margins_mm["0"]
    rest = found.without_capsule
    # at the top of the tumour: 18 - 5 - 10 mm
    assert found.min_mm == pytest.approx(3.0, abs=0.3)
    assert found.where_lps_mm[2] > 9
    assert 0.05 < found.capsule_fraction < 0.3
    assert rest.min_mm > found.min_mm + 0.5
    assert rest.where_lps_mm[2] < 9
    assert all(rest.area_below[mm] <= found.area_below[mm] / (1 - found.capsule_fraction) for mm in rest.area_below)


def test_a_tumour_deep_in_its_organ_has_no_face_at_the_capsule() -> None:
    found = judged(shapes={"tumour": TUMOUR, "liver": Sphere((0, 0, 0), 60)}).margins_mm["0"]
    assert found.capsule_fraction == 0
    assert found.without_capsule is None


def test_without_a_drawn_organ_nobody_speaks_of_a_capsule() -> None:
    goal = Cover("tumour", below=0, margin_mm=5, capsule=False)
    for verdict in (judged(goal, shapes={"tumour": TUMOUR}), judged(goal, organ="")):
        assert verdict.margins_mm["0"].capsule_fraction is None
        assert verdict.goals[0].met is None
        assert "nobody drew" in verdict.goals[0].reason


def test_a_gap_between_two_lobes_is_not_the_end_of_the_lung() -> None:
    upper = Ellipsoid((0, 0, 24), (60, 60, 24))
    lower = Ellipsoid((0, 0, -12), (70, 70, 44))
    shapes = {"tumour": Sphere((0, 0, -2), 20), "lung_lower_lobe_left": lower}
    alone = judged(organ="lung", shapes=shapes).margins_mm["0"].capsule_fraction
    both = judged(organ="lung", shapes={**shapes, "lung_upper_lobe_left": upper}).margins_mm["0"].capsule_fraction
    assert alone > 0.05
    assert both < alone / 4


def test_a_goal_may_ask_no_margin_at_the_capsule_but_never_leaves_the_tumour_uncovered_there() -> None:
    every, rest = Cover("tumour", below=0, margin_mm=3.4), Cover("tumour", below=0, margin_mm=3.4, capsule=False)
    whole, eased = judged(every, rest).goals
    assert whole.met is False
    assert eased.met is True
    assert eased.value > whole.value
    assert "no margin asked at its organ's capsule" in eased.goal
    short = judged(
        Cover("tumour", below=0, margin_mm=0.5, capsule=False), ice=ball(GRID, 18, centre=(0, 0, -8.5))
    ).goals[0]
    assert short.value > 0.5
    assert short.met is False
    assert "capsule" in short.reason


@pytest.mark.parametrize("seed", range(3))
def test_leaving_out_a_face_never_narrows_the_margin_nor_fails_a_goal_that_was_met(seed: int) -> None:
    rng = np.random.default_rng(seed)
    organ = Sphere(tuple(rng.uniform(-12, 12, 3)), rng.uniform(40, 70))
    ice = ball(GRID, rng.uniform(13, 22), centre=rng.uniform(-5, 5, 3))
    goals = [Cover("tumour", below=0, margin_mm=m, capsule=c) for m in (0, 3, 6) for c in (True, False)]
    verdict = judged(*goals, shapes={"tumour": TUMOUR, "liver": organ}, ice=ice)
    for found in verdict.margins_mm.values():
        if found.without_capsule is not None and found.without_capsule.min_mm is not None:
            assert found.without_capsule.min_mm >= found.min_mm
    for whole, eased in zip(verdict.goals[::2], verdict.goals[1::2], strict=True):
        assert eased.met or not whole.met


@pytest.mark.parametrize("wrong", [{"structure": "colon"}, {"structure": "tumour", "fraction": 0.9}])
def test_only_the_whole_target_has_a_face_that_may_be_left_out(wrong: dict[str, object]) -> None:
    with pytest.raises(PlanError, match="capsule"):
        Cover(below=0, margin_mm=5, capsule=False, **wrong)


def test_a_member_of_a_spread_without_such_a_face_has_its_whole_margin() -> None:
    deep = judged(shapes={"tumour": TUMOUR, "liver": Sphere((0, 0, 0), 60)})
    assert "margins_mm.0.without_capsule" not in numbers_of(deep)
    assert member_numbers(deep)["margins_mm.0.without_capsule"] == deep.margins_mm["0"].min_mm


def test_the_capsule_survives_the_json_and_the_tree_tells_both_numbers() -> None:
    verdict = judged(Cover("tumour", below=0, margin_mm=5))
    again = Assessment.from_json(verdict.as_json())
    assert again.margins_mm == verdict.margins_mm
    assert "without the" in str(verdict)
