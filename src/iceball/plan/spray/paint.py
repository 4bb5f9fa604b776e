"""Paint an area of a surface with spots, one after another, round after round."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from iceball.applicator import surface_applicator
from iceball.errors import PlanError
from iceball.plan.defaults import surface_of
from iceball.plan.spray.spot import Point, Spot, spot_number
from iceball.plan.spray.spots import surface_point
from iceball.space.grid import Floats
from iceball.space.window import grid_of
from iceball.tissue import Anatomy
from iceball.tissue.facing import Faces, faces_near, gas_cells, into_tissue

MOST_SPOTS = 60
"""More would make more walls than a scene can tell apart."""
PAD_CELLS = 6
"""Round the faces, so that the surface's direction is known at every one of them."""
INSIDE = 5
"""So many points along each side of a spot's square are asked whether they lie in the area."""


def paint(
    anatomy: Anatomy,
    applicator: str,
    centre_mm: Sequence[float],
    *,
    within_mm: float | None = None,
    polygon_mm: Sequence[Sequence[float]] | None = None,
    dwell_s: float | None = None,
    thaw_s: float | None = None,
    cycles: int | None = None,
    start_s: float = 0.0,
    move_s: float = 0.0,
    radius_mm: float | None = None,
    device: str = "",
) -> tuple[Spot, ...]:
    """Spots that cover an area of a surface: rows of circles that leave no gap between them on a flat surface.

    Each round freezes every spot once, one after another in rows to and fro. The next round begins when the last spot
    is done and the first has thawed for `thaw_s`.

    Args:
        anatomy: the patient.
        applicator: name of a spray or disc.
        centre_mm: the middle of the area, on the surface, LPS mm.
        within_mm: the area is what lies within this distance of the middle (along the surface's plane).
        polygon_mm: or what lies in this polygon, points around the middle, LPS mm; without both a square of 6 x 6 cm.
        dwell_s, thaw_s, cycles: of each spot; those of the organ's pack, or of the intrapleural trial, if left out.
        start_s: when the first freeze begins.
        move_s: from one spot to the next.
        radius_mm: of each spot; None is the card's.
        device: of all of them.

    Raises:
        PlanError: if the middle lies off every surface, the area is none, or takes more than 60 spots.

    Source: the organ's pack; NCT02464904 for the square (plan/spot.toml).
    """
    middle = surface_point(centre_mm, anatomy, where="centre_mm", name="the middle")
    if dwell_s is None or thaw_s is None or cycles is None:
        usual = surface_of(anatomy.organ)
        dwell_s = usual.dwell_s.value if dwell_s is None else dwell_s
        thaw_s = usual.thaw_s.value if thaw_s is None else thaw_s
        cycles = int(usual.cycles.value) if cycles is None else cycles
    if not (math.isfinite(move_s) and move_s >= 0):
        raise PlanError(f"{move_s:g} s is not at least 0", where="move_s")
    reach = surface_applicator(applicator).radius_mm.value if radius_mm is None else radius_mm
    across, up, faces = _plane(anatomy, middle, _widest_mm(middle, within_mm, polygon_mm) + reach)
    wanted = _area(np.array(middle), across, up, within_mm, polygon_mm)
    places = [middle] if wanted is None else _raster(faces, np.array(middle), across, up, wanted, reach)
    if not 0 < len(places) <= MOST_SPOTS:
        raise PlanError(
            f"takes {len(places)} spots of {reach:g} mm; 1 to {MOST_SPOTS} can be painted at once",
            where="within_mm" if polygon_mm is None else "polygon_mm",
            remedy="Take a smaller area, or larger spots.",
        )
    step = dwell_s + move_s
    # the last spot of a round has to be done, and the first to have thawed, before the next round
    period = max(len(places) * step, dwell_s + thaw_s)
    return tuple(
        Spot(
            applicator,
            place,
            dwell_s,
            start_s=start_s + n * step,
            thaw_s=period - dwell_s if cycles > 1 else thaw_s,
            cycles=cycles,
            radius_mm=radius_mm,
            device=device,
        )
        for n, place in enumerate(places)
    )


def _widest_mm(middle: Point, within_mm: float | None, polygon_mm: Sequence[Sequence[float]] | None) -> float:
    if within_mm is not None and polygon_mm is not None:
        raise PlanError("goes with either a distance or a polygon.", where="polygon_mm", remedy="Leave one out.")
    if within_mm is not None:
        if not (math.isfinite(within_mm) and within_mm >= 0):
            raise PlanError(f"{within_mm:g} mm is not at least 0", where="within_mm")
        return within_mm
    if polygon_mm is not None:
        corners = np.asarray(polygon_mm, float)
        if corners.ndim != 2 or len(corners) < 3 or corners.shape[1] != 3 or not np.isfinite(corners).all():
            raise PlanError("needs at least three points in LPS mm", where="polygon_mm")
        return float(np.linalg.norm(corners - np.array(middle), axis=1).max())
    return spot_number("intrapleural", "side_mm").value / math.sqrt(2)


