"""Needles thinner than a cell: where their heat is taken, and how much.

Around a thin needle the potential is that of a line: theta(x) = constant - q P(x) with P the potential of a segment of
unit strength. Its discrete Laplacian on the grid is the shape of the sink: with it the grid reproduces P itself at the
cell centres, however the needle lies between them. The strength follows from the potential sampled on a ring around the
needle, the potential at its wall, and the known difference of P between both. Needles that lie within each other's
rings are felt in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.errors import SceneError
from iceball.physics.heat import KELVIN
from iceball.solve.layout import Layout
from iceball.solve.needle_heat import Tables
from iceball.solve.needle_shape import (
    RING_WIDTH,
    Axis,
    Floats,
    axis_of,
    centred,
    ring_radius,
    ring_weights,
    rise,
    rounded,
    shape_of,
)
from iceball.solve.scene import Line, Scene
from iceball.units import MM_PER_M

TYPICAL_C = -60.0
"""Temperature around a needle at which the conductivities of tissues are compared."""
GAS = 255
LEAST = 0.1
"""A piece of which less than this lies in tissue takes no more than that share of its heat."""
ALONE = 1.0
"""Needles so many cells beyond each other's rings do not feel each other but through the tissue."""


@dataclass(frozen=True, eq=False)
class Sinks:
    """All needles of a scene on its grid."""

    tables: Tables
    dropped_mm: float
    """Length of active zone that lies in gas and exchanges no heat."""


@dataclass(frozen=True, eq=False)
class _Needle:
    """One line's pieces that lie in tissue."""

    axis: Axis
    alive: NDArray[np.int64]
    """Which of the axis' pieces."""
    label: NDArray[np.int32]
    film: Floats
    """Share of the needle's film that each piece alive has."""
    sink_cell: NDArray[np.int64]
    sink_share: Floats
    """(cells, pieces alive), W/m3 for 1 W/m."""
    ring_cell: NDArray[np.int64]
    ring_at: Floats
    """(cells, 3), m."""
    ring_weight: Floats
    """(cells, pieces alive)."""


def sinks(scene: Scene, lay: Layout, rows: NDArray[Any]) -> Sinks:
    """The sub-grid sources of a scene's needles.

    Raises:
        SceneError: if a needle leaves the grid, or none lies in tissue.
    """
    needles, dropped = [], 0.0
    for line in scene.lines:
        for end in (line.start_mm, line.end_mm):
            if not bool(scene.grid.contains(end)):
                raise SceneError(
                    f"the active zone's end {end} lies outside the grid",
                    where=f"Line {line.name}",
                    remedy="Enlarge the grid.",
                )
        axis = axis_of(line, scene, lay)
        needle = _lay(axis, line, scene.grid.origin_mm / MM_PER_M, lay)
        dropped += (axis.pieces - needle.alive.size) * axis.length / axis.pieces * MM_PER_M
        needles.append(needle)
    if scene.lines and not any(n.alive.size for n in needles):
        raise SceneError(
            "no part of any active zone lies in tissue",
            where=", ".join(f"Line {line.name}" for line in scene.lines),
            remedy="Place the needles in the body: check tip_mm and entry_mm (LPS mm).",
        )
    cold_k = rows["k0"] + rows["k1"] * TYPICAL_C + rows["k2"] / (TYPICAL_C + KELVIN)
    return _assemble(needles, lay, cold_k, dropped)


