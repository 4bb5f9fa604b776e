"""How cells lie in memory: one frame of ghost cells, rows along z, and how each face conducts.

The stored potential is psi = theta / k_unfrozen: in unfrozen tissue the temperature above the body's. So a face
conducts `K (psi there - psi here)`, with one number K a face, wherever both sides are of one tissue (frozen or not) or
both are unfrozen; gas and outer faces conduct so too, psi of a gas cell being its ambient temperature. Only faces
between two tissues, or between tissue and gas, of which one side is cold need more; they are listed row by row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.physics.heat import potential
from iceball.solve.rows import FIELDS
from iceball.solve.scene import Scene
from iceball.solve.wall import film_conductance
from iceball.units import MM_PER_M

TISSUE, WALL, HELD = range(3)
GAS = 255
LEAST_PLAIN, LEAST_BETWEEN = 16, 64
"""Shorter stretches of one tissue do not pay for a loop of their own; in rows of several tissues each would part two
others, and longer ones do not pay either (the bundled kidney: a fifth less time in the stages than with 16)."""


@dataclass(frozen=True, eq=False)
class Layout:
    """Where everything is. `shape` is without, `padded` with the frame of ghost cells; a row is one (x, y)."""

    shape: tuple[int, int, int]
    padded: tuple[int, int, int]
    spacing_m: tuple[float, float, float]
    labels: NDArray[np.uint8]
    """Padded; 255 in gas and ghosts."""
    kin: NDArray[np.uint8]
    """The same where tissues that differ in their blood only, and become each other by a rule, have one label."""
    run_start: NDArray[np.int64]
    """Of each row, into `runs`; one more at the end."""
    runs: NDArray[np.int32]
    """Stretches of one tissue: first cell, one past the last, label."""
    piece_start: NDArray[np.int64]
    pieces: NDArray[np.int32]
    """Stretches of tissue: first cell, one past the last, and the label where all faces join cells of it, else 255."""
    slot: NDArray[np.int32]
    """Padded (x, y): a row's place in `conduct`, or -1."""
    conduct: NDArray[np.float32]
    """Shape (slots, 3, cells of a padded row): W/m3/K of the face towards the next cell along x, y, z."""
    edge_psi: NDArray[np.float32]
    """Padded: psi of gas cells and of ghosts beyond held faces; 0 elsewhere."""
    face_start: NDArray[np.int64]
    """Of each row, into the faces that may need more than K."""
    face_cell: NDArray[np.int32]
    """Cell within its row."""
    face_there: NDArray[np.int32]
    """Flat padded index of the neighbour."""
    face_kind: NDArray[np.uint8]
    """Kind, axis, and which wall or outer face: shape (faces, 3)."""
    face_k: NDArray[np.float32]
    """The face's W/m3/K."""
    wall_values: NDArray[np.float64]
    """h and ambient temperature of each wall now; with it `face_k`, `conduct` and `edge_psi` change (`films.turn`)."""
    held_values: NDArray[np.float64]
    """Temperature of the six outer faces; NaN where closed."""
    source: NDArray[np.float32]
    """Padded, W/m3: heat made in each cell all the time; empty where there is none."""

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self.shape[0] * self.shape[1]

    @property
    def cell_m3(self) -> float:
        """Volume of one cell."""
        return self.spacing_m[0] * self.spacing_m[1] * self.spacing_m[2]

    @property
    def strides(self) -> tuple[int, int, int]:
        """Cells of the padded grid from one to the next along x, y, z."""
        return self.padded[1] * self.padded[2], self.padded[2], 1

    @property
    def base(self) -> NDArray[np.int64]:
        """Flat padded index of the first cell of each row."""
        nx, ny, _ = self.shape
        of_row = self.strides[0] * np.arange(1, nx + 1)[:, None] + self.strides[1] * np.arange(1, ny + 1) + 1
        return np.asarray(of_row.reshape(-1), np.int64)

    @property
    def inverse_squares(self) -> NDArray[np.float64]:
        """1 / spacing^2 along x, y, z."""
        return np.asarray(1.0 / np.square(np.array(self.spacing_m)))

    def conductances(self, rows: NDArray[Any]) -> list[NDArray[np.float32]]:
        """`conduct` of every row, padded, towards the next cell along x, y and z."""
        warm_k = np.append(np.nan_to_num(rows["warm_k"][:GAS]), 0.0)[self.labels]
        dense = []
        for axis, square in enumerate(self.inverse_squares):
            k = (warm_k * square).astype(np.float32)
            k[self.slot >= 0] = self.conduct[self.slot[self.slot >= 0], axis]
            dense.append(k)
        return dense

    def inner(self, field: NDArray[Any]) -> NDArray[Any]:
        """A field without its frame (a view)."""
        return field.reshape(self.padded)[1:-1, 1:-1, 1:-1]


