import dataclasses

import numpy as np
import pytest

from iceball.assessment.goals import Cover, Spare
from iceball.errors import PlanError
from iceball.plan import Placement, Plan, Protocol, freeze
from iceball.plan.compose import Conditions, compose
from iceball.solve import Scene
from iceball.space import Grid, Volume
from iceball.space.shapes import Sphere
from iceball.tissue import Anatomy, Structure
from iceball.units import minutes


def block(tissue: str = "kidney", half_mm: float = 60.0) -> Anatomy:
    """A uniform block of one tissue with air in front of it and a 20 mm tumour at the origin."""
    grid = Grid.box((-half_mm,) * 3, (half_mm,) * 3, 3.0)
    labels = np.full(grid.shape, 1, np.uint8)
    labels[:, -5:, :] = 0
    image = Volume(grid, np.where(labels == 1, 40, -1000).astype(np.int16))
    tumour = Structure("tumour", Sphere((0, 0, 0), 20), "drawn")
    return Anatomy(image, Volume(grid, labels, "label"), {0: "air", 1: tissue}, {"tumour": tumour}, "kidney")


def one_needle(**changes: object) -> Plan:
    placement = Placement("generic-17g-long", tip_mm=(0, -20, 0), entry_mm=(0, 45, 0))
    parts = {"probes": (placement,), "protocol": freeze(10 * minutes).thaw(5 * minutes).freeze(10 * minutes), **changes}
    return Plan(**parts)  # type: ignore[arg-type]


def test_the_scene_reaches_forty_mm_beyond_every_active_zone() -> None:
    plan = one_needle()
    scene = compose(plan, block(), conditions=Conditions(spacing_mm=2.0))
    corners = scene.grid.corners_mm
    for point in plan.probes[0].active_zone_mm:
        assert (np.array(point) - corners.min(axis=0) >= 40 - 1e-6).all()
        assert (corners.max(axis=0) - np.array(point) >= 40 - 1e-6).all()


def test_needles_become_lines_with_the_plans_clock() -> None:
    plan = one_needle()
    line = compose(plan, block(), conditions=Conditions(spacing_mm=2.0)).lines[0]
    kind = plan.probes[0].kind
    assert line.length_mm == pytest.approx(kind.active_mm.value)
    assert line.start_mm[1] == pytest.approx(-20 + kind.standoff_mm.value)
    assert [s.start_s for s in line.steps] == [0, 600, 900]
    assert [s.is_off for s in line.steps] == [False, True, False]


def test_the_chart_like_bound_holds_the_wall_and_the_other_has_finite_power() -> None:
    anatomy, plan = block(), one_needle()
    limited = compose(plan, anatomy, conditions=Conditions(spacing_mm=2.0)).lines[0].steps[0]
    chart = compose(plan, anatomy, conditions=Conditions(spacing_mm=2.0, bound="chart_like")).lines[0].steps[0]
    assert np.isinf(chart.h)
    assert limited.h == plan.probes[0].kind.h.value


def test_a_hold_at_reduced_duty_cools_less() -> None:
    clock = freeze(600).hold(300, duty=0.4)
    steps = compose(one_needle(protocol=clock), block(), conditions=Conditions(spacing_mm=2.0)).lines[0].steps
    assert steps[1].h == pytest.approx(0.4 * steps[0].h)


def test_flow_takes_the_ends_of_the_sourced_range() -> None:
    anatomy, plan = block(), one_needle()
    flows = {
        flow: compose(plan, anatomy, conditions=Conditions(spacing_mm=2.0, flow=flow)).materials[1].perfusion  # type: ignore[union-attr,arg-type]
        for flow in ("low", "nominal", "high")
    }
    assert flows == {"low": 0.0005, "nominal": 0.0036, "high": 0.0155}


def test_air_is_a_wall_and_not_solved() -> None:
    scene = compose(one_needle(), block(), conditions=Conditions(spacing_mm=2.0))
    assert [w.label for w in scene.walls] == [0]
    assert not scene.solved.all()


def scene_key(plan: Plan) -> str:
    return compose(plan, block(), conditions=Conditions(spacing_mm=2.0)).key()


def test_each_run_field_of_the_plan_changes_the_scene_and_no_other_does() -> None:
    plan = one_needle()
    before = scene_key(plan)
    needle = plan.probes[0]
    changes = {
        "tip": one_needle(probes=(dataclasses.replace(needle, tip_mm=(0, -21, 0)),)),
        "entry": one_needle(probes=(dataclasses.replace(needle, entry_mm=(3, 45, 0)),)),
        "probe": one_needle(probes=(dataclasses.replace(needle, probe="generic-17g-short"),)),
        "protocol": one_needle(protocol=freeze(600)),
        "own protocol": one_needle(probes=(dataclasses.replace(needle, protocol=freeze(300)),)),
    }
    for name, changed in changes.items():
        assert scene_key(changed) != before, name
    same = {
        "goals": one_needle(goals=(Cover("tumour", 0, 5), Spare("bowel", 0, 5))),
        "review": one_needle(review="accepted"),
        "reason": one_needle(reason="because"),
    }
    for name, changed in same.items():
        assert scene_key(changed) == before, name


def test_a_plan_without_a_needle_is_refused_with_its_reason() -> None:
    with pytest.raises(PlanError, match="no path"):
        compose(Plan(protocol=freeze(600), reason="There is no path."), block())


def test_conditions_out_of_range_are_refused() -> None:
    for bad in ({"spacing_mm": 0.0}, {"spacing_mm": float("nan")}, {"reach_mm": 10.0}):
        with pytest.raises(PlanError):
            Conditions(**bad)


def test_the_scene_holds_no_identity() -> None:
    fields = {f.name for f in dataclasses.fields(Scene)}
    assert not fields & {"patient", "header", "name", "case"}


def test_a_protocol_says_when_each_freeze_ends() -> None:
    clock = freeze(600).hold(120, duty=0.5).thaw(300).freeze(300)
    assert clock.freeze_ends_s == (720, 1320)
    assert Protocol().freeze_ends_s == ()
