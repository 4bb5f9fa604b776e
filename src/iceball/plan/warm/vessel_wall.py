"""Vessels on the ground: each a row of walls along its course, about as long as it is wide."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from iceball.plan.ground import Ground
from iceball.plan.plan import Plan
from iceball.plan.pulled import stays
from iceball.plan.warm.lumen import Flow, Lumen, lumens
from iceball.plan.warm.vessel_speed import rule
from iceball.space import Grid
from iceball.space.grid import Floats
from iceball.space.shapes import distance_to_piece
from iceball.space.window import block_around, grid_of
from iceball.tissue import TARGET, Anatomy
from iceball.tissue.library import tissue

STILL = "blood_still"
"""The tissue that clamped blood is."""
MOST_PIECES = 20
"""Of one vessel: a longer one gets longer pieces, for a scene has 255 labels."""
ICE_MM = 30.0
"""Ice does not come farther from an active zone or a spot's middle: beyond it no vessel is watched."""
Bools = NDArray[np.bool_]


def with_vessels(ground: Ground, plan: Plan, anatomy: Anatomy, *, flow: Flow = "nominal") -> Ground:
    """The ground with every vessel of the box: walls where blood flows, still blood where it is clamped.

    Where one that was labelled runs through the target, its cells stay the target's.

    Args:
        ground: tissue, air and gas.
        plan: vessels that it names, and whether labelled ones become walls.
        anatomy: the patient.
        flow: which end of the range of speeds, as of perfusion.
    """
    target = _cells_of_target(anatomy, ground.grid)
    for lumen in lumens(plan, anatomy, ground.grid):
        if lumen.what == "perfused":
            continue
        cells = lumen_cells(lumen, ground)
        if not lumen.asked and target is not None:
            cells &= ~target
        if lumen.what == "still":
            ground = ground.with_tissue(cells, STILL)
        else:
            ground = laid(ground, lumen, cells, flow=flow, may_freeze=lambda points: _may_freeze(plan, points))
    return ground


def laid(
    ground: Ground,
    lumen: Lumen,
    cells: Bools,
    *,
    flow: Flow = "nominal",
    may_freeze: Callable[[Floats], bool] = lambda points: True,
) -> Ground:
    """The ground where `cells` are a vessel's: its pieces, each with its h by the entry-length law.

    The faces of cells have more area than the round wall, so each piece's h is scaled by true area over faces. Flow
    stops once a piece's wall has come all round to where blood begins to freeze; pieces at which ice cannot come
    (`may_freeze` of their cells' middles) are not watched.
    """
    if not cells.any():
        return ground
    entry, middle = rule("entry_mm").value, lumen.course.nearest(_middle_mm(ground.grid))
    index = np.argwhere(cells)
    along = lumen.course.at(ground.grid.to_mm(index)) - middle
    low, high = float(along.min()), float(along.max())
    count = min(MOST_PIECES, max(1, round((high - low) / lumen.width_mm)))
    length = (high - low) / count or lumen.width_mm
    number = np.minimum(((along - low) / length).astype(int), count - 1)
    closed = ground.with_wall(cells, lumen.name, h=0.0, ambient_c=lumen.blood_c)  # no face lies between two pieces
    for piece in range(count):
        own = np.zeros_like(cells)
        own[tuple(index[number == piece].T)] = True
        if not own.any():
            continue
        faces = closed.faces_mm2(own)
        watched = may_freeze(ground.grid.to_mm(index[number == piece]))
        begin = low + piece * length
        if not lumen.course.directed:  # either end may be upstream: as the piece in the middle, which both share
            begin = -length / 2
        first = max(0.0, entry + begin)
        h = lumen.h(first, max(first + length, entry + begin + length), flow)
        area = 4 * float(own.sum()) * _cell_mm3(ground.grid) / lumen.width_mm  # of a round tube of that volume
        ground = ground.with_wall(
            own,
            f"{lumen.name}, piece {piece + 1}" if count > 1 else lumen.name,
            h=float(h * area / faces) if faces else 0.0,
            ambient_c=lumen.blood_c,
            closes_c=tissue("blood").liquidus_c.value if watched else None,
            flow=lumen.name,
        )
    return ground


def lumen_cells(lumen: Lumen, ground: Ground) -> Bools:
    """The tissue cells that a vessel fills.

    Of one that was drawn as a line they are those nearest to it, as many as have its volume: cells whose middle lies
    within its radius may be a third too few or too many where it is a few cells wide, and so may the heat be then.
    """
    if lumen.course.directed:
        inside = _nearest_cells(lumen, ground.grid)
    else:
        inside = np.asarray(lumen.shape.occupancy(ground.grid) >= 0.5)
    return np.asarray(inside & ground.solved)


def _nearest_cells(lumen: Lumen, grid: Grid) -> Bools:
    course, out = lumen.course, np.zeros(grid.shape, bool)
    there = grid.contains(course.points_mm)
    reach = lumen.width_mm / 2 + 2 * max(grid.spacing_mm)
    line = course.points_mm[there]
    block = block_around(grid, line.min(axis=0) - reach, line.max(axis=0) + reach)
    assert block is not None  # points of the line lie in it
    cells = np.argwhere(np.ones(grid_of(grid, block).shape, bool)) + [part.start for part in block]
    away = course.away_mm(grid.to_mm(cells))
    near = away <= reach
    length = float(np.gradient(course.along_mm)[there].sum())
    count = round(math.pi * lumen.width_mm**2 / 4 * length / _cell_mm3(grid))
    # where many lie equally far, which of them are taken must not depend on their order
    scatter = np.random.default_rng(0).uniform(0.0, 0.02 * min(grid.spacing_mm), int(near.sum()))
    chosen = cells[near][np.argsort(away[near] + scatter, kind="stable")[:count]]
    out[tuple(chosen.T)] = True
    return out


def _may_freeze(plan: Plan, points_mm: Floats) -> bool:
    zones = [tuple(np.array(end) for end in stay.placement.active_zone_mm) for stay in stays(plan)]
    zones += [(np.array(spot.centre_mm),) * 2 for spot in plan.spots]
    return any(float(distance_to_piece(points_mm, *zone).min()) <= ICE_MM for zone in zones)


def _cells_of_target(anatomy: Anatomy, grid: Grid) -> Bools | None:
    found = anatomy.structures.get(TARGET)
    return None if found is None else np.asarray(found.shape.occupancy(grid) >= 0.5)


def _middle_mm(grid: Grid) -> Floats:
    corners = grid.corners_mm
    return np.asarray((corners.min(axis=0) + corners.max(axis=0)) / 2)


def _cell_mm3(grid: Grid) -> float:
    return float(np.prod(grid.spacing_mm))
