"""The referee: double precision, explicit steps, laws called cell by cell. Slow and plain on purpose."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.physics.blood import open_psi, open_share
from iceball.physics.cooling import wall_flux
from iceball.physics.freezing import temperature
from iceball.physics.heat import face_rise, potential
from iceball.solve import cpu
from iceball.solve.cpu import BLOOD, METABOLISM, OUTER, SOURCE, WALLS
from iceball.solve.layout import WALL, Layout
from iceball.solve.machine import Array, CpuMachine
from iceball.solve.needle_heat import loop
from iceball.solve.rows import LEAST_K

NO_WALL = 255


class ReferenceMachine(CpuMachine):
    """float64 fields, no tables, every cell moved in every step."""

    name = "reference"
    kind = np.float64

    def _ground(self) -> cpu.Ground:
        self.walls_there = _walls(self.lay)
        ground = super()._ground()
        self.film_wall = np.arange(len(self.lay.wall_values))  # here a film is a whole wall's
        self.film_row = np.zeros(self.film_wall.size, np.int64)
        return ground._replace(films=np.zeros((self.film_wall.size, 2)))

    def walls_turned(self) -> None:
        """Nothing: there are no tables to renew."""

    def choose(self, marks: Array, *, wider: int = 0) -> Array:
        """All cells stay in the window."""
        return self.all_rows[:0]

    def potentials(self, h: Array, psi: Array) -> None:
        """All potentials anew."""
        padded = self.lay.padded
        _potentials(h.reshape(padded), self.lay.labels, self.rows, psi.reshape(padded))

    def rates(self, h: Array, psi: Array, time_s: float, rate: Array, rows: Array | None = None) -> None:
        """dH/dt of the whole grid into `rate`, W/m3; `sums` and `watts` hold the powers."""
        self._draw(h, psi, self.schedule.settings(time_s))
        lay, padded = self.lay, self.lay.padded
        source = lay.source.reshape(-1) if lay.source.size else self.field()
        sink = self.field()
        sink[self.sink.cell] = self.sink.value
        _rates(h.reshape(padded), psi.reshape(padded), self.flow.left.reshape(padded), sink.reshape(padded),
               source.astype(float).reshape(padded), lay.labels, lay.kin, self.walls_there, lay.wall_values,
               lay.held_values, self.rows, np.array(lay.spacing_m), self.sums, self.ground.films,
               rate.reshape(padded))  # fmt: skip
        self.cell_updates += self.uncut.near_cells

    def euler(self, start: Array, rate: Array, dt: float, h: Array, psi: Array) -> NDArray[np.float64]:
        """`h` = start + dt rate, with its potentials; returns the heat moved, J."""
        joules = self._powers(dt, dt)
        self.walls_j = self._by_wall(dt, dt)
        h[...] = start + dt * rate
        self.potentials(h, psi)
        return joules


def _walls(lay: Layout) -> NDArray[np.uint8]:
    """Number of the wall that each gas cell beside tissue belongs to."""
    there = np.full(int(np.prod(lay.padded)), NO_WALL, np.uint8)
    at = lay.face_kind[:, 0] == WALL
    there[lay.face_there[at]] = lay.face_kind[at, 2]
    return there.reshape(lay.padded)


@loop
def _potentials(h: Any, labels: Any, rows: Any, psi: Any) -> None:
    for i in range(1, h.shape[0] - 1):
        for j in range(1, h.shape[1] - 1):
            for k in range(1, h.shape[2] - 1):
                if labels[i, j, k] != 255:
                    m = rows[labels[i, j, k]]
                    psi[i, j, k] = potential(temperature(h[i, j, k], m), m) / m.warm_k


@loop
def _rates(h, psi, left, sink, source, labels, kin, walls_there, walls, held, rows, spacing, sums, films, rate):  # type: ignore[no-untyped-def]
    nx, ny, nz = h.shape[0] - 2, h.shape[1] - 2, h.shape[2] - 2
    sums[:] = 0.0
    films[:] = 0.0
    for i in range(1, nx + 1):
        for j in range(1, ny + 1):
            row = (i - 1) * ny + (j - 1)
            for k in range(1, nz + 1):
                if labels[i, j, k] == 255:
                    continue
                m = rows[labels[i, j, k]]
                celsius = temperature(h[i, j, k], m)
                total = sink[i, j, k] + source[i, j, k]
                sums[row, SOURCE] += source[i, j, k]
                for axis in range(3):
                    d = spacing[axis]
                    for side in range(2):
                        shift = 2 * side - 1
                        a = i + (shift if axis == 0 else 0)
                        b = j + (shift if axis == 1 else 0)
                        c = k + (shift if axis == 2 else 0)
                        if labels[a, b, c] != 255:
                            n = rows[labels[a, b, c]]
                            total += face_rise(celsius, temperature(h[a, b, c], n), m, n) / d**2
                        elif walls_there[a, b, c] != NO_WALL:
                            wall = walls[walls_there[a, b, c]]
                            gained = wall_flux(celsius, wall[1], wall[0], 0.5 * d, m) / d
                            total += gained
                            sums[row, WALLS] += gained
                            films[walls_there[a, b, c], 0] += gained
                        elif not np.isnan(held[2 * axis + side]):
                            gained = 2.0 * (potential(held[2 * axis + side], m) - potential(celsius, m)) / d**2
                            total += gained
                            sums[row, OUTER] += gained
                # the spread of the potential across the cell, along each axis; mirrored where another tissue begins
                own, here = kin[i, j, k], psi[i, j, k]
                ahead = (
                    psi[i + 1, j, k] if kin[i + 1, j, k] == own else here,
                    psi[i, j + 1, k] if kin[i, j + 1, k] == own else here,
                    psi[i, j, k + 1] if kin[i, j, k + 1] == own else here,
                )
                behind = (
                    psi[i - 1, j, k] if kin[i - 1, j, k] == own else here,
                    psi[i, j - 1, k] if kin[i, j - 1, k] == own else here,
                    psi[i, j, k - 1] if kin[i, j, k - 1] == own else here,
                )
                spread = 0.5 * (abs(ahead[0] - behind[0]) + abs(ahead[1] - behind[1]) + abs(ahead[2] - behind[2]))
                share = min(open_share(psi[i, j, k], m.psi_stop, spread, LEAST_K), left[i, j, k])
                carried = -share * m.blood * open_psi(psi[i, j, k], share, spread, LEAST_K)
                made = share * m.metabolism
                sums[row, BLOOD] += carried
                sums[row, METABOLISM] += made
                rate[i, j, k] = total + carried + made
