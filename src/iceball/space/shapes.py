"""Shapes: masks, spheres, ellipsoids, points and polylines, all as an occupancy whose 0.5 level is the surface."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from iceball.space.grid import Grid


class Shape(Protocol):
    """A part of space. `occupancy` is 0 to 1 per cell; its 0.5 level is the shape's surface."""

    def occupancy(self, grid: Grid) -> NDArray[np.float32]:
        """Occupancy on any grid, shape `grid.shape`."""
        ...

    def bounds_mm(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lowest and highest corner of an axis-aligned LPS box that holds the shape."""
        ...

    @property
    def volume_ml(self) -> float:
        """Its volume; 0 for points and lines without a radius."""
        ...


def union(shapes: Sequence[Shape]) -> Shape:
    """The shape that holds all of them."""
    raise NotImplementedError