def _lay(axis: Axis, line: Line, origin: Floats, lay: Layout) -> _Needle:
    spacing, labels = np.array(lay.spacing_m), lay.kin.reshape(-1)
    middles = axis.start + axis.middles[:, None] * axis.along
    nearest = np.clip(np.round((middles - origin) / spacing).astype(int), 0, np.array(lay.shape) - 1)
    label = lay.kin[tuple((nearest + 1).T)].astype(np.int32)
    alive = np.flatnonzero(label != GAS)
    label = label[alive]
    shape = shape_of(axis, origin, lay)
    here = np.all((shape.index >= 0) & (shape.index < lay.shape), axis=1)
    flat = np.ravel_multi_index(tuple((np.where(here[:, None], shape.index, 0) + 1).T), lay.padded)
    found = np.where(here, labels[flat], GAS)
    part = axis.shares(shape.s, ends=False)[:, alive]
    # The small negative lobes off the axes stay: without them the field around the needle would not be P any more.
    # Where tissues meet the field is not P anyway, and lobes sized for one tissue would warm a poor cell of another.
    mixed = np.any((part > 0) & (found[:, None] != GAS) & (found[:, None] != label), axis=0)
    clipped = np.any((part > 0) & mixed, axis=1)
    share = np.where(clipped, np.maximum(shape.share, 0.0), shape.share)[:, None] * part
    share[found == GAS] = 0.0
    # each piece gives all its heat, also what would fall into gas or was clipped
    full = axis.length / axis.pieces / lay.cell_m3
    share *= full / np.maximum(share.sum(axis=0), LEAST * full)
    used = np.any(share != 0.0, axis=1)
    # one cell more than the sink reaches, so that the ring is whole
    weight = ring_weights(axis, origin, lay, shape.index)[:, alive]
    weight[found == GAS] = 0.0
    seen = np.any(weight > 0.0, axis=1)
    if not np.all(weight.sum(axis=0) > 0.0):
        raise SceneError("no tissue around a part of the active zone", where=f"Line {line.name}")
    at = origin + shape.index[seen] * spacing
    weight = weight[seen]
    weight = centred(weight, (at[:, None] - middles[alive]) / spacing.max())
    film = line.shares(axis.cuts * MM_PER_M)[alive]
    return _Needle(axis, alive, label, film, flat[used], share[used], flat[seen], at, weight)


def _assemble(needles: list[_Needle], lay: Layout, cold_k: Floats, dropped: float) -> Sinks:
    first = np.cumsum([0, *(n.alive.size for n in needles)])
    line = np.repeat(np.arange(len(needles)), np.diff(first)).astype(np.int32)
    label = np.concatenate([np.zeros(0, np.int32), *(n.label for n in needles)])
    film = np.concatenate([np.zeros(0), *(n.film for n in needles)])
    groups = _groups(needles, max(lay.spacing_m))
    starts, members, blocks, drops = [0], [], [0], []
    for group in groups:
        members += [first[n] + p for n in group for p in range(needles[n].alive.size)]
        block = np.block([[_drop(needles[a], needles[b], a == b, lay) for b in group] for a in group])
        # a neighbour in another tissue makes a difference in temperature, felt as a potential by one's own conductivity
        own_k = np.concatenate([cold_k[needles[n].label] for n in group])
        drops.append((block * np.divide.outer(own_k, own_k)).T.ravel())
        starts.append(len(members))
        blocks.append(blocks[-1] + block.size)
    labels = lay.kin.reshape(-1)
    rings, sunk = [], []
    others = [(np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0))]
    for n, needle in enumerate(needles):
        cell, piece, value = _pairs(needle.ring_cell, needle.ring_weight, first[n])
        own = np.all((labels[cell] == label[piece].T) | (value.T == 0.0), axis=0)
        rings.append((cell[own], piece[own], value[own]))
        felt = ~own[:, None] & (value != 0.0)
        others.append((cell[np.nonzero(felt)[0]], piece[felt], value[felt]))
        sunk.append(_pairs(needle.sink_cell, needle.sink_share, first[n]))
    ring_cell, ring_piece, ring_weight = _joined(rings)
    other_cell, other_piece, other_weight = (np.concatenate(part) for part in zip(*others, strict=True))
    sink_cell, sink_piece, sink_share = _joined(sunk)
    cells, slot = np.unique(sink_cell, return_inverse=True)
    tables = Tables(
        line, label, film, ring_cell.astype(np.int32), ring_piece, ring_weight,
        other_cell.astype(np.int32), other_piece, other_weight, cells.astype(np.int64),
        np.cumsum([0, *(len(c) for c, *_ in sunk)]).astype(np.int64), slot.reshape(-1).astype(np.int32), sink_piece,
        sink_share, np.array(starts, np.int64), np.array(members, np.int32), np.array(blocks, np.int64),
        np.concatenate([np.zeros(0), *drops]), lay.cell_m3,
    )  # fmt: skip
    return Sinks(tables, dropped)


