"""Ice holds a needle from its first frozen cell to its last."""

from __future__ import annotations

import numpy as np
import pytest

from iceball.errors import PlanError
from iceball.plan import Placement, Plan, freeze
from iceball.plan.placed.held import coldest_c, held, must_be_free
from iceball.plan.placed.moments import temperatures_at
from iceball.space import Grid
from iceball.space.shapes import Sphere
from iceball.tissue.phantom import phantom

GRID = Grid.box((-20, -20, -20), (20, 20, 20), 2.0)
NEEDLE = Placement("generic-17g-short", (0.0, 10.0, 0.0), (0.0, -90.0, 0.0))


def field(celsius: float, *, at: tuple[float, float, float]) -> np.ndarray:
    found = np.full(GRID.shape, 30.0)
    found[tuple(np.rint(GRID.to_index(at)).astype(int))] = celsius
    return found


def test_one_frozen_cell_beside_the_shaft_holds_a_needle() -> None:
    assert held(NEEDLE, field(-1.0, at=(1.0, -7.0, 1.0)), GRID)
    assert not held(NEEDLE, field(1.0, at=(1.0, -7.0, 1.0)), GRID)


def test_ice_beside_or_beyond_a_needle_does_not_hold_it() -> None:
    assert not held(NEEDLE, field(-80.0, at=(9.0, -7.0, 1.0)), GRID)
    assert not held(NEEDLE, field(-80.0, at=(1.0, 17.0, 1.0)), GRID)


def test_gas_at_a_shaft_and_a_field_that_is_elsewhere_say_nothing() -> None:
    assert coldest_c(NEEDLE, np.full(GRID.shape, np.nan), GRID) is None
    far = Grid.box((100, 100, 100), (120, 120, 120), 2.0)
    assert not held(NEEDLE, np.full(far.shape, -80.0), far)


def test_a_held_needle_is_refused_with_its_temperature_and_the_moment() -> None:
    with pytest.raises(PlanError, match=r"'upper' is held by ice: -34 °C at its shaft at 300 s.*Thaw it first"):
        must_be_free("upper", NEEDLE, field(-34.0, at=(1.0, 1.0, 1.0)), GRID, when="at 300 s")
    must_be_free("upper", NEEDLE, field(34.0, at=(1.0, 1.0, 1.0)), GRID, when="at 300 s")


def test_a_needle_is_free_before_its_freeze_and_held_during_it() -> None:
    body = phantom((60, 60, 60), 4.0, target=Sphere((0.0, 30.0, 0.0), 12.0), air_above_mm=8)
    needle = Placement("generic-17g-short", (0.0, 38.0, 0.0), (0.0, 0.0, 0.0))
    plan = Plan((needle,), freeze(120))
    grid, (before, during) = temperatures_at(plan, body, (0.0, 60.0), spacing_mm=4.0)
    assert not held(needle, before, grid)
    assert held(needle, during, grid)
    with pytest.raises(PlanError, match="not within the protocol"):
        temperatures_at(plan, body, (130.0,), spacing_mm=4.0)
