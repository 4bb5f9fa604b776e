"""Needles through a template: holes have names and places, a needle in none is refused, depths are from the face."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from iceball.errors import PlanError
from iceball.io.schema import schema_of
from iceball.plan import Placement, Plan, freeze
from iceball.plan.ways.template import Template
from iceball.plan.ways.terrain import Terrain
from iceball.plan.ways.through import Through, centred_template, check_template, through
from iceball.space.shapes import Polyline
from tests.acceptance.json_schema import problems
from tests.plan.phantoms import AIR, Body

CLOCK = freeze(600)
PLATE = Template((-30.0, 30.0, -60.0))
IN_D4 = Placement("generic-17g-short", tip_mm=(0, 0, 30), entry_mm=(0, 0, -60))


def pelvis() -> Body:
    """A body whose lower end is skin: the air below z = -60 is in the image."""
    body = Body(half_mm=(110, 80), spacing_mm=4.0)
    body.labels[body.at[..., 2] < -60] = AIR
    return body.target((0.0, 0.0, 20.0), 28)


@pytest.fixture(scope="module")
def found() -> Through:
    anatomy = (
        pelvis().draw("rectum", Polyline(np.array([(0.0, 18.0, -40.0), (0.0, 18.0, 60.0)]), 8.0)).anatomy("prostate")
    )
    terrain = Terrain.of(anatomy)
    return through(anatomy, centred_template(terrain), kind="generic-17g-short", terrain=terrain)


def test_holes_are_named_from_the_patients_right_and_from_below() -> None:
    holes = PLATE.holes
    assert len(holes) == 169
    assert holes["A1"] == (-30.0, 30.0, -60.0)
    assert holes["a1"] == (-25.0, 30.0, -60.0)
    assert holes["A1.5"] == (-30.0, 25.0, -60.0)
    assert holes["G7"] == (30.0, -30.0, -60.0)


def test_a_turned_plate_keeps_its_holes_apart_and_in_its_plane() -> None:
    turned = Template((0.0, 0.0, 0.0), into=(0.0, 0.5, 1.0), up=(0.0, -2.0, 1.0))
    at = np.array(list(turned.holes.values()))
    assert np.abs(at @ turned.axes[2]).max() < 0.02
    assert np.linalg.norm(at[1] - at[0]) == pytest.approx(5.0, abs=0.02)
    with pytest.raises(PlanError, match="right angles"):
        Template((0.0, 0.0, 0.0), into=(0.0, 0.0, 1.0), up=(0.0, -1.0, 1.0))


def test_a_needle_is_given_as_hole_and_depth_from_the_face() -> None:
    seat = PLATE.seat(IN_D4)
    assert (seat.hole, seat.fits) == ("D4", True)
    assert seat.depth_mm == pytest.approx(90)
    beside = replace(IN_D4, tip_mm=(2, 0, 30), entry_mm=(2, 0, -60))
    slanted = replace(IN_D4, entry_mm=(4, 0, -60))
    for needle in (beside, slanted):
        assert not PLATE.seat(needle).fits
        back = PLATE.into_hole(needle)
        assert PLATE.seat(back).fits
        assert PLATE.seat(back).depth_mm == pytest.approx(90, abs=0.1)


def test_a_plan_with_a_template_refuses_needles_in_no_hole_and_two_in_one() -> None:
    def said(*needles: Placement) -> list[str]:
        return [f.what for f in check_template(Plan(needles, CLOCK, template=PLATE))]

    assert said(IN_D4) == []
    assert "in no hole" in said(replace(IN_D4, tip_mm=(2, 0, 30), entry_mm=(2, 0, -60)))[0]
    assert "does not come from the template" in said(replace(IN_D4, tip_mm=(0, 0, -60), entry_mm=(0, 0, 30)))[0]
    twin = replace(IN_D4, tip_mm=(0.9, 0, 30), entry_mm=(0.9, 0, -60))
    near = replace(IN_D4, tip_mm=(-0.9, 0, 30), entry_mm=(-0.9, 0, -60))
    assert said(near, twin) == ["is in hole D4, as needle 1 is."]


def test_holes_over_the_target_are_found_with_their_depth_and_bowel_closes_those_behind_it(found: Through) -> None:
    middle = found.holes.index("D4")
    assert found.ways.open[middle]
    assert found.chord_mm[middle] == pytest.approx(28, abs=3)
    # skin at -60, middle at 20: half the active zone and the stand-off beyond it
    assert found.depth_mm[middle] == pytest.approx(80 + 10 + 2, abs=3)
    shut = [h for h, free in zip(found.holes, found.ways.open, strict=True) if not free]
    assert shut
    assert all(float(h[1:]) < 4 for h in shut), "the rectum lies behind, below in the picture"
    assert found.template.seat(found.placement("D4")).fits
    with pytest.raises(PlanError, match="passes what it must not: rectum"):
        found.placement(shut[0])
    with pytest.raises(PlanError, match="Open holes: "):
        found.placement("A1")


def test_what_is_printed_of_a_template_fits_the_schema_of_ways(found: Through) -> None:
    told = json.loads(json.dumps({**found.as_json(), "of_plan": False, "figure": "template.png"}))
    assert problems(told, schema_of("trajectories")) == []
    assert problems({**told, "holes": [{}]}, schema_of("trajectories"))


def test_a_template_needs_skin_below_the_target() -> None:
    terrain = Terrain.of(Body(half_mm=(110, 80), spacing_mm=8.0).target((0.0, 0.0, 20.0), 28).anatomy("prostate"))
    with pytest.raises(PlanError, match="the image ends before the skin"):
        centred_template(terrain)
