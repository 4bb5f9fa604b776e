"""A scene laid out in memory: which tissue each cell is of, where stretches and faces lie, what each face conducts.

Compiled where it goes from cell to cell: a rule that makes cells another tissue has all of it laid out anew.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from iceball.kernels import compiled
from iceball.physics.heat import potential
from iceball.solve.layout import GAS, HELD, TISSUE, WALL, Layout
from iceball.solve.rows import FIELDS, labels_of
from iceball.solve.scene import Scene
from iceball.solve.wall import film_conductance
from iceball.units import MM_PER_M

Array = NDArray[Any]
LEAST_PLAIN, LEAST_BETWEEN = 16, 64
"""Shorter stretches of one tissue do not pay for a loop of their own; in rows of several tissues each would part two
others, and longer ones do not pay either (the bundled kidney: a fifth less time in the stages than with 16)."""

kernel = compiled(nogil=True, error_model="numpy")
flat = compiled(nogil=True, error_model="numpy", _nrt=False)
within = compiled(nogil=True, error_model="numpy", _nrt=False, forceinline=True)
"""Without reference counts (see `cpu.HOW`)."""


class Conducts(NamedTuple):
    """W/m3/K of a face along each axis, by what lies on its sides; nothing through a side that is gas."""

    between: NDArray[np.float32]
    """Two tissues: shape (3, 256, 256)."""
    films: NDArray[np.float32]
    """Tissue and wall, as the wall is at rest: shape (3, 256, walls)."""
    outer: NDArray[np.float32]
    """Tissue and what is held beyond the lower and the upper outer face: shape (3, 2, 256)."""
    ever: NDArray[np.bool_]
    """Whether a wall conducts at any time: shape (walls,)."""


def lay_out(scene: Scene, rows: Array) -> Layout:
    """The layout of a scene with its property rows, all walls at rest."""
    shape = scene.grid.shape
    padded = (shape[0] + 2, shape[1] + 2, shape[2] + 2)
    spacing = tuple(s / MM_PER_M for s in scene.grid.spacing_mm)
    of_wall = np.full(256, GAS, np.uint8)
    of_wall[[wall.label for wall in scene.walls]] = np.arange(len(scene.walls))
    walls = np.pad(of_wall[scene.labels], 1, constant_values=GAS)
    labels = np.pad(scene.labels, 1, constant_values=GAS)
    labels[walls != GAS] = GAS
    held = np.array([np.nan if t is None else t for t in scene.outer_c], float)
    edge_psi = _edges(scene, rows, labels, walls, held)
    kin = _kin(scene, rows, labels)
    conducts = _conducts(scene, rows, spacing, held)
    face_start, face_cell, face_there, face_kind, face_k = _faces(labels, kin, walls, conducts)
    run_start, runs = _stretches(labels, 0, 0)
    piece_start, pieces = _stretches(labels, LEAST_PLAIN, LEAST_BETWEEN)
    slot = _slots(pieces, piece_start, shape)
    conduct = np.zeros((int((slot >= 0).sum()), 3, padded[2]), np.float32)
    _conduct(np.argwhere(slot >= 0), padded, labels.reshape(-1), walls.reshape(-1), conducts, conduct)
    source = np.zeros((0, 0, 0), np.float32)
    if scene.source is not None:
        source = np.pad(np.where(scene.solved, scene.source, 0.0).astype(np.float32), 1)
    return Layout(
        shape, padded, spacing, labels, kin, run_start, runs, piece_start, pieces, slot, conduct, edge_psi,  # type: ignore[arg-type]
        face_start, face_cell, face_there, face_kind, face_k,
        np.array([[w.h, w.ambient_c] for w in scene.walls], float).reshape(-1, 2), held, source,
    )  # fmt: skip


def _edges(scene: Scene, rows: Array, labels: Array, walls: Array, held: NDArray[np.float64]) -> Array:
    of_wall = np.zeros(256, np.float32)
    of_wall[: len(scene.walls)] = [wall.ambient_c - scene.body_c for wall in scene.walls]
    psi = of_wall[walls]
    for number, celsius in enumerate(held):
        if not np.isnan(celsius):
            of = np.zeros(256)
            for label in labels_of(rows):
                of[label] = potential(celsius, rows[label]) / rows["warm_k"][label]
            axis, side = divmod(number, 2)
            ghosts, cells = ([slice(1, -1)] * 3 for _ in range(2))
            ghosts[axis], cells[axis] = (slice(-1, None), slice(-2, -1)) if side else (slice(0, 1), slice(1, 2))
            psi[tuple(ghosts)] = of[labels[tuple(cells)]]
    return psi


def _kin(scene: Scene, rows: Array, labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Labels in which no border is seen where only the blood changed: there heat knows none."""
    names = list(FIELDS[: FIELDS.index("stop")])
    of = np.arange(256, dtype=np.uint8)
    for rule in scene.rules:
        if rows[names][rule.label] == rows[names][rule.becomes]:
            of[of == of[rule.becomes]] = of[rule.label]
    return labels if (of == np.arange(256)).all() else of[labels]


