"""A box whose edges run along LPS x, y and z: a layer of tissue, a plate, a slab."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from iceball.errors import GeometryError
from iceball.space.grid import Floats, Grid
from iceball.space.shapes import Occupancy, Point, point_of, ramp
from iceball.units import MM3_PER_ML


@dataclass(frozen=True)
class Box:
    """The box between two corners (LPS mm).

    Raises:
        GeometryError: if a corner is not finite, or the lower one is not below the upper one.
    """

    low_mm: Point
    high_mm: Point

    def __post_init__(self) -> None:
        object.__setattr__(self, "low_mm", point_of(self.low_mm, "Box.low_mm"))
        object.__setattr__(self, "high_mm", point_of(self.high_mm, "Box.high_mm"))
        if not all(a < b for a, b in zip(self.low_mm, self.high_mm, strict=True)):
            raise GeometryError(
                f"{self.low_mm} is not below {self.high_mm} along every axis",
                where="Box.low_mm",
                remedy="Give the corner with the smallest x, y and z first.",
            )

    def distance_mm(self, points_mm: Floats) -> Floats:
        """Signed distance of points (..., 3) to the surface, negative inside."""
        low, high = np.array(self.low_mm), np.array(self.high_mm)
        beyond = np.abs(np.asarray(points_mm, float) - (low + high) / 2) - (high - low) / 2
        outside = np.linalg.norm(np.maximum(beyond, 0.0), axis=-1)
        return np.asarray(outside + np.minimum(beyond.max(axis=-1), 0.0))

    def occupancy(self, grid: Grid) -> Occupancy:
        """The signed distance as a ramp."""
        return ramp(grid, self.bounds_mm(), self.distance_mm)

    def bounds_mm(self) -> tuple[Floats, Floats]:
        """Its two corners."""
        return np.array(self.low_mm), np.array(self.high_mm)

    def seeds_mm(self, step_mm: float) -> Floats:
        """The centre."""
        low, high = self.bounds_mm()
        return np.array([(low + high) / 2])

    @property
    def volume_ml(self) -> float:
        """Its exact volume."""
        low, high = self.bounds_mm()
        return float(np.prod(high - low)) / MM3_PER_ML
