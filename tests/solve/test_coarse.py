"""The same scene on coarser cells."""

from dataclasses import replace

import numpy as np
import pytest

from iceball.solve import Simulation
from iceball.solve.coarse import coarser
from iceball.space import Grid
from tests.solve.scenes import block, mixed


@pytest.mark.parametrize("factor", [1.5, 2.0])
@pytest.mark.parametrize("shape", [(12, 12, 12), (13, 9, 1), (15, 2, 7)])
def test_the_box_is_the_same_and_so_are_mean_and_total(shape, factor):
    scene = block(60.0)
    grid = Grid.of(shape, scene.grid.affine)
    rng = np.random.default_rng(0)
    start, source = rng.normal(20, 5, shape), rng.normal(0, 1e3, shape)
    fine = replace(scene, grid=grid, labels=np.zeros(shape, np.uint8), initial_c=start, source=source)
    coarse = coarser(fine, factor=factor)
    assert coarse.grid.corners_mm == pytest.approx(grid.corners_mm)
    assert coarse.initial_c.mean() == pytest.approx(start.mean(), rel=1e-5)
    assert coarse.source.mean() == pytest.approx(source.mean(), rel=1e-4)
    assert np.ptp(coarse.initial_c) < np.ptp(start)


def test_a_mean_lies_over_the_cells_it_is_of():
    scene = block(60.0)
    ramp = scene.grid.centres_mm() @ np.array([0.05, 0.5, 5.0])
    coarse = coarser(replace(scene, initial_c=ramp))
    assert coarse.initial_c == pytest.approx(coarse.grid.centres_mm() @ np.array([0.05, 0.5, 5.0]), abs=1e-2)


def test_a_skin_one_cell_thick_stays_whole_and_gas_stays_in_place():
    scene = mixed()
    labels = np.zeros(scene.grid.shape, np.uint8)
    for at in (9, 10):
        labels[...] = 0
        labels[:, at] = 1
        labels[:, at + 1 :] = 2
        coarse = coarser(replace(scene, labels=labels.copy())).labels
        assert (coarse == 1).any(axis=1).all()
        assert (coarse[:, -1] == 2).all()
        assert (coarse[:, 0] == 0).all()


def test_needles_and_schedule_are_the_same_and_it_runs_at_an_eighth_of_the_cells():
    fine = block(60.0, spacing_mm=1.0)
    coarse = coarser(fine)
    assert (coarse.lines, coarse.walls, coarse.duration_s) == (fine.lines, fine.walls, fine.duration_s)
    one, two = (Simulation(scene).run() for scene in (fine, coarse))
    assert one.stats["cell_updates"] > 8 * two.stats["cell_updates"]
    assert two.heat.needles_j == pytest.approx(one.heat.needles_j, rel=0.1)
