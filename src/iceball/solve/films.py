"""Films: the faces between tissue and a wall, and what they conduct now."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.physics.heat import potential
from iceball.solve.layout import WALL, Layout
from iceball.solve.rows import ENTRIES, film_fluxes, inverse_potential, numbers
from iceball.solve.wall import film_conductance

Array = NDArray[Any]
Table = tuple[NDArray[np.float64], float, float]
ABOVE_C = 60.0
"""Tables of films reach this far above what is warm there."""


def turn(lay: Layout, rows: Array, values: NDArray[np.float64], body_c: float) -> None:
    """Give every wall its h and ambient temperature, shape (walls, 2), in place: a layout may be large."""
    at, cell = beside(lay)
    axis, which = lay.face_kind[at, 1], lay.face_kind[at, 2]
    there, lower = lay.face_there[at], np.minimum(cell, lay.face_there[at])
    d = np.array(lay.spacing_m)[axis]
    k = film_conductance(d, rows["warm_k"][lay.labels.reshape(-1)[cell]], values[which, 0]).astype(np.float32)
    column, along = np.divmod(lower, lay.padded[2])
    lay.face_k[at] = k
    lay.conduct[lay.slot.reshape(-1)[column], axis, along] = k
    lay.edge_psi.reshape(-1)[there] = values[which, 1] - body_c
    lay.wall_values[...] = values


def beside(lay: Layout) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The listed faces of walls, and the flat padded index of the tissue's cell at each."""
    at = np.flatnonzero(lay.face_kind[:, 0] == WALL)
    row = np.searchsorted(lay.face_start, at, side="right") - 1
    return at, lay.base[row] + lay.face_cell[at]


def chilling(lay: Layout, rows: Array) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Of each row the first and one past the last cell whose surface a wall may freeze now, however warm the cell is.

    None: the row's length and 0.
    """
    low, high = np.full(lay.rows, lay.shape[2], np.int32), np.zeros(lay.rows, np.int32)
    at, cell = beside(lay)
    h, ambient = lay.wall_values[lay.face_kind[at, 2]].T
    cold = (h > 0.0) & (ambient < rows["liquidus"][lay.labels.reshape(-1)[cell]])
    row = np.searchsorted(lay.face_start, at[cold], side="right") - 1
    np.minimum.at(low, row, lay.face_cell[at[cold]])
    np.maximum.at(high, row, lay.face_cell[at[cold]] + 1)
    return low, high


class Films:
    """Flux through each kind of film by the potential of the tissue's cell: a table a kind, made once and kept.

    A kind is a tissue, a wall and an axis; a spot that is painted again and again meets the same h and temperature.
    """

    def __init__(self, lay: Layout, rows: Array, coldest_c: float) -> None:
        self.rows, self.coldest_c = rows, coldest_c
        self.made: dict[tuple[int, float, float, float], Table] = {}
        self.lay_down(lay)

    def lay_down(self, lay: Layout) -> None:
        """Take the kinds that a layout has."""
        at, cell = beside(lay)
        own, which = lay.labels.reshape(-1)[cell].astype(np.int64), lay.face_kind[at, 2].astype(np.int64)
        self.codes, self.of_face = np.unique((own * 256 + which) * 4 + lay.face_kind[at, 1], return_inverse=True)

    def tables(self, lay: Layout) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """W/m3 into the cell, evenly spaced in its psi, (kinds, ENTRIES); first psi and entries per K, (kinds, 2)."""
        flux = np.zeros((len(self.codes), ENTRIES), np.float32)
        scale = np.zeros((len(self.codes), 2), np.float32)
        for n, code in enumerate(self.codes):
            (label, wall), d = divmod(int(code) // 4, 256), lay.spacing_m[int(code) % 4]
            h, ambient = lay.wall_values[wall]
            kind = label, float(h), float(ambient), d
            if kind not in self.made:
                self.made[kind] = self._made(*kind)
            flux[n], *scale[n] = self.made[kind]
        return flux, scale

    def _made(self, label: int, h: float, ambient_c: float, d: float) -> Table:
        row, m = self.rows[label], numbers(self.rows[label])
        top = max(m.liquidus, ambient_c, 40.0) + ABOVE_C
        psi = np.linspace(potential(min(self.coldest_c, m.solidus - 1.0), row), potential(top, row), ENTRIES) / m.warm_k
        celsius = inverse_potential(psi * m.warm_k, row)
        flux = film_fluxes(celsius, ambient_c, h, 0.5 * d, row) / d
        return flux, psi[0], (ENTRIES - 1) / (psi[-1] - psi[0])
