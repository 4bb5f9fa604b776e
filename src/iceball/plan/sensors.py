"""Where the temperature of the target is written down in time: its middle and its edges."""

from __future__ import annotations

import numpy as np

from iceball.plan.ground import Ground
from iceball.space import Grid
from iceball.space.grid import Floats
from iceball.space.shapes import Shape
from iceball.tissue import TARGET, Anatomy

Point = tuple[float, float, float]
SIDES = (("right", "left"), ("anterior", "posterior"), ("inferior", "superior"))
WITHIN = 0.25
"""Occupancy of the target from which a point counts as its own: the middle of a flat side has 0.5."""
CELL_MM = 0.5
SEEDS_MM = 1.0


def target_sensors(anatomy: Anatomy, ground: Ground) -> dict[str, Point]:
    """The middle of the target's box and of its six sides, by name.

    Of a target that does not reach there, as a crescent, the nearest point of its surface is taken instead; what lies
    in gas is left out.
    """
    if TARGET not in anatomy.structures:
        return {}
    shape = anatomy.target.shape
    low, high = shape.bounds_mm()
    centre = (low + high) / 2
    found = {"tumour centre": centre}
    for axis, sides in enumerate(SIDES):
        for side, edge in zip(sides, (low, high), strict=True):
            point = centre.copy()
            point[axis] = edge[axis]
            found[f"tumour {side} edge"] = point
    placed = {name: _on(shape, point) for name, point in found.items()}
    return {name: (float(p[0]), float(p[1]), float(p[2])) for name, p in placed.items() if _beside_tissue(p, ground)}


def _on(shape: Shape, point: Floats) -> Floats:
    """The point where the target holds it, else the nearest point of its surface."""
    if shape.occupancy(Grid.box(point - CELL_MM / 2, point + CELL_MM / 2, CELL_MM)).max() >= WITHIN:
        return point
    seeds = shape.seeds_mm(SEEDS_MM)
    return np.asarray(seeds[np.linalg.norm(seeds - point, axis=1).argmin()])


def _beside_tissue(point: Floats, ground: Ground) -> bool:
    """Whether a cell of tissue lies beside a point, so that it has a temperature."""
    index = ground.grid.to_index(point)
    low = np.floor(index).astype(int)
    high = low + (index > low)  # a point in a cell's middle has its temperature from that cell alone
    top = np.array(ground.grid.shape) - 1
    near = tuple(slice(a, b + 1) for a, b in zip(np.clip(low, 0, top), np.clip(high, 0, top), strict=True))
    return bool(ground.solved[near].any())
