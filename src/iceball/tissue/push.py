"""Fluid is put into columns of cells, and what lies beyond goes on until air or gas gives way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.space import Grid
from iceball.space.grid import Floats
from iceball.tissue.columns import Columns, Ints
from iceball.tissue.fixed import Fixed
from iceball.tissue.gap import Gap
from iceball.tissue.move import Move

RIM_PER_MM = 2.0
"""The pocket tapers to nothing over this many times its thickness: what it lifts is then sheared by less than 40°."""
LEAST_RIM_MM = 10.0
NEIGHBOURS = 6
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Push:
    """What goes where: flat indices of cells before (`source`) and after (`goal`), and of those that become fluid.

    `shift_mm` is how far each source goes; `squeezed` are the cells of gas inside the body that give way.
    """

    source: Ints
    goal: Ints
    shift_mm: Floats
    fluid: Ints
    squeezed: Ints

    def apply(self, values: NDArray[Any], fill: Any) -> NDArray[Any]:
        """The values after the push; `fill` in the pocket."""
        out = values.copy()
        flat = out.reshape(-1)
        flat[self.goal] = values.reshape(-1)[self.source]
        flat[self.fluid] = fill
        return out


@dataclass(frozen=True)
class Blocked:
    """Why nothing can be pushed that way."""

    what: str


def pushed(move: Move, grid: Grid, gap: Gap, fixed: Fixed, direction: Floats, air: Bools, gas: Bools) -> Push | Blocked:
    """What a pocket pushes along `direction`, or what is in the way.

    Args:
        move: thickness of the pocket.
        grid: of all cells.
        gap: which cells of the structure must go the full way.
        fixed: what stays.
        direction: unit vector, LPS.
        air, gas: cells outside the body, and of gas in it.
    """
    columns = Columns.of(grid, direction)
    member = np.zeros(grid.shape, bool)
    member.reshape(-1)[gap.cells] = True
    member &= ~(fixed.own | fixed.held)
    cells_near = gap.near(move, direction)
    if not len(cells_near):
        return Blocked(f"no part of {move.structure} lies that way")
    names, near_first = _near(columns, cells_near)
    near = {(int(a), int(b)): int(s) for (a, b), s in zip(names, near_first, strict=True)}
    chosen, by_mm, depth = _footprint(columns, names, near_first, move.thickness_mm)
    steps = np.rint(by_mm / columns.step_mm).astype(np.int64)
    chosen, depth, steps = chosen[steps > 0], depth[steps > 0], steps[steps > 0]
    if not len(chosen):
        return Blocked(f"a pocket thinner than half a cell ({columns.step_mm / 2:.1f} mm) moves nothing")
    cells = columns.cells(chosen)
    beyond = cells < 0

    def at(values: Bools) -> Bools:
        return np.asarray(values.reshape(-1)[cells] & ~beyond)

    step = np.arange(columns.steps)
    is_near = np.array([(int(a), int(b)) in near for a, b in chosen])
    first = np.where(is_near, [near.get((int(a), int(b)), 0) for a, b in chosen], columns.step_at(chosen, depth))
    own, organ = at(fixed.own), at(member)
    first = _before_organ(first, organ)
    last_own = np.where(own, step, -1).max(axis=1)
    first = np.where(is_near, first, np.maximum(first, last_own + 1))
    first = np.clip(first, 0, columns.steps - 1)
    # a column that leaves the body before the pocket has nothing to push
    empty = at(air)[np.arange(len(chosen)), first]
    cells, beyond, steps, first, is_near = (
        cells[~empty],
        beyond[~empty],
        steps[~empty],
        first[~empty],
        is_near[~empty],
    )
    on = step >= first[:, None]
    barred = (at(fixed.own) | at(fixed.held) | beyond) & on
    end = np.where(barred.any(axis=1), barred.argmax(axis=1), columns.steps)
    free = on & (step < end[:, None])
    outside, inside = at(air) & free, (at(air) | at(gas)) & free
    enough = outside.sum(axis=1) >= steps
    gives = np.where(enough[:, None], outside, inside)
    gone = np.cumsum(gives, axis=1)
    stuck = gone[:, -1] < steps
    if (stuck & is_near).any():
        return Blocked(_in_the_way(cells, beyond, end, first, stuck & is_near, columns, fixed))
    # at its rim the pocket ends where something does not give way: tissue slides past it
    steps = np.where(stuck, 0, steps)
    gives &= gone <= steps[:, None]
    still = np.maximum(steps[:, None] - np.minimum(gone, steps[:, None]), 0)
    moves = free & ~gives & (still > 0)
    row, at_step = np.nonzero(moves)
    by = still[row, at_step]
    opened = np.arange(int(steps.max()))[None, :] < steps[:, None]
    r, offset = np.nonzero(opened)
    return Push(
        source=cells[row, at_step],
        goal=cells[row, at_step + by],
        shift_mm=by * columns.step_mm,
        fluid=cells[r, first[r] + offset],
        squeezed=cells[gives & at(gas)],
    )


def _near(columns: Columns, index: Ints) -> tuple[Ints, Ints]:
    """The columns through cells, and the first of those cells in each."""
    names, step = columns.of_cells(index)
    order = np.lexsort((step, names[:, 1], names[:, 0]))
    names, step = names[order], step[order]
    new = np.ones(len(names), bool)
    new[1:] = (names[1:] != names[:-1]).any(axis=1)
    return names[new], step[new]


def _footprint(columns: Columns, names: Ints, first: Ints, thickness_mm: float) -> tuple[Ints, Floats, Floats]:
    """Columns under the pocket, its thickness in each, and how deep it opens there."""
    from scipy.spatial import cKDTree

    rim = max(RIM_PER_MM * thickness_mm, LEAST_RIM_MM)
    more = int(np.ceil(2 * rim / min(columns.grid.spacing_mm)))
    low, high = names.min(axis=0) - more, names.max(axis=0) + more
    a, b = (np.arange(low[n], high[n] + 1) for n in range(2))
    every = np.stack(np.meshgrid(a, b, indexing="ij"), axis=-1).reshape(-1, 2)
    tree = cKDTree(columns.across_mm(names))
    far, which = tree.query(columns.across_mm(every), k=min(NEIGHBOURS, len(names)), distance_upper_bound=np.inf)
    far, which = far.reshape(len(every), -1), which.reshape(len(every), -1)
    inside = far[:, 0] < rim
    every, far, which = every[inside], far[inside], which[inside]
    by = thickness_mm * 0.5 * (1 + np.cos(np.pi * far[:, 0] / rim))
    weight = 1 / (far + min(columns.grid.spacing_mm))
    depth = (weight * columns.depth_mm(names, first)[which]).sum(axis=1) / weight.sum(axis=1)
    return every, by, depth


def _before_organ(first: Ints, organ: Bools) -> Ints:
    """Where a pocket would open within the structure it goes back to where the structure begins."""
    rows, last = np.arange(len(first)), organ.shape[1] - 1
    while True:
        here = np.clip(first, 0, last)
        within = organ[rows, here] & organ[rows, np.maximum(here - 1, 0)] & (first > 0) & (first <= last)
        if not within.any():
            return first
        first = np.where(within, first - 1, first)


def _in_the_way(
    cells: Ints, beyond: Bools, end: Ints, first: Ints, stuck: Bools, columns: Columns, fixed: Fixed
) -> str:
    rows = np.flatnonzero(stuck)
    last = columns.steps - 1
    out = (end[rows] > last) | beyond[rows, np.minimum(end[rows], last)]
    nearest = float((end[rows] - first[rows]).min() * columns.step_mm)
    if out.all():
        return f"the image ends {nearest:.0f} mm beyond the pocket, before any air or gas that could give way"
    hit = cells[rows[~out], end[rows[~out]]]
    return f"{fixed.names_at(hit)} lies {nearest:.0f} mm beyond the pocket and does not give way"
