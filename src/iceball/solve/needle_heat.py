"""How much heat each piece of a needle takes now, from which cells, and what happens when a cell has no more to give.

These loops run once a stage. All pieces of needles that lie near each other are solved together: ring - drop q =
theta(wall), where the wall has the coolant's temperature or stands behind a film, wall = coolant + q / film.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from iceball.kernels import compiled
from iceball.physics.cooling import wall_temperature
from iceball.physics.freezing import enthalpy, temperature
from iceball.physics.heat import conductivity, potential

F = TypeVar("F", bound=Callable[..., Any])

OFF, COOLED, GIVEN = range(3)
CLOSE = 1e-6
"""Strengths are found to this share of the strongest."""
SLOW = 0.25
"""Where a correction is not this much smaller than the one before, the slopes are taken anew."""
ROUNDS = 40
RECOVERY = 1.02
"""A cell that was asked for too much is asked for 2 % more with each step in which it is warmer than the coolant."""
HELD_K = 0.2
"""Cells further below the coolant than this are brought back to it."""
BACK = 4.0
"""A cell is given back at most so many times what was taken from it at the step's end: one that a needle hardly
touches, beside a warm shaft or after an earlier freeze, may be colder than the coolant for other reasons. Nor is its
share lowered where it lacks more than was taken: cells lowered in a thaw gave a fifth too little in the next freeze."""


class Tables(NamedTuple):
    """Where each piece of each needle looks and draws; never changes in a run."""

    line: NDArray[np.int32]
    """The needle of each piece."""
    label: NDArray[np.int32]
    """The tissue of each piece."""
    share: NDArray[np.float64]
    """The share of its needle's film that each piece has."""
    ring_cell: NDArray[np.int32]
    """Flat padded index of each cell looked at by the two pieces beside it, all three of one tissue."""
    ring_piece: NDArray[np.int32]
    ring_weight: NDArray[np.float64]
    other_cell: NDArray[np.int32]
    """The same for single pieces and cells of another tissue."""
    other_piece: NDArray[np.int32]
    other_weight: NDArray[np.float64]
    cells: NDArray[np.int64]
    """The cells that heat is taken from, each once, in order."""
    sink_start: NDArray[np.int64]
    """First sink entry of each needle; one more at the end."""
    slot: NDArray[np.int32]
    """Position in `cells` of each sink entry."""
    sink_piece: NDArray[np.int32]
    """The two pieces that share a sink entry, shape (entries, 2)."""
    sink_share: NDArray[np.float64]
    """W/m3 taken for 1 W/m of each of the two."""
    group_start: NDArray[np.int64]
    """Pieces that feel each other form a group: its first place in `member`; one more at the end."""
    member: NDArray[np.int32]
    block_start: NDArray[np.int64]
    """First entry of each group's matrix in `drop`."""
    drop: NDArray[np.float64]
    """Potential difference between wall and ring of piece p for unit strength of c, column by column."""
    cell_m3: float


class Work(NamedTuple):
    """What the loops carry from call to call. A resumed run starts from a copy of it."""

    strength: NDArray[np.float64]
    """Heat per length that each piece takes, W/m."""
    ring: NDArray[np.float64]
    """The potential around each piece when its strength was found, W/m."""
    able: NDArray[np.float64]
    """How much of its share each sink entry can give."""
    inverse: NDArray[np.float64]
    """Inverse of each group's drop plus the slopes of its films, laid out as `drop`."""
    built: NDArray[np.float64]
    """How each needle was driven when its group was inverted: kind and film."""
    scratch: NDArray[np.float64]
    matrix: NDArray[np.float64]


def work_for(tables: Tables, lines: int) -> Work:
    """The loops' memory at the start of a run."""
    pieces = tables.line.size
    largest = int(np.diff(tables.group_start).max(initial=0))
    return Work(
        np.zeros(pieces),
        np.zeros(pieces),
        np.ones(tables.slot.size),
        np.zeros(tables.drop.size),
        np.full((lines, 2), -1.0),
        np.zeros((5, largest)),
        np.zeros((largest, 2 * largest)),
    )


def loop(function: F) -> F:
    """Compile without the GIL; strict arithmetic."""
    return compiled(nogil=True, error_model="numpy")(function)


@loop
def own_potential(psi, cell, m):  # type: ignore[no-untyped-def]
    """Potential of a cell of the tissue with row `m`, W/m."""
    return m.warm_k * psi[cell]


@loop
def _look(psi, h, labels, rows, n, ring):  # type: ignore[no-untyped-def]
    """The potential around each piece."""
    ring[:] = 0.0
    for e in range(n.ring_cell.size):
        a, b = n.ring_piece[e, 0], n.ring_piece[e, 1]
        cell = n.ring_cell[e]
        value = own_potential(psi, cell, rows[labels[cell]])
        ring[a] += n.ring_weight[e, 0] * value
        ring[b] += n.ring_weight[e, 1] * value
    for e in range(n.other_cell.size):
        cell, a = n.other_cell[e], n.other_piece[e]
        celsius = temperature(h[cell], rows[labels[cell]])
        ring[a] += n.other_weight[e] * potential(celsius, rows[n.label[a]])