def lay_out(scene: Scene, rows: NDArray[Any]) -> Layout:
    """The layout of a scene with its property rows, all walls at rest."""
    shape = scene.grid.shape
    padded = (shape[0] + 2, shape[1] + 2, shape[2] + 2)
    solved = scene.solved
    labels = np.full(padded, GAS, np.uint8)
    inner = labels[1:-1, 1:-1, 1:-1]
    inner[...] = np.where(solved, scene.labels, GAS)
    spacing = tuple(s / MM_PER_M for s in scene.grid.spacing_mm)
    held = np.array([np.nan if t is None else t for t in scene.outer_c], float)
    edge_psi = _edges(scene, rows, labels, held)
    kin = _kin(scene, rows, labels)
    k, faces = _faces(scene, rows, labels, kin, spacing, held)
    special = _special(k, labels)
    own = np.where(inner == GAS, -1, inner.astype(np.int16))
    alone = own.max(axis=2) == np.where(own < 0, GAS, own).min(axis=2)
    least = np.where(alone, LEAST_PLAIN, LEAST_BETWEEN).reshape(-1)
    piece_start, pieces = _stretches(np.where(special & (own >= 0), GAS, own), GAS, least)
    run_start, runs = _stretches(own, None, least)
    slot, conduct = _compact(k, pieces, piece_start, shape)
    count = shape[0] * shape[1]
    row, cell, there, kinds, face_k = (np.concatenate(f) for f in zip(*faces, strict=True))
    order = np.lexsort((cell, row))
    source = np.zeros((0, 0, 0), np.float32)
    if scene.source is not None:
        source = np.pad(np.where(solved, scene.source, 0.0).astype(np.float32), 1)
    return Layout(
        shape, padded, spacing, labels, kin, run_start, runs, piece_start, pieces, slot, conduct, edge_psi,  # type: ignore[arg-type]
        np.searchsorted(row[order], np.arange(count + 1)).astype(np.int64), cell[order], there[order],
        np.ascontiguousarray(kinds[order]), face_k[order],
        np.array([[w.h, w.ambient_c] for w in scene.walls], float).reshape(-1, 2), held, source,
    )  # fmt: skip


def _side(axis: int, side: int) -> tuple[slice, ...]:
    """The padded neighbours of all inner cells."""
    step = [slice(1, -1)] * 3
    step[axis] = slice(2, None) if side else slice(0, -2)
    return tuple(step)


def _ends(axis: int, side: int, *, frame: bool) -> tuple[Any, ...]:
    """The outermost layer of inner cells, or the ghosts beyond it."""
    at: list[Any] = [slice(1, -1)] * 3
    at[axis] = (-1 if side else 0) if frame else (-2 if side else 1)
    return tuple(at)


def _edges(scene: Scene, rows: NDArray[Any], labels: NDArray[np.uint8], held: NDArray[np.float64]) -> NDArray[Any]:
    psi = np.zeros(labels.shape, np.float32)
    inner = psi[1:-1, 1:-1, 1:-1]
    for wall in scene.walls:
        inner[scene.labels == wall.label] = wall.ambient_c - scene.body_c
    for number, celsius in enumerate(held):
        if not np.isnan(celsius):
            ghosts, cells = (_ends(*divmod(number, 2), frame=f) for f in (True, False))
            of = np.zeros(256)
            for label in np.unique(labels[cells]):
                if label != GAS:
                    of[label] = potential(celsius, rows[label]) / rows["warm_k"][label]
            psi[ghosts] = of[labels[cells]]
    return psi


