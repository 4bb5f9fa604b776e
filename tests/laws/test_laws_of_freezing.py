import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from iceball.physics.cooling import coolant, line_potential, wall_flux, wall_temperature
from iceball.physics.freezing import enthalpy, heat_capacity, ice_fraction, temperature
from iceball.physics.heat import conductivity, face_rise, potential
from iceball.solve.bioheat import Bioheat
from iceball.solve.rows import POLY, PSI_S, property_rows, table
from tests.solve.scenes import mixed

ROWS = property_rows(mixed(), Bioheat()).view(np.recarray)
celsius = st.floats(-196.0, 60.0)
label = st.integers(0, 1)


@given(celsius, label)
def test_temperature_is_the_inverse_of_enthalpy(t, n):
    assert temperature(enthalpy(t, ROWS[n]), ROWS[n]) == pytest.approx(t, abs=1e-7)


@given(celsius, celsius, label)
def test_enthalpy_and_potential_rise_with_temperature(a, b, n):
    if a + 1e-6 < b:
        assert enthalpy(a, ROWS[n]) < enthalpy(b, ROWS[n])
        assert potential(a, ROWS[n]) < potential(b, ROWS[n])


@given(celsius, label)
def test_heat_capacity_and_conductivity_are_the_slopes(t, n):
    m, d = ROWS[n], 1e-4
    if min(abs(t - m.solidus), abs(t - m.liquidus)) > 1e-3:
        assert (enthalpy(t + d, m) - enthalpy(t - d, m)) / (2 * d) == pytest.approx(heat_capacity(t, m), rel=1e-5)
        assert (potential(t + d, m) - potential(t - d, m)) / (2 * d) == pytest.approx(conductivity(t, m), rel=1e-5)


def test_crossing_the_freezing_range_takes_the_latent_heat_and_the_mean_sensible_heat():
    m = ROWS[0]
    ends = 0.5 * (m.warm_c + m.c0 + m.c1 * m.solidus) * (m.liquidus - m.solidus)
    assert enthalpy(m.liquidus, m) - enthalpy(m.solidus, m) == pytest.approx(1066.0 * 233e3 + ends, rel=1e-9)
    assert [ice_fraction(t, -8.0, 0.0) for t in (-9.0, -8.0, -4.0, 0.0, 1.0)] == [1.0, 1.0, 0.5, 0.0, 0.0]


@given(celsius, celsius)
def test_heat_across_a_face_is_equal_and_opposite_and_flows_to_the_cold(a, b):
    there, back = face_rise(a, b, ROWS[0], ROWS[1]), face_rise(b, a, ROWS[1], ROWS[0])
    assert there == pytest.approx(-back, abs=1e-9)
    assert there * (b - a) >= 0
    assert face_rise(a, b, ROWS[0], ROWS[0]) == pytest.approx(potential(b, ROWS[0]) - potential(a, ROWS[0]), abs=1e-6)


@given(st.floats(-190.0, 40.0), st.floats(1.0, 1e5))
@example(3.0, 73.0)  # warm cell, frozen surface
def test_a_wall_film_and_half_a_cell_carry_the_same_flux(t, h):
    flux = wall_flux(t, -196.0, h, 5e-4, ROWS[0])
    surface = -196.0 - flux / h
    assert (potential(surface, ROWS[0]) - potential(t, ROWS[0])) / 5e-4 == pytest.approx(flux, rel=1e-5, abs=1e-3)


@given(st.floats(-400.0, 10.0), st.floats(0.02, 1.0), st.floats(1.0, 100.0))
def test_a_needle_wall_passes_on_what_it_takes(ring, drop, film):
    wall = wall_temperature(ring, drop, -140.0, film, ROWS[0])
    assert (ring - potential(wall, ROWS[0])) / drop == pytest.approx(film * (wall + 140.0), abs=1e-3)


def test_the_potential_of_a_long_segment_is_the_logarithm_of_the_radius():
    rise = line_potential(0.0, 0.001, 1000.0) - line_potential(0.0, 0.003, 1000.0)
    assert rise == pytest.approx(math.log(3.0) / (2 * math.pi), rel=1e-6)
    assert line_potential(7.0, 0.5, 4.0) == pytest.approx(line_potential(-7.0, 0.5, 4.0), rel=1e-12)
    assert line_potential(50.0, 1.0, 2.0) == pytest.approx(2.0 / (4 * math.pi * math.hypot(50.0, 1.0)), rel=1e-3)


def test_coolant_approaches_its_setting():
    assert coolant(0.0, 37.0, -140.0, 10.0, 0.0) == 37.0
    assert coolant(10.0, 37.0, -140.0, 10.0, 0.0) == pytest.approx(-140.0 + 177.0 / math.e)
    assert coolant(0.0, 37.0, -140.0, 0.0, 0.0) == -140.0
    assert coolant(15.0, 37.0, -143.0, 0.0, 60.0) == pytest.approx(-8.0)
    assert coolant(60.0, 37.0, -143.0, 0.0, 60.0) == -143.0


def test_the_table_of_the_fast_loops_keeps_to_the_laws():
    quick = table(ROWS, coldest_c=-160.0)
    for n in (0, 1):
        for t in np.linspace(-158.0, 45.0, 300):
            h = enthalpy(t, ROWS[n]) - quick[n, 0]
            frozen = min(h, 0.0) * quick[n, 2]
            mushy = min(max(h, 0.0), quick[n, 1])
            poly = sum(c * frozen ** (p + 1) for p, c in enumerate(quick[n, POLY:]))
            theta = ROWS[n].warm_k * (
                quick[n, PSI_S]
                + poly
                + mushy * (quick[n, 3] + quick[n, 4] * mushy)
                + max(h - quick[n, 1], 0.0) * quick[n, 5]
            )
            assert abs(theta - potential(t, ROWS[n])) / conductivity(t, ROWS[n]) < 0.02