def _pairs(cell: NDArray[np.int64], weight: Floats, first: int) -> tuple[NDArray[Any], NDArray[Any], Floats]:
    """Each row of (cells, pieces) as its two pieces; more than two never share a cell."""
    order = np.sort(np.argsort(-np.abs(weight), axis=1, kind="stable")[:, :2], axis=1)
    if weight.shape[1] < 2:
        order = np.zeros((len(weight), 2), int)
    value = np.take_along_axis(weight, order, axis=1)
    if weight.shape[1] == 1:
        value[:, 1] = 0.0
    return cell, (order + first).astype(np.int32), value


def _joined(parts: list[tuple[NDArray[Any], NDArray[Any], Floats]]) -> tuple[NDArray[Any], NDArray[Any], Floats]:
    if not parts:
        return np.zeros(0, np.int64), np.zeros((0, 2), np.int32), np.zeros((0, 2))
    cells, pieces, values = zip(*parts, strict=True)
    return np.concatenate(cells), np.concatenate(pieces), np.concatenate(values)


def _groups(needles: list[_Needle], widest: float) -> list[list[int]]:
    """Needles that feel each other directly, or through a third."""
    groups: list[list[int]] = []
    for n, needle in enumerate(needles):
        if not needle.alive.size:
            continue
        near = [g for g in groups if any(_felt(needle, needles[m], widest).any() or
                                         _felt(needles[m], needle, widest).any() for m in g)]  # fmt: skip
        groups = [g for g in groups if g not in near] + [sorted([n, *(m for g in near for m in g)])]
    return sorted(groups)


def _felt(a: _Needle, b: _Needle, widest: float) -> Floats:
    """How far each piece of `a` is to feel `b`: 1 where b is within its ring, 0 far from it."""
    edge = ring_radius(a.axis, widest) + RING_WIDTH * widest
    s, across = b.axis.place(a.axis.start + a.axis.middles[a.alive, None] * a.axis.along)
    away = np.hypot(across, np.maximum(np.maximum(-s, s - b.axis.length), 0.0))
    return rise(1.0 - 2.0 * (away - edge) / (ALONE * widest))


def _drop(a: _Needle, b: _Needle, same: bool, lay: Layout) -> Floats:
    """Potential difference between wall and ring of each piece of `a`, for unit strength of each piece of `b`."""
    widest = max(lay.spacing_m)
    felt = np.ones(a.alive.size) if same else _felt(a, b, widest)
    if not felt.any():
        return np.zeros((a.alive.size, b.alive.size))
    s, across = b.axis.place(a.ring_at)
    ring = a.ring_weight.T @ b.axis.potentials(s, rounded(across, b.axis.radius))[:, b.alive]
    # the wall is at one temperature on the mean over a piece, not only at its middle
    wall = np.zeros_like(ring)
    for weight, at in a.axis.within():
        s, across = b.axis.place(a.axis.start + at[a.alive, None] * a.axis.along)
        wall += weight * b.axis.potentials(s, _wall_distance(across, a.axis.radius, b.axis.radius))[:, b.alive]
    return np.asarray((wall - ring) * felt[:, None])


def _wall_distance(across: Floats, a: float, b: float) -> Floats:
    """Distance at which the wall of one needle feels the line of another, or its own.

    Two walls at one temperature side by side shade each other. This fits the capacity of two parallel equal cylinders,
    from one inside the other (the radius itself) over touching (pi^2 / 4 radii) to far apart (distance + radius^2 /
    distance), to 4 %.
    """
    square = a * b
    return np.sqrt(across**2 + square * (2.0 - np.exp(-2.0 * across**2 / square)))
