"""A union of a chart's ellipsoids as a baseline: it covers in the chart's words, breaks no rule, and needs a chart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from iceball.assessment import Cover
from iceball.errors import PlanError
from iceball.plan import Plan, freeze
from iceball.plan.search.compare import BASELINE, UNION, baselines
from iceball.plan.search.ellipsoids import Charted, ellipsoid_baseline
from iceball.plan.ways.shaft import check_shafts
from iceball.plan.ways.terrain import Terrain
from iceball.space.shapes import Sphere
from iceball.tissue import Anatomy
from tests.plan.phantoms import Body

PLAN = Plan((), freeze(600), (Cover("tumour", 0.0, 3.0),))
SHORT = "generic-17g-short"


@pytest.fixture(scope="module")
def patient() -> Anatomy:
    body = Body(half_mm=(70, 60), air_mm=24).target((0.0, -15.0, 0.0), 20)
    return body.draw("colon", Sphere((30.0, -38.0, 0.0), 14.0)).anatomy()


@pytest.fixture(scope="module")
def terrain(patient: Anatomy) -> Terrain:
    return Terrain.of(patient)


def test_one_ellipsoid_covers_what_it_covers(patient: Anatomy) -> None:
    charted = Charted.of(patient, PLAN, (SHORT,))
    zones = np.array([[(0.0, -5.0, 0.0), (0.0, -25.0, 0.0)]])  # along y, its middle in the target's
    points = charted.points_mm - (0.0, -15.0, 0.0)
    x, y, z = (points / (12.0, 15.0, 12.0)).T
    share, _ = charted.uncovered(zones)
    assert share == pytest.approx(float((x**2 + y**2 + z**2 > 1).mean()), abs=1e-9)
    assert 0.05 < share < 0.5  # of a ball of 26 mm


def test_the_union_covers_and_breaks_no_rule(patient: Anatomy, terrain: Terrain) -> None:
    made = ellipsoid_baseline(PLAN, patient, most_needles=3, terrain=terrain)
    assert 2 <= len(made.probes) <= 3
    assert {p.probe for p in made.probes} == {SHORT}
    assert not [f for f in check_shafts(made, patient, terrain=terrain) if f.severity == "error"]
    charted = Charted.of(patient, PLAN, (SHORT,))
    share, _ = charted.uncovered(np.array([p.active_zone_mm for p in made.probes]))
    assert share < 0.05
    assert f"{100 * (1 - share):.1f} %" in made.reason


def test_a_chart_that_was_not_read_is_none(patient: Anatomy) -> None:
    with pytest.raises(PlanError, match="no chart was read"):
        ellipsoid_baseline(PLAN, patient, kinds=("generic-17g-long",))


def test_a_baseline_that_cannot_be_made_says_why(patient: Anatomy) -> None:
    made, absent = baselines(replace(PLAN, goals=(Cover("tumour", -40.0),)), patient)
    assert BASELINE in made
    assert UNION not in made
    assert "-40 °C" in absent[UNION]
