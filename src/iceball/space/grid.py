"""A regular grid of cells in patient space (LPS mm)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iceball.errors import GeometryError
from iceball.units import MM3_PER_ML

Floats = NDArray[np.float64]

SMALLEST_SPACING_MM, LARGEST_SPACING_MM = 0.05, 20.0
SHEAR_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Grid:
    """A regular grid: cell (i, j, k) has its centre at `affine @ (i, j, k, 1)` in LPS mm.

    Args:
        shape: number of cells along the three index axes.
        affine: 4x4, index to LPS mm; its axes are orthogonal, in any orientation.

    Raises:
        GeometryError: if a size, spacing or axis is impossible.
    """

    shape: tuple[int, int, int]
    affine: tuple[tuple[float, float, float, float], ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", tuple(int(n) for n in self.shape))
        matrix = np.asarray(self.affine, dtype=float)
        if len(self.shape) != 3 or min(self.shape) < 1:
            raise GeometryError(f"a grid needs three positive sizes, not {self.shape}", where="Grid.shape")
        if matrix.shape != (4, 4) or not np.isfinite(matrix).all() or not np.allclose(matrix[3], (0, 0, 0, 1)):
            raise GeometryError("needs a finite 4x4 matrix whose last row is 0 0 0 1", where="Grid.affine")
        spacing = np.linalg.norm(matrix[:3, :3], axis=0)
        if spacing.min() < SMALLEST_SPACING_MM or spacing.max() > LARGEST_SPACING_MM:
            allowed = f"{SMALLEST_SPACING_MM} to {LARGEST_SPACING_MM} mm"
            raise GeometryError(
                f"spacing {np.round(spacing, 5).tolist()} mm is outside {allowed}",
                where="Grid.affine",
                remedy="Check the unit of the file: Iceball reads millimetres.",
            )
        axes = matrix[:3, :3] / spacing
        if np.abs(axes.T @ axes - np.eye(3)).max() > SHEAR_TOLERANCE:
            raise GeometryError(
                "the axes are sheared", where="Grid.affine", remedy="Resample the image to a box first."
            )
        object.__setattr__(self, "affine", tuple(tuple(float(v) for v in row) for row in matrix))

    @classmethod
    def box(cls, low_mm: ArrayLike, high_mm: ArrayLike, spacing_mm: float | Sequence[float]) -> Grid:
        """The axis-aligned grid whose cells fill the box from `low_mm` to at least `high_mm` (LPS mm)."""
        low, high = np.asarray(low_mm, float), np.asarray(high_mm, float)
        step = np.broadcast_to(np.asarray(spacing_mm, float), (3,))
        if not (np.isfinite(low).all() and np.isfinite(high).all() and (high > low).all() and (step > 0).all()):
            raise GeometryError("a box needs finite corners, low below high, and a positive spacing", where="Grid.box")
        count = np.maximum(np.ceil((high - low) / step - 1e-9), 1).astype(int)
        matrix = np.eye(4)
        matrix[:3, :3] = np.diag(step)
        matrix[:3, 3] = low + step / 2
        return cls((int(count[0]), int(count[1]), int(count[2])), _rows(matrix))

    @classmethod
    def of(cls, shape: Sequence[int], affine: ArrayLike) -> Grid:
        """A grid from any sequence of sizes and any 4x4 array."""
        return cls((int(shape[0]), int(shape[1]), int(shape[2])), _rows(np.asarray(affine, float)))

    @property
    def matrix(self) -> Floats:
        """Index to LPS mm as a fresh 4x4 array."""
        return np.array(self.affine)

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Distance between cell centres along each index axis."""
        x, y, z = np.linalg.norm(self.matrix[:3, :3], axis=0)
        return float(x), float(y), float(z)

    @property
    def origin_mm(self) -> Floats:
        """Centre of cell (0, 0, 0), LPS mm."""
        return self.matrix[:3, 3]

    @property
    def directions(self) -> Floats:
        """Unit vectors of the index axes as columns, LPS."""
        matrix = self.matrix[:3, :3]
        return np.asarray(matrix / np.linalg.norm(matrix, axis=0))

    @property
    def voxel_ml(self) -> float:
        """Volume of one cell in mL."""
        x, y, z = self.spacing_mm
        return x * y * z / MM3_PER_ML

    @property
    def is_axis_aligned(self) -> bool:
        """True where the index axes run along +L, +P and +S."""
        return bool(np.allclose(self.directions, np.eye(3), atol=1e-6))

    @property
    def corners_mm(self) -> Floats:
        """The eight outer corners (of cells, not of centres), shape (8, 3), LPS mm."""
        ends = [(-0.5, n - 0.5) for n in self.shape]
        return self.to_mm(np.array([(i, j, k) for i in ends[0] for j in ends[1] for k in ends[2]]))

    def to_mm(self, index: ArrayLike) -> Floats:
        """LPS mm of (fractional) indices, shape (..., 3)."""
        matrix = self.matrix
        return np.asarray(np.asarray(index, float) @ matrix[:3, :3].T + matrix[:3, 3])

    def to_index(self, point_mm: ArrayLike) -> Floats:
        """Fractional indices of LPS points, shape (..., 3)."""
        inverse = np.linalg.inv(self.matrix)
        return np.asarray(np.asarray(point_mm, float) @ inverse[:3, :3].T + inverse[:3, 3])

    def contains(self, point_mm: ArrayLike) -> NDArray[np.bool_]:
        """Whether each point lies in some cell of the grid, shape (...)."""
        index = self.to_index(point_mm)
        return np.asarray(np.all((index >= -0.5) & (index <= np.array(self.shape) - 0.5), axis=-1))

    def centres_mm(self) -> Floats:
        """LPS mm of all cell centres, shape (*shape, 3). Large: for small grids and slabs."""
        return self.to_mm(np.stack(np.meshgrid(*(np.arange(n) for n in self.shape), indexing="ij"), axis=-1))

    def matches(self, other: Grid, *, tolerance_mm: float = 1e-2) -> bool:
        """Whether two grids are the same cells within a tolerance at the corners."""
        return self.shape == other.shape and bool(np.abs(self.corners_mm - other.corners_mm).max() <= tolerance_mm)

    def __str__(self) -> str:
        return (
            f"Grid {self.shape[0]} x {self.shape[1]} x {self.shape[2]} at "
            + " x ".join(f"{s:.3g}" for s in self.spacing_mm)
            + " mm"
        )


def _rows(matrix: Floats) -> tuple[tuple[float, float, float, float], ...]:
    return tuple((float(r[0]), float(r[1]), float(r[2]), float(r[3])) for r in matrix)
