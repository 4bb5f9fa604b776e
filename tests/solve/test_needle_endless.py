"""Endless needles in a slab one cell thick, against radial and plane solutions (`validation/any_angle`)."""

from __future__ import annotations

import math

import numpy as np
import pytest

from iceball.assessment.cold import ColdMap
from iceball.assessment.radius import radius_mm
from iceball.solve import History, Line, LineStep, Material, Scene, Simulation
from iceball.space import Grid

TISSUE = Material(
    "tissue", 1050.0, 3600.0, 0.52, 250e3, -1.0, -8.0, (2.0 - 16.0 / 142.0, -2.0 / 142.0, 0.0), (1840.0, 5.0)
)
LEVELS_C = (0.0, -20.0, -40.0)
ALONE_MM = (10.787, 8.292, 6.060)
TWO_MM = (11.907, 9.478, 7.235)


def slab(at: list[tuple[float, float]]) -> History:
    grid = Grid.box((-28.0, -28.0, 0.0), (28.0, 28.0, 1.0), 1.0)
    step = LineStep(0.0, 180.0, -140.0, time_constant_s=10.0)
    lines = tuple(Line(f"{n}", (x, y, 0.0), (x, y, 1.0), 0.75, (step,)) for n, (x, y) in enumerate(at))
    labels, outer = np.zeros(grid.shape, np.uint8), (37.0, 37.0, 37.0, 37.0, None, None)
    return Simulation(Scene(grid, labels, (TISSUE,), 180.0, lines, initial_c=37.0, outer_c=outer), threads=1).run()


def test_the_ice_of_one_needle_has_the_radius_of_the_radial_solution() -> None:
    at = (0.1, 0.4)
    history = slab([at])
    cold = ColdMap.of(history.final_c, history)
    for level, expected in zip(LEVELS_C, ALONE_MM, strict=True):
        assert radius_mm(cold, level, (*at, 0.5), (*at, 0.5)) == pytest.approx(expected, abs=0.05)


def test_two_needles_two_cells_apart_act_as_two_resolved_ones() -> None:
    history = slab([(-0.8, 0.3), (1.2, 0.3)])
    cold = ColdMap.of(history.final_c, history)
    for level, expected in zip(LEVELS_C, TWO_MM, strict=True):
        assert math.sqrt(1e3 * cold.volume_ml(level) / math.pi) == pytest.approx(expected, abs=0.25)
    assert history.heat.residual < 1e-3
    # each takes steadily less as its ice grows, without swinging to and fro against the other
    for watts in history.needle_watts.values():
        late = np.asarray(watts)[np.asarray(history.sensor_times_s) > 60.0]
        assert late.size > 3
        assert (np.diff(late) < 0.005 * late[-1]).all()
