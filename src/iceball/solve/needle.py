"""Needles thinner than a cell: where their heat is taken, and how much.

Around a thin needle the potential is that of a line: theta(x) = constant - q P(x) with P the potential of a segment of
unit strength. Its discrete Laplacian on the grid is the shape of the sink: with it the grid reproduces P itself at the
cell centres, however the needle lies between them. The strength follows from the potential sampled on a ring around the
needle, the potential at its wall, and the known difference of P between both.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

from iceball.errors import SceneError
from iceball.physics.cooling import line_potential, wall_temperature
from iceball.physics.freezing import enthalpy, temperature
from iceball.physics.heat import KELVIN, conductivity, potential
from iceball.solve.layout import Layout
from iceball.solve.scene import Line, Scene
from iceball.units import MM_PER_M

F = TypeVar("F", bound=Callable[..., Any])

# Reach of the sink and of the ring, in cells. The Laplacian of the potential has died out three cells from the needle.
REACH = 3.0
RING, RING_WIDTH = 1.5, 0.75
TYPICAL_C = -60.0
"""Temperature around a needle at which the conductivities of tissues are compared."""
OFF, COOLED, GIVEN = range(3)
RECOVERY = 1.02
"""A cell that was asked for too much is asked for 2 % more with each step in which it is warmer than the coolant."""
HELD_K = 0.2
"""Cells further below the coolant than this are brought back to it."""
IMAGE = 200.0
"""Endless, in cells: a needle between two closed faces."""


@dataclass(frozen=True, eq=False)
class Sinks:
    """All segments of all needles, flattened: segment s owns sink entries and ring entries between its two starts."""

    needle: NDArray[np.int32]
    """Which line each segment belongs to."""
    length_m: NDArray[np.float64]
    label: NDArray[np.int32]
    first: NDArray[np.int64]
    """First segment of each line; one more at the end."""
    drop: NDArray[np.float64]
    """drop[s, t]: potential difference between wall and ring of segment s for unit strength of t, both of one line."""
    sink_start: NDArray[np.int64]
    sink_cell: NDArray[np.int64]
    """Flat padded index."""
    sink_share: NDArray[np.float64]
    """Share of the segment's heat, divided by the cell's volume."""
    ring_start: NDArray[np.int64]
    ring_cell: NDArray[np.int64]
    ring_weight: NDArray[np.float64]
    row: NDArray[np.int64]
    """Row of each sink entry."""
    column: NDArray[np.int64]
    sunk: NDArray[np.bool_]
    """Rows with any sink."""
    dropped_mm: float
    """Length of active zone that lies in gas and exchanges no heat."""


def sinks(scene: Scene, lay: Layout, rows: NDArray[Any]) -> Sinks:
    """The sub-grid sources of a scene's needles.

    Raises:
        SceneError: if a needle leaves the grid.
    """
    parts: dict[str, list[Any]] = {
        n: [] for n in ("needle", "length", "label", "drop", "sink", "share", "ring", "weight")
    }
    dropped = 0.0
    cold_k = rows["k0"] + rows["k1"] * TYPICAL_C + rows["k2"] / (TYPICAL_C + KELVIN)
    for number, line in enumerate(scene.lines):
        for end in (line.start_mm, line.end_mm):
            if not bool(scene.grid.contains(end)):
                raise SceneError(
                    f"the active zone's end {end} lies outside the grid",
                    where=f"Line {line.name}",
                    remedy="Enlarge the grid.",
                )
        dropped += _line(line, number, scene, lay, cold_k, parts)
    if scene.lines and not parts["needle"]:
        raise SceneError(
            "no part of any active zone lies in tissue",
            where=", ".join(f"Line {line.name}" for line in scene.lines),
            remedy="Place the needles in the body: check tip_mm and entry_mm (LPS mm).",
        )
    flat = [np.asarray(v, np.int64) for v in parts["sink"]]
    cells = np.concatenate(flat) if flat else np.zeros(0, np.int64)
    i, j, k = np.unravel_index(cells, lay.padded)
    row = (i - 1) * lay.shape[1] + (j - 1)
    sunk = np.zeros(lay.rows, bool)
    sunk[row] = True
    needle = np.array(parts["needle"], np.int32)
    first = np.searchsorted(needle, np.arange(len(scene.lines) + 1)).astype(np.int64)
    drop = np.zeros((needle.size, int(np.diff(first).max(initial=0))))
    for number, block in enumerate(parts["drop"]):
        if block.size:
            drop[first[number] : first[number + 1], : block.shape[1]] = block
    return Sinks(
        needle,
        np.array(parts["length"], float),
        np.array(parts["label"], np.int32),
        first,
        drop,
        _starts(parts["sink"]),
        cells,
        _joined(parts["share"]),
        _starts(parts["ring"]),
        _joined(parts["ring"]).astype(np.int64),
        _joined(parts["weight"]),
        row.astype(np.int64),
        (k - 1).astype(np.int64),
        sunk,
        dropped,
    )


def _starts(parts: list[Any]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum([len(p) for p in parts])]).astype(np.int64)


def _joined(parts: list[Any]) -> NDArray[np.float64]:
    return np.concatenate(parts).astype(float) if parts else np.zeros(0)


def _line(
    line: Line, number: int, scene: Scene, lay: Layout, cold_k: NDArray[np.float64], parts: dict[str, list[Any]]
) -> float:
    spacing = np.array(lay.spacing_m)
    start, end = np.array(line.start_mm) / MM_PER_M, np.array(line.end_mm) / MM_PER_M
    origin = scene.grid.origin_mm / MM_PER_M
    length = float(np.linalg.norm(end - start))
    axis = (end - start) / length
    radius = line.radius_mm / MM_PER_M
    # segments as long as the cells met along the needle, but no shorter than its diameter: nothing finer is felt
    along = float(1.0 / np.sqrt(np.sum((axis / spacing) ** 2)))
    count = max(1, round(length / max(along, 2.0 * radius)))
    edges = np.linspace(0.0, length, count + 1)
    closed = _on_closed_face(start, -axis, scene, lay), _on_closed_face(end, axis, scene, lay)
    # a closed face is a mirror: the needle goes on beyond it by its own length, or endlessly between two mirrors
    image = length if not all(closed) else IMAGE * float(spacing.max())
    whole = (-image * closed[0], length + image * closed[1])
    ring = max(RING * float(spacing.max()), radius + float(spacing.max()))
    dropped = 0.0
    seen: list[tuple[Any, ...]] = []
    middles: list[float] = []
    own_k: list[float] = []
    for number_s in range(count):
        a, b = edges[number_s], edges[number_s + 1]
        middle = start + axis * 0.5 * (a + b)
        cell = np.clip(np.round((middle - origin) / spacing).astype(int), 0, np.array(lay.shape) - 1)
        label = int(lay.labels[tuple(cell + 1)])
        if label == 255:
            dropped += (b - a) * MM_PER_M
            continue
        reach = max(REACH * float(spacing.max()), ring + RING_WIDTH * float(spacing.max())) + 0.5 * (b - a)
        low = np.maximum(np.floor((middle - reach - origin) / spacing).astype(int), 0)
        high = np.minimum(np.ceil((middle + reach - origin) / spacing).astype(int), np.array(lay.shape) - 1)
        grids = np.meshgrid(*(np.arange(p - 1, q + 2) for p, q in zip(low, high, strict=True)), indexing="ij")
        offset = origin + np.stack(grids, axis=-1) * spacing - start
        s = offset @ axis
        across = np.linalg.norm(offset - s[..., None] * axis, axis=-1)
        clamped = np.maximum(across, radius)
        span = (whole[0] if number_s == 0 else a, whole[1] if number_s == count - 1 else b)
        shape = _laplacian(_segment(s, clamped, *span), lay)
        inner = tuple(slice(1, -1) for _ in range(3))
        s, across, clamped = s[inner], across[inner], clamped[inner]
        index = np.stack([g[inner] for g in grids], axis=-1) + 1
        flat = np.ravel_multi_index(tuple(np.moveaxis(index, -1, 0)), lay.padded)
        tissue = lay.labels.reshape(-1)[flat] != 255
        beside = np.maximum(np.maximum(a - s, s - b), 0.0)
        distance = np.hypot(across, beside)
        sunk = tissue & (distance <= REACH * float(spacing.max()))
        # The small negative lobes off the axes stay: without them the field around the needle would not be P any more.
        # Where tissues meet the field is not P anyway, and lobes sized for one tissue would warm a poor cell of
        # another.
        around = lay.labels.reshape(-1)[flat[sunk]]
        if (around != label).any():
            shape = np.maximum(shape, 0.0)
        share = shape[sunk] / shape[sunk].sum()
        # ring weights fall smoothly from the ring's radius and from the segment's middle
        cells_off = (across - ring) / (RING_WIDTH * float(spacing.max()))
        axial = (s - 0.5 * (a + b)) / (0.5 * (b - a) + 0.5 * float(spacing.max()))
        weight = np.clip(1.0 - cells_off**2, 0.0, None) ** 2 * np.clip(1.0 - axial**2, 0.0, None) * tissue
        near = weight > 0
        if not near.any():
            raise SceneError("no tissue around a part of the active zone", where=f"Line {line.name}")
        w = weight[near] / weight[near].sum()
        seen.append((s[near], clamped[near], w, span))
        own_k.append(float(cold_k[label]))
        parts["needle"].append(number)
        parts["length"].append(b - a)
        parts["label"].append(label)
        parts["sink"].append(flat[sunk])
        parts["share"].append(share / lay.cell_m3)
        parts["ring"].append(flat[near])
        parts["weight"].append(w)
        middles.append(0.5 * (a + b))
    wall = [_segment(np.array(middles), np.full(len(middles), radius), *span) for *_, span in seen]
    block = [
        [wall[t][n] - w @ _segment(s, r, *seen[t][3]) for t in range(len(seen))] for n, (s, r, w, _) in enumerate(seen)
    ]
    # a neighbour in another tissue makes a difference in temperature, felt as a potential by one's own conductivity
    parts["drop"].append(np.array(block) * np.divide.outer(own_k, own_k) if block else np.zeros((0, 0)))
    return dropped


def _on_closed_face(end: NDArray[np.float64], outward: NDArray[np.float64], scene: Scene, lay: Layout) -> bool:
    """Whether a needle's end stands upright on an outer face that lets no heat pass."""
    for axis in range(3):
        if abs(outward[axis]) > 1.0 - 1e-9:
            side = 1 if outward[axis] > 0 else 0
            face = scene.grid.corners_mm[:, axis].max() if side else scene.grid.corners_mm[:, axis].min()
            near = abs(end[axis] * MM_PER_M - face) < 0.01 * scene.grid.spacing_mm[axis]
            return bool(near and math.isnan(lay.held_values[2 * axis + side]))
    return False


