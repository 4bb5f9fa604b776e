"""Straight columns of whole cells in any direction: every cell of a grid lies in exactly one of them.

A column advances one cell a step along the axis that the direction is steepest in, and sideways by as many whole cells
as the direction has gone by then. All columns go sideways at the same steps, so none meet and none leave a gap: what
is pushed along a column by whole steps keeps its number of cells exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iceball.space import Grid
from iceball.space.grid import Floats

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Columns:
    """The columns of a grid along a direction. A column is named by its cell on the first layer, which may lie beside
    the grid; a cell's step counts the layers that it lies behind that one.
    """

    grid: Grid
    direction: Floats
    """Unit vector, LPS."""
    axis: int
    backwards: bool
    aside: Ints
    """Whole cells sideways at each step, shape (steps, 2)."""
    step_mm: float

    @classmethod
    def of(cls, grid: Grid, direction: Floats) -> Columns:
        """The columns along a unit vector."""
        along = grid.directions.T @ direction
        spacing = np.array(grid.spacing_mm)
        axis = int(np.abs(along).argmax())
        others = [a for a in range(3) if a != axis]
        steepness = along[others] / abs(along[axis]) * spacing[axis] / spacing[others]
        aside = np.rint(np.arange(grid.shape[axis])[:, None] * steepness).astype(np.int64)
        step = float(spacing[axis] / abs(along[axis]))
        return cls(grid, direction, axis, bool(along[axis] < 0), aside, step)

    @property
    def _others(self) -> list[int]:
        return [a for a in range(3) if a != self.axis]

    @property
    def steps(self) -> int:
        """Layers of the grid along the columns."""
        return self.grid.shape[self.axis]

    def of_cells(self, index: Ints) -> tuple[Ints, Ints]:
        """Column (n, 2) and step (n,) of cells (n, 3)."""
        step = index[:, self.axis]
        if self.backwards:
            step = self.steps - 1 - step
        return index[:, self._others] - self.aside[step], step

    def cells(self, columns: Ints) -> Ints:
        """Flat indices of the cells of columns (n, 2), shape (n, steps); -1 beyond the grid."""
        steps = np.arange(self.steps)
        index = np.empty((len(columns), self.steps, 3), np.int64)
        index[..., self.axis] = self.steps - 1 - steps if self.backwards else steps
        for place, axis in enumerate(self._others):
            index[..., axis] = columns[:, None, place] + self.aside[None, :, place]
        inside = np.asarray(((index >= 0) & (index < self.grid.shape)).all(axis=2))
        flat = np.ravel_multi_index(tuple(np.where(inside[..., None], index, 0).transpose(2, 0, 1)), self.grid.shape)
        return np.where(inside, flat, -1)

    def across_mm(self, columns: Ints) -> Floats:
        """Where columns (n, 2) lie in the plane across the direction, shape (n, 2), mm."""
        index = np.zeros((len(columns), 3))
        index[:, self.axis] = self.steps - 1 if self.backwards else 0
        index[:, self._others] = columns
        points = self.grid.to_mm(index)
        return np.asarray(points @ np.stack(sideways(self.direction), axis=1))

    def depth_mm(self, columns: Ints, step: Ints) -> Floats:
        """How far along the direction the given step of each column lies, mm."""
        index = np.zeros((len(columns), 3))
        index[:, self.axis] = self.steps - 1 if self.backwards else 0
        index[:, self._others] = columns
        return np.asarray(self.grid.to_mm(index) @ self.direction + step * self.step_mm)

    def step_at(self, columns: Ints, depth_mm: Floats) -> Ints:
        """The step of each column nearest to a depth along the direction."""
        first = self.depth_mm(columns, np.zeros(len(columns), np.int64))
        return np.rint((depth_mm - first) / self.step_mm).astype(np.int64)


def sideways(direction: Floats) -> tuple[Floats, Floats]:
    """Two unit vectors across a unit vector and each other."""
    other = np.eye(3)[int(np.abs(direction).argmin())]
    first = np.cross(direction, other)
    first /= np.linalg.norm(first)
    return first, np.cross(direction, first)
