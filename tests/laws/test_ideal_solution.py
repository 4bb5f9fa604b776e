"""Tissue that freezes as an ideal solution: the curve itself, and laws that belong to it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iceball.physics.freezing import enthalpy, heat_capacity, temperature
from iceball.physics.heat import conductivity, ideal_rise, potential
from iceball.physics.ideal import ideal_ice, ideal_ice_between
from iceball.solve.bioheat import Bioheat
from iceball.solve.rows import property_rows
from tests.solve.scenes import KIDNEY, mixed

FREEZING_C, EUTECTIC_C = -0.53, -22.0
SALT = replace(KIDNEY, curve="ideal", liquidus_c=FREEZING_C, solidus_c=EUTECTIC_C)
SHORT = replace(SALT, solidus_c=-8.0, latent_heat=0.0)
ROWS = property_rows(replace(mixed(), materials=(SALT, SHORT, None)), Bioheat()).view(np.recarray)
celsius, label = st.floats(-196.0, 60.0), st.integers(0, 1)


def test_half_the_ice_forms_in_the_first_degree():
    """Osmolality 0.286: f = 1 - T_f / T is 0.47 at -1, 0.894 at -5 and 0.934 at -8 °C; all of it at the eutectic."""
    whole = 1.0 - FREEZING_C / EUTECTIC_C
    for celsius_, ice in ((-1.0, 0.47), (-2.0, 0.735), (-5.0, 0.894), (-8.0, 0.934), (-20.0, 0.974)):
        assert ideal_ice(celsius_, EUTECTIC_C, FREEZING_C) * whole == pytest.approx(ice, abs=6e-4)
    assert ideal_ice(EUTECTIC_C, EUTECTIC_C, FREEZING_C) == pytest.approx(1.0, abs=1e-15)
    assert ideal_ice(FREEZING_C, EUTECTIC_C, FREEZING_C) == 0.0


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
    m, d = ROWS[n], 1e-5
    if min(abs(t - m.solidus), abs(t - m.liquidus)) > 1e-3:
        assert (enthalpy(t + d, m) - enthalpy(t - d, m)) / (2 * d) == pytest.approx(heat_capacity(t, m), rel=1e-4)
        assert (potential(t + d, m) - potential(t - d, m)) / (2 * d) == pytest.approx(conductivity(t, m), rel=1e-4)


@pytest.mark.parametrize("n", [0, 1])
def test_nothing_jumps_at_the_ends_of_the_freezing_range(n):
    m = ROWS[n]
    for edge in (m.solidus, m.liquidus):
        for law in (enthalpy, potential, conductivity):
            assert law(edge + 1e-9, m) == pytest.approx(law(edge - 1e-9, m), abs=1e-6 * abs(law(-100.0, m)))
    assert enthalpy(37.0, m) == pytest.approx(0.0, abs=1e-3)
    assert potential(37.0, m) == pytest.approx(0.0, abs=1e-9)


def test_the_whole_latent_heat_and_the_mean_sensible_heat_are_released():
    m = ROWS[0]
    sensible = 0.5 * (m.warm_c + m.c0 + m.c1 * m.solidus) * (m.liquidus - m.solidus)
    assert enthalpy(m.liquidus, m) - enthalpy(m.solidus, m) == pytest.approx(1066.0 * 233e3 + sensible, rel=1e-9)


def test_heat_and_conductivity_between_two_temperatures_are_what_the_ice_says():
    """Summed over small steps from the curve itself."""
    m, step = ROWS[0], 1e-3
    t = np.arange(-22.0, -0.53, step) + step / 2
    ice = (1.0 - FREEZING_C / t) / (1.0 - FREEZING_C / EUTECTIC_C)
    k0, k1, k2 = SALT.frozen_conductivity
    cold_k = k0 + k1 * EUTECTIC_C + k2 / (EUTECTIC_C + 273.15)
    k = ice * cold_k + (1 - ice) * SALT.conductivity
    assert potential(-0.53, m) - potential(-22.0, m) == pytest.approx(k.sum() * step, rel=1e-4)
    assert ideal_rise(m.solidus, m.liquidus, m.warm_k, k0, k1, k2) == pytest.approx(k.sum() * step, rel=1e-4)
    assert ideal_ice_between(-5.0, -1.0, -22.0, -0.53) == pytest.approx(ice[(t > -5) & (t < -1)].sum() * step, rel=1e-3)
    c = 0.5 * (m.warm_c + m.c0 + m.c1 * m.solidus)
    for at in (-1.0, -2.0, -5.0, -12.0):
        above = ideal_ice(at, EUTECTIC_C, FREEZING_C)
        assert enthalpy(at, m) == pytest.approx(enthalpy(-0.53, m) + c * (at + 0.53) - 1066.0 * 233e3 * above, rel=1e-9)


def test_switched_off_it_freezes_no_more_than_any_tissue():
    off = property_rows(replace(mixed(), materials=(SALT, SHORT, None)), Bioheat(freezing=False)).view(np.recarray)[0]
    assert enthalpy(-100.0, off) == pytest.approx(1066.0 * 3763.0 * -137.0)
