"""Planes through the patient: where they lie, and images, fields and shapes resampled on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iceball.errors import GeometryError
from iceball.space import Grid
from iceball.space.shapes import Shape

Floats = NDArray[np.float64]
LEFT, POSTERIOR, SUPERIOR = np.eye(3)
# Up to this cosine with the long axis (30 degrees of tilt) the view that people know best, the axial one, is kept.
STEEPEST_FOR_AXIAL = 0.5


@dataclass(frozen=True, eq=False)
class Plane:
    """A rectangle in LPS mm: unit vectors `right` and `down`, orthogonal, run to screen right and screen bottom."""

    name: str
    centre_mm: Floats
    right: Floats
    down: Floats
    width_mm: float
    height_mm: float
    pixel_mm: float = 0.5

    def __post_init__(self) -> None:
        if abs(self.right @ self.down) > 1e-6 or min(self.width_mm, self.height_mm) <= self.pixel_mm:
            raise GeometryError("needs orthogonal axes and a positive size", where=f"Plane {self.name}")

    @property
    def normal(self) -> Floats:
        """Unit vector out of the plane."""
        return np.asarray(np.cross(self.right, self.down), float)

    @property
    def grid(self) -> Grid:
        """The plane as one layer of cells: first axis to the right, second down."""
        count = (max(int(self.width_mm / self.pixel_mm), 2), max(int(self.height_mm / self.pixel_mm), 2), 1)
        matrix = np.eye(4)
        matrix[:3, :3] = np.stack([self.right, self.down, self.normal], axis=1) * self.pixel_mm
        corner = (np.array([count[0], count[1], 1]) - 1) / 2
        matrix[:3, 3] = self.centre_mm - matrix[:3, :3] @ corner
        return Grid.of(count, matrix)

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, right, bottom, top of the picture in mm from the centre."""
        x, y, _ = self.grid.shape
        w, h = x * self.pixel_mm / 2, y * self.pixel_mm / 2
        return -w, w, h, -h

    @property
    def axes_mm(self) -> tuple[Floats, Floats]:
        """Pixel centres to the right and down, mm from the centre."""
        x, y, _ = self.grid.shape
        columns, rows = np.arange(x, dtype=float), np.arange(y, dtype=float)
        return (columns - (x - 1) / 2) * self.pixel_mm, (rows - (y - 1) / 2) * self.pixel_mm

    def project(self, points_mm: ArrayLike) -> tuple[Floats, Floats, Floats]:
        """Of LPS points: mm to the right, mm down, mm out of the plane."""
        offset = np.asarray(points_mm, float) - self.centre_mm
        return offset @ self.right, offset @ self.down, offset @ self.normal

    def sample(self, grid: Grid, data: NDArray[Any]) -> NDArray[np.float32]:
        """`data` on `grid`, linear between cells, as picture rows from top to bottom; NaN outside the grid."""
        from scipy.ndimage import map_coordinates

        own = self.grid
        i, j = np.meshgrid(np.arange(own.shape[0]), np.arange(own.shape[1]), indexing="xy")
        index = grid.to_index(own.to_mm(np.stack([i, j, np.zeros_like(i)], axis=-1)))
        outside = ~np.all((index >= -0.5) & (index <= np.array(grid.shape) - 0.5), axis=-1)
        values = map_coordinates(data, np.moveaxis(index, -1, 0), order=1, mode="nearest", output=np.float32)
        values[outside] = np.nan
        return np.asarray(values)

    def occupancy(self, shape: Shape) -> NDArray[np.float32]:
        """The shape's occupancy as picture rows from top to bottom."""
        return np.asarray(shape.occupancy(self.grid)[:, :, 0].T)

    def touches(self, shape: Shape) -> bool:
        """Whether the shape's box meets the plane; saves sampling what cannot be seen."""
        low, high = shape.bounds_mm()
        corners = np.array([(x, y, z) for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])
        halves = (self.width_mm / 2, self.height_mm / 2, self.pixel_mm)
        return all(a.min() <= half and a.max() >= -half for a, half in zip(self.project(corners), halves, strict=True))

    @property
    def edge_letters(self) -> tuple[str, str, str, str]:
        """Patient directions at the left, right, top and bottom edge of the picture."""
        return letters(-self.right), letters(self.right), letters(-self.down), letters(self.down)


def letters(direction: Floats) -> str:
    """R/L/A/P/H/F of a direction in LPS, the strongest first, up to two."""
    names = (("L", "R"), ("P", "A"), ("H", "F"))
    parts = sorted(
        ((abs(float(c)), n[0] if c > 0 else n[1]) for c, n in zip(direction, names, strict=True)), reverse=True
    )
    return "".join(name for share, name in parts[:2] if share > 0.35)


def three_planes(at_mm: ArrayLike, size_mm: float, *, pixel_mm: float = 0.5) -> tuple[Plane, Plane, Plane]:
    """Axial, coronal and sagittal through a point; radiological: patient right on screen left."""
    at = np.asarray(at_mm, float)
    return (
        Plane("axial", at, LEFT, POSTERIOR, size_mm, size_mm, pixel_mm),
        Plane("coronal", at, LEFT, -SUPERIOR, size_mm, size_mm, pixel_mm),
        Plane("sagittal", at, POSTERIOR, -SUPERIOR, size_mm, size_mm, pixel_mm),
    )


def shaft_plane(entry_mm: ArrayLike, tip_mm: ArrayLike, *, beyond_mm: float = 26.0, pixel_mm: float = 0.5) -> Plane:
    """The plane nearest to axial (else coronal, sagittal) that holds a needle's whole shaft."""
    entry, tip = np.asarray(entry_mm, float), np.asarray(tip_mm, float)
    along = tip - entry
    length = float(np.linalg.norm(along))
    if length == 0:
        raise GeometryError("tip and entry are the same point", where="shaft_plane")
    along = along / length
    views = (
        ("near-axial", SUPERIOR, LEFT, POSTERIOR),
        ("near-coronal", POSTERIOR, LEFT, -SUPERIOR),
        ("near-sagittal", LEFT, POSTERIOR, -SUPERIOR),
    )
    flattest = (
        views[0] if abs(along @ SUPERIOR) <= STEEPEST_FOR_AXIAL else min(views, key=lambda v: abs(float(along @ v[1])))
    )
    name, axis, right, down = flattest
    normal = _unit(axis - (axis @ along) * along)
    right = _unit(right - (right @ normal) * normal)
    across = np.cross(normal, right)
    down = across if across @ down > 0 else -across
    ends = np.stack([entry, tip])
    size = [float(np.ptp(ends @ v)) + 2 * beyond_mm for v in (right, down)]
    tilt = float(np.degrees(np.arccos(np.clip(abs(normal @ axis), 0, 1))))
    title = f"{name}, tilted {tilt:.0f}°"
    return Plane(title, (entry + tip) / 2, right, down, size[0], size[1], pixel_mm)


def _unit(vector: Floats) -> Floats:
    return np.asarray(vector / np.linalg.norm(vector))
