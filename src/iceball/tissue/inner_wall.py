"""The inner chest wall near a point: where lung meets what lies around it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iceball.errors import SegmentationError
from iceball.space import Grid, Volume
from iceball.space.shapes import Mask
from iceball.tissue.anatomy import Anatomy
from iceball.tissue.labels import one_of

Floats = NDArray[np.float64]

CELL_MM = 1.0
VESSEL_MM = 4.0
"""Lung is closed over gaps up to twice this: its own vessels, not a rib that bulges into it."""
BLUR_MM = 6.0
"""Over which the wall's direction is averaged."""


@dataclass(frozen=True, eq=False)
class InnerWall:
    """Lung on 1 mm cells around a point.

    Attributes:
        grid: cells of 1 mm.
        lung: True in lung and in the vessels within it.
    """

    grid: Grid
    lung: NDArray[np.bool_]

    @classmethod
    def near(cls, anatomy: Anatomy, at_mm: ArrayLike, *, reach_mm: float) -> InnerWall:
        """The wall within `reach_mm` of a point (LPS mm) along each axis; raises SegmentationError without lung."""
        from scipy import ndimage

        at = np.asarray(at_mm, float)
        labels = [v for v, name in anatomy.tissues.items() if name.startswith("lung_")]
        whole = one_of(anatomy.labels.data, labels)
        grid = Grid.box(at - reach_mm, at + reach_mm, CELL_MM)
        if not whole.any():
            raise _no_lung(at)
        lung = Mask(Volume(anatomy.labels.grid, whole.view(np.uint8), "mask")).occupancy(grid) >= 0.5
        if not lung.any():
            raise _no_lung(at)
        grown = ndimage.distance_transform_edt(~lung, sampling=CELL_MM) <= VESSEL_MM
        closed = ndimage.distance_transform_edt(grown, sampling=CELL_MM) > VESSEL_MM
        # The block's own border would open what is closed: there the lung stays as it is.
        return cls(grid, lung | closed)

    @cached_property
    def _feet(self) -> tuple[Floats, NDArray[np.int32]]:
        from scipy import ndimage

        far, feet = ndimage.distance_transform_edt(self.lung, sampling=CELL_MM, return_indices=True)
        return np.asarray(far - CELL_MM / 2), feet

    @property
    def depth_mm(self) -> Floats:
        """Of every lung cell's centre under the nearest wall; -0.5 in the wall."""
        return self._feet[0]

    def feet_mm(self, cells: NDArray[np.int64]) -> Floats:
        """The nearest point of the wall of each cell (n, 3), LPS mm, shape (n, 3)."""
        feet = np.stack([axis[tuple(cells.T)] for axis in self._feet[1]], axis=1)
        return self.grid.to_mm(feet)

    def nearest_mm(self, at_mm: ArrayLike) -> Floats:
        """The point of the wall nearest to a point, LPS mm."""
        from scipy import ndimage

        border = ndimage.binary_dilation(self.lung) & ~self.lung
        if not border.any():
            raise SegmentationError("no wall borders the lung there", where="at_mm", remedy="Name a point on the wall.")
        points = self.grid.to_mm(np.argwhere(border))
        return np.asarray(points[np.linalg.norm(points - np.asarray(at_mm, float), axis=1).argmin()])

    @cached_property
    def _slope(self) -> list[Floats]:
        from scipy import ndimage

        smooth = ndimage.gaussian_filter(self.lung.astype(float), BLUR_MM / CELL_MM, mode="nearest")
        return [np.asarray(g) for g in np.gradient(smooth)]

    def inwards(self, at_mm: ArrayLike) -> Floats:
        """The unit vector that points from the wall into the lung, averaged over some millimetres."""
        from scipy.ndimage import map_coordinates

        index = self.grid.to_index(at_mm).reshape(3, 1)
        v = np.array([map_coordinates(g, index, order=1, mode="nearest")[0] for g in self._slope])
        length = float(np.linalg.norm(v))
        if length < 1e-6:
            raise _no_lung(np.asarray(at_mm, float))
        return np.asarray(v / length)


def _no_lung(at: Floats) -> SegmentationError:
    return SegmentationError(
        f"no lung lies near LPS ({at[0]:.0f}, {at[1]:.0f}, {at[2]:.0f})",
        where="at_mm",
        remedy="Name a point (LPS mm) on the inner chest wall, on an image in which lung was found.",
    )
