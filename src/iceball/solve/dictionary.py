"""What faces between two tissues, or between tissue and a wall, are read with: two tables each, in one dictionary."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.solve.films import Films
from iceball.solve.layout import TISSUE, WALL, Layout
from iceball.solve.rows import ENTRIES, translation

Array = NDArray[Any]
Translation = tuple[NDArray[np.float64], float, float]
LABELS = 256


class Dictionary:
    """Translations of psi between tissues, a table a pair, and fluxes through films, made once and kept."""

    def __init__(self, rows: Array, films: Films) -> None:
        self.rows, self.films = rows, films
        self.made: dict[int, Translation] = {}

    def of(self, lay: Layout) -> tuple[Array, Array, Array]:
        """For each listed face the places of its two tables; all tables, the films' last; and how they are scaled.

        Returns:
            int32 (faces, 2); float32 (tables, ENTRIES); first psi and entries per K, float32 (tables, 2).
        """
        row = np.repeat(np.arange(lay.rows), np.diff(lay.face_start))
        own = lay.labels.reshape(-1)[lay.base[row] + lay.face_cell].astype(np.int64)
        other = lay.labels.reshape(-1)[lay.face_there].astype(np.int64)
        tissue, wall = lay.face_kind[:, 0] == TISSUE, lay.face_kind[:, 0] == WALL
        there, back = (own * LABELS + other)[tissue], (other * LABELS + own)[tissue]
        codes = np.flatnonzero(np.bincount(there, minlength=LABELS**2) + np.bincount(back, minlength=LABELS**2))
        place = np.zeros(LABELS**2, np.int32)
        place[codes] = np.arange(codes.size)
        pair = np.zeros((row.size, 2), np.int32)
        pair[tissue, 0], pair[tissue, 1] = place[there], place[back]
        pair[wall] = (codes.size + self.films.of_face)[:, None]
        words, scale = np.zeros((codes.size, ENTRIES), np.float32), np.zeros((codes.size, 2), np.float32)
        for n, code in enumerate(codes.tolist()):
            if code not in self.made:
                self.made[code] = translation(self.rows, *divmod(code, LABELS), self.films.coldest_c)
            words[n], *scale[n] = self.made[code]
        flux, flux_scale = self.films.tables(lay)
        return pair, np.concatenate([words, flux]), np.concatenate([scale, flux_scale])
