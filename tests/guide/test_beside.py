"""Predicted ice beside observed ice, on balls whose distances are known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from iceball.errors import GeometryError, PlanError
from iceball.guide.beside import beside, both_edges
from iceball.guide.seen import Seen
from iceball.space import Grid
from iceball.space.shapes import Sphere

GRID = Grid.box((-24, -24, -24), (24, 24, 24), 2.0)
SLOPE = 2.0
"""°C a mm: 0 °C lies 12 mm from the middle, -7 °C 3.5 mm farther in."""
FIELD = np.clip(SLOPE * (np.linalg.norm(GRID.centres_mm(), axis=-1) - 12.0), -60, 37).astype(np.float32)


def ball(radius_mm: float, *, aside_mm: float = 0.0) -> Sphere:
    return Sphere((aside_mm, 0.0, 0.0), 2 * radius_mm)


def test_the_same_ice_lies_on_itself() -> None:
    found = beside(ball(12.0), FIELD, GRID, edge_c=0.0)
    assert found.dice > 0.98
    assert found.mean_mm is not None
    assert found.p95_mm is not None
    assert found.mean_mm < 0.2
    assert found.p95_mm < 0.5
    assert found.observed_ml == pytest.approx(4 / 3 * math.pi * 1.728, rel=0.02)
    assert found.predicted_ml == pytest.approx(found.observed_ml, rel=0.03)


@pytest.mark.parametrize("radius_mm", [9.0, 15.0])
def test_a_ball_inside_or_around_it_lies_as_far_off_as_their_radii_differ(radius_mm: float) -> None:
    found = beside(ball(radius_mm), FIELD, GRID, edge_c=0.0)
    assert found.mean_mm == pytest.approx(3.0, abs=0.2)
    assert found.p95_mm == pytest.approx(3.0, abs=0.4)
    assert found.farther_mm == pytest.approx(12.0 - radius_mm, abs=0.2), "positive where the prediction reaches beyond"
    small, large = sorted((radius_mm, 12.0))
    assert found.dice == pytest.approx(2 * small**3 / (small**3 + large**3), abs=0.02)


def test_ice_seen_aside_is_off_at_its_sides_though_it_is_as_large() -> None:
    found = beside(ball(12.0, aside_mm=4.0), FIELD, GRID, edge_c=0.0)
    assert found.p95_mm is not None
    assert 3.0 < found.p95_mm < 4.2
    # a ball's surface that is moved by d lies on average d²/3R farther from the other's middle
    assert found.farther_mm == pytest.approx(-(4.0**2) / 36.0, abs=0.15)


def test_the_edge_may_be_colder_than_zero_and_then_the_prediction_is_smaller() -> None:
    taken, colder = both_edges(ball(12.0), FIELD, GRID)
    assert (taken.celsius, colder.celsius) == (0.0, -7.0)
    assert colder.farther_mm == pytest.approx(-7.0 / SLOPE, abs=0.3)


def test_without_predicted_ice_no_distance_is_told_and_gas_is_not_cold() -> None:
    warm = np.full(GRID.shape, np.nan, np.float32)
    found = beside(ball(8.0), warm, GRID, edge_c=0.0)
    assert (found.mean_mm, found.farther_mm, found.dice, found.predicted_ml) == (None, None, 0.0, 0.0)
    assert "no predicted ice" in str(found)


def test_ice_beyond_what_was_simulated_is_refused() -> None:
    with pytest.raises(GeometryError, match="beyond what was simulated"):
        beside(ball(12.0, aside_mm=20.0), FIELD, GRID, edge_c=0.0)


@pytest.mark.parametrize(
    ("minute", "by", "said"), [(0.0, "A. B.", "minute 0"), (math.nan, "A. B.", "minute nan"), (8.0, " ", "not given")]
)
def test_an_observation_says_who_and_when(minute: float, by: str, said: str) -> None:
    with pytest.raises(PlanError, match=said):
        Seen(minute, by, "control CT")
