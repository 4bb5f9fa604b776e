"""How cells lie in memory: one frame of ghost cells, rows along z, and how each face conducts.

The stored potential is psi = theta / k_unfrozen: in unfrozen tissue the temperature above the body's. So a face
conducts `K (psi there - psi here)`, with one number K a face, wherever both sides are of one tissue (frozen or not) or
both are unfrozen; gas and outer faces conduct so too, psi of a gas cell being its ambient temperature. Only faces
between two tissues, or between tissue and gas, of which one side is cold need more; they are listed row by row.
`laying` makes one of a scene.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

TISSUE, WALL, HELD = range(3)
GAS = 255


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
