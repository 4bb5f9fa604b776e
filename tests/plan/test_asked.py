"""What is asked of a temperature map: corners are looked at from all sides, and skin beside air is not lost."""

from __future__ import annotations

import numpy as np
import pytest

from iceball.assessment import Cover, Spare
from iceball.plan.search.asked import Asked
from iceball.plan.search.coarse import Coarse
from iceball.space import Grid
from iceball.space.box import Box
from tests.plan.phantoms import Body


def test_the_margin_at_a_corner_is_the_distance_to_what_is_warm() -> None:
    body = Body(half_mm=(60, 60))
    cube = Box((-10.0, -30.0, -10.0), (10.0, -10.0, 10.0))
    anatomy = body.draw("tumour", cube).anatomy()
    asked = Asked.of(anatomy, (Cover("tumour", 0.0, 3.0),))
    corner = np.array([10.0, -10.0, 10.0])
    out = np.ones(3) / np.sqrt(3)

    def at(points: np.ndarray) -> np.ndarray:
        return 5.0 * ((points - corner) @ out - 4.0)  # warm beyond a plane that lies 4 mm off the corner alone

    assert asked.answer(at).margin_mm == pytest.approx(4.0, abs=1.0)


def test_skin_beside_air_is_as_cold_as_its_tissue() -> None:
    body = Body(half_mm=(60, 60), spacing_mm=3.0)
    skin = (body.at[..., 1] < -54) & (body.labels > 0)
    anatomy = body.target((0.0, -40.0, 0.0), 12).draw("skin", skin).anatomy()
    asked = Asked.of(anatomy, (Cover("tumour", 0.0), Spare("skin", 0.0)))
    minimum = np.where(body.labels > 0, -5.0, np.nan).astype(np.float32)
    told = asked.answer(Coarse(minimum, body.grid, np.full(minimum.shape, -5.0, np.float32)).at)
    assert told.lacks_k[1] == pytest.approx(5.0, abs=1e-3)


def test_between_tissue_and_gas_only_tissue_counts() -> None:
    grid = Grid.box((0, 0, 0), (12, 3, 3), 3.0)
    minimum = np.array([-10.0, -10.0, np.nan, np.nan], np.float32).reshape(4, 1, 1)
    run = Coarse(minimum, grid, np.full((4, 1, 1), -20.0, np.float32))
    found = run.at(np.array([[4.5, 1.5, 1.5], [6.0, 1.5, 1.5], [10.5, 1.5, 1.5], [40.0, 1.5, 1.5]]))
    assert found[:3] == pytest.approx(-10.0)  # in gas the nearest tissue stands in, as in an assessment
    assert found[3] == 37.0


def test_the_edge_of_the_ice_lies_where_heat_flows_alike_on_both_sides() -> None:
    grid = Grid.box((0, 0, 0), (6, 3, 3), 3.0)
    celsius = np.array([-5.0, 10.0], np.float32).reshape(2, 1, 1)
    k = np.where(celsius < 0, 2.0, 0.5).astype(np.float32)
    run = Coarse(celsius, grid, k * celsius)
    edge = 1.5 + 3.0 * 10.0 / (10.0 + 5.0)  # potentials -10 and 5: not a third of the way, as temperatures would say
    found = run.at(np.array([[1.5, 1.5, 1.5], [edge, 1.5, 1.5], [4.5, 1.5, 1.5]]))
    assert found == pytest.approx([-5.0, 0.0, 10.0], abs=1e-4)