@loop
def _smooth(line, label, ring):  # type: ignore[no-untyped-def]
    """Even out what the pieces of a needle in one tissue see, along it: no straight course is changed.

    Two neighbours feel each other's heat nearly as much as their own. A zigzag of strengths is then hardly seen in the
    rings and would grow.
    """
    before = 0.0
    for s in range(line.size):
        here = ring[s]
        inside = 0 < s < line.size - 1 and line[s - 1] == line[s] == line[s + 1]
        if inside and label[s - 1] == label[s] == label[s + 1]:
            ring[s] = 0.25 * (before + ring[s + 1]) + 0.5 * here
        before = here


@loop
def _times(block, x, y):  # type: ignore[no-untyped-def]
    """y = block x, the block stored column by column."""
    size = x.size
    y[:] = 0.0
    for c in range(size):
        factor = x[c]
        if factor != 0.0:
            column = block[c * size : (c + 1) * size]
            for p in range(size):
                y[p] += factor * column[p]


@loop
def _invert(block, slope, cooled, matrix, out):  # type: ignore[no-untyped-def]
    """Inverse of block + diag(slope) over the cooled pieces, zero elsewhere; Gauss-Jordan with row exchange."""
    size = cooled.size
    a = matrix[:size, : 2 * size]
    a[:] = 0.0
    for p in range(size):
        for c in range(size):
            if cooled[p] > 0.0 and cooled[c] > 0.0:
                a[p, c] = block[c * size + p]
        a[p, p] += slope[p] if cooled[p] > 0.0 else 1.0
        a[p, size + p] = 1.0
    for p in range(size):
        best = p
        for r in range(p + 1, size):
            if abs(a[r, p]) > abs(a[best, p]):
                best = r
        if best != p:
            for c in range(p, 2 * size):
                a[p, c], a[best, c] = a[best, c], a[p, c]
        factor = 1.0 / a[p, p]
        for c in range(p, 2 * size):
            a[p, c] *= factor
        for r in range(size):
            f = a[r, p]
            if r != p and f != 0.0:
                for c in range(p, 2 * size):
                    a[r, c] -= f * a[p, c]
    for p in range(size):
        for c in range(size):
            out[c * size + p] = a[p, size + c] if cooled[p] > 0.0 and cooled[c] > 0.0 else 0.0


@loop
def _slopes(member, rows, setting, n, q, slope):  # type: ignore[no-untyped-def]
    """How much a piece's wall potential rises with its strength, by its film."""
    for p in range(member.size):
        s = member[p]
        drive = setting[n.line[s]]
        film = drive[2] * n.share[s]
        wall = drive[1] + q[p] / film
        slope[p] = conductivity(wall, rows[n.label[s]]) / film


@loop
def _together(g, rows, setting, n, work):  # type: ignore[no-untyped-def]
    """The strengths of one group, by Newton's method with slopes that are kept as long as they serve."""
    member = n.member[n.group_start[g] : n.group_start[g + 1]]
    size = member.size
    area = slice(n.block_start[g], n.block_start[g] + size * size)
    block, inverse = n.drop[area], work.inverse[area]
    q, right, change = work.scratch[0, :size], work.scratch[1, :size], work.scratch[2, :size]
    cooled, slope = work.scratch[3, :size], work.scratch[4, :size]
    some, films, anew = False, False, False
    for p in range(size):
        s = member[p]
        drive = setting[n.line[s]]
        cooled[p] = 1.0 if drive[0] == COOLED else 0.0
        some = some or drive[0] == COOLED
        film = drive[2] if drive[0] == COOLED else 0.0
        anew = anew or work.built[n.line[s], 0] != drive[0] or work.built[n.line[s], 1] != film
        films = films or (drive[0] == COOLED and not np.isinf(film))
    for p in range(size):
        s = member[p]
        drive = setting[n.line[s]]
        m = rows[n.label[s]]
        q[p] = drive[3] if drive[0] == GIVEN else 0.0
        if drive[0] == COOLED and films:
            q[p] = work.strength[s]
            if anew:
                # a first guess as if all pieces were alike
                alike = 0.0
                for c in range(size):
                    alike += block[c * size + p] * cooled[c]
                wall = wall_temperature(work.ring[s], alike, drive[1], drive[2] * n.share[s], m)
                q[p] = (work.ring[s] - potential(wall, m)) / alike
    if anew:
        _slopes(member, rows, setting, n, q, slope)
        _invert(block, slope, cooled, work.matrix, inverse)
        for p in range(size):
            drive = setting[n.line[member[p]]]
            work.built[n.line[member[p]], 0] = drive[0]
            work.built[n.line[member[p]], 1] = drive[2] if drive[0] == COOLED else 0.0
    before = np.inf
    for _ in range(ROUNDS if some else 0):
        _times(block, q, right)
        for p in range(size):
            s = member[p]
            drive = setting[n.line[s]]
            if cooled[p] > 0.0:
                wall = drive[1] + q[p] / (drive[2] * n.share[s])
                right[p] = work.ring[s] - potential(wall, rows[n.label[s]]) - right[p]
            else:
                right[p] = 0.0
        _times(inverse, right, change)
        worst, most = 0.0, 0.0
        for p in range(size):
            q[p] += change[p]
            worst = max(worst, abs(change[p]))
            most = max(most, abs(q[p]))
        if not films or worst <= CLOSE * most + CLOSE:
            break
        if worst > SLOW * before:
            _slopes(member, rows, setting, n, q, slope)
            _invert(block, slope, cooled, work.matrix, inverse)
        before = worst
    for p in range(size):
        s = member[p]
        # among pieces in better tissue the drop would have a poor one give heat back: no wall does that
        uphill = cooled[p] > 0.0 and q[p] * (work.ring[s] - potential(setting[n.line[s], 1], rows[n.label[s]])) < 0.0
        work.strength[s] = 0.0 if uphill else q[p]


