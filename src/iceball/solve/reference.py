"""The referee: double precision, explicit steps, laws called cell by cell. Slow and plain on purpose."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.physics.blood import open_share, open_temperature
from iceball.physics.cooling import wall_flux
from iceball.physics.freezing import temperature
from iceball.physics.heat import face_rise, potential
from iceball.solve.cpu import BLOOD, METABOLISM, OUTER, WALLS
from iceball.solve.layout import WALL, Layout
from iceball.solve.machine import Array, CpuMachine
from iceball.solve.needle import loop
from iceball.solve.rows import LEAST_K

NO_WALL = 255


class ReferenceMachine(CpuMachine):
    """float64 fields, no tables."""

    name = "reference"
    kind = np.float64

    def _table(self, coldest_c: float, body_c: float) -> Array:
        self.body_c = body_c
        self.walls_there = _walls(self.lay)
        return np.zeros((1, 1))

    def potentials(self, h: Array, theta: Array) -> None:
        """All potentials anew."""
        _potentials(h, self.lay.labels, self.rows, theta)

    def rates(self, h: Array, theta: Array, time_s: float, rate: Array) -> NDArray[np.float64]:
        """dH/dt of the whole grid into `rate`, W/m3; returns the powers."""
        self._draw(h, theta, time_s)
        _rates(
            h,
            theta,
            self.live,
            self.sink,
            self.lay.labels,
            self.walls_there,
            self.lay.wall_values,
            self.lay.held_values,
            self.rows,
            np.array(self.lay.spacing_m),
            self.body_c,
            self.sums,
            rate,
        )
        self._count(self.all_rows)
        return self.heat_w()

    def first_stage(self, start: Array, rate: Array, dt: float, h: Array, theta: Array) -> None:
        """`h` = start + dt rate, with its potentials."""
        h[1:-1, 1:-1, 1:-1] = start[1:-1, 1:-1, 1:-1] + dt * rate.reshape(self.lay.shape)
        self.potentials(h, theta)


def _walls(lay: Layout) -> NDArray[np.uint8]:
    """Number of the wall that each gas cell beside tissue belongs to."""
    there = np.full(int(np.prod(lay.padded)), NO_WALL, np.uint8)
    at = lay.face_kind[:, 0] == WALL
    there[lay.face_there[at]] = lay.face_kind[at, 2]
    return there.reshape(lay.padded)


@loop
def _potentials(h: Any, labels: Any, rows: Any, theta: Any) -> None:
    for i in range(1, h.shape[0] - 1):
        for j in range(1, h.shape[1] - 1):
            for k in range(1, h.shape[2] - 1):
                if labels[i, j, k] != 255:
                    m = rows[labels[i, j, k]]
                    theta[i, j, k] = potential(temperature(h[i, j, k], m), m)


@loop
def _rates(h, theta, live, sink, labels, walls_there, walls, held, rows, spacing, body_c, sums, rate):  # type: ignore[no-untyped-def]
    nx, ny, nz = h.shape[0] - 2, h.shape[1] - 2, h.shape[2] - 2
    sums[:] = 0.0
    for i in range(1, nx + 1):
        for j in range(1, ny + 1):
            row = (i - 1) * ny + (j - 1)
            for k in range(1, nz + 1):
                if labels[i, j, k] == 255:
                    rate[row, k - 1] = 0.0
                    continue
                m = rows[labels[i, j, k]]
                celsius = temperature(h[i, j, k], m)
                total = sink[row, k - 1]
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
                        elif not np.isnan(held[2 * axis + side]):
                            gained = 2.0 * (potential(held[2 * axis + side], m) - potential(celsius, m)) / d**2
                            total += gained
                            sums[row, OUTER] += gained
                # the spread of the potential across the cell: half the difference of the neighbours, along each axis
                spread = 0.5 * (
                    abs(theta[i + 1, j, k] - theta[i - 1, j, k])
                    + abs(theta[i, j + 1, k] - theta[i, j - 1, k])
                    + abs(theta[i, j, k + 1] - theta[i, j, k - 1])
                )
                share = open_share(theta[i, j, k], m.theta_liquidus, spread, LEAST_K * m.warm_k)
                warm = open_temperature(theta[i, j, k], m.theta_liquidus, m.liquidus, share, spread, m.warm_k)
                carried = live[i, j, k] * share * m.blood * (body_c - warm)
                made = live[i, j, k] * share * m.metabolism
                sums[row, BLOOD] += carried
                sums[row, METABOLISM] += made
                rate[row, k - 1] = total + carried + made
