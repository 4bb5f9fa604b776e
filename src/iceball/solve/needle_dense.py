"""The needles' heat into a dense array of rows, until the machine takes it cell by cell (`needle_heat`)."""

from __future__ import annotations

import numpy as np

from iceball.physics.cooling import wall_temperature
from iceball.physics.freezing import enthalpy, temperature
from iceball.physics.heat import conductivity, potential
from iceball.solve.needle_heat import COOLED, GIVEN, HELD_K, RECOVERY, loop


@loop
def _solve(a, x):  # type: ignore[no-untyped-def]
    """Solve a y = x in place by elimination; the matrix is dominated by its diagonal, so without pivoting."""
    n = x.size
    for p in range(n):
        for q in range(p + 1, n):
            f = a[q, p] / a[p, p]
            if f != 0.0:
                for c in range(p + 1, n):
                    a[q, c] -= f * a[p, c]
                x[q] -= f * x[p]
    for p in range(n - 1, -1, -1):
        for c in range(p + 1, n):
            x[p] -= a[p, c] * x[c]
        x[p] /= a[p, p]


@loop
def strengths(theta, h, labels, rows, setting, first, drop, label, ring_start, ring_cell, ring_weight, out):  # type: ignore[no-untyped-def]
    """Heat per length taken by each segment, W/m, into `out[:, 0]`; the potential at its wall into `out[:, 1]`.

    The segments of a needle feel each other: all its strengths follow together from ring - drop q = theta(wall), the
    wall's temperature being coolant + q / film. `setting[line]`: how it is driven (OFF, COOLED, GIVEN), coolant °C,
    2 pi r h, and W/m.
    """
    theta, h, labels = theta.reshape(-1), h.reshape(-1), labels.reshape(-1)
    for line in range(first.size - 1):
        a, n = first[line], first[line + 1] - first[line]
        ring, q = np.zeros(n), np.zeros(n)
        drive = setting[line]
        for p in range(n):
            s = a + p
            m = rows[label[s]]
            for e in range(ring_start[s], ring_start[s + 1]):
                cell = ring_cell[e]
                if labels[cell] == label[s]:
                    ring[p] += ring_weight[e] * theta[cell]
                else:
                    ring[p] += ring_weight[e] * potential(temperature(h[cell], rows[labels[cell]]), m)
            if drive[0] == COOLED:
                # a first guess as if all segments were alike
                whole = drop[s, :n].sum()
                q[p] = (ring[p] - potential(wall_temperature(ring[p], whole, drive[1], drive[2], m), m)) / whole
            elif drive[0] == GIVEN:
                q[p] = drive[3]
        if drive[0] == COOLED:
            matrix, right = np.empty((n, n)), np.empty(n)
            for _ in range(8):
                for p in range(n):
                    m = rows[label[a + p]]
                    wall = drive[1] + q[p] / drive[2]
                    right[p] = ring[p] - potential(wall, m)
                    for c in range(n):
                        right[p] -= drop[a + p, c] * q[c]
                        matrix[p, c] = drop[a + p, c]
                    matrix[p, p] += conductivity(wall, m) / drive[2]
                _solve(matrix, right)
                q += right
                if np.abs(right).max() <= 1e-6 * np.abs(q).max() + 1e-6:
                    break
        for p in range(n):
            if drive[0] == COOLED and q[p] * (ring[p] - potential(drive[1], rows[label[a + p]])) < 0.0:
                q[p] = 0.0
        for p in range(n):
            out[a + p, 0], out[a + p, 1] = q[p], ring[p]
            for c in range(n):
                out[a + p, 1] -= drop[a + p, c] * q[c]


@loop
def take(strength, who, length, sink_start, share, able, cell_m3, row, column, source, sink, watts):  # type: ignore[no-untyped-def]
    """Spread the segments' heat over their cells (W/m3, negative) and add up each needle's power.

    `able` is how much of its share each cell can give (see `hold`); `source` is what is made there anyway.
    """
    for e in range(row.size):
        sink[row[e], column[e]] = source[e]
    watts[:] = 0.0
    for s in range(who.size):
        power = strength[s, 0] * length[s]
        if power != 0.0:
            for e in range(sink_start[s], sink_start[s + 1]):
                taken = power * share[e] * able[e]
                sink[row[e], column[e]] -= taken
                watts[who[s]] += taken * cell_m3


@loop
def hold(h, labels, rows, setting, strength, who, sink_start, sink_cell, row, column, sink, dt, able, cell_m3, joules):  # type: ignore[no-untyped-def]
    """A needle takes no heat from a cell colder than its coolant: give back what was taken too much, in J a needle.

    Only cells that the sink's shape does not fit (another tissue, the needle's own end) come here. What such a cell is
    asked for in the next steps is lowered to what it could give in this one, and raised again slowly once it is warmer.
    """
    h, labels = h.reshape(-1), labels.reshape(-1)
    changed = False
    for s in range(who.size):
        drive = setting[who[s]]
        cooling = drive[0] == COOLED and strength[s, 0] > 0.0
        for e in range(sink_start[s], sink_start[s + 1]):
            cell = sink_cell[e]
            m = rows[labels[cell]]
            celsius = temperature(h[cell], m)
            if cooling and celsius < drive[1] - HELD_K:
                taken = -sink[row[e], column[e]] * dt
                able[e] *= max(0.0, 1.0 - (enthalpy(drive[1], m) - h[cell]) / taken) if taken > 0.0 else 0.0
            elif not cooling or celsius > drive[1] + HELD_K:
                able[e] = min(1.0, able[e] * RECOVERY + 1.0 - 1.0 / RECOVERY)
    for s in range(who.size):
        drive = setting[who[s]]
        if drive[0] == COOLED and strength[s, 0] > 0.0:
            for e in range(sink_start[s], sink_start[s + 1]):
                cell = sink_cell[e]
                m = rows[labels[cell]]
                if temperature(h[cell], m) < drive[1] - HELD_K:
                    floor = enthalpy(drive[1], m)
                    joules[who[s]] += (floor - h[cell]) * cell_m3
                    h[cell] = floor
                    changed = True
    return changed
