import math
from itertools import pairwise

import numpy as np
import pytest

from iceball.solve import Bioheat, Control, Line, LineStep, Material, Scene, Simulation
from iceball.space import Grid

RANGE_K = 0.2


CAREFUL = Control(tolerance=1e-5, still_k=0.0)


def sharp(k_s=2.0, k_u=0.5, c_s=1800.0, c_u=3600.0, latent=250e3, t_f=-1.0, **more):
    return Material(
        "sharp", 1000.0, c_u, k_u, latent, t_f + RANGE_K / 2, t_f - RANGE_K / 2, (k_s, 0, 0), (c_s, 0), **more
    )


def frozen_share(celsius, t_f=-1.0):
    return np.clip((t_f + RANGE_K / 2 - celsius.astype(float)) / RANGE_K, 0, 1)


@pytest.mark.parametrize("axis", [0, 2])
def test_a_front_from_a_cold_wall_follows_neumann(axis):
    size = [0.5, 0.5, 0.5]
    size[axis] = 70.0
    outer = [None] * 6
    outer[2 * axis] = -150.0
    grid = Grid.box((0, 0, 0), size, 0.5)
    scene = Scene(grid, np.zeros(grid.shape, np.uint8), (sharp(),), 300.0, outer_c=tuple(outer), initial_c=37.0)
    history = Simulation(scene).run()
    assert frozen_share(history.final_c).sum() * 0.5 == pytest.approx(19.02923, rel=0.01)
    assert history.heat.residual < 1e-4


def test_ice_around_a_line_sink_follows_paterson():
    grid = Grid.box((0, -24, -24), (0.5, 24, 24), 0.5)
    line = Line("sink", (0, 0.1, 0.15), (0.5, 0.1, 0.15), 1.0, (LineStep(0.0, 120.0, math.nan, watts_per_m=500.0),))
    scene = Scene(grid, np.zeros(grid.shape, np.uint8), (sharp(),), 120.0, lines=(line,), initial_c=37.0,
                  outer_c=(None, None, 37.0, 37.0, 37.0, 37.0))  # fmt: skip
    history = Simulation(scene).run()
    radius = math.sqrt(frozen_share(history.final_c).sum() * 0.25 / math.pi)
    assert radius == pytest.approx(4.04564 * math.sqrt(2), rel=0.02)
    assert history.needle_watts["sink"][-1] == pytest.approx(0.25, rel=1e-6)


def test_perfusion_does_not_pin_the_resting_front():
    # a front found cell by cell stops 1.8 mm short at this spacing
    grid = Grid.box((0, -26, -26), (1, 26, 26), 1.0)
    tissue = sharp(latent=20e3, t_f=0.0, perfusion=0.0155)
    line = Line("needle", (0, 0.25, 0.25), (1, 0.25, 0.25), 0.75, (LineStep(0.0, 1500.0, -140.0, time_constant_s=5.0),))
    scene = Scene(
        grid,
        np.zeros(grid.shape, np.uint8),
        (tissue,),
        1500.0,
        lines=(line,),
        outer_c=(None, None, 37.0, 37.0, 37.0, 37.0),
    )
    history = Simulation(scene).run()
    radius = math.sqrt(frozen_share(history.final_c, 0.0).sum() / math.pi)
    assert radius == pytest.approx(13.7661, rel=0.02)
    assert history.needle_watts["needle"][-1] / 1e-3 == pytest.approx(
        2 * 140 * 2 * math.pi / math.log(13.7661 / 0.75), rel=0.01
    )


def test_a_smooth_field_converges_with_second_order():
    errors = []
    for cells in (8, 16):
        spacing = 32.0 / cells
        grid = Grid.box((0, 0, 0), (32, 32, 32), spacing)
        u = np.cos(np.pi * (np.arange(cells) + 0.5) / cells)
        mode = u[:, None, None] * u[None, :, None] * u[None, None, :]
        m = sharp(perfusion=0.002)
        scene = Scene(
            grid, np.zeros(grid.shape, np.uint8), (m,), 300.0, outer_c=(None,) * 6, initial_c=37.0 + 10.0 * mode
        )
        history = Simulation(scene, bioheat=Bioheat(freezing=False), control=CAREFUL).run()
        decay = (3 * 0.5 * (math.pi / 0.032) ** 2 + 0.002 * 1050 * 3617) / (1000 * 3600)
        exact = 37.0 + 10.0 * math.exp(-decay * 300.0) * mode
        errors.append(float(np.sqrt(np.mean((history.final_c - exact) ** 2))))
    assert math.log2(errors[0] / errors[1]) >= 1.9


def test_a_smooth_field_of_ice_with_its_own_k_and_c_converges_with_second_order():
    """No closed form: three grids and Richardson's ratio, on anisotropic cells, with k(T) and c(T) of frozen tissue."""
    ice = Material("ice", 1000.0, 3600.0, 0.5, 200e3, -0.5, -8.0, (-0.1, -0.0014, 440.0), (1900.0, 5.4))
    fields = []
    for cells in (8, 16, 32):
        grid = Grid.box((0, 0, 0), (32, 24, 4), (32 / cells, 24 / cells, 4.0))
        x = np.cos(np.pi * (np.arange(cells) + 0.5) / cells)
        start = -70.0 + 50.0 * (x[:, None] * x[None, :])[:, :, None]
        scene = Scene(grid, np.zeros(grid.shape, np.uint8), (ice,), 30.0, outer_c=(None,) * 6, initial_c=start)
        final = Simulation(scene, control=CAREFUL).run().final_c[:, :, 0].astype(float)
        size = cells // 8
        fields.append(final.reshape(8, size, 8, size).mean(axis=(1, 3)))
    coarse, fine = (float(np.abs(a - b).max()) for a, b in pairwise(fields))
    assert coarse > 0.05
    assert math.log2(coarse / fine) >= 1.9


def test_two_slabs_of_different_tissue_rest_at_the_series_solution():
    grid = Grid.box((0, 0, 0), (20, 1, 1), 1.0)
    labels = np.zeros(grid.shape, np.uint8)
    labels[10:] = 1
    fat = Material("fat", 911.0, 2348.0, 0.2, 0.0, -5.0, -15.0, (0.2, 0, 0), (2000.0, 0))
    scene = Scene(grid, labels, (sharp(), fat), 1.0, outer_c=(37.0, 20.0, None, None, None, None))
    history = Simulation(scene).run()
    flux = 17.0 / (0.010 / 0.5 + 0.010 / 0.2)
    assert history.final_c[9, 0, 0] == pytest.approx(37.0 - flux * 0.0095 / 0.5, abs=0.01)
    assert history.final_c[10, 0, 0] == pytest.approx(20.0 + flux * 0.0095 / 0.2, abs=0.01)
