"""The loops for an NVIDIA GPU; the one file that imports CUDA.

The whole grid is moved, one thread a cell. All stages of a step, the rates at its end and its judgement are one launch:
the blocks wait for each other between stages (a cooperative launch), so that a stage costs a few microseconds and not
a launch from Python. In each stage some blocks find what the needles take, one block a group of needles, while the
others move the cells as if there were none; then the few cells that needles draw from are put right.

Cells are float32 and read tables; needles, and what is done once a step, are float64 and call the laws. Sums are taken
in a fixed order.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numba import config, cuda, float64, typeof

from iceball.errors import SolverError
from iceball.physics.cooling import wall_temperature
from iceball.physics.freezing import enthalpy, temperature
from iceball.physics.heat import conductivity, potential
from iceball.solve import gpu_tables as of
from iceball.solve.gpu_cell import ZERO, cell_advance, cell_opening, cell_potential, cell_rate
from iceball.solve.layout import GAS
from iceball.solve.needle_heat import BACK, CLOSE, COOLED, GIVEN, HELD_K, RECOVERY, ROUNDS, SLOW
from iceball.solve.record import LEVELS, follow_cell

F = TypeVar("F", bound=Callable[..., Any])

SIMULATED = bool(config.ENABLE_CUDASIM)
THREADS = 8 if SIMULATED else 128
"""Of each block. The simulator makes a thread of the operating system of each."""
LANES = 8
"""Threads that add up the numbers of one piece of a needle."""
REGISTERS = 96
"""Of each thread in a step, so that five blocks share a multiprocessor; the cells need no more, the needles' solution,
which waits for itself most of the time, would take 255.
"""
LATCH, POTENTIALS, STAGES, RATES, JUDGE = 1, 2, 4, 8, 16
"""What a launch is asked for; done in this order."""
HEAD, PER_STAGE = 3, 5
"""Entries of the orders before the stages, and of each stage: mu, nu, mu~ dt, gamma~ dt, and its rate's share, s."""
POWERS, MARKS = 5, 5
"""Entries of the answer: after each needle's power, W, and heat taken in the stages, J, come walls, outer faces, blood,
metabolism and source twice for each block (in the stages, J/m3, and now, W/m3), and for each part of the grid error,
stored cold, lowest and highest °C, and entries to be held."""


class Fields(NamedTuple):
    """What a launch moves, flat and padded, float32."""

    start: Any
    rate_start: Any
    now: Any
    """The enthalpy after the stages."""
    other: Any
    psi: Any
    psi_other: Any
    rate: Any
    begin: Any
    open: Any
    """Share of each cell in which blood can still flow."""


class Needles(NamedTuple):
    """The needles' numbers (see `gpu_tables`)."""

    whole: Any
    real: Any
    work: Any
    able: Any


def device(function: F) -> F:
    """Compile a part of a kernel."""
    made: F = cuda.jit(device=True)(function)
    return made


# --- one block ----------------------------------------------------------------------------------------------------
# `room` is the block's shared memory, one float64 a thread: a kernel makes it, since what is called from two places
# must not (NVVM refuses the second).


@cuda.jit(device=True, inline="always")
def _part(pack, n):  # type: ignore[no-untyped-def]
    """The n-th part of a packed array."""
    return pack[int(pack[n]) : int(pack[n + 1])]


@device
def _sum(value, room):  # type: ignore[no-untyped-def]
    """The sum over a block's threads, in a fixed order, for all of them."""
    t = cuda.threadIdx.x
    cuda.syncthreads()
    room[t] = value
    cuda.syncthreads()
    half = THREADS // 2
    while half > 0:
        if t < half:
            room[t] += room[t + half]
        cuda.syncthreads()
        half //= 2
    return room[0]


@device
def _most(value, room):  # type: ignore[no-untyped-def]
    """The largest value of a block's threads, for all of them."""
    t = cuda.threadIdx.x
    cuda.syncthreads()
    room[t] = value
    cuda.syncthreads()
    half = THREADS // 2
    while half > 0:
        if t < half:
            room[t] = max(room[t], room[t + half])
        cuda.syncthreads()
        half //= 2
    return room[0]


