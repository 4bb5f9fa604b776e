"""The referee on a handful of cells against solutions on paper. Small enough to run without the compiler."""

import math

import numpy as np
import pytest
from scipy.optimize import brentq

from iceball.solve import Bioheat, Control, Material, Scene, Simulation, Wall
from iceball.space import Grid

WATER_LIKE = Material("tissue", 1000.0, 3600.0, 0.5, 250e3, -1.0, -8.0, (2.0, -0.01, 0.0), (1900.0, 5.0))
FATTY = Material("fat", 900.0, 2300.0, 0.2, 60e3, -5.0, -15.0, (0.3, 0.0, 40.0), (1700.0, 2.0))
SPACING_MM = (1.0, 1.5, 2.0)
"""Of the three axes: a length taken from a wrong axis shows."""


def rod(axis: int, cells: int, ends: tuple[float | None, float | None], **more) -> Scene:
    """A row of cells along an axis; its ends are held or closed and its sides closed."""
    size = list(SPACING_MM)
    size[axis] *= cells
    outer: list[float | None] = [None] * 6
    outer[2 * axis : 2 * axis + 2] = ends
    grid = Grid.box((0.0, 0.0, 0.0), size, SPACING_MM)
    shape = grid.shape
    more = {"labels": np.zeros(cells, np.uint8), "materials": (WATER_LIKE,), "duration_s": 20.0} | more
    more["labels"] = more["labels"].reshape(shape)
    if isinstance(more.get("initial_c"), np.ndarray):
        more["initial_c"] = more["initial_c"].reshape(shape)
    return Scene(grid, outer_c=tuple(outer), **more)


def final(scene: Scene, **more) -> np.ndarray:
    """Its cells at the end, in a row, by the referee."""
    history = Simulation(scene, backend="reference", threads=1, **more).run()
    heat = history.heat
    assert heat.residual < 1e-9 or abs(heat.enthalpy_change_j) < 1e-9
    return history.final_c.astype(float).ravel()


def k_of(m: Material, t: np.ndarray) -> np.ndarray:
    k0, k1, k2 = m.frozen_conductivity
    cold = np.minimum(t, m.solidus_c)
    ice = np.clip((m.liquidus_c - t) / (m.liquidus_c - m.solidus_c), 0.0, 1.0)
    return ice * (k0 + k1 * cold + k2 / (cold + 273.15)) + (1.0 - ice) * m.conductivity


TABLE_C = np.arange(-200.0, 60.0, 0.01)
THETA = {m.name: np.concatenate([[0.0], np.cumsum(k_of(m, TABLE_C[:-1] + 0.005)) * 0.01]) for m in (WATER_LIKE, FATTY)}


def theta(m: Material, celsius: float) -> float:
    return float(np.interp(celsius, TABLE_C, THETA[m.name]))


def celsius_at(m: Material, value: np.ndarray) -> np.ndarray:
    return np.interp(value, THETA[m.name], TABLE_C)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_front_from_a_cold_wall_is_where_neumann_says(axis):
    """Set T, -150/37 °C: 8.51 mm of ice after 60 s, 8.51 sqrt(2) after 120 s."""
    sharp = Material("sharp", 1000.0, 3600.0, 0.5, 250e3, -0.9, -1.1, (2.0, 0.0, 0.0), (1800.0, 0.0))
    d, seconds = SPACING_MM[axis], 60.0 * SPACING_MM[axis]
    scene = rod(axis, 20, (-150.0, None), materials=(sharp,), duration_s=seconds, initial_c=37.0)
    ice = np.clip((-0.9 - final(scene)) / 0.2, 0.0, 1.0).sum() * d
    assert ice == pytest.approx(8.51013 * math.sqrt(seconds / 60.0), rel=0.04)


