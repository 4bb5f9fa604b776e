"""The tables of a run as a GPU reads them: a few long arrays, each beginning with the places of its parts.

Every array handed to a kernel costs the host a microsecond or two in each launch; so what belongs together is joined.
The numbers are those of the other machines: the property table, the faces' tables and the needles' `Tables`, put in the
order in which many threads ask for them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.solve.layout import Layout
from iceball.solve.needle_heat import Tables

Array = NDArray[Any]

(LINE, LABEL, RING_START, RING_CELL, GROUP_START, MEMBER, BLOCK_START, LINES_START, LINES, CELLS, CELL_START,
 CELL_ENTRY, PIECE_A, PIECE_B, LINE_START, SLOT) = range(16)  # fmt: skip
"""Parts of the needles' whole numbers. A ring cell of another tissue is written as -cell - 1."""
RING_WEIGHT, DROP, SHARE_A, SHARE_B, FILM = range(5)
"""Parts of the needles' real numbers."""
STRENGTH, SEEN, RING, INVERSE, BUILT, Q, RIGHT, CHANGE, COOLS, SLOPE, MATRIX, SINK = range(12)
"""Parts of what the needles' solution carries from call to call."""


def packed(parts: list[Array], kind: type[np.generic]) -> Array:
    """One array of all parts; its first entries are the places of their first elements, and of the end."""
    header = len(parts) + 1
    places = header + np.cumsum([0, *(part.size for part in parts)])
    return np.concatenate([places, *(np.ravel(part) for part in parts)]).astype(kind)


def part(pack: Array, n: int) -> Array:
    """The n-th part of a packed array, as a view."""
    return pack[int(pack[n]) : int(pack[n + 1])]


def needle_tables(n: Tables, lines: int) -> tuple[Array, Array]:
    """The needles' `Tables` as whole numbers and real numbers, ordered by piece and by cell."""
    cell = np.concatenate([np.repeat(n.ring_cell, 2), -n.other_cell - 1])
    piece = np.concatenate([n.ring_piece.reshape(-1), n.other_piece])
    weight = np.concatenate([n.ring_weight.reshape(-1), n.other_weight])
    used = weight != 0.0
    cell, piece, weight = cell[used], piece[used], weight[used]
    order = np.argsort(piece, kind="stable")
    groups = n.group_start.size - 1
    driven = [np.unique(n.line[n.member[n.group_start[g] : n.group_start[g + 1]]]) for g in range(groups)]
    entry = np.argsort(n.slot, kind="stable")
    whole = [
        n.line, n.label, np.searchsorted(piece[order], np.arange(n.line.size + 1)), cell[order], n.group_start,
        n.member, n.block_start, np.cumsum([0, *(d.size for d in driven)]), np.concatenate([np.zeros(0), *driven]),
        n.cells, np.searchsorted(n.slot[entry], np.arange(n.cells.size + 1)), entry, n.sink_piece[:, 0],
        n.sink_piece[:, 1], n.sink_start if lines else np.zeros(1), n.slot,
    ]  # fmt: skip
    real = [weight[order], n.drop, n.sink_share[:, 0], n.sink_share[:, 1], n.share]
    return packed(whole, np.int32), packed(real, np.float64)


def needle_work(n: Tables, lines: int) -> Array:
    """Room for the needles' solution at the start of a run: nothing taken, nothing inverted."""
    pieces, drop = n.line.size, n.drop.size
    sizes = (pieces, pieces, pieces, drop, 2 * lines, *[pieces] * 5, 2 * drop, n.cells.size)
    parts = [np.zeros(size) for size in sizes]
    parts[BUILT][:] = -1.0
    return packed(parts, np.float64)


def face_tables(lay: Layout, pair: Array, words: Array, scale: Array) -> tuple[Array, Array, Array, Array]:
    """Where each row's listed faces begin; cell, neighbour, kind, axis and two words of each; its W/m3/K; the words.

    A word is one line of numbers: its first entry's psi, entries per K, then the entries.
    """
    faces = np.column_stack([lay.face_cell, lay.face_there, lay.face_kind[:, 0], lay.face_kind[:, 1], pair])
    lines = np.concatenate([scale, words], axis=1)
    return (lay.face_start.astype(np.int32), faces.astype(np.int32).reshape(-1), lay.face_k.astype(np.float32),
            lines.astype(np.float32).reshape(-1))  # fmt: skip
