"""Heat made in the tissue itself."""

import numpy as np
import pytest

from iceball.errors import SceneError
from iceball.solve.scene import Material, Scene
from iceball.solve.simulation import Simulation
from iceball.space import Grid

GEL = Material("gel", 1000.0, 4000.0, 0.5, 3e5, -1.0, -8.0, (2.0, 0.0, 0.0), (2000.0, 0.0))


def box(source: np.ndarray) -> Scene:
    grid = Grid.box((0, 0, 0), (8, 8, 8), 1.0)
    return Scene(grid, np.zeros(grid.shape, np.uint8), (GEL,), 100.0, outer_c=(None,) * 6, initial_c=20.0,
                 source=source)  # fmt: skip


@pytest.mark.parametrize("backend", ["cpu", "reference"])
def test_a_closed_box_warms_by_what_its_source_makes(backend: str) -> None:
    history = Simulation(box(np.full((8, 8, 8), 4e5)), backend=backend).run()  # type: ignore[arg-type]
    assert history.final_c == pytest.approx(np.full((8, 8, 8), 30.0), abs=1e-3)
    assert history.heat.source_j == pytest.approx(4e5 * 8**3 * 1e-9 * 100.0, rel=1e-6)
    assert history.heat.residual < 1e-5


def test_a_source_that_is_not_finite_is_refused() -> None:
    source = np.zeros((8, 8, 8))
    source[3, 2, 1] = np.nan
    with pytest.raises(SceneError, match=r"Scene\.source"):
        box(source)