@pytest.mark.parametrize(("axis", "ends"), [(0, (37.0, 10.0)), (1, (20.0, -150.0)), (2, (-60.0, -150.0))])
def test_two_tissues_at_rest_stay_at_rest(axis, ends):
    """Through both slabs goes one flux, whatever freezes: the integral of k dT over the thickness on either side."""
    n, d = 5, SPACING_MM[axis] * 1e-3
    for order in ((WATER_LIKE, FATTY), (FATTY, WATER_LIKE)):
        one, other = order

        def gap(middle: float, one=one, other=other) -> float:
            return (theta(one, ends[0]) - theta(one, middle)) - (theta(other, middle) - theta(other, ends[1]))

        middle = brentq(gap, min(ends), max(ends))
        flux = (theta(one, ends[0]) - theta(one, middle)) / (n * d)
        x = (np.arange(n) + 0.5) * d
        start = np.concatenate([
            celsius_at(one, theta(one, ends[0]) - flux * x),
            celsius_at(other, theta(other, middle) - flux * x),
        ])  # fmt: skip
        labels = np.repeat(np.array([0, 1], np.uint8), n)
        scene = rod(axis, 2 * n, ends, labels=labels, materials=order, initial_c=start, body_c=37.0, duration_s=30.0)
        moved = np.abs(final(scene, bioheat=Bioheat(blood=False)) - start)
        # with ice, the face between both tissues meets a curve with two straight halves: a kelvin or two
        assert moved.max() < (0.005 if min(ends) > 0.0 else 0.02 * abs(ends[1] - ends[0]))


@pytest.mark.parametrize(
    ("held_c", "gas_c", "h"), [(37.0, 22.0, 10.0), (37.0, -196.0, 1000.0), (-30.0, -196.0, 3000.0)]
)
@pytest.mark.parametrize("axis", [0, 2])
def test_tissue_beside_gas_rests_where_film_and_tissue_pass_the_same_heat(axis, held_c, gas_c, h):
    n, d = 6, SPACING_MM[axis] * 1e-3

    def gap(surface: float) -> float:
        return (theta(WATER_LIKE, held_c) - theta(WATER_LIKE, surface)) / (n * d) - h * (surface - gas_c)

    surface = brentq(gap, gas_c, held_c)
    start = celsius_at(WATER_LIKE, theta(WATER_LIKE, held_c) - h * (surface - gas_c) * (np.arange(n) + 0.5) * d)
    labels = np.array([0] * n + [1], np.uint8)
    scene = rod(
        axis, n + 1, (held_c, None), labels=labels, materials=(WATER_LIKE, None), walls=(Wall("gas", 1, h, gas_c),),
        initial_c=np.append(start, gas_c),
    )  # fmt: skip
    assert final(scene)[:-1] == pytest.approx(start, abs=0.05)


def heat_of(m: Material, celsius: float) -> float:
    """J/m3 from the solidus, by hand."""
    c0, c1 = m.frozen_heat_capacity
    c_s = c0 + c1 * m.solidus_c
    span = m.liquidus_c - m.solidus_c
    if celsius < m.solidus_c:
        return m.density * 0.5 * (c_s + c0 + c1 * celsius) * (celsius - m.solidus_c)
    range_c = 0.5 * (c_s + m.heat_capacity) + m.latent_heat / span
    if celsius < m.liquidus_c:
        return m.density * range_c * (celsius - m.solidus_c)
    return m.density * (range_c * span + m.heat_capacity * (celsius - m.liquidus_c))


@pytest.mark.parametrize(("cold_c", "warm_c"), [(-120.0, 10.0), (-150.0, 37.0), (-20.0, 55.0), (-120.0, -40.0)])
def test_ice_and_warm_tissue_in_a_sealed_box_meet_where_their_heats_do(cold_c, warm_c):
    for cold, warm in ((WATER_LIKE, WATER_LIKE), (FATTY, WATER_LIKE)):
        labels = np.array([0, 1], np.uint8)
        start = np.array([cold_c, warm_c])
        scene = rod(0, 2, (None, None), labels=labels, materials=(cold, warm), initial_c=start, duration_s=90.0)
        whole = heat_of(cold, cold_c) + heat_of(warm, warm_c)
        met = brentq(lambda t: heat_of(cold, t) + heat_of(warm, t) - whole, -150.0, 60.0)  # noqa: B023
        assert final(scene) == pytest.approx(np.full(2, met), abs=0.3)