@loop
def draw(psi, h, labels, rows, setting, n, work, source, sink, watts):  # type: ignore[no-untyped-def]
    """Let the needles take their heat.

    Args:
        psi, h, labels: potentials in K, enthalpies and tissues, padded.
        rows: property rows.
        setting: per needle: how it is driven (OFF, COOLED, GIVEN), coolant °C, 2 pi r h, and W/m.
        n: the needles' `Tables`.
        work: their `Work`.
        source: W/m3 made anyway in each cell of `n.cells`.
        sink: to be filled: W/m3 into each cell of `n.cells`, negative where heat is taken.
        watts: to be filled: the power that each needle takes.
    """
    _look(psi.reshape(-1), h.reshape(-1), labels.reshape(-1), rows, n, work.ring)
    _smooth(n.line, n.label, work.ring)
    for g in range(n.group_start.size - 1):
        _together(g, rows, setting, n, work)
    q = work.strength
    for c in range(n.cells.size):
        sink[c] = source[c]
    for line in range(n.sink_start.size - 1):
        total = 0.0
        for e in range(n.sink_start[line], n.sink_start[line + 1]):
            taken = q[n.sink_piece[e, 0]] * n.sink_share[e, 0] + q[n.sink_piece[e, 1]] * n.sink_share[e, 1]
            taken *= work.able[e]
            sink[n.slot[e]] -= taken
            total += taken
        watts[line] = total * n.cell_m3


@loop
def wall_potentials(n, work, out):  # type: ignore[no-untyped-def]
    """The potential at the wall of each piece in the last `draw`, W/m."""
    for g in range(n.group_start.size - 1):
        member = n.member[n.group_start[g] : n.group_start[g + 1]]
        size = member.size
        for p in range(size):
            out[member[p]] = work.ring[member[p]]
            for c in range(size):
                out[member[p]] -= n.drop[n.block_start[g] + c * size + p] * work.strength[member[c]]


@loop
def hold(h, labels, rows, setting, n, work, sink, dt, joules):  # type: ignore[no-untyped-def]
    """A needle takes no heat from a cell colder than its coolant: give back what was taken too much, in J a needle.

    Only cells that the sink's shape does not fit (another tissue, the needle's own end) come here. What such a cell is
    asked for in the next steps is lowered to what it could give in this one, and raised again slowly once it is warmer.
    `sink` is that of the last `draw`, `setting` has the coldest coolants of the step. Returns whether any cell changed.
    """
    h, labels = h.reshape(-1), labels.reshape(-1)
    changed = False
    for second in range(2):
        for line in range(n.sink_start.size - 1):
            drive = setting[line]
            for e in range(n.sink_start[line], n.sink_start[line + 1]):
                cell = n.cells[n.slot[e]]
                m = rows[labels[cell]]
                cooling = (
                    drive[0] == COOLED and work.strength[n.sink_piece[e, 0]] + work.strength[n.sink_piece[e, 1]] > 0
                )
                cold = cooling and temperature(h[cell], m) < drive[1] - HELD_K
                if second and cold:
                    taken = -sink[n.slot[e]] * dt
                    floor = min(enthalpy(drive[1], m), h[cell] + (BACK * taken if taken > 0.0 else 0.0))
                    joules[line] += (floor - h[cell]) * n.cell_m3
                    h[cell] = floor
                    changed = True
                elif not second and cold:
                    taken = -sink[n.slot[e]] * dt
                    short = enthalpy(drive[1], m) - h[cell]
                    if short <= taken:
                        work.able[e] *= max(0.0, 1.0 - short / taken)
                elif not second and (not cooling or temperature(h[cell], m) > drive[1] + HELD_K):
                    work.able[e] = min(1.0, work.able[e] * RECOVERY + 1.0 - 1.0 / RECOVERY)
    return changed
