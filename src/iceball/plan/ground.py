"""The labelled cells of a scene as they are laid out: tissue, and the walls carved into it or laid upon it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from iceball.errors import PlanError
from iceball.solve.wall import Wall, WallStep
from iceball.space import Grid

TOP_LABEL = 254
"""Walls take labels from here downwards, tissues from 0 upwards; 255 is the solver's own."""


@dataclass(frozen=True, eq=False)
class Ground:
    """Cells of a scene: labels of tissues below, labels of `walls` (not solved) above.

    Args:
        grid: the scene's.
        labels: uint8, the grid's shape.
        tissues: label to name, for those that are solved.
        walls: what is not solved; every other label is a tissue's.
    """

    grid: Grid
    labels: NDArray[np.uint8]
    tissues: dict[int, str]
    walls: tuple[Wall, ...] = ()

    @property
    def solved(self) -> NDArray[np.bool_]:
        """True where a cell is tissue."""
        return np.asarray(~np.isin(self.labels, [wall.label for wall in self.walls]))

    @property
    def free_label(self) -> int:
        """The next label for a wall; raises PlanError where none is left."""
        taken = {*self.tissues, *(wall.label for wall in self.walls)}
        label = next((n for n in range(TOP_LABEL, -1, -1) if n not in taken), None)
        if label is None or label <= max(self.tissues, default=0):
            raise PlanError(
                f"{len(self.walls)} walls and {len(self.tissues)} tissues are more than one scene can tell apart",
                where="Plan",
                remedy="Take fewer spots, vessels or warmers.",
            )
        return label

    def with_wall(
        self,
        cells: NDArray[np.bool_],
        name: str,
        *,
        h: float,
        ambient_c: float,
        steps: tuple[WallStep, ...] = (),
        closes_c: float | None = None,
        flow: str = "",
    ) -> Ground:
        """The same ground where `cells` belong to a new wall (see `Wall`)."""
        label = self.free_label
        labels = np.where(cells, np.uint8(label), self.labels)
        wall = Wall(name, label, h, ambient_c, steps, closes_c, flow)
        return replace(self, labels=labels, walls=(*self.walls, wall))

    def with_tissue(self, cells: NDArray[np.bool_], name: str) -> Ground:
        """The same ground where `cells` are of a tissue, which may be new to it."""
        label = next((n for n, tissue in self.tissues.items() if tissue == name), None)
        if label is None:
            label = next(n for n in range(TOP_LABEL) if n not in {*self.tissues, *(w.label for w in self.walls)})
        labels = np.where(cells, np.uint8(label), self.labels)
        return replace(self, labels=labels, tissues={**self.tissues, label: name})

    def faces_mm2(self, cells: NDArray[np.bool_]) -> float:
        """Area of the cell faces between `cells` and tissue.

        It is larger than that of the smooth surface that they stand for, by 1.27 round a cylinder along an axis:
        an h that is meant for the smooth one has to be scaled by the ratio of both.
        """
        solved, area = self.solved & ~cells, 0.0
        for axis, spacing in enumerate(self.grid.spacing_mm):
            lower, upper = [slice(None)] * 3, [slice(None)] * 3
            lower[axis], upper[axis] = slice(0, -1), slice(1, None)
            a, b = tuple(lower), tuple(upper)
            faces = np.count_nonzero(cells[a] & solved[b]) + np.count_nonzero(solved[a] & cells[b])
            area += faces * float(np.prod(self.grid.spacing_mm)) / spacing
        return area
