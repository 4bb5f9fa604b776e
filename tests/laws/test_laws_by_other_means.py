"""The laws against numbers found another way: integrals done numerically, a material's own words, published values."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iceball.physics.blood import open_psi, open_share
from iceball.physics.cooling import line_potential, wall_temperature
from iceball.physics.freezing import enthalpy, ice_fraction, temperature
from iceball.physics.heat import conductivity, potential
from iceball.physics.ice import frozen_conductivity_of_ice, frozen_heat_capacity_of_ice
from iceball.solve.bioheat import Bioheat
from iceball.solve.rows import property_rows
from tests.solve.scenes import FAT, KIDNEY, mixed

ROWS = property_rows(mixed(), Bioheat()).view(np.recarray)


@given(st.floats(-40.0, 40.0), st.floats(0.01, 30.0))
def test_the_open_share_of_a_cell_is_where_a_straight_line_lies_above_the_liquidus(above, spread):
    across = above + spread * (np.arange(2000) + 0.5 - 1000.0) / 2000
    share = open_share(-20.0 + above, -20.0, spread, 0.0)
    assert share == pytest.approx((across > 0).mean(), abs=1e-3)
    if share > 0.01:
        # above a cell that is open as a whole the line's mean is the cell's own
        mean = -20.0 + across[across > 0].mean()
        assert open_psi(-20.0 + above, share, spread, 0.0) == pytest.approx(mean, abs=0.05 * spread)


def test_a_cell_without_gradient_opens_over_its_least_spread():
    assert [open_share(t, 0.0, 0.0, 0.1) for t in (-1.0, -0.025, 0.0, 0.025, 1.0)] == pytest.approx(
        [0, 0.25, 0.5, 0.75, 1]
    )


def test_ice_falls_from_the_solidus_to_the_liquidus():
    assert [ice_fraction(t, -8.0, 0.0) for t in (-9.0, -6.0, -2.0, 0.5)] == pytest.approx([1.0, 0.75, 0.25, 0.0])


@pytest.mark.parametrize("n", [0, 1])
def test_potential_and_enthalpy_are_whole_and_zero_in_the_body(n):
    m = ROWS[n]
    for edge in (m.solidus, m.liquidus):
        for law in (potential, enthalpy):
            below, above = law(edge - 1e-9, m), law(edge + 1e-9, m)
            assert above == pytest.approx(below, abs=1e-6 * abs(law(-100.0, m)))
        assert temperature(enthalpy(edge, m), m) == pytest.approx(edge, abs=1e-7)
    assert potential(37.0, m) == pytest.approx(0.0, abs=1e-9)
    assert enthalpy(37.0, m) == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize(("n", "material"), [(0, KIDNEY), (1, FAT)])
def test_conductivity_and_heat_are_what_the_material_says(n, material):
    """Everything from the material's own numbers, summed over small steps of temperature."""
    m, step = ROWS[n], 0.005
    t = np.arange(-150.0, 37.0, step) + step / 2
    ice = np.clip((material.liquidus_c - t) / (material.liquidus_c - material.solidus_c), 0.0, 1.0)
    cold = np.minimum(t, material.solidus_c)
    k0, k1, k2 = material.frozen_conductivity
    k = ice * (k0 + k1 * cold + k2 / (cold + 273.15)) + (1 - ice) * material.conductivity
    c_ice = material.frozen_heat_capacity[0] + material.frozen_heat_capacity[1] * cold
    c_range = material.latent_heat / (material.liquidus_c - material.solidus_c) + 0.5 * (c_ice + material.heat_capacity)
    c = np.where(ice == 0.0, material.heat_capacity, np.where(ice == 1.0, c_ice, c_range))
    assert -potential(-150.0, m) == pytest.approx(k.sum() * step, rel=1e-4)
    assert -enthalpy(-150.0, m) == pytest.approx(material.density * c.sum() * step, rel=1e-4)
    for celsius in (-120.0, -30.0, material.solidus_c + 1.5, 20.0):
        assert conductivity(celsius, m) == pytest.approx(np.interp(celsius, t, k), rel=1e-4)


def test_pure_ice_conducts_and_stores_as_published():
    """Ice at 0 and -100 °C: 2.16 and 3.69 W/m/K, 2067 and 1378 J/kg/K; half of it dry matter of 1700 J/kg/K."""
    k0, k1, k2 = frozen_conductivity_of_ice(1.0, 632.0, 0.38, -0.00197)
    assert [k0 + k1 * t + k2 / (t + 273.15) for t in (0.0, -100.0)] == pytest.approx([2.156, 3.689], abs=2e-3)
    half = frozen_conductivity_of_ice(0.5, 632.0, 0.38, -0.00197)
    assert half == pytest.approx((k0 / 2, k1 / 2, k2 / 2))
    c0, c1 = frozen_heat_capacity_of_ice(1.0, 1700.0, 185.0, 6.89)
    assert (c0, c0 - 100.0 * c1) == pytest.approx((2067.0, 1378.0), abs=0.5)
    assert frozen_heat_capacity_of_ice(0.5, 1700.0, 185.0, 6.89) == pytest.approx((0.5 * c0 + 850.0, 0.5 * c1))


@given(st.floats(-30.0, 30.0), st.floats(0.3, 20.0), st.floats(0.5, 40.0))
def test_the_potential_of_a_segment_is_the_sum_of_its_points(along, across, length):
    points = length * ((np.arange(4000) + 0.5) / 4000 - 0.5)
    summed = (1.0 / np.hypot(along - points, across)).sum() * length / 4000 / (4 * math.pi)
    assert line_potential(along, across, length) == pytest.approx(summed, rel=1e-3)


def test_a_needle_wall_without_a_film_has_its_coolants_temperature():
    assert wall_temperature(-60.0, 0.3, -140.0, math.inf, ROWS[0]) == -140.0
    assert wall_temperature(-60.0, 0.3, -140.0, 1e9, ROWS[0]) == pytest.approx(-140.0, abs=1e-3)


def test_switched_off_terms_are_absent():
    blood_off = property_rows(mixed(), Bioheat(blood=False)).view(np.recarray)[0]
    assert (blood_off.blood, blood_off.metabolism) == (0.0, 0.0)
    assert (ROWS[0].blood, ROWS[0].metabolism) == pytest.approx((0.0036 * 1050 * 3617, 5000.0))
    dry = property_rows(mixed(), Bioheat(freezing=False)).view(np.recarray)[0]
    assert potential(-100.0, dry) == pytest.approx(0.535 * -137.0)
    assert enthalpy(-100.0, dry) == pytest.approx(1066.0 * 3763.0 * -137.0)
