"""What lies beside a mask, found from its border alone, against every cell tried."""

import numpy as np
import pytest

from iceball.space import Grid
from iceball.tissue.ct import near


def tried(mask, reach_mm, grid):
    """Every offset of every cell."""
    step = np.array(grid.spacing_mm)
    found = np.zeros(mask.shape, bool)
    for cell in np.argwhere(~mask):
        offset = np.argwhere(mask) - cell
        length = np.linalg.norm(offset * step, axis=1)
        half_cell = 0.5 * np.linalg.norm(offset * step * step, axis=1) / length
        found[tuple(cell)] = ((length - half_cell <= reach_mm) | (np.abs(offset).sum(axis=1) == 1)).any()
    return found


@pytest.mark.parametrize("step", [(1.0, 1.0, 1.0), (0.7, 0.7, 0.74), (0.98, 0.98, 3.27), (0.5, 0.8, 5.0)])
@pytest.mark.parametrize("share", [0.02, 0.5])
def test_the_border_of_a_mask_tells_all_that_lies_beside_it(step, share):
    mask = np.random.default_rng(7).random((9, 8, 7)) < share
    grid = Grid.of(mask.shape, np.diag([*step, 1.0]))
    found = near(mask, 2.0, grid)
    assert (found == tried(mask, 2.0, grid)).all()
    assert found.any()
    assert not (found & mask).any()


def test_nothing_lies_beside_nothing():
    grid = Grid.of((4, 4, 4), np.eye(4))
    for mask in (np.zeros((4, 4, 4), bool), np.ones((4, 4, 4), bool)):
        assert not near(mask, 2.0, grid).any()
