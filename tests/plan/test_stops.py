"""From a plan to its latest safe stops, and what they change in its verdict."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from iceball.assessment import Spare
from iceball.assessment.assessment import Verdict
from iceball.assessment.stopping import Stop
from iceball.plan import Plan
from iceball.plan.judge import _coasted
from iceball.plan.placement import Placement
from iceball.plan.protocol import freeze
from iceball.plan.stopping.stops import latest_stops, spared, stops_key
from iceball.space.shapes import Polyline, Sphere
from tests.assessment.made_by_hand import patient

NERVE = Polyline(np.array([[14.0, 0, -20], [14, 0, 20]]), 1.0)
ANATOMY = patient({"tumour": Sphere((0, 0, 0), 10), "sciatic_nerve": NERVE, "colon": Sphere((0, 40, 0), 10)})
PLAN = Plan(
    probes=(Placement("generic-17g-short", (0.0, 0.0, -12.0), (0.0, 0.0, 88.0)),),
    protocol=freeze(480.0),
    goals=(Spare("colon", 0.0, 5.0),),
)


def test_a_drawn_nerve_is_spared_by_its_shipped_limit_unless_a_goal_keeps_it_as_warm() -> None:
    assert [(g.structure, g.above) for g, _ in spared(PLAN, ANATOMY)] == [("colon", 0.0), ("sciatic_nerve", 0.0)]
    asked = replace(PLAN, goals=(Spare("nerve", 10.0),))
    assert [(g.structure, g.above) for g, _ in spared(asked, ANATOMY)] == [("nerve", 10.0)]
    loose = replace(PLAN, goals=(Spare("sciatic_nerve", -20.0),))
    assert [g.above for g, _ in spared(loose, ANATOMY)] == [-20.0, 0.0]


def test_a_stop_of_the_organs_pack_acts_without_a_goal_and_in_that_organ_only() -> None:
    without = replace(PLAN, goals=())
    assert [g.structure for g, _ in spared(without, ANATOMY)] == ["sciatic_nerve"]
    kidney = replace(ANATOMY, organ="kidney")
    assert [(g.structure, g.above, g.distance_mm) for g, _ in spared(without, kidney)] == [
        ("sciatic_nerve", 0.0, 0.0),
        ("colon", 0.0, 5.0),
    ]
    nearer = replace(PLAN, goals=(Spare("bowel", 0.0, 3.0),))
    assert [(g.structure, g.distance_mm) for g, _ in spared(nearer, kidney)][-1] == ("colon", 5.0)


def test_every_structure_has_its_advice_for_both_ways_of_thawing() -> None:
    found = latest_stops(PLAN, ANATOMY)
    assert [(s.structure, s.thaw) for s in found] == [
        ("colon", "passive"),
        ("colon", "active"),
        ("sciatic_nerve", "passive"),
        ("sciatic_nerve", "active"),
    ]
    assert not found[0].needed
    assert found[2].alarm_c == 10.0
    assert all(s.lowest_c is not None for s in found)


def test_work_that_nobody_wants_any_more_ends_before_its_next_run() -> None:
    class Enough(Exception):
        pass

    def refuse() -> None:
        raise Enough

    with pytest.raises(Enough):
        latest_stops(PLAN, ANATOMY, go_on=refuse)


def test_a_plan_without_needles_or_without_anything_to_spare_has_no_advice() -> None:
    assert latest_stops(Plan(goals=PLAN.goals), ANATOMY) == ()
    assert latest_stops(replace(PLAN, goals=()), patient({"tumour": Sphere((0, 0, 0), 10)})) == ()


def test_the_advice_is_bound_to_run_goals_and_cells() -> None:
    keys = {
        stops_key(PLAN, ANATOMY, "run"),
        stops_key(PLAN, ANATOMY, "other"),
        stops_key(replace(PLAN, goals=(Spare("colon", 1.0, 5.0),)), ANATOMY, "run"),
        stops_key(PLAN, ANATOMY, "run", spacing_mm=2.0),
    }
    assert len(keys) == 4
    assert stops_key(replace(PLAN, reason="other words"), ANATOMY, "run") in keys


def test_what_is_lost_after_the_end_counts_against_the_limit() -> None:
    before = Verdict("nothing below 0 °C in colon", True, 1.0, "°C", 0.5)
    stop = Stop("nothing below 0 °C in colon", "colon", 0.0, "passive", needed=False, lowest_c=-0.5, falls_k=1.5)
    after = _coasted(before, [stop])
    assert (after.met, after.value) == (False, -0.5)
    assert "1.5 K of it after the end" in after.reason
    assert _coasted(before, [replace(stop, falls_k=0.0)]) == before
    assert _coasted(before, [replace(stop, thaw="active")]) == before
    unknown = replace(before, met=None, value=None)
    assert _coasted(unknown, [stop]) == unknown
