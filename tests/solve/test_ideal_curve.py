"""Runs with tissue that freezes as an ideal solution."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import cumulative_trapezoid, solve_ivp
from scipy.sparse import diags_array

from iceball.errors import SceneError
from iceball.physics.heat import potential
from iceball.solve import Bioheat, Scene, Simulation
from iceball.solve.cpu_rates import potentials
from iceball.solve.laying import lay_out
from iceball.solve.machine import CpuMachine
from iceball.solve.needle import sinks
from iceball.solve.rows import FIT_TOLERANCE_K, bends, property_rows
from iceball.solve.schedule import Schedule
from iceball.space import Grid
from tests.solve.scenes import FAT, KIDNEY, block, mixed

SALT = replace(KIDNEY, curve="ideal", liquidus_c=-0.53, solidus_c=-22.0)
SALTY = replace(mixed(40.0), materials=(SALT, FAT, None))


def test_the_fast_loops_agree_with_the_referee() -> None:
    fast, referee = Simulation(SALTY, method="euler").run(), Simulation(SALTY, backend="reference").run()
    assert np.nanmax(np.abs(fast.final_c - referee.final_c)) < 0.05
    assert np.nanmax(np.abs(fast.minimum_c - referee.minimum_c)) < 0.05
    assert fast.minimum_c[SALTY.labels == 0].min() < -25.0
    assert referee.heat.residual < 1e-12


def test_energy_is_balanced() -> None:
    history = Simulation(block(120.0, spacing_mm=2.5, material=SALT)).run()
    assert history.heat.residual < 1e-5
    assert ((history.final_c > -22.0) & (history.final_c < -0.53)).sum() > 30


def test_the_loops_read_the_potential_that_the_law_gives() -> None:
    scene = replace(SALTY, lines=(), duration_s=1.0, initial_c=37.0)
    rows = property_rows(scene, Bioheat())
    lay = lay_out(scene, rows)
    machine = CpuMachine(lay, rows, sinks(scene, lay, rows), Schedule(scene), coldest_c=-150.0, threads=1)
    celsius = np.random.default_rng(1).uniform(-150.0, 40.0, scene.grid.shape)
    celsius[::2] = np.random.default_rng(2).uniform(-23.0, 0.5, celsius[::2].shape)
    h, psi = machine.enthalpies(celsius), machine.potential_field()
    potentials(machine.all_rows, h, psi, machine.ground)
    seen = lay.inner(psi)[scene.labels == 0]
    wanted = np.array([potential(c, rows[0]) for c in celsius[scene.labels == 0]]) / SALT.conductivity
    assert np.abs(seen - wanted).max() < FIT_TOLERANCE_K * 5  # as psi, of a k up to five times the unfrozen
    which, tables, scale = bends(rows)
    assert which.tolist() == [0] + [-1] * 255
    assert tables.shape[0] == scale.size == 1


def planar(cells: int, length_mm: float, seconds: float, wall_c: float, begin_c: float) -> np.ndarray:
    """Temperature of a slab cooled from one side, by other means: dense tables, an implicit solver, finer cells."""
    t = np.linspace(-120.0, 40.0, 160_001)
    ice = np.clip((1.0 + 0.53 / np.minimum(t, -1e-9)) / (1.0 - 0.53 / 22.0), 0.0, 1.0)
    cold = np.minimum(t, SALT.solidus_c)
    k0, k1, k2 = SALT.frozen_conductivity
    c0, c1 = SALT.frozen_heat_capacity
    k = ice * (k0 + k1 * cold + k2 / (cold + 273.15)) + (1 - ice) * SALT.conductivity
    c = np.where(ice >= 1.0, c0 + c1 * cold, np.where(ice > 0, 0.5 * (c0 + c1 * -22.0 + 3763.0), 3763.0))
    h = SALT.density * (cumulative_trapezoid(c, t, initial=0.0) - SALT.latent_heat * ice)
    theta = cumulative_trapezoid(k, t, initial=0.0)
    d = length_mm / 1000.0 / cells
    wall = np.interp(wall_c, t, theta)

    def rate(_: float, state: np.ndarray) -> np.ndarray:
        here = np.interp(state, h, theta)
        flux = np.diff(here, prepend=2 * wall - here[0], append=here[-1])
        return np.asarray(np.diff(flux) / d**2)

    begin = np.full(cells, np.interp(begin_c, t, h))
    near = diags_array([1.0, 1.0, 1.0], offsets=[-1, 0, 1], shape=(cells, cells))
    end = solve_ivp(rate, (0.0, seconds), begin, method="BDF", jac_sparsity=near, rtol=1e-5, atol=1e3).y[:, -1]
    # a wide cell has the temperature of its mean enthalpy
    return np.interp(end.reshape(-1, 4).mean(axis=1), h, t)


def test_a_slab_freezes_as_another_solver_finds_and_otherwise_than_on_the_linear_curve() -> None:
    grid = Grid.box((0, 0, 0), (24.0, 0.5, 0.5), 0.5)
    x = np.arange(48) * 0.5 + 0.25

    def depths(celsius: np.ndarray) -> np.ndarray:
        return np.interp([-30.0, -10.0, -3.0, -1.0, 5.0], celsius, x)

    def ours(curve: str) -> np.ndarray:
        material = replace(SALT, perfusion=0.0, metabolism=0.0, curve=curve)  # type: ignore[arg-type]
        scene = Scene(grid, np.zeros(grid.shape, np.uint8), (material,), 120.0, initial_c=20.0,
                      outer_c=(-60.0, None, None, None, None, None))  # fmt: skip
        return Simulation(scene).run().final_c[:, 0, 0].astype(float)

    theirs = planar(192, 24.0, 120.0, -60.0, 20.0)
    ideal, linear = ours("ideal"), ours("linear")
    assert np.abs(ideal - theirs).mean() < 0.1
    assert depths(ideal) == pytest.approx(depths(theirs), abs=0.05)
    assert np.abs(linear - theirs).mean() > 0.5
    assert np.abs(depths(linear) - depths(theirs)).max() > 0.3


def test_the_gpu_refuses_it() -> None:
    with pytest.raises(SceneError, match="not on the GPU") as refused:
        Simulation(SALTY, backend="gpu")
    assert "backend='cpu'" in refused.value.remedy


def test_a_curve_that_cannot_be_is_refused() -> None:
    with pytest.raises(SceneError, match="no freezing curve called 'steep'") as refused:
        replace(KIDNEY, curve="steep")  # type: ignore[arg-type]
    assert refused.value.where == "Material kidney.curve"
    with pytest.raises(SceneError, match="below 0 °C") as refused:
        replace(KIDNEY, curve="ideal", liquidus_c=0.0)
    assert refused.value.where == "Material kidney.liquidus_c"
