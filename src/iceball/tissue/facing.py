"""Where tissue faces air or gas: the surface that a spray or a disc can reach."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iceball.space import Grid
from iceball.space.grid import Floats
from iceball.space.resample import resample
from iceball.tissue.anatomy import Anatomy
from iceball.tissue.tissue import GASES

Bools = NDArray[np.bool_]
SMOOTH_CELLS = 2.0
"""Over so many cells steps are smoothed before a direction is read off them."""


@dataclass(frozen=True, eq=False)
class Faces:
    """Cell faces between gas and tissue.

    Attributes:
        grid: of the cells.
        gas: index of each face's gas cell, shape (n, 3).
        step: from that cell to the tissue behind the face: -1 or 1 along one index axis, shape (n, 3).
    """

    grid: Grid
    gas: NDArray[np.int64]
    step: NDArray[np.int64]

    @classmethod
    def of(cls, gas: Bools, tissue: Bools, grid: Grid, *, first: ArrayLike = (0, 0, 0)) -> Faces:
        """All faces between `gas` and `tissue` in a block of `grid` that begins at cell `first`."""
        cells, steps = [], []
        for axis in range(3):
            for way in (-1, 1):
                here, there = [slice(None)] * 3, [slice(None)] * 3
                here[axis] = slice(1, None) if way < 0 else slice(None, -1)
                there[axis] = slice(None, -1) if way < 0 else slice(1, None)
                found = np.argwhere(gas[tuple(here)] & tissue[tuple(there)])
                found[:, axis] += way < 0
                step = np.zeros_like(found)
                step[:, axis] = way
                cells.append(found)
                steps.append(step)
        return cls(grid, np.concatenate(cells) + np.asarray(first, np.int64), np.concatenate(steps))

    @property
    def centres_mm(self) -> Floats:
        """Middle of each face, LPS."""
        return self.grid.to_mm(self.gas + self.step / 2)

    def nearest(self, point_mm: ArrayLike) -> tuple[float, Floats]:
        """Distance to the nearest point on any face, and that point; infinite where there is no face."""
        point = np.asarray(point_mm, float)
        if not len(self.gas):
            return math.inf, point
        at = self.grid.to_index(point)
        middle = self.gas + self.step / 2
        half = np.where(self.step == 0, 0.5, 0.0)
        on_face = self.grid.to_mm(np.clip(at, middle - half, middle + half))
        gaps = np.linalg.norm(on_face - point, axis=1)
        best = int(gaps.argmin())
        return float(gaps[best]), on_face[best]

    def only(self, wanted: Bools) -> Faces:
        """Those that are wanted, shape (n,)."""
        return Faces(self.grid, self.gas[wanted], self.step[wanted])


def gas_cells(anatomy: Anatomy, grid: Grid) -> Bools:
    """True where a cell of the grid lies in air or gas."""
    labels = resample(anatomy.labels, grid, method="nearest").volume.data
    return np.asarray(np.isin(labels, [n for n, name in anatomy.tissues.items() if name in GASES]))


def faces_near(anatomy: Anatomy, point_mm: ArrayLike, within_mm: float) -> Faces:
    """The faces between gas and tissue in a box around a point, on the cells of the anatomy's own labels."""
    grid = anatomy.labels.grid
    at = grid.to_index(point_mm)
    pad = within_mm / np.array(grid.spacing_mm)
    start = np.clip(np.floor(at - pad).astype(int), 0, grid.shape)
    stop = np.clip(np.ceil(at + pad).astype(int) + 1, 0, grid.shape)
    block = tuple(slice(a, b) for a, b in zip(start, stop, strict=True))
    gas = np.isin(anatomy.labels.data[block], [n for n, name in anatomy.tissues.items() if name in GASES])
    return Faces.of(gas, ~gas, grid, first=start)


def into_tissue(gas: Bools, grid: Grid) -> Floats:
    """Unit vectors from gas into tissue in every cell, LPS, shape (*shape, 3); 0 where all around is one of both."""
    from scipy.ndimage import gaussian_filter

    smooth = gaussian_filter(np.where(gas, 0.0, 1.0), SMOOTH_CELLS, mode="nearest")
    wide = [n > 1 for n in gas.shape]
    steps = [np.gradient(smooth, s, axis=a) if wide[a] else 0 * smooth for a, s in enumerate(grid.spacing_mm)]
    vectors = np.stack(steps, axis=-1) @ grid.directions.T
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 1e-12))
