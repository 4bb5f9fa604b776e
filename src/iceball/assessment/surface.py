"""What a spray or disc did to a surface: freezes and depth below each place where tissue faces air or gas."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iceball.assessment.assessment import ISOTHERMS_C
from iceball.assessment.cold import ColdMap, Isotherm
from iceball.assessment.margin import weighted_quantile
from iceball.solve.history import History
from iceball.solve.wall import WallStep
from iceball.space import Grid
from iceball.space.distance import distance_field, interpolate
from iceball.space.grid import Floats
from iceball.space.shapes import Shape
from iceball.space.surface import Surface, surface_of
from iceball.space.window import Block, block_around, grid_of
from iceball.tissue import Anatomy
from iceball.tissue.facing import gas_cells, into_tissue
from iceball.units import MM2_PER_CM2

MOST_CYCLES = 3
DEEPEST_MM = 40.0
LOOKS_A_CELL = 4
BLUR_CELLS = 0.7
"""Takes the steps out of the surface, and leaves a gap of one cell open."""
ON_TARGET_CELLS = 0.25
OUTWARD = (0.5, 1.0, 1.5)
"""So many cells above the surface the spot that acts on it is looked for: its wall is as thick as it is wide."""
NOT_FACING = "no part of the target faces air or gas"


@dataclass(frozen=True)
class Depths:
    """How deep one temperature came below the target's surface, mm; each place counts by its area."""

    min_mm: float
    median_mm: float
    p95_mm: float


@dataclass(frozen=True, eq=False)
class SurfaceMap:
    """Triangles (m, 3) of points (n, 3) in LPS mm; per triangle how often it was sprayed or touched, how many cycles
    its tissue went through, the depth of each temperature in mm, and whether it is the target's.
    """

    points_mm: Floats
    triangles: NDArray[np.int64]
    applied: NDArray[np.int64]
    cycles: NDArray[np.int64]
    depth_mm: Mapping[str, Floats]
    of_target: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class TreatedSurface:
    """What was done to the surface of the target, that is to the part of it that faces air or gas.

    How often a place was sprayed or touched is one thing (`applied`), how often its tissue went from above 0 °C to
    below another (`cycles`): what has not thawed is not frozen again. Where no part faces air or gas there is a
    `reason` instead of numbers.

    Attributes:
        target_cm2: area of the target's surface.
        frozen_cm2: area of all surface, the target's or not, whose tissue was ever below 0 °C.
        applied: share of the target's surface that was sprayed or touched at least "1", "2", "3" times.
        cycles: share of it whose tissue froze at least so often.
        depth_mm: keys "0", "-20", "-40".
        map: all triangles; None where they were not kept.
    """

    target_cm2: float
    frozen_cm2: float
    applied: Mapping[str, float]
    cycles: Mapping[str, float]
    depth_mm: Mapping[str, Depths]
    reason: str = ""
    map: SurfaceMap | None = None


def treated_surface(
    history: History, anatomy: Anatomy, cold: ColdMap, isotherm: Callable[[float], Isotherm]
) -> TreatedSurface | None:
    """Cycles and depths below the surface; None where no spray or disc froze.

    Args:
        history: the run.
        anatomy: what is gas, and the target.
        cold: the minimum-temperature map.
        isotherm: that map's isotherm at a temperature.
    """
    scene = history.scene
    labels = [w.label for w in scene.walls if any(_freezes(s) for s in w.steps)]
    if not labels:
        return None
    block = _block(scene.grid, np.isin(scene.labels, labels), anatomy.target.shape)
    grid = grid_of(scene.grid, block)
    gas = gas_cells(anatomy, grid)
    surface = _facing(gas, scene.solved[block], grid)
    if surface is None:
        return TreatedSurface(0.0, 0.0, {}, {}, {}, NOT_FACING)
    middle = surface.corners_mm.mean(axis=1)
    inward = np.stack([interpolate(v, grid, middle, outside=0.0) for v in np.moveaxis(into_tissue(gas, grid), -1, 0)])
    inward = (inward / np.maximum(np.linalg.norm(inward, axis=0), 1e-12)).T
    cell = min(grid.spacing_mm)
    below = middle + inward * cell / 2
    # on a slope half a cell may not lead out of the gas; there nothing was counted
    looks = [_cell(history, middle + inward * cell * share) for share in (0.5, 1.0)]
    cycles = np.where(scene.solved[looks[0]], *(history.cycles_frozen[look].astype(np.int64) for look in looks))
    times = np.zeros(256, np.int64)
    for wall in scene.walls:
        times[wall.label] = sum(_freezes(step) for step in wall.steps)
    # nor lead out of the tissue, on the other side
    outward = [times[scene.labels[_cell(history, middle - inward * cell * share)]] for share in OUTWARD]
    applied = np.max(outward, axis=0)
    depth = {str(t): _depth_mm(isotherm(t), middle, inward, cell) for t in ISOTHERMS_C}
    areas = surface.triangle_areas_mm2
    of_target = _on(anatomy.target.shape, grid, below, cell)
    drawn = SurfaceMap(surface.points_mm, surface.triangles, applied, cycles, depth, of_target)
    frozen = float(areas[depth["0"] > 0].sum()) / MM2_PER_CM2
    if not of_target.any():
        return TreatedSurface(0.0, frozen, {}, {}, {}, NOT_FACING, drawn)
    mine = areas[of_target]
    once, often = (
        {str(n): float(mine[count[of_target] >= n].sum() / mine.sum()) for n in range(1, MOST_CYCLES + 1)}
        for count in (applied, cycles)
    )
    depths = {
        t: Depths(float(d[of_target].min()), *(weighted_quantile(d[of_target], mine, q) for q in (0.5, 0.95)))
        for t, d in depth.items()
    }
    return TreatedSurface(float(mine.sum()) / MM2_PER_CM2, frozen, once, often, depths, map=drawn)


