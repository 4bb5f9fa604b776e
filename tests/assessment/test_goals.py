"""Goals met or not: the words mean what design and documentation say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iceball.assessment import Cover, Limit, Spare, assess
from iceball.errors import PlanError, SegmentationError
from iceball.space.shapes import Ellipsoid, Points, Polyline, Sphere
from tests.assessment.made_by_hand import as_mask, ball, box, history, patient

GRID = box(30, 2.0)


@settings(max_examples=12, deadline=None)
@given(
    st.floats(8, 16),
    st.tuples(*[st.floats(-4, 4)] * 3),
    st.tuples(*[st.floats(10, 22)] * 3),
    st.sampled_from([0, 3, 5]),
)
def test_cover_agrees_with_the_margin_and_with_the_volume_of_the_dilated_structure(
    radius, centre, diameters, margin_mm
):
    target = Ellipsoid((0, 0, 0), diameters)
    goals = [Cover("tumour", 0, margin_mm), Cover("tumour", 0, margin_mm, 0.99999)]
    found = assess(history(GRID, ball(GRID, radius, centre=centre)), goals, patient({"tumour": target}))
    by_margin, by_volume = found.goals
    smallest = found.margins_mm["0"].min_mm
    assert by_margin.value == smallest
    assert by_margin.met is (smallest >= margin_mm)
    if smallest > margin_mm + 1.0:
        assert by_volume.met is True
    if smallest < margin_mm - 1.0:
        assert by_volume.met is False


@settings(max_examples=12, deadline=None)
@given(
    st.floats(6, 12),
    st.tuples(*[st.floats(-3, 3)] * 3),
    st.floats(4, 12),
    st.floats(14, 24),
    st.sampled_from([0, 2, 5]),
)
def test_spare_agrees_with_the_distance_to_the_ice(radius, centre, diameter, away, distance_mm):
    colon = Sphere((0, away, 0), diameter)
    anatomy = patient({"tumour": Sphere((0, 0, 0), 8), "colon": colon})
    found = assess(history(GRID, ball(GRID, radius, centre=centre)), [Spare("colon", 0, distance_mm)], anatomy)
    (goal,) = found.goals
    gap = found.structures[0].distance_to_0c_mm
    exact = np.linalg.norm(np.array((0, away, 0)) - centre) - diameter / 2 - radius
    assert gap == pytest.approx(exact, abs=1.0)
    # The field falls by 4 K a millimetre, so the number of the goal is a distance too.
    assert goal.value == pytest.approx(min(4 * (exact - distance_mm), 37), abs=4.0)
    assert goal.met is (goal.value >= 0)
    if abs(gap - distance_mm) > 1.0:
        assert goal.met is (gap > distance_mm)


def test_a_fraction_is_met_by_volume_with_its_number():
    anatomy = patient({"tumour": Sphere((0, 0, 0), 24)})
    grid = box(28, 1.0)
    goals = [Cover("tumour", 0, 0, 0.5), Cover("tumour", 0, 0, 0.6), Cover("tumour", 0, 5, 0.1)]
    found = assess(history(grid, ball(grid, 10)), goals, anatomy)
    assert [v.met for v in found.goals] == [True, False, True]
    assert found.goals[0].value == pytest.approx((10 / 12) ** 3, rel=0.02)
    assert found.goals[0].unit == "fraction"
    assert found.goals[2].value == pytest.approx((10 / 17) ** 3, rel=0.03)
    assert found.goals[0].value == found.coverage["0"]


def test_numbers_are_compared_unrounded():
    anatomy = patient({"tumour": Sphere((0, 0, 0), 20)})
    record = history(box(28, 1.0), ball(box(28, 1.0), 15))
    exact = assess(record, [], anatomy).margins_mm["0"].min_mm
    goals = [Cover("tumour", 0, exact), Cover("tumour", 0, exact + 0.004)]
    assert [v.met for v in assess(record, goals, anatomy).goals] == [True, False]
    ml = assess(record, [], anatomy).volumes_ml["0"]
    goals = [Limit("volume_ml.0", ml), Limit("volume_ml.0", ml - 0.004)]
    assert [v.met for v in assess(record, goals, anatomy).goals] == [True, False]


def test_a_warm_core_is_not_covered_though_the_margin_of_the_surface_is():
    grid = box(28, 1.0)
    distance = np.linalg.norm(grid.centres_mm(), axis=-1)
    shell = np.maximum(4 * (distance - 18), 4 * (5 - distance))
    found = assess(history(grid, shell), [Cover("tumour", 0)], patient({"tumour": Sphere((0, 0, 0), 24)}))
    assert found.margins_mm["0"].min_mm > 5
    assert found.goals[0].met is False
    assert "stays warmer" in found.goals[0].reason
    assert found.coverage["0"] == pytest.approx(1 - (5 / 12) ** 3, abs=0.02)


def test_an_expected_structure_that_nobody_drew_is_not_assessed_and_forbids_all_goals_met():
    anatomy = patient({"tumour": Sphere((0, 0, 0), 16)}, organ="kidney")
    name = anatomy.absent[0]
    record = history(GRID, ball(GRID, 16))
    found = assess(record, [Cover("tumour", 0), Spare(name)], anatomy)
    assert [v.met for v in found.goals] == [True, None]
    assert found.goals[1].reason == "not drawn: NOT ASSESSED"
    assert found.not_assessed == anatomy.absent
    assert found.status == "not fully assessed"
    assert assess(record, [Cover("tumour", 0)], anatomy).status == "not fully assessed"


def test_without_an_organ_nothing_counts_as_assessed():
    found = assess(history(GRID, ball(GRID, 16)), [Cover("tumour", 0)], patient({"tumour": Sphere((0, 0, 0), 16)}))
    assert found.not_assessed == ("all structures: organ unknown",)
    assert found.status == "not fully assessed"


def test_a_name_neither_drawn_nor_expected_is_refused():
    anatomy = patient({"tumour": Sphere((0, 0, 0), 16)}, organ="kidney")
    with pytest.raises(SegmentationError, match="bowle"):
        assess(history(GRID, ball(GRID, 16)), [Spare("bowle")], anatomy)


def test_a_group_is_judged_on_all_its_members():
    shapes = {"tumour": Sphere((0, 0, 0), 16), "colon": Sphere((24, 0, 0), 8), "small_bowel": Sphere((0, 16, 0), 8)}
    found = assess(history(GRID, ball(GRID, 14)), [Spare("bowel"), Spare("colon")], patient(shapes))
    assert [v.met for v in found.goals] == [False, True]
    assert found.goals[0].value == pytest.approx(-8, abs=2)


def test_lines_and_points_without_a_radius_can_be_covered_and_spared():
    shapes = {
        "tumour": Sphere((0, 0, 0), 16),
        "nerve": Polyline(np.array([[-25.0, 14.3, 0.3], [25, 14.3, 0.3]])),
        "mark": Points(np.array([[0.3, 0.2, 5.1]])),
    }
    goals = [
        Spare("nerve"),
        Spare("nerve", 0, 6),
        Cover("mark", 0, 5),
        Cover("mark", 0, 12),
        Cover("nerve", 25, 0, 0.2),
    ]
    found = assess(history(GRID, ball(GRID, 12)), goals, patient(shapes))
    spared, near, covered, too_much, warm = found.goals
    assert spared.met is True
    assert spared.value == pytest.approx(4 * 2.3, abs=2)
    assert near.met is False
    assert near.value == pytest.approx(4 * (2.3 - 6), abs=3)
    assert covered.met is True
    assert covered.value == pytest.approx(12 - 5.1, abs=0.3)
    assert too_much.met is False
    assert warm.value == pytest.approx(np.sqrt(18.25**2 - 14.3**2) / 25, abs=0.06)


def test_a_target_that_is_exactly_the_ice_is_covered_within_the_tolerance():
    target = as_mask(Sphere((0, 0, 0), 24), GRID)
    found = assess(history(GRID, ball(GRID, 12)), [Cover("tumour", 0)], patient({"tumour": target}, image=GRID))
    assert abs(found.goals[0].value) <= found.goals[0].tolerance


@pytest.mark.parametrize(
    "bad",
    [
        lambda: Cover("tumour", -300),
        lambda: Cover("tumour", 0, -1),
        lambda: Cover("tumour", 0, 5, 0),
        lambda: Spare("colon", float("nan")),
        lambda: Limit("volume", 5),
        lambda: Limit("needles", -1),
    ],
)
def test_an_impossible_goal_is_refused(bad):
    with pytest.raises(PlanError):
        bad()
