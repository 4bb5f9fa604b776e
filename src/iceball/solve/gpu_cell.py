"""One cell on a GPU: its potential, its rate, its next stage.

Compiled when a kernel calls it. All is float32 and reads tables: a bare 0.5 would be a float64, and would make every
number that it meets one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from iceball.kernels import compiled
from iceball.solve.layout import HELD, WALL
from iceball.solve.rows import (
    BLOOD,
    ENTRIES,
    FROZEN_SCALE,
    FUEL,
    H_S,
    LEAST_K,
    MUSHY_1,
    MUSHY_2,
    MUSHY_RANGE,
    POLY,
    PSI_S,
    PSI_STASIS,
    PSI_STOP,
    WARM_1,
    WARM_K,
    WIDTH,
)

FACE, WORD = 6, ENTRIES + 2
"""Numbers of one face and of one word."""
ZERO, HALF, ONE, TWO = np.float32(0.0), np.float32(0.5), np.float32(1.0), np.float32(2.0)
LEAST, LAST = np.float32(LEAST_K), np.float32(ENTRIES - 1)

cell = compiled(error_model="numpy")


class Ground(NamedTuple):
    """What stays: the grid, its tissues, its faces."""

    labels: Any
    table: Any
    rows: Any
    source: Any
    face_start: Any
    faces: Any
    face_k: Any
    words: Any
    sx: Any
    sy: Any
    kx: Any
    """1 / spacing^2 along x, y, z, float32."""
    ky: Any
    kz: Any
    parts: Any
    """The grid is judged in so many parts, each added up in the same order on every device."""


@cell
def cell_potential(h, label, table):  # type: ignore[no-untyped-def]
    """psi of a cell from its enthalpy."""
    t = label * WIDTH
    d, span = h - table[t + H_S], table[t + MUSHY_RANGE]
    if d >= span:
        return h * table[t + WARM_1]
    if d >= ZERO:
        return table[t + PSI_S] + d * (table[t + MUSHY_1] + table[t + MUSHY_2] * d)
    f = d * table[t + FROZEN_SCALE]
    total = table[t + POLY + 7]
    total = table[t + POLY + 6] + f * total
    total = table[t + POLY + 5] + f * total
    total = table[t + POLY + 4] + f * total
    total = table[t + POLY + 3] + f * total
    total = table[t + POLY + 2] + f * total
    total = table[t + POLY + 1] + f * total
    total = table[t + POLY] + f * total
    return table[t + PSI_S] + f * total


@cell
def _word(words, word, psi, beyond):  # type: ignore[no-untyped-def]
    """A table of faces at psi, or `beyond` above its end."""
    base = word * WORD
    at = (psi - words[base]) * words[base + 1]
    if at >= LAST:
        return beyond
    at = at if at > ZERO else ZERO
    n = int(at)
    share = at - np.float32(n)
    return words[base + 2 + n] + share * (words[base + 3 + n] - words[base + 2 + n])


@cell
def _across(c, psi, label, g):  # type: ignore[no-untyped-def]
    """What other tissues, walls and outer faces bring to a cell, W/m3: all, and of it walls and outer faces."""
    ny, nz = g.sx // g.sy - 2, g.sy - 2
    i, j, z = c // g.sx - 1, (c % g.sx) // g.sy - 1, c % g.sy - 1
    row = i * ny + j
    first, last = g.face_start[row], g.face_start[row + 1]
    end = last
    # the faces of a row are in the order of its cells
    while first < last:
        middle = (first + last) // 2
        if g.faces[middle * FACE] < z:
            first = middle + 1
        else:
            last = middle
    here, total, walls, outer = psi[c], ZERO, ZERO, ZERO
    f = first
    while f < end and z < nz and g.faces[f * FACE] == z:
        there = g.faces[f * FACE + 1]
        kind, axis, word = g.faces[f * FACE + 2], g.faces[f * FACE + 3], g.faces[f * FACE + 4]
        other = psi[there]
        flux = g.face_k[f] * (other - here)
        if kind == WALL:
            flux = _word(g.words, word, here, flux)
            walls += flux
        elif kind == HELD:
            outer += flux
        else:
            seen = _word(g.words, g.faces[f * FACE + 5], here, here)
            a = g.table[label * WIDTH + WARM_K] * (_word(g.words, word, other, other) - here)
            b = g.table[int(g.labels[there]) * WIDTH + WARM_K] * (other - seen)
            square = g.kx if axis == 0 else (g.ky if axis == 1 else g.kz)
            flux = square * TWO * a * b / (a + b) if a * b > ZERO else ZERO
        total += flux
        f += 1
    return total, walls, outer


@cell
def cell_rate(c, psi, opening, g):  # type: ignore[no-untyped-def]
    """dH/dt of a cell without needles, W/m3, and of it walls, outer faces, blood and metabolism.

    Another tissue or a ghost says nothing about the potential within a cell: there it is mirrored.
    """
    label, here = int(g.labels[c]), psi[c]
    e, w = g.labels[c + g.sx] == label, g.labels[c - g.sx] == label
    n, s = g.labels[c + g.sy] == label, g.labels[c - g.sy] == label
    u, d = g.labels[c + 1] == label, g.labels[c - 1] == label
    east, west = psi[c + g.sx] if e else here, psi[c - g.sx] if w else here
    north, south = psi[c + g.sy] if n else here, psi[c - g.sy] if s else here
    up, down = psi[c + 1] if u else here, psi[c - 1] if d else here
    t = label * WIDTH
    twice = here + here
    rate = g.table[t + WARM_K] * (g.kz * (down + up - twice) + g.ky * (south + north - twice)
                                  + g.kx * (west + east - twice))  # fmt: skip
    walls, outer = ZERO, ZERO
    if not (e and w and n and s and u and d):
        more, walls, outer = _across(c, psi, label, g)
        rate += more
    spread = HALF * (abs(up - down) + abs(north - south) + abs(east - west)) + LEAST
    above = here - g.table[t + PSI_STOP]
    share = ONE if above >= HALF * spread else HALF + above / spread
    share = share if share > ZERO else ZERO
    share = share if share < opening else opening
    blood = -share * g.table[t + BLOOD] * (here + HALF * (ONE - share) * spread)
    made = share * g.table[t + FUEL]
    return rate + blood + made, walls, outer, blood, made


@cell
def cell_opening(c, psi, opening, g):  # type: ignore[no-untyped-def]
    """Share of a cell in which blood can still flow, now that it has the potential psi."""
    label, here = int(g.labels[c]), psi[c]
    east = psi[c + g.sx] if g.labels[c + g.sx] == label else here
    west = psi[c - g.sx] if g.labels[c - g.sx] == label else here
    north = psi[c + g.sy] if g.labels[c + g.sy] == label else here
    south = psi[c - g.sy] if g.labels[c - g.sy] == label else here
    up = psi[c + 1] if g.labels[c + 1] == label else here
    down = psi[c - 1] if g.labels[c - 1] == label else here
    spread = HALF * (abs(up - down) + abs(north - south) + abs(east - west)) + LEAST
    share = HALF + (here - g.table[label * WIDTH + PSI_STASIS]) / spread
    share = share if share > ZERO else ZERO
    return share if share < opening else opening


@cell
def cell_advance(y0, y1, y2, m0, m, mu, nu, w_now, w_start):  # type: ignore[no-untyped-def]
    """A cell's next stage, written for the differences from Y0: rounding acts on the change within a step alone."""
    return y0 + (mu * (y1 - y0) + nu * (y2 - y0) + w_now * m + w_start * m0)