def share_treated(found: SurfaceMap, celsius: float, depth_mm: float, cycles: int) -> float:
    """Share of the target's surface, by area, that was frozen so often and reached a temperature so deep."""
    corners = found.points_mm[found.triangles[found.of_target]].transpose(1, 0, 2)
    areas = np.linalg.norm(np.cross(corners[1] - corners[0], corners[2] - corners[0]), axis=1)
    deep = found.depth_mm[f"{celsius:g}"][found.of_target]
    # a place that was never that cold has no depth, whatever was asked for
    reached = (deep > 0) & (deep >= depth_mm) & (found.cycles[found.of_target] >= cycles)
    return float(areas[reached].sum() / areas.sum())


def _freezes(step: WallStep) -> bool:
    return step.h > 0 and step.ambient_c < 0


def _cell(history: History, points: Floats) -> tuple[NDArray[np.int64], ...]:
    grid = history.scene.grid
    return tuple(np.clip(np.rint(grid.to_index(points)).astype(int), 0, np.array(grid.shape) - 1).T)


def _block(grid: Grid, cells: NDArray[np.bool_], target: Shape) -> Block:
    """The cells around all spots and the target."""
    found = grid.to_mm(np.argwhere(cells))
    low, high = target.bounds_mm()
    block = block_around(grid, np.minimum(found.min(axis=0), low), np.maximum(found.max(axis=0), high), pad=6)
    assert block is not None  # the spots' cells lie in the grid
    return block


def _facing(gas: NDArray[np.bool_], solved: NDArray[np.bool_], grid: Grid) -> Surface | None:
    """The surface between gas and tissue; where something else that is not solved lies behind it, it is left out."""
    from scipy.ndimage import binary_dilation, gaussian_filter

    smooth = gaussian_filter(np.where(gas, 1.0, 0.0), BLUR_CELLS, mode="nearest")
    surface = surface_of(smooth, grid, 0.5)
    if surface is None:
        return None
    near = binary_dilation(solved, np.ones((3, 3, 3)))
    index = np.rint(grid.to_index(surface.corners_mm.mean(axis=1))).astype(int)
    return surface.only(near[tuple(np.clip(index, 0, np.array(grid.shape) - 1).T)])


def _on(shape: Shape, grid: Grid, below: Floats, cell: float) -> NDArray[np.bool_]:
    """Whether the tissue right below each triangle is the shape's."""
    if not grid.contains(shape.seeds_mm(cell / 2)).any():
        return np.zeros(len(below), bool)
    away = interpolate(distance_field(shape, grid), grid, below, outside=np.inf)
    return np.asarray(away <= ON_TARGET_CELLS * cell)


def _depth_mm(isotherm: Isotherm, middle: Floats, inward: Floats, cell: float) -> Floats:
    """From each place along its way into tissue to where it was never that cold again; 0 where it never was."""
    steps = cell / 2 + np.arange(0.0, DEEPEST_MM, cell / LOOKS_A_CELL)
    grid, values = isotherm.map.grid, isotherm.depth
    below = -1.0 if isotherm.map.body_c > isotherm.celsius else 1.0

    def at(distance: float | Floats, which: NDArray[np.bool_]) -> Floats:
        return interpolate(values, grid, middle[which] + inward[which] * np.reshape(distance, (-1, 1)), outside=below)

    everywhere = np.ones(len(middle), bool)
    # the surface lies half a cell above the first centre: what is colder only up there shows in the slope below it
    first, second = at(steps[0], everywhere), at(steps[0] + cell, everywhere)
    slope = np.minimum((second - first) / cell, -1e-12)
    out = np.where(first < 0, np.clip(steps[0] - first / slope, 0.0, steps[0]), DEEPEST_MM)
    out[(first < 0) & (first - slope * steps[0] < 0)] = 0.0
    before, still = first, first >= 0
    for here, there in itertools.pairwise(steps):
        if not still.any():
            break
        now = np.full(len(middle), np.nan)
        now[still] = at(there, still)
        crossed = still & (now < 0)
        out[crossed] = here + (there - here) * before[crossed] / (before[crossed] - now[crossed])
        before, still = now, still & ~crossed
    return np.asarray(out)