def _kin(scene: Scene, rows: NDArray[Any], labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Labels in which no border is seen where only the blood changed: there heat knows none."""
    names = list(FIELDS[: FIELDS.index("stop")])
    of = np.arange(256, dtype=np.uint8)
    for rule in scene.rules:
        if rows[names][rule.label] == rows[names][rule.becomes]:
            of[of == of[rule.becomes]] = of[rule.label]
    return labels if (of == np.arange(256)).all() else of[labels]


def _faces(
    scene: Scene,
    rows: NDArray[Any],
    labels: NDArray[np.uint8],
    kin: NDArray[np.uint8],
    spacing: tuple[float, ...],
    held: NDArray[np.float64],
) -> tuple[list[NDArray[np.float32]], list[tuple[NDArray[Any], ...]]]:
    """W/m3/K of the face above each padded cell along x, y, z; and the faces that may need more, or lead outside."""
    shape = scene.grid.shape
    warm_k = np.append(rows["warm_k"][:GAS], np.nan)
    wall_of = np.full(256, GAS, np.uint8)
    for n, wall in enumerate(scene.walls):
        wall_of[wall.label] = n
    gas = np.full(labels.shape, GAS, np.uint8)
    gas[1:-1, 1:-1, 1:-1] = wall_of[scene.labels]
    flat = np.arange(labels.size, dtype=np.int32).reshape(labels.shape)
    film = np.array([w.h for w in scene.walls] + [0.0] * (256 - len(scene.walls)))
    conducts = np.array([w.may_conduct for w in scene.walls] + [False] * (256 - len(scene.walls)))
    conduct, faces = [], []
    for axis in range(3):
        lower: list[Any] = [slice(None)] * 3
        upper: list[Any] = [slice(None)] * 3
        lower[axis], upper[axis] = slice(0, -1), slice(1, None)
        d = spacing[axis]
        k = np.zeros(labels.shape, np.float32)
        face = k[tuple(lower)]
        below, above = labels[tuple(lower)], labels[tuple(upper)]
        series = np.zeros((256, 256), np.float32)
        series[...] = 2.0 * np.multiply.outer(warm_k, warm_k) / np.add.outer(warm_k, warm_k) / d**2
        face[...] = np.nan_to_num(series[below, above])
        cooled = film_conductance(d, warm_k[:, None], film[None, :]).astype(np.float32)
        for side in (0, 1):
            here, gap = (below, gas[tuple(upper)]) if side else (above, gas[tuple(lower)])
            at = (here != GAS) & (gap != GAS)
            face[at] = cooled[here[at], gap[at]]
            frame = _ends(axis, side, frame=True)
            cells = _ends(axis, side, frame=False)
            to_ghost = cells if side else frame
            outside = 0.0 if np.isnan(held[2 * axis + side]) else np.nan_to_num(2.0 * warm_k / d**2)[labels[cells]]
            k[to_ghost] = outside
        for side in (0, 1):
            inner = labels[1:-1, 1:-1, 1:-1]
            border = kin[1:-1, 1:-1, 1:-1] != kin[_side(axis, side)]
            i, j, c = np.nonzero(border & (inner != GAS))
            edge = (i, j, c)[axis] == (shape[axis] - 1 if side else 0)
            there = flat[_side(axis, side)][i, j, c]
            number = gas.reshape(-1)[there]
            kind = np.where(edge, HELD, np.where(number != GAS, WALL, TISSUE)).astype(np.uint8)
            which = np.where(edge, 2 * axis + side, np.where(number != GAS, number, 0)).astype(np.uint8)
            lower_cell = flat[1:-1, 1:-1, 1:-1][i, j, c] if side else there
            face_k = k.reshape(-1)[lower_cell]
            open_ = (kind == TISSUE) | (face_k > 0) | ((kind == WALL) & conducts[which])
            row = (i * shape[1] + j).astype(np.int64)
            kinds = np.stack([kind, np.full_like(kind, axis), which], axis=1)
            faces.append(tuple(v[open_] for v in (row, c.astype(np.int32), there, kinds, face_k)))
        conduct.append(k)
    return conduct, faces


def _special(k: list[NDArray[np.float32]], labels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Cells of which some face does not join two cells of their tissue."""
    inner = labels[1:-1, 1:-1, 1:-1]
    out = np.zeros(inner.shape, bool)
    for axis in range(3):
        for side in (0, 1):
            out |= labels[_side(axis, side)] != inner
    return out


def _stretches(
    labels: NDArray[Any], mixed: int | None, least: NDArray[Any]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Stretches of one value within each row, without those of -1; shorter than the row's least they become `mixed`."""
    length = labels.shape[2]
    lines = labels.reshape(-1, length).astype(np.int16)
    if mixed is not None:
        row, first, last, label = _cut(lines, length)
        short = (last - first < least[row]) & (label >= 0)
        lines = np.repeat(np.where(short, mixed, label), last - first).reshape(lines.shape).astype(np.int16)
    row, first, last, label = _cut(lines, length)
    keep = label >= 0
    row = row[keep]
    runs = np.stack([first[keep], last[keep], label[keep]], axis=1).astype(np.int32)
    return np.searchsorted(row, np.arange(len(lines) + 1)).astype(np.int64), np.ascontiguousarray(runs)


def _cut(lines: NDArray[np.int16], length: int) -> tuple[NDArray[Any], ...]:
    starts = np.ones(lines.shape, bool)
    starts[:, 1:] = lines[:, 1:] != lines[:, :-1]
    row, first = np.nonzero(starts)
    last = np.empty_like(first)
    last[:-1] = np.where(row[1:] == row[:-1], first[1:], length)
    last[-1] = length
    return row, first, last, lines[row, first]


def _compact(
    k: list[NDArray[np.float32]], pieces: NDArray[np.int32], piece_start: NDArray[np.int64], shape: tuple[int, ...]
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Conductances of the rows that have mixed pieces, and of their lower neighbours."""
    row = np.repeat(np.arange(shape[0] * shape[1]), np.diff(piece_start))[pieces[:, 2] == GAS]
    i, j = np.divmod(np.unique(row), shape[1])
    needed = np.zeros(k[0].shape[:2], bool)
    for at in ((i + 1, j + 1), (i, j + 1), (i + 1, j)):
        needed[at] = True
    slot = np.full(needed.shape, -1, np.int32)
    slot[needed] = np.arange(int(needed.sum()))
    return slot, np.stack([a[needed] for a in k], axis=1)
