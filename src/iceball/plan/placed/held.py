"""A needle cannot move while ice holds it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from iceball.errors import PlanError
from iceball.plan.placed.numbers import number
from iceball.plan.placement import Placement
from iceball.space import Grid

STEP_MM = 1.0
"""Between two looks along a shaft; finer than any solver's cells that say something there."""


def coldest_c(needle: Placement, celsius: NDArray[np.floating], grid: Grid) -> float | None:
    """The lowest temperature of the tissue around a needle's shaft, tip to skin; None where the field knows none of it.

    Args:
        needle: where it lies.
        celsius: temperatures at one moment, shape of the grid, NaN in gas.
        grid: of the field.
    """
    steps = np.arange(0.0, needle.depth_mm + STEP_MM, STEP_MM)
    points = np.array(needle.tip_mm) - np.minimum(steps, needle.depth_mm)[:, None] * np.array(needle.direction)
    index = grid.to_index(points[grid.contains(points)])
    # all cells around each point: the one that the needle freezes first may be any of them
    low = np.floor(index).astype(int)
    corners = np.array(np.meshgrid((0, 1), (0, 1), (0, 1))).reshape(3, -1).T
    cells = np.clip(low[:, None] + corners, 0, np.array(grid.shape) - 1).reshape(-1, 3)
    found = celsius[tuple(cells.T)]
    found = found[np.isfinite(found)]
    return float(found.min()) if found.size else None


def held(needle: Placement, celsius: NDArray[np.floating], grid: Grid) -> bool:
    """Whether ice holds a needle: tissue at its shaft is colder than where it lets go.

    Args:
        needle: where it lies.
        celsius: temperatures at that moment, shape of the grid, NaN in gas.
        grid: of the field.
    """
    coldest = coldest_c(needle, celsius, grid)
    return coldest is not None and coldest < number("held", "lets_go_c").value


def must_be_free(
    name: str, needle: Placement, celsius: NDArray[np.floating], grid: Grid, *, when: str, where: str = ""
) -> None:
    """Refuse to move a needle that ice holds.

    Args:
        name: what people call the needle.
        needle: where it lies before it is moved.
        celsius: temperatures at the moment it would be moved, shape of the grid, NaN in gas.
        grid: of the field.
        when: that moment in words, such as "at 300 s".
        where: the field of the plan that asks for the move.

    Raises:
        PlanError: where it is held: how cold its shaft is, and that it has to thaw first.
    """
    if not held(needle, celsius, grid):
        return
    coldest = coldest_c(needle, celsius, grid)
    raise PlanError(
        f"'{name}' is held by ice: {coldest:.0f} °C at its shaft {when}; it cannot be moved.",
        where=where or "Plan.probes",
        remedy=f"Thaw it first, until all of its shaft is above {number('held', 'lets_go_c').value:g} °C; or leave it.",
    )
