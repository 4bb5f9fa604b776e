"""How cells lie in memory: one frame of ghost cells, rows along z, runs of one tissue, and the faces that need care.

Most faces join two cells of one tissue, where the flux is a plain difference of potentials. The others (two tissues,
tissue and gas, the edge of the grid) are listed row by row and corrected one at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.solve.scene import Scene
from iceball.units import MM_PER_M

TISSUE, WALL, HELD, CLOSED = range(4)


@dataclass(frozen=True, eq=False)
class Layout:
    """Where everything is. `shape` is without, `padded` with the frame of ghost cells; a row is one (x, y)."""

    shape: tuple[int, int, int]
    padded: tuple[int, int, int]
    spacing_m: tuple[float, float, float]
    labels: NDArray[np.uint8]
    """Padded; 255 in gas and ghosts."""
    run_start: NDArray[np.int64]
    """Of each row, into `runs`; one more at the end."""
    runs: NDArray[np.int32]
    """First cell, one past the last, label."""
    face_start: NDArray[np.int64]
    face_cell: NDArray[np.int32]
    """Cell within its row, 0-based."""
    face_there: NDArray[np.int32]
    """Flat padded index of the neighbour."""
    face_kind: NDArray[np.uint8]
    """Kind, axis, and which wall or outer face: shape (faces, 3)."""
    wall_values: NDArray[np.float64]
    """h and ambient temperature of each wall."""
    held_values: NDArray[np.float64]
    """Temperature of the six outer faces; NaN where closed."""
    source: NDArray[np.float64]
    """Heat made in each cell all the time, W/m3, shape (rows, cells of a row); empty where there is none."""

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self.shape[0] * self.shape[1]

    @property
    def cell_m3(self) -> float:
        """Volume of one cell."""
        return self.spacing_m[0] * self.spacing_m[1] * self.spacing_m[2]

    @property
    def inverse_squares(self) -> NDArray[np.float64]:
        """1 / spacing^2 along x, y, z."""
        return np.asarray(1.0 / np.square(np.array(self.spacing_m)))

    def padded_zeros(self, kind: type[np.floating]) -> NDArray[np.floating]:
        """An empty field with its frame."""
        return np.zeros(self.padded, kind)

    def inner(self, field: NDArray[np.generic]) -> NDArray[np.generic]:
        """A field without its frame (a view)."""
        return field[1:-1, 1:-1, 1:-1]


def lay_out(scene: Scene) -> Layout:
    """The layout of a scene."""
    shape = scene.grid.shape
    padded = (shape[0] + 2, shape[1] + 2, shape[2] + 2)
    solved = scene.solved
    labels = np.full(padded, 255, np.uint8)
    inner = labels[1:-1, 1:-1, 1:-1]
    inner[...] = np.where(solved, scene.labels, 255)
    wall_of = np.full(256, 255, np.uint8)
    for number, wall in enumerate(scene.walls):
        wall_of[wall.label] = number
    cells, there, kinds, row_ids = [], [], [], []
    flat = np.arange(int(np.prod(padded)), dtype=np.int32).reshape(padded)
    for axis in range(3):
        for side in (0, 1):
            step = [slice(1, -1)] * 3
            step[axis] = slice(2, None) if side else slice(0, -2)
            beyond = labels[tuple(step)]
            i, j, k = np.nonzero((inner != beyond) & (inner != 255))
            edge = (i, j, k)[axis] == (shape[axis] - 1 if side else 0)
            shifted = [i, j, k]
            shifted[axis] = np.where(edge, shifted[axis], shifted[axis] + (1 if side else -1))
            other = scene.labels[tuple(shifted)]
            held = scene.outer_c[2 * axis + side] is not None
            gas = ~edge & (wall_of[other] != 255)
            kind = np.where(edge, HELD if held else CLOSED, np.where(gas, WALL, TISSUE))
            which = np.where(edge, 2 * axis + side, np.where(gas, wall_of[other], 0))
            cells.append(k.astype(np.int32))
            there.append(flat[tuple(step)][i, j, k])
            kinds.append(np.stack([kind, np.full_like(kind, axis), which], axis=1).astype(np.uint8))
            row_ids.append((i * shape[1] + j).astype(np.int64))
    rows = np.concatenate(row_ids)
    cell = np.concatenate(cells)
    order = np.lexsort((cell, rows))
    count = shape[0] * shape[1]
    run_start, runs = _runs(inner)
    return Layout(
        shape, padded, tuple(s / MM_PER_M for s in scene.grid.spacing_mm), labels, run_start, runs,  # type: ignore[arg-type]
        np.searchsorted(rows[order], np.arange(count + 1)).astype(np.int64), cell[order], np.concatenate(there)[order],
        np.ascontiguousarray(np.concatenate(kinds)[order]),
        np.array([[w.h, w.ambient_c] for w in scene.walls], float).reshape(-1, 2),
        np.array([np.nan if t is None else t for t in scene.outer_c], float),
        np.zeros((0, 0)) if scene.source is None else np.where(solved, scene.source, 0.0).reshape(count, -1),
    )  # fmt: skip


def warm_faces(lay: Layout, rows: NDArray[Any]) -> NDArray[np.float32]:
    """Of each listed face: the liquidus potentials of its two tissues and how they conduct unfrozen, shape (faces, 4).

    With both sides unfrozen theta = k (T - body), so the series flux 2 k1 k2 / (k1 + k2) (T2 - T1) less the plain
    theta2 - theta1 is c2 theta2 - c1 theta1; the columns are theta_liquidus 1 and 2, c2, c1. Faces to walls and outer
    sides get a threshold that is never reached.
    """
    out = np.full((len(lay.face_cell), 4), np.inf, np.float32)
    cells = np.repeat(np.arange(lay.rows), np.diff(lay.face_start))
    i, j = np.divmod(cells, lay.shape[1])
    own = lay.labels[i + 1, j + 1, lay.face_cell + 1]
    between = lay.face_kind[:, 0] == TISSUE
    a, b = rows[own[between]], rows[lay.labels.reshape(-1)[lay.face_there[between]]]
    series = 2.0 * a["warm_k"] * b["warm_k"] / (a["warm_k"] + b["warm_k"])
    out[between] = np.column_stack(
        [a["theta_liquidus"], b["theta_liquidus"], series / b["warm_k"] - 1.0, series / a["warm_k"] - 1.0]
    )
    return out


def _runs(labels: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Stretches of one tissue within each row, gas left out."""
    length = labels.shape[2]
    lines = labels.reshape(-1, length)
    starts = np.ones(lines.shape, bool)
    starts[:, 1:] = lines[:, 1:] != lines[:, :-1]
    row, first = np.nonzero(starts)
    last = np.empty_like(first)
    last[:-1] = np.where(row[1:] == row[:-1], first[1:], length)
    last[-1] = length
    label = lines[row, first]
    keep = label != 255
    row = row[keep]
    runs = np.stack([first[keep], last[keep], label[keep]], axis=1).astype(np.int32)
    return np.searchsorted(row, np.arange(len(lines) + 1)).astype(np.int64), np.ascontiguousarray(runs)
