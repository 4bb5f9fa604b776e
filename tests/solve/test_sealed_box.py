"""Where nothing is exchanged the balance is held against what was stored, not against its own change of about zero."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from iceball.physics.freezing import enthalpy
from iceball.solve import ADIABATIC, History, LineStep, Scene, Simulation
from iceball.solve.rows import Bioheat, property_rows
from iceball.space import Grid
from tests.solve.scenes import KIDNEY, needle

SEALED = (None,) * 6
DRY = replace(KIDNEY, perfusion=0.0, metabolism=0.0)
COLD_C, WARM_C = -60.0, 30.0


def box(**changes) -> Scene:
    grid = Grid.box((0, 0, 0), (8, 8, 8), 1.0)
    start = np.full(grid.shape, COLD_C)
    start[4:] = WARM_C
    scene = Scene(grid, np.zeros(grid.shape, np.uint8), (DRY,), 120.0, outer_c=SEALED, initial_c=start)
    return replace(scene, **changes)


def stored_j(scene: Scene) -> float:
    """Sum of |H - H at body temperature| at the start; at body temperature a tissue's enthalpy is 0."""
    row = property_rows(scene, Bioheat())[0]
    assert enthalpy(scene.body_c, row) == 0.0
    halves = abs(enthalpy(COLD_C, row)) + abs(enthalpy(WARM_C, row))
    return halves * 0.5 * scene.labels.size * scene.grid.voxel_ml * 1e-6


def missing_j(history: History) -> float:
    h = history.heat
    brought = (h.needles_j, h.walls_j, h.outer_j, h.blood_j, h.metabolism_j, h.source_j, h.window_j)
    return abs(h.enthalpy_change_j - sum(brought))


@pytest.mark.parametrize("backend", ["cpu", "reference"])
def test_a_sealed_box_is_held_against_what_it_stored_at_the_start(backend: str) -> None:
    scene = box()
    history = Simulation(scene, backend=backend).run()
    assert history.heat.residual == pytest.approx(missing_j(history) / stored_j(scene), rel=1e-4, abs=1e-15)
    assert history.heat.residual < (1e-12 if backend == "reference" else 1e-5)


def test_a_needle_that_never_works_leaves_the_box_sealed() -> None:
    line = replace(needle((4.0, 4.0, 2.0), (4.0, 4.0, 6.0), 1.0), steps=(LineStep(0.0, 120.0, ADIABATIC),))
    scene = box(lines=(line,))
    history = Simulation(scene).run()
    assert history.heat.residual == pytest.approx(missing_j(history) / stored_j(scene), rel=1e-4)
    assert history.heat.residual < 1e-5


def test_one_open_face_is_held_against_what_came_through_it() -> None:
    history = Simulation(box(outer_c=(20.0, *SEALED[1:]))).run()
    heat = history.heat
    assert heat.residual == pytest.approx(missing_j(history) / abs(heat.outer_j), rel=1e-6)
    assert heat.residual < 1e-4
