"""The box: its distance, volume and refusal."""

from __future__ import annotations

import numpy as np
import pytest

from iceball.errors import GeometryError
from iceball.space import Grid
from iceball.space.box import Box

BOX = Box((0, 0, 0), (10, 20, 30))


def test_distance_is_exact_inside_at_a_face_an_edge_and_a_corner():
    points = np.array([(5, 10, 15), (12, 10, 15), (13, 24, 15), (11, 22, 32)], float)
    assert BOX.distance_mm(points) == pytest.approx([-5, 2, 5, 3])


def test_its_occupancy_on_a_grid_holds_its_volume():
    grid = Grid.box((-6, -6, -6), (18, 26, 36), 2.0)
    assert float((BOX.occupancy(grid) >= 0.5).sum()) * grid.voxel_ml == pytest.approx(BOX.volume_ml)


def test_corners_in_the_wrong_order_are_refused():
    with pytest.raises(GeometryError, match="not below"):
        Box((0, 5, 0), (1, 5, 1))
