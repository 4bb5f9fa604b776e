"""Where a target's temperature is written down."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from iceball.plan.compose import ground_of
from iceball.plan.sensors import target_sensors
from iceball.space import Grid
from iceball.space.shapes import Sphere
from iceball.tissue import Anatomy, Structure
from iceball.tissue.plaque import crescent_plaque
from tests.tissue.test_pleura import chest

CELLS = Grid.box((-20, -40, -40), (60, 40, 40), 2.0)


def with_gas(body: Anatomy) -> Anatomy:
    """All lung is gas."""
    tissues = {v: "gas" if name == "lung_aerated" else name for v, name in body.tissues.items()}
    return replace(body, tissues=tissues)


def test_a_ball_has_its_sensors_in_the_middle_and_on_its_six_sides() -> None:
    body = chest().with_structure(Structure("tumour", Sphere((20, 0, 4), 16), "drawn"))
    found = target_sensors(body, ground_of(body, CELLS))
    assert len(found) == 7
    assert found["tumour centre"] == pytest.approx((20, 0, 4))
    assert found["tumour left edge"] == pytest.approx((28, 0, 4))
    assert found["tumour superior edge"] == pytest.approx((20, 0, 12))


def test_a_crescent_is_measured_on_itself_and_never_in_gas() -> None:
    body = chest()
    plaque = crescent_plaque(body, at_mm=(0, 0, 0), along=(0, 1, 0), size_mm=(12, 40, 30))
    body = body.with_structure(plaque)
    on_itself = target_sensors(body, ground_of(body, CELLS))
    assert len(on_itself) == 7
    for point in on_itself.values():
        assert plaque.shape.occupancy(Grid.box(np.array(point) - 1, np.array(point) + 1, 1.0)).max() > 0
    # The wall's side is beside tissue, the side of the lung is not: nobody painted the plaque.
    gas = with_gas(body)
    assert set(target_sensors(gas, ground_of(gas, CELLS))) < set(on_itself)


def test_a_sensor_in_the_middle_of_a_cell_of_gas_is_left_out_though_tissue_lies_beside_it() -> None:
    body = with_gas(chest().with_structure(Structure("tumour", Sphere((3, 1, 1), 8), "drawn")))
    found = target_sensors(body, ground_of(body, CELLS))
    assert CELLS.to_index((-1, 1, 1)) == pytest.approx(np.rint(CELLS.to_index((-1, 1, 1))))
    assert set(found) == {"tumour right edge"}  # x = -1, in the wall; all others lie at x = 3 or 7


def test_without_a_target_there_is_none() -> None:
    assert target_sensors(chest(), ground_of(chest(), CELLS)) == {}
