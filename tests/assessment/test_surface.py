"""What was done to a surface: cycles and depths below it, against a slab, and for targets that face no air."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import iceball as ib
from iceball.assessment import Assessment
from iceball.assessment.schema import assessment_schema
from iceball.plan.compose import Conditions, compose
from iceball.plan.spray.gas import vented
from iceball.plan.spray.spot import Spot
from iceball.solve import History, Simulation
from iceball.space import Grid, Header, Volume
from iceball.space.box import Box
from iceball.space.shapes import Sphere
from iceball.tissue import Anatomy, Structure
from iceball.tissue.phantom import phantom
from tests.acceptance.json_schema import problems

DISC = "generic-ln2-disc"
SPACING_MM = 2.0


def body(target: Box) -> Anatomy:
    return phantom((60, 30, 60), SPACING_MM, target=target, air_above_mm=10)


PLAQUE = body(Box((-8, 0, -8), (8, 4, 8)))
PLAN = ib.Plan(
    spots=[Spot(DISC, (0, 0, 0), 10, thaw_s=180, cycles=2, radius_mm=12.5)], goals=[ib.Cover("tumour", below=0)]
)


@pytest.fixture(scope="module")
def history() -> History:
    return Simulation(compose(PLAN, PLAQUE, conditions=Conditions(spacing_mm=SPACING_MM))).run()


@pytest.fixture(scope="module")
def verdict(history: History) -> Assessment:
    return ib.assess(history, PLAN.goals, PLAQUE)


def test_the_targets_surface_is_what_of_it_faces_air(verdict: Assessment) -> None:
    assert verdict.surface is not None
    assert verdict.surface.target_cm2 == pytest.approx(1.6 * 1.6, rel=0.08)


def test_frozen_surface_is_the_disc_and_at_most_its_depth_more(verdict: Assessment) -> None:
    assert verdict.surface is not None
    deepest_cm = verdict.surface.depth_mm["0"].p95_mm / 10
    assert np.pi * 1.25**2 < verdict.surface.frozen_cm2 < np.pi * (1.25 + deepest_cm) ** 2


def test_what_has_not_thawed_is_touched_twice_and_frozen_once(verdict: Assessment) -> None:
    assert verdict.surface is not None
    assert verdict.surface.applied == pytest.approx({"1": 1.0, "2": 1.0, "3": 0.0})
    assert verdict.surface.cycles["1"] == pytest.approx(1.0)
    assert verdict.surface.cycles["2"] < 0.2


def test_what_thaws_in_between_is_frozen_as_often_as_it_is_touched() -> None:
    patient = replace(PLAN, spots=[replace(PLAN.spots[0], dwell_s=2.0, thaw_s=240.0)])
    run = Simulation(compose(patient, PLAQUE, conditions=Conditions(spacing_mm=SPACING_MM))).run()
    surface = ib.assess(run, PLAN.goals, PLAQUE).surface
    assert surface is not None
    assert surface.cycles == pytest.approx(surface.applied)


def test_depths_are_those_of_the_map_below_the_middle(history: History, verdict: Assessment) -> None:
    surface = verdict.surface
    assert surface is not None
    assert surface.map is not None
    middle = surface.map.points_mm[surface.map.triangles].mean(axis=1)
    under = int(np.linalg.norm(middle, axis=1).argmin())
    grid = history.scene.grid
    i, _, k = np.rint(grid.to_index((0.0, 0.0, 0.0))).astype(int)
    deep = grid.to_mm([(i, j, k) for j in range(grid.shape[1])])[:, 1]
    celsius = history.minimum_c[i, :, k]
    there = deep > 0
    for level in (0, -20, -40):
        straight = np.interp(level, celsius[there], deep[there])
        assert surface.map.depth_mm[str(level)][under] == pytest.approx(straight, abs=SPACING_MM / 2)
    assert surface.depth_mm["0"].min_mm > surface.depth_mm["-20"].min_mm > surface.depth_mm["-40"].min_mm
    for depths in surface.depth_mm.values():
        assert depths.min_mm <= depths.median_mm <= depths.p95_mm


def test_more_heat_transfer_freezes_deeper(history: History, verdict: Assessment) -> None:
    strong = Simulation(compose(PLAN, PLAQUE, conditions=Conditions(spacing_mm=SPACING_MM, film="high"))).run()
    more = ib.assess(strong, PLAN.goals, PLAQUE).surface
    assert more is not None
    assert verdict.surface is not None
    assert more.depth_mm["-20"].median_mm > verdict.surface.depth_mm["-20"].median_mm + 0.5


def test_a_target_that_faces_no_air_has_a_reason_instead_of_numbers(history: History) -> None:
    deep = body(Box((-8, 10, -8), (8, 16, 8)))
    surface = ib.assess(history, (), deep).surface
    assert surface is not None
    assert surface.reason == "no part of the target faces air or gas"
    assert surface.cycles == {}
    assert surface.frozen_cm2 > 0


def test_json_holds_it_and_gives_it_back(verdict: Assessment) -> None:
    spraying = ib.Plan(spots=[Spot("generic-ln2-spray", (0, 0, 0), 20)], vent="active")
    whole = replace(verdict, vented=vented(spraying))
    table = json.loads(json.dumps(whole.as_json(full=True)))
    assert problems(table, assessment_schema()) == []
    assert table["gas"]["vent"] == "active"
    back = Assessment.from_json(table)
    assert back.as_json(full=True) == whole.as_json(full=True)
    assert "sprayed or touched at least 1x 100 %" in str(back)
    assert "Vent declared: active" in str(back)


@pytest.mark.parametrize(
    ("goal", "met"),
    [
        (ib.Treat(), True),
        (ib.Treat(below=-20, depth_mm=2), True),
        (ib.Treat(below=-40, depth_mm=9), False),
        (ib.Treat(cycles=2), False),
        (ib.Treat(cycles=2, fraction=0.01), True),
    ],
)
def test_a_goal_on_the_surface_is_met_where_depth_and_cycles_are(history: History, goal: ib.Treat, met: bool) -> None:
    verdict = ib.assess(history, (goal,), PLAQUE).goals[0]
    assert verdict.met is met
    assert verdict.unit == "fraction"
    assert verdict.tolerance is not None


def test_a_goal_on_a_surface_is_not_assessed_where_nothing_froze_or_none_faces_air(history: History) -> None:
    deep = ib.assess(history, (ib.Treat(),), body(Box((-8, 10, -8), (8, 16, 8)))).goals[0]
    assert (deep.met, deep.reason) == (None, "no part of the target faces air or gas: NOT ASSESSED")
    quiet = replace(
        history, scene=replace(history.scene, walls=tuple(replace(w, steps=()) for w in history.scene.walls))
    )
    assert ib.assess(quiet, (ib.Treat(),), PLAQUE).goals[0].reason == "no spray and no disc froze: NOT ASSESSED"


@pytest.mark.parametrize(("field", "value"), [("below", -30), ("depth_mm", -1), ("cycles", 4), ("fraction", 0)])
def test_an_impossible_goal_on_a_surface_is_refused_by_its_field(field: str, value: object) -> None:
    with pytest.raises(ib.IceballError) as refusal:
        ib.Treat(**{field: value})  # type: ignore[arg-type]
    assert refusal.value.as_json()["where"] == f"Treat.{field}"


def test_on_a_slope_no_place_under_the_spot_counts_as_missed() -> None:
    grid = Grid.box((-24, -24, -24), (24, 24, 24), SPACING_MM)
    labels = (grid.centres_mm() @ np.array((0.3, 1.0, 0.7)) > 0).astype(np.uint8)
    image = Volume(grid, np.zeros(grid.shape, np.int16), "HU", Header(modality="CT"))
    target = Structure("tumour", Sphere((0.0, 0.0, 0.0), 12.0), "phantom")
    slope = Anatomy(image, Volume(grid, labels, "label"), {0: "air", 1: "soft_tissue"}, {"tumour": target})
    plan = replace(PLAN, spots=[replace(PLAN.spots[0], thaw_s=1.0, cycles=1)])
    run = Simulation(compose(plan, slope, conditions=Conditions(spacing_mm=SPACING_MM))).run()
    surface = ib.assess(run, (), slope).surface
    assert surface is not None
    assert surface.applied["1"] == pytest.approx(1.0)
    assert surface.cycles["1"] == pytest.approx(1.0, abs=0.02)