@device
def _lanes(value, room):  # type: ignore[no-untyped-def]
    """The sum over the threads that work on one piece, for the first of them."""
    t = cuda.threadIdx.x
    cuda.syncthreads()
    room[t] = value
    cuda.syncthreads()
    total = 0.0
    if t % LANES == 0:
        for n in range(LANES):
            total += room[t + n]
    return total


@device
def _times(block, x, y, room):  # type: ignore[no-untyped-def]
    """y = block x, the block stored column by column."""
    t, size = cuda.threadIdx.x, x.size
    for first in range(0, size, THREADS // LANES):
        p, total = first + t // LANES, 0.0
        if p < size:
            for c in range(t % LANES, size, LANES):
                total += block[c * size + p] * x[c]
        total = _lanes(total, room)
        if p < size and t % LANES == 0:
            y[p] = total
    cuda.syncthreads()


@device
def _look(g, psi, h, ground, n, room):  # type: ignore[no-untyped-def]
    """The potential around each piece of a group, evened out along a needle within one tissue."""
    whole, work, t = n.whole, n.work, cuda.threadIdx.x
    line, label, weight = _part(whole, of.LINE), _part(whole, of.LABEL), _part(n.real, of.RING_WEIGHT)
    start, cells = _part(whole, of.RING_START), _part(whole, of.RING_CELL)
    groups, member = _part(whole, of.GROUP_START), _part(whole, of.MEMBER)
    seen, ring = _part(work, of.SEEN), _part(work, of.RING)
    size = groups[g + 1] - groups[g]
    for first in range(0, size, THREADS // LANES):
        p, total, s = first + t // LANES, 0.0, 0
        if p < size:
            s = member[groups[g] + p]
            m = ground.rows[label[s]]
            for e in range(start[s] + t % LANES, start[s + 1], LANES):
                if cells[e] >= 0:
                    total += weight[e] * (m.warm_k * psi[cells[e]])
                else:
                    cell = -cells[e] - 1
                    total += weight[e] * potential(temperature(h[cell], ground.rows[ground.labels[cell]]), m)
        total = _lanes(total, room)
        if p < size and t % LANES == 0:
            seen[s] = total
    cuda.syncthreads()
    for p in range(t, size, THREADS):
        s = member[groups[g] + p]
        ring[s] = seen[s]
        if 0 < s < line.size - 1 and line[s - 1] == line[s] == line[s + 1] and label[s - 1] == label[s] == label[s + 1]:
            ring[s] = 0.25 * (seen[s - 1] + seen[s + 1]) + 0.5 * seen[s]
    cuda.syncthreads()


@device
def _invert(block, slope, cooled, a, column, out, room):  # type: ignore[no-untyped-def]
    """Inverse of block + diag(slope) over the cooled pieces, zero elsewhere; Gauss-Jordan with row exchange."""
    size, t = cooled.size, cuda.threadIdx.x
    width = 2 * size
    for e in range(t, size * width, THREADS):
        p, c = e // width, e % width
        value = 0.0
        if c < size:
            if cooled[p] > 0.0 and cooled[c] > 0.0:
                value = block[c * size + p]
            if p == c:
                value += slope[p] if cooled[p] > 0.0 else 1.0
        elif c - size == p:
            value = 1.0
        a[e] = value
    cuda.syncthreads()
    for p in range(size):
        if t == 0:
            best = p
            for r in range(p + 1, size):
                if abs(a[r * width + p]) > abs(a[best * width + p]):
                    best = r
            room[0] = best
        cuda.syncthreads()
        best = int(room[0])
        factor = 1.0 / a[best * width + p]
        cuda.syncthreads()
        for c in range(t, width, THREADS):
            swapped = a[p * width + c]
            a[p * width + c] = factor * a[best * width + c]
            if best != p:
                a[best * width + c] = swapped
        cuda.syncthreads()
        for r in range(t, size, THREADS):
            column[r] = a[r * width + p]
        cuda.syncthreads()
        for e in range(t, size * width, THREADS):
            r = e // width
            if r != p:
                a[e] -= column[r] * a[p * width + e % width]
        cuda.syncthreads()
    for e in range(t, size * size, THREADS):
        c, p = e // size, e % size
        out[e] = a[p * width + size + c] if cooled[p] > 0.0 and cooled[c] > 0.0 else 0.0
    cuda.syncthreads()


@device
def _slopes(member, line, label, share, setting, rows, q, slope):  # type: ignore[no-untyped-def]
    """How much a piece's wall potential rises with its strength, by its film."""
    for p in range(cuda.threadIdx.x, member.size, THREADS):
        drive = 4 * line[member[p]]
        if setting[drive] == COOLED:
            film = setting[drive + 2] * share[member[p]]
            wall = setting[drive + 1] + q[p] / film
            slope[p] = conductivity(wall, rows[label[member[p]]]) / film
    cuda.syncthreads()


@device
def _together(g, setting, ground, n, room):  # type: ignore[no-untyped-def]
    """The strengths of one group, as `needle_heat` finds them, by all threads of a block."""
    whole, work, rows, t = n.whole, n.work, ground.rows, cuda.threadIdx.x
    line, label, share = _part(whole, of.LINE), _part(whole, of.LABEL), _part(n.real, of.FILM)
    groups, blocks, lines = _part(whole, of.GROUP_START), _part(whole, of.BLOCK_START), _part(whole, of.LINES_START)
    first, last = groups[g], groups[g + 1]
    member, size = _part(whole, of.MEMBER)[first:last], last - first
    low, high = blocks[g], blocks[g] + size * size
    block, inverse = _part(n.real, of.DROP)[low:high], _part(work, of.INVERSE)[low:high]
    matrix = _part(work, of.MATRIX)[2 * low : 2 * high]
    q, right = _part(work, of.Q)[first:last], _part(work, of.RIGHT)[first:last]
    change = _part(work, of.CHANGE)[first:last]
    cooled, slope = _part(work, of.COOLS)[first:last], _part(work, of.SLOPE)[first:last]
    strength, ring, built = _part(work, of.STRENGTH), _part(work, of.RING), _part(work, of.BUILT)
    some, films, anew = False, False, False
    for e in range(lines[g], lines[g + 1]):
        one = _part(whole, of.LINES)[e]
        kind, film = setting[4 * one], setting[4 * one + 2]
        cold = kind == COOLED
        some = some or cold
        films = films or (cold and not math.isinf(film))
        anew = anew or built[2 * one] != kind or built[2 * one + 1] != (film if cold else 0.0)
    for p in range(t, size, THREADS):
        cooled[p] = 1.0 if setting[4 * line[member[p]]] == COOLED else 0.0
    cuda.syncthreads()
    for p in range(t, size, THREADS):
        s = member[p]
        drive = 4 * line[s]
        m = rows[label[s]]
        value = setting[drive + 3] if setting[drive] == GIVEN else 0.0
        if cooled[p] > 0.0 and films:
            value = strength[s]
            if anew:
                # a first guess as if all pieces were alike
                alike = 0.0
                for c in range(size):
                    alike += block[c * size + p] * cooled[c]
                wall = wall_temperature(ring[s], alike, setting[drive + 1], setting[drive + 2] * share[s], m)
                value = (ring[s] - potential(wall, m)) / alike
        q[p] = value
    cuda.syncthreads()
    if anew:
        _slopes(member, line, label, share, setting, rows, q, slope)
        _invert(block, slope, cooled, matrix, change, inverse, room)
        for e in range(lines[g] + t, lines[g + 1], THREADS):
            one = _part(whole, of.LINES)[e]
            built[2 * one] = setting[4 * one]
            built[2 * one + 1] = setting[4 * one + 2] if setting[4 * one] == COOLED else 0.0
        cuda.syncthreads()
    before = math.inf
    for _ in range(ROUNDS if some else 0):
        _times(block, q, right, room)
        for p in range(t, size, THREADS):
            s = member[p]
            drive = 4 * line[s]
            if cooled[p] > 0.0:
                wall = setting[drive + 1] + q[p] / (setting[drive + 2] * share[s])
                right[p] = ring[s] - potential(wall, rows[label[s]]) - right[p]
            else:
                right[p] = 0.0
        cuda.syncthreads()
        _times(inverse, right, change, room)
        worst, most = 0.0, 0.0
        for p in range(t, size, THREADS):
            q[p] += change[p]
            worst, most = max(worst, abs(change[p])), max(most, abs(q[p]))
        worst, most = _most(worst, room), _most(most, room)
        if not films or worst <= CLOSE * most + CLOSE:
            break
        if worst > SLOW * before:
            _slopes(member, line, label, share, setting, rows, q, slope)
            _invert(block, slope, cooled, matrix, change, inverse, room)
        before = worst
    cuda.syncthreads()
    for p in range(t, size, THREADS):
        s = member[p]
        # among pieces in better tissue the drop would have a poor one give heat back: no wall does that
        fall = ring[s] - potential(setting[4 * line[s] + 1], rows[label[s]])
        strength[s] = 0.0 if cooled[p] > 0.0 and q[p] * fall < 0.0 else q[p]
    cuda.syncthreads()


@device
def _entry(e, n):  # type: ignore[no-untyped-def]
    """W/m3 that one entry of a needle takes from its cell."""
    q = _part(n.work, of.STRENGTH)
    a, b = _part(n.whole, of.PIECE_A)[e], _part(n.whole, of.PIECE_B)[e]
    return (q[a] * _part(n.real, of.SHARE_A)[e] + q[b] * _part(n.real, of.SHARE_B)[e]) * n.able[e]


@device
def _sunk(c, n):  # type: ignore[no-untyped-def]
    """W/m3 that all needles bring into a cell that they draw from (negative), kept for `hold`."""
    start, entries = _part(n.whole, of.CELL_START), _part(n.whole, of.CELL_ENTRY)
    brought = 0.0
    for k in range(start[c], start[c + 1]):
        brought -= _entry(entries[k], n)
    _part(n.work, of.SINK)[c] = brought
    return brought


@device
def _needle_power(share, cell_m3, n, answer, room):  # type: ignore[no-untyped-def]
    """The power of each needle, and `share` seconds of it added to what it has taken; a block a needle."""
    start = _part(n.whole, of.LINE_START)
    lines = start.size - 1
    for one in range(cuda.blockIdx.x, lines, cuda.gridDim.x):
        total = 0.0
        for e in range(start[one] + cuda.threadIdx.x, start[one + 1], THREADS):
            total += _entry(e, n)
        total = _sum(total, room) * cell_m3
        if cuda.threadIdx.x == 0:
            answer[one] = total
            answer[lines + one] += share * total


@device
def _draw(psi, h, setting, ground, n, room):  # type: ignore[no-untyped-def]
    """Let the needles take their heat; a block a group."""
    groups = _part(n.whole, of.GROUP_START).size - 1
    for g in range(cuda.blockIdx.x, groups, cuda.gridDim.x):
        _look(g, psi, h, ground, n, room)
        _together(g, setting, ground, n, room)


@device
def _cells_of(n, size):  # type: ignore[no-untyped-def]
    """The first cell of a thread, and how many further the next is.

    Blocks that solve for needles leave the cells to the others, if there are others.
    """
    block, blocks, groups = cuda.blockIdx.x, cuda.gridDim.x, _part(n.whole, of.GROUP_START).size - 1
    if blocks <= groups:
        return block * THREADS + cuda.threadIdx.x, blocks * THREADS
    if block < groups:
        return size, size
    return (block - groups) * THREADS + cuda.threadIdx.x, (blocks - groups) * THREADS


@device
def _move(closing, now, to, psi, psi_to, orders, at, sums, fields, ground, n):  # type: ignore[no-untyped-def]
    """One stage of the cells as if there were no needles, or their rates at the end; returns the powers so far."""
    walls, outer, blood, made, source = sums
    mu, nu, share = np.float32(orders[at]), np.float32(orders[at + 1]), np.float32(orders[at + 4])
    w_now, w_start = np.float32(orders[at + 2]), np.float32(orders[at + 3])
    mine, every = _cells_of(n, ground.labels.size)
    for c in range(mine, ground.labels.size, every):
        label = int(ground.labels[c])
        if label == GAS:
            continue
        rate, by_walls, by_outer, by_blood, by_fuel = cell_rate(c, psi, fields.open[c], ground)
        if ground.source.size > 0:
            rate += ground.source[c]
            source += share * ground.source[c]
        walls, outer = walls + share * by_walls, outer + share * by_outer
        blood, made = blood + share * by_blood, made + share * by_fuel
        if closing:
            fields.rate[c] = rate
        else:
            start = fields.start[c]
            # the stage before the first is the start itself
            before = start if at == HEAD else to[c]
            y = cell_advance(start, now[c], before, fields.rate_start[c], rate, mu, nu, w_now, w_start)
            to[c] = y
            psi_to[c] = cell_potential(y, label, ground.table)
    return walls, outer, blood, made, source


@device
def _sink(closing, to, psi_to, w_now, fields, ground, n):  # type: ignore[no-untyped-def]
    """Put the cells right that needles draw from."""
    sunk = _part(n.whole, of.CELLS)
    for k in range(cuda.grid(1), sunk.size, cuda.gridsize(1)):
        c, brought = sunk[k], np.float32(_sunk(k, n))
        if closing:
            fields.rate[c] += brought
        else:
            to[c] += w_now * brought
            psi_to[c] = cell_potential(to[c], int(ground.labels[c]), ground.table)


# --- kernels ------------------------------------------------------------------------------------------------------


@cuda.jit
def step(ask, fields, ground, n, orders, cell_m3, answer):  # type: ignore[no-untyped-def]
    """All that is asked for, in one launch of blocks that wait for each other.

    Args:
        ask: sum of LATCH, POTENTIALS, STAGES, RATES, JUDGE.
        fields, ground, n: see there.
        orders: number of stages after the first, which is even; weight of the first, s; length of the judged step, s;
            for each stage, and for the rates at the end, its five weights; and for each how each needle is driven.
        cell_m3: volume of a cell.
        answer: to be filled: needles' powers, other powers for each block, marks for each part.
    """
    grid, room = cuda.cg.this_grid(), cuda.shared.array(THREADS, float64)
    lines, labels = _part(n.whole, of.LINE_START).size - 1, ground.labels
    count, first_s = int(orders[0]), np.float32(orders[1])
    settings, drives = HEAD + PER_STAGE * (count + 1), 4 * lines
    sums = ZERO, ZERO, ZERO, ZERO, ZERO
    first = 2 * lines + 2 * POWERS * cuda.blockIdx.x
    if ask & LATCH:
        for c in range(cuda.grid(1), labels.size, cuda.gridsize(1)):
            if labels[c] != GAS:
                fields.open[c] = cell_opening(c, fields.psi, fields.open[c], ground)
        grid.sync()
    if ask & POTENTIALS:
        for c in range(cuda.grid(1), labels.size, cuda.gridsize(1)):
            if labels[c] != GAS:
                fields.psi[c] = cell_potential(fields.now[c], int(labels[c]), ground.table)
        grid.sync()
    if ask & STAGES:
        for one in range(cuda.grid(1), lines, cuda.gridsize(1)):
            answer[lines + one] = 0.0
        for c in range(cuda.grid(1), labels.size, cuda.gridsize(1)):
            if labels[c] != GAS:
                y = fields.start[c] + first_s * fields.rate_start[c]
                fields.now[c] = y
                fields.psi[c] = cell_potential(y, int(labels[c]), ground.table)
        grid.sync()
    # the rates at the end are a stage that goes nowhere
    for stage in range(0 if ask & STAGES else count, count + 1 if ask & RATES else count):
        closing, even = stage == count, stage % 2 == 0
        if closing:
            _tell(answer, first, sums, room)
            sums = ZERO, ZERO, ZERO, ZERO, ZERO
        now, to = (fields.now, fields.other) if even else (fields.other, fields.now)
        psi, psi_to = (fields.psi, fields.psi_other) if even else (fields.psi_other, fields.psi)
        at, drive = HEAD + PER_STAGE * stage, settings + drives * stage
        _draw(psi, now, orders[drive : drive + drives], ground, n, room)
        sums = _move(closing, now, to, psi, psi_to, orders, at, sums, fields, ground, n)
        grid.sync()
        _sink(closing, to, psi_to, np.float32(orders[at + 2]), fields, ground, n)
        _needle_power(0.0 if closing else orders[at + 4], cell_m3, n, answer, room)
        grid.sync()
    _tell(answer, first + POWERS if ask & RATES else first, sums, room)
    setting = orders[settings + drives * count : settings + drives * (count + 1)]
    if ask & JUDGE:
        for part in range(cuda.blockIdx.x, ground.parts, cuda.gridDim.x):
            marks = answer[2 * lines + 2 * POWERS * cuda.gridDim.x + MARKS * part :]
            _judge(part, fields, ground, n, np.float32(orders[2]), setting, marks, room)


@device
def _tell(answer, at, sums, room):  # type: ignore[no-untyped-def]
    """A block's powers into the answer."""
    walls, outer, blood = _sum(sums[0], room), _sum(sums[1], room), _sum(sums[2], room)
    made, source = _sum(sums[3], room), _sum(sums[4], room)
    if cuda.threadIdx.x == 0:
        answer[at], answer[at + 1], answer[at + 2], answer[at + 3], answer[at + 4] = walls, outer, blood, made, source


@device
def _judge(part, fields, ground, n, dt, setting, marks, room):  # type: ignore[no-untyped-def]
    """What a trial step looks like in one part of the grid: error, stored cold, extremes, and entries to be held.

    The error is the RKC estimate |0.8 (H0 - H1) + 0.4 dt (M0 + M1)|.
    """
    error, stored, low, high, held = 0.0, 0.0, math.inf, -math.inf, 0.0
    whole, weight = np.float32(0.8), np.float32(0.4) * dt
    mine, every = part * THREADS + cuda.threadIdx.x, ground.parts * THREADS
    for c in range(mine, ground.labels.size, every):
        if ground.labels[c] != GAS:
            y0, y1 = fields.start[c], fields.now[c]
            error += abs(whole * (y0 - y1) + weight * (fields.rate_start[c] + fields.rate[c]))
            stored += abs(y1 - fields.begin[c])
            celsius = temperature(y1, ground.rows[ground.labels[c]])
            low, high = min(low, celsius), max(high, celsius)
    for one in range(setting.size // 4):
        start = _part(n.whole, of.LINE_START)
        for e in range(start[one] + mine, start[one + 1], every):
            if n.able[e] < 1.0 or _cold(e, setting, 4 * one, fields.now, ground, n):
                held += 1.0
    error, stored, held = _sum(error, room), _sum(stored, room), _sum(held, room)
    low, high = -_most(-low, room), _most(high, room)
    if cuda.threadIdx.x == 0:
        marks[0], marks[1], marks[2], marks[3], marks[4] = error, stored, low, high, held


@device
def _cooling(e, setting, drive, n):  # type: ignore[no-untyped-def]
    """Whether a needle takes heat by an entry."""
    q = _part(n.work, of.STRENGTH)
    return setting[drive] == COOLED and q[_part(n.whole, of.PIECE_A)[e]] + q[_part(n.whole, of.PIECE_B)[e]] > 0.0


@device
def _cold(e, setting, drive, h, ground, n):  # type: ignore[no-untyped-def]
    """Whether an entry's cell is colder than the coolant that cools it."""
    cell = _part(n.whole, of.CELLS)[_part(n.whole, of.SLOT)[e]]
    celsius = temperature(h[cell], ground.rows[ground.labels[cell]])
    return _cooling(e, setting, drive, n) and celsius < setting[drive + 1] - HELD_K


@cuda.jit
def hold(h, ground, n, setting, dt, cell_m3, joules):  # type: ignore[no-untyped-def]
    """A needle takes no heat from a cell colder than its coolant (see `needle_heat.hold`); one block.

    `joules`: to be filled: heat given to each needle's cells, then the number of cells that were changed.
    """
    room = cuda.shared.array(THREADS, float64)
    t, lines = cuda.threadIdx.x, _part(n.whole, of.LINE_START).size - 1
    start, cells, slot = _part(n.whole, of.LINE_START), _part(n.whole, of.CELLS), _part(n.whole, of.SLOT)
    sink, changed = _part(n.work, of.SINK), 0.0
    for one in range(lines):
        drive = 4 * one
        for e in range(start[one] + t, start[one + 1], THREADS):
            cell = cells[slot[e]]
            m = ground.rows[ground.labels[cell]]
            if _cold(e, setting, drive, h, ground, n):
                taken = -sink[slot[e]] * dt
                short = enthalpy(setting[drive + 1], m) - h[cell]
                if short <= taken:
                    n.able[e] *= max(0.0, 1.0 - short / taken)
            elif not _cooling(e, setting, drive, n) or temperature(h[cell], m) > setting[drive + 1] + HELD_K:
                n.able[e] = min(1.0, n.able[e] * RECOVERY + 1.0 - 1.0 / RECOVERY)
    cuda.syncthreads()
    for one in range(lines):
        given = 0.0
        for e in range(start[one] + t, start[one + 1], THREADS):
            if _cold(e, setting, 4 * one, h, ground, n):
                cell = cells[slot[e]]
                taken = max(0.0, -sink[slot[e]] * dt)
                floor = min(enthalpy(setting[4 * one + 1], ground.rows[ground.labels[cell]]), h[cell] + BACK * taken)
                given += (floor - h[cell]) * cell_m3
                h[cell] = np.float32(floor)
                changed += 1.0
        given = _sum(given, room)
        if t == 0:
            joules[one] = given
    changed = _sum(changed, room)
    if t == 0:
        joules[lines] = changed


@device
def _padded(x, ny, nz):  # type: ignore[no-untyped-def]
    """Flat padded index of a cell that is counted without its frame."""
    return (x // (ny * nz) + 1) * (ny + 2) * (nz + 2) + (x // nz % ny + 1) * (nz + 2) + x % nz + 1


@cuda.jit
def follow(ends, shape, labels, rows, levels, span, start_s, dt, kept, counts, edge):  # type: ignore[no-untyped-def]
    """Follow every cell through a step, as `Record` does; and how far the cells beside held faces have drifted."""
    ny, nz = shape
    x = cuda.grid(1)
    before, after, rate_before, rate_after = ends
    minimum, below_20, below_40, first_frozen, cooling = kept
    cycles, ice = counts
    edge_cell, edge_start, drift = edge
    if x < edge_cell.size and after[edge_cell[x]] != edge_start[x]:
        m = rows[labels[edge_cell[x]]]
        change = abs(temperature(after[edge_cell[x]], m) - temperature(edge_start[x], m))
        drift[x] = max(drift[x], np.float32(change))
    if x >= minimum.size:
        return
    at = _padded(x, ny, nz)
    label = int(labels[at])
    if label == GAS:
        return
    u, v = before[at], after[at]
    d0, d1 = dt * rate_before[at], dt * rate_after[at]
    low = u if u < v else v
    minimum[x] = low if low < minimum[x] else minimum[x]
    level = levels[label * (LEVELS + 1) : (label + 1) * (LEVELS + 1)]
    top = level[0]
    for k in range(1, LEVELS):
        top = level[k] if level[k] > top else top
    deep = float64(low)
    if d0 < 0.0 < d1:
        deep = min(deep, min(u + d0 / 3.0, v - d1 / 3.0))
    if deep <= top or deep < minimum[x]:
        follow_cell(u, v, d0, d1, (start_s, dt), level, span[label], x, minimum, below_20, below_40, first_frozen,
                    cooling, cycles, ice)  # fmt: skip


@cuda.jit
def gather(fields, cells, out):  # type: ignore[no-untyped-def]
    """Four fields in some cells, one after the other."""
    x = cuda.grid(1)
    a, b, c, d = fields
    if x < cells.size:
        at = cells[x]
        out[x], out[x + cells.size] = a[at], b[at]
        out[x + 2 * cells.size], out[x + 3 * cells.size] = c[at], d[at]


@cuda.jit
def fill(celsius, shape, labels, rows, h):  # type: ignore[no-untyped-def]
    """Enthalpies, padded, from temperatures without a frame."""
    x = cuda.grid(1)
    if x < celsius.size:
        at = _padded(x, shape[0], shape[1])
        if labels[at] != GAS:
            h[at] = np.float32(enthalpy(celsius[x], rows[labels[at]]))


@cuda.jit
def temperatures(h, shape, labels, rows, celsius):  # type: ignore[no-untyped-def]
    """The reverse, NaN in gas."""
    x = cuda.grid(1)
    if x < celsius.size:
        at = _padded(x, shape[0], shape[1])
        label = labels[at]
        celsius[x] = np.float32(np.nan if label == GAS else temperature(h[at], rows[label]))


# --- the card -----------------------------------------------------------------------------------------------------


def must_be_there() -> None:
    """Make sure that a GPU can be used.

    Raises:
        SolverError: with what is missing and what to install.
    """
    if importlib.util.find_spec("numba_cuda") is None:
        raise SolverError(
            "the package numba-cuda is not installed",
            where="Simulation.backend='gpu'",
            remedy="Type: pip install 'iceball[gpu]'. Or choose backend='cpu'.",
        )
    if not cuda.is_available():
        raise SolverError(
            "no NVIDIA GPU with a working driver is found",
            where="Simulation.backend='gpu'",
            remedy="Install NVIDIA's driver (nvidia-smi must list the GPU) and pip install 'iceball[gpu]'. "
            "Or choose backend='cpu'.",
        )


def name() -> str:
    """What the device is called."""
    if SIMULATED:
        return "CUDA simulator"
    told = cuda.get_current_device().name
    return told.decode() if isinstance(told, bytes) else str(told)


def sent(values: Any) -> Any:
    """A copy of an array on the device."""
    return cuda.to_device(np.ascontiguousarray(values))


def room(size: int, kind: Any) -> Any:
    """An array on the device that holds anything."""
    return cuda.device_array(size, kind)


def free_bytes() -> float:
    """Memory that is free on the device."""
    return float(cuda.current_context().get_memory_info()[0])


def finish() -> None:
    """Wait until the device has done all that it was asked for."""
    cuda.synchronize()


class Launch:
    """A kernel, compiled for the types of what it is launched with first.

    Args:
        kernel: one of this file's.
        together: whether its blocks wait for each other; then as many are launched as fit on the device.
    """

    def __init__(self, kernel: Any, *, together: bool = False) -> None:
        self.kernel, self.together = kernel, together
        self.made: Any = None
        self._blocks = 1

    def blocks(self, *args: Any) -> int:
        """How many blocks can wait for each other, with such arguments."""
        self._make(args)
        return self._blocks

    def __call__(self, threads: int, *args: Any) -> None:
        """Launch so many threads, or all that fit where they wait for each other."""
        self._make(args)
        self.made[self._blocks if self.together else max(1, -(-threads // THREADS)), THREADS](*args)

    def _make(self, args: tuple[Any, ...]) -> None:
        if self.made is not None:
            return
        options: dict[str, Any] = {} if SIMULATED else {"cache": True}
        if self.together and not SIMULATED:
            options["max_registers"] = REGISTERS
        self.made = cuda.jit([tuple(typeof(a) for a in args)], **options)(self.kernel.py_func)
        # the simulator runs one block after the other: they could not wait for each other
        if self.together and not SIMULATED:
            (overload,) = self.made.overloads.values()
            self._blocks = int(overload.max_cooperative_grid_blocks(THREADS))