def _conducts(scene: Scene, rows: Array, spacing: tuple[float, ...], held: NDArray[np.float64]) -> Conducts:
    used = np.array(labels_of(rows))
    warm_k = rows["warm_k"][used]
    h, ever = np.array([w.h for w in scene.walls]), np.array([w.may_conduct for w in scene.walls], bool)
    between, films = np.zeros((3, 256, 256), np.float32), np.zeros((3, 256, len(h)), np.float32)
    outer = np.zeros((3, 2, 256), np.float32)
    series = 2.0 * np.multiply.outer(warm_k, warm_k) / np.add.outer(warm_k, warm_k)
    for axis, d in enumerate(spacing):
        between[axis][np.ix_(used, used)] = series / d**2
        films[axis, used] = film_conductance(d, warm_k[:, None], h[None, :])
        for side in np.flatnonzero(~np.isnan(held[2 * axis : 2 * axis + 2])):
            outer[axis, side, used] = 2.0 * warm_k / d**2
    return Conducts(between, films, outer, ever)


def _slots(pieces: NDArray[np.int32], piece_start: NDArray[np.int64], shape: tuple[int, ...]) -> NDArray[np.int32]:
    """Padded (x, y): places for the rows that have mixed pieces and for their lower neighbours, elsewhere -1."""
    row = np.repeat(np.arange(shape[0] * shape[1]), np.diff(piece_start))[pieces[:, 2] == GAS]
    i, j = np.divmod(np.unique(row), shape[1])
    needed = np.zeros((shape[0] + 2, shape[1] + 2), bool)
    for at in ((i + 1, j + 1), (i, j + 1), (i + 1, j)):
        needed[at] = True
    slot = np.full(needed.shape, -1, np.int32)
    slot[needed] = np.arange(int(needed.sum()))
    return slot


# --- from cell to cell ----------------------------------------------------------------------------------------------


@within
def _through(axis, low, high, labels, walls, conducts):  # type: ignore[no-untyped-def]
    """W/m3/K of the face between a cell and the next one along an axis, both within the frame."""
    here, there = labels[low], labels[high]
    if here != GAS and there != GAS:
        return conducts.between[axis, here, there]
    if here != GAS and walls[high] != GAS:
        return conducts.films[axis, here, walls[high]]
    if there != GAS and walls[low] != GAS:
        return conducts.films[axis, there, walls[low]]
    return np.float32(0.0)


@kernel
def _faces(labels, kin, walls, conducts):  # type: ignore[no-untyped-def]
    """Faces that may need more than a number, or lead outside: as `Layout` has them, from `face_start` on."""
    nx, ny, nz = labels.shape
    rows = (nx - 2) * (ny - 2)
    flat_labels, flat_kin, flat_walls = labels.reshape(-1), kin.reshape(-1), walls.reshape(-1)
    start = np.zeros(rows + 1, np.int64)
    cell, there = np.empty(0, np.int32), np.empty(0, np.int32)
    kinds, through = np.empty((0, 3), np.uint8), np.empty(0, np.float32)
    for fill in (False, True):
        if fill:
            count = start[rows]
            cell, there = np.empty(count, np.int32), np.empty(count, np.int32)
            kinds, through = np.empty((count, 3), np.uint8), np.empty(count, np.float32)
        n = 0
        for row in range(rows):
            i, j = row // (ny - 2) + 1, row % (ny - 2) + 1
            for c in range(1, nz - 1):
                x = (i * ny + j) * nz + c
                if flat_labels[x] == GAS:
                    continue
                for axis in range(3):
                    stride = ny * nz if axis == 0 else nz if axis == 1 else 1
                    at, last = (i, nx - 2) if axis == 0 else (j, ny - 2) if axis == 1 else (c, nz - 2)
                    for side in range(2):
                        y = x + stride if side == 1 else x - stride
                        if flat_kin[x] == flat_kin[y]:
                            continue
                        if at == (last if side == 1 else 1):
                            kind, which, k = HELD, 2 * axis + side, conducts.outer[axis, side, flat_labels[x]]
                        else:
                            kind, which = (TISSUE, 0) if flat_walls[y] == GAS else (WALL, int(flat_walls[y]))
                            k = _through(axis, min(x, y), max(x, y), flat_labels, flat_walls, conducts)
                        if kind == TISSUE or k > 0.0 or (kind == WALL and conducts.ever[which]):
                            if fill:
                                cell[n], there[n], through[n] = c - 1, y, k
                                kinds[n, 0], kinds[n, 1], kinds[n, 2] = kind, axis, which
                            n += 1
            start[row + 1] = n
    return start, cell, there, kinds, through


