"""The intercostal nerves: no CT shows them, but they run in the groove under the lower inner edge of each rib."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from iceball.errors import SegmentationError
from iceball.sources import Constant, data_file
from iceball.space.shapes import Polyline, Shape
from iceball.space.window import block_around, grid_of
from iceball.tissue.anatomy import Anatomy, Structure
from iceball.tissue.ct import thresholds
from iceball.tissue.inner_wall import InnerWall

Floats = NDArray[np.float64]

DERIVED = "DERIVED from ribs, not seen, unreviewed"
UP = np.array([0.0, 0.0, 1.0])


def intercostal_nerves(anatomy: Anatomy, near: Shape, *, within_mm: float = 30.0) -> tuple[Structure, ...]:
    """A line for the nerve under each rib near a shape, from the head downwards: `intercostal_nerve_1`, `_2` …

    Every connected piece of bone that is long enough is taken for a rib. At stations along it the line passes just
    below its lowest part, at the side of the lung.

    Args:
        anatomy: of a CT with lung; the patient's z axis is LPS z.
        near: what the ribs lie near, such as the target.
        within_mm: how far from the box around `near` bone is looked at.

    Raises:
        SegmentationError: where no rib is found there.

    Source: remembered anatomy, see `groove` in tissue/segment.toml.
    """
    low, high = near.bounds_mm()
    middle, reach = (low + high) / 2, float((high - low).max()) / 2 + within_mm
    wall = InnerWall.near(anatomy, middle, reach_mm=reach)
    grid = anatomy.labels.grid
    half_cell = grid.directions * (np.array(grid.spacing_mm) / 2)
    lines = [_under(points, wall, half_cell) for points in _ribs(anatomy, middle, reach)]
    if not lines:
        raise SegmentationError(
            f"no rib lies within {within_mm:g} mm of it", where="intercostal_nerves", remedy="Widen within_mm."
        )
    lines.sort(key=lambda line: -float(line[:, 2].mean()))
    return tuple(Structure(f"intercostal_nerve_{i}", Polyline(p, 0.0), DERIVED) for i, p in enumerate(lines, start=1))


@cache
def groove_constants() -> tuple[Constant, ...]:
    """Where the nerve is taken to run, with range and source."""
    data = data_file("tissue", "segment.toml")
    record = data.records("nerve")["groove"]
    return tuple(Constant(f"nerve.{field}", data.number(record, field, name="nerve")) for field in record)


def _groove(name: str) -> float:
    return next(float(c.number) for c in groove_constants() if c.name == f"nerve.{name}")


def _ribs(anatomy: Anatomy, middle: Floats, reach_mm: float) -> list[Floats]:
    """The bone cells of each rib in a block, as points (n, 3)."""
    from scipy import ndimage

    grid = anatomy.labels.grid
    block = block_around(grid, middle - reach_mm, middle + reach_mm)
    if block is None:
        return []
    bone = np.isin(anatomy.labels.data[block], [v for v, name in anatomy.tissues.items() if name.startswith("bone_")])
    parts, count = ndimage.label(bone, np.ones((3, 3, 3)))
    there, found = grid_of(grid, block), []
    for part in range(1, count + 1):
        cells = np.argwhere(parts == part)
        if len(cells) * grid.voxel_ml < thresholds()["bone_ml"]:
            continue
        points = there.to_mm(cells)
        along = (points - points.mean(axis=0)) @ _axis(points)
        if np.ptp(along) >= _groove("shortest_mm"):
            found.append(points)
    return found


def _axis(points: Floats) -> Floats:
    """The direction in which points spread most."""
    return np.asarray(np.linalg.svd(points - points.mean(axis=0), full_matrices=False)[2][0])


def _under(points: Floats, wall: InnerWall, half_cell: Floats) -> Floats:
    """The line under one rib, shape (n, 3); the columns of `half_cell` reach from a cell's centre to its faces."""
    along = (points - points.mean(axis=0)) @ _axis(points)
    step = _groove("station_mm")
    line = []
    for at in np.arange(along.min() + step, along.max() - step / 2, step):
        near = points[np.abs(along - at) <= 2 * step]
        section = points[np.abs(along - at) <= step / 2]
        if len(section) < 3:
            continue
        axis = _axis(near)  # a rib is curved
        inwards = wall.inwards(section.mean(axis=0))
        inwards = _unit(inwards - (inwards @ axis) * axis)
        down = _unit(-UP + (UP @ axis) * axis + (UP @ inwards) * inwards)
        section = section - ((section - section.mean(axis=0)) @ axis)[:, None] * axis
        depth = section @ down
        lowest = section[depth >= depth.max() - step]
        edge = lowest.mean(axis=0)
        to_lung = float(((lowest - edge) @ inwards).max())
        under = depth.max() + np.abs(down @ half_cell).sum() + _groove("below_mm")
        line.append(edge + to_lung * inwards + (under - edge @ down) * down)
    return _smooth(np.array(line))


def _unit(v: Floats) -> Floats:
    return np.asarray(v / np.linalg.norm(v))


def _smooth(line: Floats) -> Floats:
    """A running mean of three, the ends kept: single cells of bone do not bend a nerve."""
    if len(line) < 3:
        return line
    inner = (line[:-2] + line[1:-1] + line[2:]) / 3
    return np.vstack([line[:1], inner, line[-1:]])
