"""A preview is quicker and hardly other: what follows a needle that is dragged."""

import numpy as np

from iceball.assessment.cold import ColdMap
from iceball.solve import Control, Line, LineStep, Scene, Simulation
from iceball.space import Grid
from tests.solve.scenes import KIDNEY


def test_a_preview_takes_half_the_stages_for_nearly_the_same_ice():
    grid = Grid.box((-27.0,) * 3, (27.0,) * 3, 3.0)
    line = Line("n", (1.0, 0.5, -12.0), (1.0, 0.5, 12.0), 0.75, (LineStep(0.0, 600.0, -140.0, time_constant_s=20.0),))
    scene = Scene(grid, np.zeros(grid.shape, np.uint8), (KIDNEY,), 600.0, lines=(line,), freeze_ends_s=(600.0,))
    runs = [Simulation(scene, threads=1, control=c).run() for c in (Control(), Control.preview())]
    volumes = np.array([[ColdMap.of(r.final_c, r).volume_ml(c) for c in (0, -20, -40)] for r in runs])
    assert volumes[0, 0] > 10.0
    assert np.abs(volumes[1] / volumes[0] - 1.0).max() <= 0.01
    assert runs[1].stats["stages"] <= 0.67 * runs[0].stats["stages"]
