"""The temperature at a potential: the laws' inverse, wherever it is asked."""

from dataclasses import replace

import numpy as np
import pytest

from iceball.solve import Bioheat
from iceball.solve.rows import inverse_potential, potentials, property_rows
from tests.solve.scenes import KIDNEY, block


@pytest.mark.parametrize("curve", ["linear", "ideal"])
def test_a_potential_gives_back_its_temperature_in_any_order(curve: str) -> None:
    scene = block(1.0, spacing_mm=4.0)
    row = property_rows(replace(scene, materials=(replace(KIDNEY, curve=curve),)), Bioheat())[0]
    celsius = np.random.default_rng(3).permutation(np.linspace(-250.0, 300.0, 2001))
    assert inverse_potential(potentials(celsius, row), row) == pytest.approx(celsius, abs=1e-8)


def test_a_potential_beyond_all_temperatures_gives_the_last_one() -> None:
    row = property_rows(block(1.0, spacing_mm=4.0), Bioheat())[0]
    below, above = potentials(np.array([-272.0, 500.0]), row) + np.array([-1e4, 1e4])
    assert inverse_potential(np.array([below, above, below]), row) == pytest.approx([-272.0, 500.0, -272.0], abs=1e-6)