def _segment(s: NDArray[np.float64], across: NDArray[np.float64], a: float, b: float) -> NDArray[np.float64]:
    """`line_potential` of the segment from a to b on its axis, for arrays."""
    out = np.empty(s.size)
    _line_potentials(s.ravel() - 0.5 * (a + b), across.ravel(), b - a, out)
    return out.reshape(s.shape)


def _laplacian(p: NDArray[np.float64], lay: Layout) -> NDArray[np.float64]:
    """Minus the discrete Laplacian, without the outermost layer."""
    c = p[1:-1, 1:-1, 1:-1]
    gx, gy, gz = lay.inverse_squares
    return np.asarray(
        gx * (2 * c - p[:-2, 1:-1, 1:-1] - p[2:, 1:-1, 1:-1])
        + gy * (2 * c - p[1:-1, :-2, 1:-1] - p[1:-1, 2:, 1:-1])
        + gz * (2 * c - p[1:-1, 1:-1, :-2] - p[1:-1, 1:-1, 2:])
    )


def loop(function: F) -> F:
    """Compile without the GIL; strict arithmetic."""
    compiled: F = njit(cache=True, nogil=True, error_model="numpy")(function)
    return compiled


@loop
def _line_potentials(along, across, length, out):  # type: ignore[no-untyped-def]
    for x in range(out.size):
        out[x] = line_potential(along[x], across[x], length)


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
def strengths(psi, h, labels, rows, setting, first, drop, label, ring_start, ring_cell, ring_weight, out):  # type: ignore[no-untyped-def]
    """Heat per length taken by each segment, W/m, into `out[:, 0]`; the potential at its wall into `out[:, 1]`.

    The segments of a needle feel each other: all its strengths follow together from ring - drop q = theta(wall), the
    wall's temperature being coolant + q / film. `setting[line]`: how it is driven (OFF, COOLED, GIVEN), coolant °C,
    2 pi r h, and W/m.
    """
    psi, h, labels = psi.reshape(-1), h.reshape(-1), labels.reshape(-1)
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
                    ring[p] += ring_weight[e] * psi[cell] * m.warm_k
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
            out[a + p, 0], out[a + p, 1] = q[p], ring[p]
            for c in range(n):
                out[a + p, 1] -= drop[a + p, c] * q[c]


@loop
def take(strength, who, length, sink_start, share, able, cell_m3, slot, sink, watts):  # type: ignore[no-untyped-def]
    """Spread the segments' heat over their cells (W/m3, negative) and add up each needle's power.

    `able` is how much of its share each cell can give (see `hold`).
    """
    sink[:] = 0.0
    watts[:] = 0.0
    for s in range(who.size):
        power = strength[s, 0] * length[s]
        if power != 0.0:
            for e in range(sink_start[s], sink_start[s + 1]):
                taken = power * share[e] * able[e]
                sink[slot[e]] -= taken
                watts[who[s]] += taken * cell_m3


@loop
def hold(h, labels, rows, setting, strength, who, sink_start, sink_cell, slot, sink, dt, able, cell_m3, joules):  # type: ignore[no-untyped-def]
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
                taken = -sink[slot[e]] * dt
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