def test_blood_and_metabolism_bring_a_sealed_cell_to_rest_and_leave_ice_alone():
    perfused = Material(
        "perfused", 1000.0, 3600.0, 0.5, 250e3, -1.0, -8.0, (2.0, 0.0, 0.0), (1900.0, 5.0), 0.01, 8000.0
    )
    blood = 0.01 * 1050.0 * 3617.0
    rest = 37.0 + 8000.0 / blood
    more = {"materials": (perfused,), "duration_s": 60.0}
    warm = final(rod(0, 2, (None, None), initial_c=20.0, **more))
    assert warm == pytest.approx(np.full(2, rest + (20.0 - rest) * math.exp(-blood * 60.0 / 3.6e6)), abs=0.15)
    assert final(rod(0, 2, (None, None), initial_c=-20.0, **more)) == pytest.approx(np.full(2, -20.0), abs=1e-4)
    off = final(rod(0, 2, (None, None), initial_c=20.0, **more), bioheat=Bioheat(blood=False))
    assert off == pytest.approx(np.full(2, 20.0), abs=1e-4)


@pytest.mark.parametrize(("axis", "front"), [(0, 3.1), (1, 3.5), (2, 3.8)])
def test_blood_warms_just_the_part_of_a_cell_that_is_not_frozen(axis, front):
    """A potential that rises by 7.5 W/m a cell: the blood's heat is the integral beyond the front, cell or no."""
    cells, rise, flow = 5, 7.5, 0.02
    tissue = Material(
        "steep", 1000.0, 3600.0, 0.5, 250e3, -1.0, -8.0, (2.0, 0.0, 0.0), (1900.0, 0.0), flow, stasis_c=-1e3
    )
    theta_l = -0.5 * 38.0
    at = theta_l + rise * (np.arange(cells) + 0.5 - front)
    mushy = 0.5 * (2.0 + 0.5) * 7.0

    def warmth(value: float) -> float:
        if value >= theta_l:
            return -1.0 + (value - theta_l) / 0.5
        if value <= theta_l - mushy:
            return -8.0 + (value - theta_l + mushy) / 2.0
        return brentq(lambda t: (t + 1.0) * 0.5 - 1.5 * (t + 1.0) ** 2 / 14.0 - (value - theta_l), -8.0, -1.0)

    start = np.array([warmth(v) for v in at])
    seconds = 1e-3
    scene = rod(axis, cells, (None, None), materials=(tissue,), initial_c=start, duration_s=seconds)
    open_cells = cells - front
    mean = 37.0 + 1.0 - 0.5 * rise * open_cells / 0.5
    given = flow * 1050.0 * 3617.0 * open_cells * mean * math.prod(SPACING_MM) * 1e-9 * seconds
    history = Simulation(scene, backend="reference", threads=1).run()
    assert history.heat.blood_j == pytest.approx(given, rel=0.02)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_front_held_by_blood_rests_where_it_should(axis):
    """A frozen slab of 7.3 cells: k_s (0 + 60) / X = k_u 37 / l, with warmth falling off by exp(-x / l) beyond it."""
    d, cells = SPACING_MM[axis] * 1e-3, 16
    ice_m, reach = 7.3 * d, 3.0 * d
    flow = 0.5 / reach**2 / (1050.0 * 3617.0)
    k_s = 0.5 * 37.0 / reach * ice_m / 60.0
    tissue = Material("slab", 1000.0, 3600.0, 0.5, 20e3, 0.05, -0.05, (k_s, 0.0, 0.0), (1800.0, 0.0), perfusion=flow)
    x = (np.arange(cells) + 0.5) * d
    start = np.where(x < ice_m, -60.0 * (1 - x / ice_m), 37.0 * (1 - np.exp(-(x - ice_m) / reach)))
    end_c = 37.0 * (1 - math.exp(-(cells * d - ice_m) / reach))
    scene = rod(axis, cells, (-60.0, end_c), materials=(tissue,), initial_c=start, duration_s=150.0)
    found = final(scene)
    # the straight line through the ice, drawn on to 0 °C, and the warmth a few cells beyond the front
    assert 60.0 * x[5] / (found[5] + 60.0) == pytest.approx(ice_m, abs=0.1 * d)
    assert found[10:] == pytest.approx(start[10:], abs=0.7)


