"""A needle that is drawn back between freezes: its places, its clock at each, and that ice must let it go first."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from iceball.errors import PlanError
from iceball.plan import Placement, Plan, Protocol, freeze
from iceball.plan.compose import Conditions, compose
from iceball.plan.predict import simulate
from iceball.plan.pulled import at_last, moves_s, stays
from iceball.plan.ways.geometry import check_plan
from iceball.space.shapes import Sphere
from iceball.tissue import Anatomy
from tests.plan.phantoms import Body

CLOCK = freeze(60).active_thaw(240).freeze(60)
NEEDLE = Placement("generic-17g-short", (0.0, -5.0, 0.0), (0.0, -69.0, 0.0), pull_back_mm=10.0)
COARSE = Conditions(spacing_mm=4.0)


def plan(needle: Placement = NEEDLE, protocol: Protocol = CLOCK) -> Plan:
    return Plan(probes=(needle,), protocol=protocol)


@pytest.fixture(scope="module")
def patient() -> Anatomy:
    return Body(half_mm=(70, 70), air_mm=12).target((0.0, -20.0, 0.0), 20).anatomy()


def test_each_freeze_has_its_place_along_the_shaft_and_all_steps_are_kept() -> None:
    three = CLOCK.thaw(100).freeze(50).thaw(30)
    found = stays(plan(replace(NEEDLE, start_s=0.0), three))
    assert [s.pull for s in found] == [0, 1, 2]
    assert [s.placement.tip_mm[1] for s in found] == pytest.approx([-5.0, -15.0, -25.0])
    assert [s.placement.start_s for s in found] == [0.0, 300.0, 460.0]
    assert tuple(step for s in found for step in s.clock.steps) == three.steps
    assert moves_s(plan(protocol=three)) == (300.0, 460.0)
    assert at_last(plan(protocol=three)).probes[0].tip_mm == found[2].placement.tip_mm
    still = plan(replace(NEEDLE, pull_back_mm=0.0))
    assert [s.placement for s in stays(still)] == list(still.probes)


def test_the_scene_has_a_line_for_each_place_and_no_two_are_cold_at_once(patient: Anatomy) -> None:
    first, second = compose(plan(), patient, conditions=COARSE).lines
    assert np.subtract(second.start_mm, first.start_mm) == pytest.approx([0.0, -10.0, 0.0])
    ends = first.steps[-1].start_s + first.steps[-1].duration_s
    assert second.steps[0].start_s == pytest.approx(ends)
    assert "drawn back 10 mm" in second.name


@pytest.mark.parametrize(
    ("needle", "protocol", "said"),
    [
        (NEEDLE, freeze(60), "freezes once"),
        (NEEDLE, freeze(60).hold(60, duty=0.5).freeze(60), "cold until it would be drawn back"),
        (replace(NEEDLE, pull_back_mm=45.0), CLOCK, "leaves part of the"),
    ],
)
def test_what_cannot_be_drawn_back_is_refused(needle: Placement, protocol: Protocol, said: str) -> None:
    with pytest.raises(PlanError, match=said):
        plan(needle, protocol)


def test_ice_that_holds_the_needle_forbids_the_move_and_active_thaw_frees_it(patient: Anatomy) -> None:
    with pytest.raises(PlanError, match=r"held by ice: .* at its shaft at 90 s"):
        simulate(plan(protocol=freeze(60).thaw(30).freeze(60)), patient, conditions=COARSE, doubt=False)
    drawn = simulate(plan(), patient, conditions=COARSE, doubt=False)
    still = simulate(plan(replace(NEEDLE, pull_back_mm=0.0)), patient, conditions=COARSE, doubt=False)
    assert not drawn.kept
    # ice of the drawn needle reaches farther back, and no less deep than one freeze alone
    cells = drawn.scene.grid.to_mm(np.argwhere(drawn.minimum_c <= 0))
    others = still.scene.grid.to_mm(np.argwhere(still.minimum_c <= 0))
    assert cells[:, 1].min() < others[:, 1].min() - 4


def test_rules_are_held_against_the_last_place_too(patient: Anatomy) -> None:
    body = Body(half_mm=(70, 70), air_mm=12).target((0.0, -20.0, 0.0), 20).draw("colon", Sphere((0.0, 60.0, 0.0), 8))
    anatomy = body.anatomy()
    near_skin = plan(replace(NEEDLE, pull_back_mm=28.0))
    said = [str(f) for f in check_plan(near_skin, anatomy) if f.severity == "error"]
    still = [str(f) for f in check_plan(plan(replace(NEEDLE, pull_back_mm=0.0)), anatomy) if f.severity == "error"]
    assert any("drawn back: " in s for s in set(said) - set(still))
