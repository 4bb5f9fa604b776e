"""The target's face at its organ's capsule: beyond it lies no tissue of the organ to ask a margin of."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache

import numpy as np
from numpy.typing import NDArray

from iceball.sources import Constant, data_file
from iceball.space import Grid
from iceball.space.distance import interpolate
from iceball.space.grid import Floats
from iceball.space.shapes import Shape, union
from iceball.space.window import block_around, grid_of
from iceball.tissue import TARGET, Anatomy
from iceball.tissue.organs import organ_of

LOOKS_A_CELL = 2
"""Along the way out of the target the organ is looked for this often a cell."""


@cache
def capsule_constants() -> tuple[Constant, ...]:
    """How deep below the capsule a face may lie, and how far beyond it the organ is looked for."""
    data = data_file("assessment", "capsule.toml")
    record = data.records("capsule")["face"]
    return tuple(Constant(f"capsule.{f}", data.number(record, f, name="capsule.face", unit="mm")) for f in record)


def organ_shape(anatomy: Anatomy) -> Shape | None:
    """The target's organ as drawn, its lobes and sides together; None where its labels were not drawn."""
    labels = organ_of(anatomy.organ).labels if anatomy.organ else ()
    parts = [
        s.shape
        for name, s in anatomy.structures.items()
        if name != TARGET and s.shape.volume_ml > 0 and any(fnmatchcase(name, label) for label in labels)
    ]
    return union(parts) if parts else None


def at_capsule(points_mm: Floats, target: Shape, anatomy: Anatomy, grid: Grid) -> NDArray[np.bool_] | None:
    """Which points of the target's surface lie at the capsule.

    From such a point straight outwards the organ ends within `within_mm`, and nothing of it or of the target comes in
    the `beyond_mm` that follow. What lies beyond the image may be organ: no point there is at the capsule.

    Args:
        points_mm: on the target's surface, shape (n, 3).
        target: the target.
        anatomy: with the organ.
        grid: the simulation's cells, which say how finely is looked.

    Returns:
        One answer a point; None where nobody drew the organ.
    """
    organ = organ_shape(anatomy)
    if organ is None:
        return None
    within, beyond = (c.number.value for c in capsule_constants())
    low, high = target.bounds_mm()
    block = block_around(grid, low - within - beyond, high + within + beyond, pad=2, beyond=True)
    assert block is not None
    around = grid_of(grid, block)
    drawn = target.occupancy(around)
    solid = np.maximum(drawn, organ.occupancy(around))
    outward = _outward(points_mm, drawn, around)
    out: NDArray[np.bool_] = np.asarray(np.isfinite(outward).all(axis=1))
    step = min(around.spacing_mm) / LOOKS_A_CELL
    for far in np.linspace(within, within + beyond, max(2, int(np.ceil(beyond / step)) + 1)):
        left = np.flatnonzero(out)
        at = points_mm[left] + far * outward[left]
        organ_there = interpolate(solid, around, at, outside=0.0) >= 0.5
        out[left[organ_there | ~anatomy.image.grid.contains(at)]] = False
    return out


def _outward(points_mm: Floats, drawn: NDArray[np.float32], grid: Grid) -> Floats:
    """Unit normals out of a shape at points of its surface, by its occupancy smoothed over a cell; NaN without one."""
    from scipy.ndimage import gaussian_filter

    widest = max(grid.spacing_mm)
    smooth = gaussian_filter(drawn, [widest / s for s in grid.spacing_mm], mode="nearest")
    slopes = np.gradient(smooth, *grid.spacing_mm)
    fall = -np.stack([interpolate(slope, grid, points_mm, outside=0.0) for slope in slopes], axis=1)
    fall = fall @ grid.directions.T
    length = np.linalg.norm(fall, axis=1, keepdims=True)
    return np.asarray(np.where(length > 0, fall / np.maximum(length, 1e-30), np.nan))
