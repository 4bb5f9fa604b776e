"""What one freeze leaves behind in a needle's books must not weaken the next."""

import numpy as np

from iceball.solve import Line, LineStep, Scene, Simulation
from iceball.solve.march import March
from iceball.space import Grid
from tests.solve.scenes import KIDNEY


def test_after_a_warm_thaw_the_needle_is_as_strong_as_before(monkeypatch) -> None:
    """Cells colder than the coolant that warmed them were blamed for it: the next freeze lacked a fifth of its heat."""
    able = []
    step = March.step

    def watched(self, until_s):
        taken = step(self, until_s)
        able.append(float(self.machine.work.able.min()))
        return taken

    monkeypatch.setattr(March, "step", watched)
    grid = Grid.box((-18,) * 3, (18,) * 3, 3.0)
    steps = (
        LineStep(0.0, 120.0, -140.0, 2000.0, 5.0),
        LineStep(120.0, 90.0, 40.0, 2000.0, 5.0),
        LineStep(210.0, 60.0, -140.0, 2000.0, 5.0),
    )
    line = Line("needle", (0.4, 0.1, -8.0), (0.4, 0.1, 8.0), 0.75, steps)
    history = Simulation(Scene(grid, np.zeros(grid.shape, np.uint8), (KIDNEY,), 270.0, (line,))).run()
    assert min(able) == 1.0
    times, watts = history.sensor_times_s, history.needle_watts["needle"]
    assert watts[times == 240.0] > watts[times == 30.0] * 0.95