def _plane(anatomy: Anatomy, middle: Point, reach_mm: float) -> tuple[Floats, Floats, Faces]:
    """Two directions along the surface, mean over the area, and the faces of it that look the same way."""
    faces = faces_near(anatomy, middle, reach_mm)
    out = -(faces.step @ faces.grid.directions.T)
    gaps = np.linalg.norm(faces.centres_mm - np.array(middle), axis=1)
    # stairs look along the axes: their mean over a few cells is the surface's own direction
    normal = _unit(out[gaps <= max(gaps.min() * 1.01, 4 * max(faces.grid.spacing_mm))].mean(axis=0))
    faces = _same_side(anatomy, faces.only((gaps <= reach_mm) & (out @ normal > -1e-9)), normal, middle)
    normal = _unit((-(faces.step @ faces.grid.directions.T)).mean(axis=0))
    level = np.zeros(3)
    level[int(np.abs(normal).argmin())] = 1.0
    across = _unit(np.cross(normal, level))
    return across, np.cross(normal, across), faces


def _same_side(anatomy: Anatomy, faces: Faces, normal: Floats, middle: Point) -> Faces:
    """The faces of the piece that holds the middle: a step of what lies across a gap may look this way too."""
    from scipy.ndimage import label

    first, last = faces.gas.min(axis=0) - PAD_CELLS, faces.gas.max(axis=0) + PAD_CELLS + 1
    block = tuple(slice(max(0, a), b) for a, b in zip(first, last, strict=True))
    grid = grid_of(faces.grid, (block[0], block[1], block[2]))
    inward = into_tissue(gas_cells(anatomy, grid), grid)
    at = faces.gas - np.array([s.start for s in block])
    facing = inward[tuple(at.T)] @ normal < 0
    nearest = int(np.linalg.norm(faces.centres_mm - np.array(middle), axis=1).argmin())
    facing[nearest] = True
    border = np.zeros(grid.shape, bool)
    border[tuple(at[facing].T)] = True
    pieces, _ = label(border, np.ones((3, 3, 3)))
    here = pieces[tuple(at.T)]
    return faces.only(facing & (here == here[nearest]))


def _area(
    middle: Floats,
    across: Floats,
    up: Floats,
    within_mm: float | None,
    polygon_mm: Sequence[Sequence[float]] | None,
) -> tuple[Floats, float] | None:
    """Corners (n, 2) of the area in the plane, or its radius in a row of its own; None for a single spot."""
    if within_mm is not None:
        return None if within_mm == 0 else (np.zeros((0, 2)), within_mm)
    if polygon_mm is None:
        half = spot_number("intrapleural", "side_mm").value / 2
        return np.array([(-half, -half), (half, -half), (half, half), (-half, half)]), 0.0
    offset = np.asarray(polygon_mm, float) - middle
    return np.stack([offset @ across, offset @ up], axis=1), 0.0


def _raster(
    faces: Faces, middle: Floats, across: Floats, up: Floats, wanted: tuple[Floats, float], reach: float
) -> list[Point]:
    """Middles of the spots: a square raster in the plane, where its squares meet the area, taken to the surface."""
    from scipy.spatial import cKDTree

    corners, radius = wanted
    low, high = ((-radius, -radius), (radius, radius)) if radius else (corners.min(axis=0), corners.max(axis=0))
    # circles of this radius about the corners of squares of this side leave no gap
    most = reach * math.sqrt(2)
    columns, rows = (_middles(a, b, most) for a, b in zip(low, high, strict=True))
    sides = ((high[0] - low[0]) / len(columns), (high[1] - low[1]) / len(rows))
    offset = faces.centres_mm - middle
    tree = cKDTree(np.stack([offset @ across, offset @ up], axis=1))
    normal = np.cross(across, up)
    places: list[Point] = []
    for n, v in enumerate(rows):
        for u in columns if n % 2 == 0 else reversed(columns):
            if not _meets(u, v, sides, corners, radius).any():
                continue
            near = tree.query_ball_point((u, v), max(faces.grid.spacing_mm))
            if not near:
                continue  # no surface there: the area ends
            heights = offset[near] @ normal
            x, y, z = middle + u * across + v * up + heights[int(np.abs(heights).argmin())] * normal
            places.append((float(x), float(y), float(z)))
    return places


def _middles(low: float, high: float, most: float) -> list[float]:
    """Middles of equal pieces of a length, none longer than `most`."""
    count = max(1, math.ceil((high - low) / most - 1e-9))
    return [low + (n + 0.5) * (high - low) / count for n in range(count)]


def _meets(u: float, v: float, sides: tuple[float, float], corners: Floats, radius: float) -> NDArray[np.bool_]:
    from skimage.measure import points_in_poly

    share = (np.arange(INSIDE) + 0.5) / INSIDE - 0.5
    points = np.stack(np.meshgrid(u + share * sides[0], v + share * sides[1]), axis=-1).reshape(-1, 2)
    if radius:
        return np.asarray((points**2).sum(axis=1) <= radius**2)
    return np.asarray(points_in_poly(points, corners), np.bool_)  # type: ignore[no-untyped-call]


def _unit(vector: Floats) -> Floats:
    return np.asarray(vector / np.linalg.norm(vector))
