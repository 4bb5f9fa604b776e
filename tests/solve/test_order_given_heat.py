"""A given heat works with every tissue's property table."""

import math

import numpy as np

from iceball.solve import Line, LineStep, Scene, Simulation
from iceball.space import Grid
from tests.solve.scenes import KIDNEY


def test_a_line_that_takes_given_heat_freezes_tissue_whose_ice_conducts_like_one_over_kelvin() -> None:
    """A given heat knows no coldest temperature, so the table of frozen conduction is fitted to -277 °C, which does not
    exist; for any tissue with a term k2 / T_kelvin the fit is refused and no exact case can be run with it. Nothing in
    this field is colder than liquid nitrogen: to -200 °C the fit is good."""
    grid = Grid.box((0, -16, -16), (1, 16, 16), 1.0)
    step = LineStep(0.0, 60.0, math.nan, watts_per_m=300.0)
    line = Line("sink", (0, 0.1, 0.1), (1, 0.1, 0.1), 0.75, (step,))
    scene = Scene(grid, np.zeros(grid.shape, np.uint8), (KIDNEY,), 60.0, lines=(line,), initial_c=37.0,
                  outer_c=(None, None, 37.0, 37.0, 37.0, 37.0))  # fmt: skip
    history = Simulation(scene).run()
    assert -200.0 < history.final_c.min() < -20.0
    assert history.heat.residual < 1e-4


def test_a_source_that_takes_heat_works_with_that_tissue_too() -> None:
    """As above: the coldest temperature that a source could reach in the whole duration is far below absolute zero."""
    grid = Grid.box((0, 0, 0), (8, 8, 8), 1.0)
    source = np.zeros(grid.shape)
    source[3:5, 3:5, 3:5] = -6e7
    scene = Scene(grid, np.zeros(grid.shape, np.uint8), (KIDNEY,), 60.0, outer_c=(None,) * 6, initial_c=37.0,
                  source=source)  # fmt: skip
    history = Simulation(scene).run()
    assert -200.0 < history.final_c.min() < 0.0
    assert history.heat.residual < 1e-4
