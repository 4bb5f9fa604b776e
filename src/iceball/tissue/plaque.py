"""A synthetic plaque on the pleura, to try a plan on: never a patient's tumour."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iceball.errors import SegmentationError
from iceball.space import Volume
from iceball.space.shapes import Mask
from iceball.tissue.anatomy import TARGET, Anatomy, Structure
from iceball.tissue.inner_wall import CELL_MM, InnerWall

Floats = NDArray[np.float64]

SYNTHETIC = "SYNTHETIC"
ROOM_MM = 10.0
SHORT_MM = 1.0
"""What the lung may be too thin by: one cell."""


def crescent_plaque(
    anatomy: Anatomy,
    *,
    at_mm: ArrayLike,
    along: ArrayLike = (0.0, 1.0, 0.0),
    size_mm: Sequence[float] = (12.0, 40.0, 30.0),
) -> Structure:
    """A crescent on the inner chest wall: it lies on the wall and grows into the lung, thickest in its middle.

    Its wall side is the border of the lung; over the wall its thickness falls as an ellipse does, to nothing at half
    the length and half the height from its middle. Give it to `build_anatomy` as the target.

    Args:
        anatomy: of a CT in which lung was found.
        at_mm: a point near the wall, LPS mm; the nearest point of the wall is the plaque's middle.
        along: direction of its length, LPS; only what runs along the wall counts.
        size_mm: thickness, length along the wall and height across it.

    Raises:
        SegmentationError: without lung there, where the lung is thinner than the plaque, or for an impossible size.
    """
    thick, length, height = _sizes(size_mm)
    wall = InnerWall.near(anatomy, at_mm, reach_mm=max(length, height) / 2 + thick + ROOM_MM)
    middle = wall.nearest_mm(at_mm)
    first, second = _axes(wall.inwards(middle), np.asarray(along, float))
    cells = np.argwhere(wall.lung & (wall.depth_mm <= thick))
    offset = wall.feet_mm(cells) - middle
    share = 1 - (2 * offset @ first / length) ** 2 - (2 * offset @ second / height) ** 2
    depth = wall.depth_mm[tuple(cells.T)]
    inside = np.zeros(wall.grid.shape, np.uint8)
    inside[tuple(cells[depth <= thick * np.sqrt(np.maximum(share, 0.0))].T)] = 1
    inside = _around(_even(inside) & wall.lung, wall.grid.to_index(middle + wall.inwards(middle) * CELL_MM))
    reached = float(wall.depth_mm[inside == 1].max(initial=0.0)) + CELL_MM / 2
    if reached < thick - SHORT_MM:
        raise SegmentationError(
            f"a plaque of {thick:g} mm does not fit: the lung there is {reached:.0f} mm deep",
            where="size_mm",
            remedy="Choose a place with more lung, or a thinner plaque.",
        )
    words = f"{SYNTHETIC} crescent plaque {thick:g} x {length:g} x {height:g} mm on the inner chest wall, drawn by rule"
    return Structure(TARGET, Mask(Volume(wall.grid, inside, "mask")), words)


def _sizes(size_mm: Sequence[float]) -> tuple[float, float, float]:
    if len(size_mm) != 3 or not all(math.isfinite(v) and v >= 2 * CELL_MM for v in size_mm):
        raise SegmentationError(
            f"{tuple(size_mm)} is no size of a plaque",
            where="size_mm",
            remedy=f"Give thickness, length and height in mm, each {2 * CELL_MM:g} or more.",
        )
    return float(size_mm[0]), float(size_mm[1]), float(size_mm[2])


def _axes(inwards: Floats, along: Floats) -> tuple[Floats, Floats]:
    """Unit vectors along the plaque's length and height."""
    flat = along - (along @ inwards) * inwards
    if along.shape != (3,) or not np.linalg.norm(flat) > 0.1 * np.linalg.norm(along) > 0:
        raise SegmentationError(
            "stands on the wall instead of running along it",
            where="along",
            remedy="Give a direction along the wall (LPS).",
        )
    first = flat / np.linalg.norm(flat)
    return first, np.cross(inwards, first)


def _even(inside: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """The same without the steps of the wall's cells in its outline."""
    from scipy import ndimage

    return np.asarray(ndimage.uniform_filter(inside.astype(np.float32), 3) >= 0.5)


def _around(inside: NDArray[np.bool_], index: Floats) -> NDArray[np.uint8]:
    """The connected part nearest to a place."""
    from scipy import ndimage

    parts, count = ndimage.label(inside)
    if count < 2:
        return inside.view(np.uint8)
    cells = np.argwhere(parts)
    nearest = cells[np.linalg.norm(cells - index, axis=1).argmin()]
    return np.asarray(parts == parts[tuple(nearest)], np.uint8)
