"""Sides to come from: the cheapest open directions far apart, and how many needles the 1-2 rule asks for there."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from iceball.plan.search.array import needle_row
from iceball.plan.ways.terrain import Terrain
from iceball.plan.ways.trajectory import Trajectories
from iceball.space.directions import across

Floats = NDArray[np.float64]


def cheapest_sides(found: Trajectories, most: int, *, apart_deg: float, chosen: Sequence[Floats] = ()) -> list[Floats]:
    """Unit vectors from the target to the skin, cheapest first, after those that are chosen already.

    Args:
        found: all directions.
        most: how many, those chosen included.
        apart_deg: each lies at least so far from the others.
        chosen: kept, and kept away from.
    """
    sides, limit = list(chosen), math.cos(math.radians(apart_deg))
    for i in np.argsort(found.ways.price_mm, kind="stable").tolist():
        if len(sides) == most or not found.ways.open[i]:
            break
        if all(found.ways.outs[i] @ other < limit for other in sides):
            sides.append(found.ways.outs[i])
    return sides


def by_rule(terrain: Terrain, out: Floats) -> int:
    """How many needles the 1-2 rule asks for along a direction."""
    points = terrain.ground.target_mm
    first, second = across(-out)
    plane = np.column_stack([points @ first, points @ second])
    return len(needle_row(plane, points @ -out, terrain.ground.target_step_mm).at_mm)