def test_blood_stays_still_in_tissue_that_was_colder_than_its_stasis_and_comes_back_elsewhere():
    once = Material("once", 1000.0, 3600.0, 0.5, 50e3, -1.0, -3.0, (2.0, 0.0, 0.0), (1900.0, 0.0), 0.02, stasis_c=-5.0)
    blood, given = 0.02 * 1050.0 * 3617.0, 2e6 * 120.0
    thawed = 1000.0 * (1900.0 * 7.0 + 50e3 + 0.5 * (1900.0 + 3600.0) * 2.0)
    still = -1.0 + (given - thawed) / 3.6e6
    flows = 37.0 - 17.0 * math.exp(-blood * 120.0 / 3.6e6)
    again_s = 120.0 - 1000.0 * (1900.0 * 1.0 + 50e3 + 0.5 * (1900.0 + 3600.0) * 2.0) / 2e6
    rest = 37.0 + 2e6 / blood
    again = rest - (rest + 1.0) * math.exp(-blood * again_s / 3.6e6)
    for begins_c, source, ends_c in ((20.0, 0.0, flows), (-10.0, 2e6, still), (-4.0, 2e6, again)):
        scene = rod(
            2, 2, (None, None), materials=(once,), duration_s=120.0, initial_c=begins_c,
            source=np.full((1, 1, 2), source),
        )  # fmt: skip
        assert final(scene, control=Control(longest_s=1.0)) == pytest.approx(np.full(2, ends_c), abs=0.5)


def test_cells_of_a_block_agree_with_its_turned_self():
    """Three unlike spacings, an oblique warm corner, two tissues: turning the block turns the answer."""
    shape, draw = (4, 3, 3), np.random.default_rng(5)
    start = draw.uniform(-40.0, 37.0, shape)
    labels = (start > 0.0).astype(np.uint8)
    made = draw.uniform(0.0, 1e5, shape)
    perfused = Material("p", 1000.0, 3600.0, 0.5, 90e3, -1.0, -8.0, (2.0, 0.0, 0.0), (1900.0, 5.0), 0.02, 9e3)

    def turned(axes: tuple[int, int, int]) -> np.ndarray:
        size = tuple(np.array(SPACING_MM)[list(axes)])
        ends = np.array([[37.0, None], [-30.0, 10.0], [None, 20.0]])[list(axes)].ravel()
        grid = Grid.box((0, 0, 0), np.array(size) * np.array(shape)[list(axes)], size)
        scene = Scene(
            grid, np.ascontiguousarray(labels.transpose(axes)), (perfused, FATTY), 3.0, outer_c=tuple(ends),
            initial_c=np.ascontiguousarray(start.transpose(axes)),
            source=np.ascontiguousarray(made.transpose(axes)),
        )  # fmt: skip
        return Simulation(scene, backend="reference", threads=1).run().final_c

    plain = turned((0, 1, 2))
    for axes in ((1, 2, 0), (2, 1, 0)):
        assert turned(axes) == pytest.approx(plain.transpose(axes), abs=1e-4)