@kernel
def _stretches(labels, least_alone, least_between):  # type: ignore[no-untyped-def]
    """Of each row the start of its stretches of tissue, and these: first cell, one past the last, label.

    Where a least length is asked for, a stretch ends also where a cell touches another tissue or gas in any direction.
    Such cells and stretches shorter than that, in rows with one tissue alone or between several, have the label GAS.
    """
    nx, ny, nz = labels.shape
    rows, length = (nx - 2) * (ny - 2), nz - 2
    start, own = np.zeros(rows + 1, np.int64), np.empty(length, np.int16)
    out = np.empty((0, 3), np.int32)
    for fill in (False, True):
        if fill:
            out = np.empty((start[rows], 3), np.int32)
        n = 0
        for row in range(rows):
            i, j = row // (ny - 2) + 1, row % (ny - 2) + 1
            _tissues(labels, i, j, least_alone, least_between, own)
            first = 0
            for c in range(1, length + 1):
                if c == length or own[c] != own[first]:
                    if own[first] >= 0:
                        if fill:
                            out[n, 0], out[n, 1], out[n, 2] = first, c, own[first]
                        n += 1
                    first = c
            start[row + 1] = n
    return start, out


@kernel
def _tissues(labels, i, j, least_alone, least_between, own):  # type: ignore[no-untyped-def]
    """What `_stretches` takes each cell of a row for: its label, GAS where it is mixed; -1 in gas."""
    length, alone, found = own.size, True, -1
    for c in range(length):
        label = labels[i, j, c + 1]
        own[c] = -1 if label == GAS else label
        if label != GAS:
            alone = alone and (found < 0 or found == label)
            found = label
    least = least_alone if alone else least_between
    if least == 0:
        return
    for c in range(length):
        label = labels[i, j, c + 1]
        if own[c] >= 0 and (labels[i - 1, j, c + 1] != label or labels[i + 1, j, c + 1] != label
                            or labels[i, j - 1, c + 1] != label or labels[i, j + 1, c + 1] != label
                            or labels[i, j, c] != label or labels[i, j, c + 2] != label):  # fmt: skip
            own[c] = GAS
    first = 0
    for c in range(1, length + 1):
        if c == length or own[c] != own[first]:
            if own[first] >= 0 and c - first < least:
                own[first:c] = GAS
            first = c


@flat
def _conduct(columns, shape, labels, walls, conducts, out):  # type: ignore[no-untyped-def]
    """Fill `Layout.conduct` for some padded rows (x, y); labels and walls are flat, of a padded grid of a shape."""
    nx, ny, nz = shape
    for slot in range(columns.shape[0]):
        i, j = columns[slot, 0], columns[slot, 1]
        for axis in range(3):
            stride = ny * nz if axis == 0 else nz if axis == 1 else 1
            for c in range(nz - 1 if axis == 2 else nz):
                at, last = (i, nx - 2) if axis == 0 else (j, ny - 2) if axis == 1 else (c, nz - 2)
                x = (i * ny + j) * nz + c
                if at == 0:
                    out[slot, axis, c] = conducts.outer[axis, 0, labels[x + stride]]
                elif at == last:
                    out[slot, axis, c] = conducts.outer[axis, 1, labels[x]]
                else:
                    out[slot, axis, c] = _through(axis, x, x + stride, labels, walls, conducts)
