"""Blood that never comes back after frost must make no difference while tissue only cools."""

from dataclasses import replace

import numpy as np

from iceball.solve import Line, LineStep, Scene, Simulation
from iceball.space import Grid
from tests.solve.scenes import KIDNEY


def endless_needle(stasis_c: float) -> Scene:
    """A needle without ends that freezes for five minutes in well perfused tissue."""
    grid = Grid.box((-18.0, -18.0, 0.0), (18.0, 18.0, 4.0), 2.0)
    line = Line("needle", (0.6, 0.4, 0.0), (0.6, 0.4, 4.0), 0.75, (LineStep(0.0, 300.0, -140.0),))
    return Scene(
        grid,
        np.zeros(grid.shape, np.uint8),
        (replace(KIDNEY, perfusion=0.0155, stasis_c=stasis_c),),
        300.0,
        lines=(line,),
        outer_c=(37.0, 37.0, 37.0, 37.0, None, None),
        initial_c=37.0,
    )


def test_stasis_just_below_the_freezing_range_changes_nothing_while_tissue_only_cools() -> None:
    never, soon = (Simulation(endless_needle(c)).run().minimum_c for c in (-np.inf, KIDNEY.liquidus_c - 1.0))
    warmer = float((never - soon).max())
    # One kelvin is 0.1 mm at the front; at 2 mm cells that is a twentieth of a cell.
    assert warmer < 1.0
