"""Body temperature before any needle: the steady state of Pennes' equation with walls and outer faces."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from iceball.errors import SceneError, SolverError
from iceball.solve.layout import CLOSED, HELD, TISSUE, WALL, Layout

TOLERANCE_K = 1e-6
"""Greatest residual over diagonal; in perfused tissue the error is at most about a thousand times that."""
MOST_ITERATIONS = 5000


def steady(lay: Layout, rows: NDArray[Any], body_c: float) -> NDArray[np.float64]:
    """Temperature of every cell, °C (body temperature in gas), shape of the grid.

    Raises:
        SceneError: if tissue would be frozen at rest.
        SolverError: if there is no steady state.
    """
    labels = lay.inner(lay.labels)
    tissue = labels != 255
    k = np.where(tissue, rows["warm_k"][labels], 0.0)
    diagonal = np.where(tissue, rows["blood"][labels], 1.0)
    source = np.where(tissue, rows["metabolism"][labels], 0.0)
    if lay.source.size:
        source += lay.source.reshape(lay.shape)
    g = lay.inverse_squares
    off = []
    for axis in range(3):
        a, b = np.take(k, range(k.shape[axis] - 1), axis), np.take(k, range(1, k.shape[axis]), axis)
        with np.errstate(divide="ignore", invalid="ignore"):
            face = np.where(a * b > 0, 2 * a * b / (a + b), 0.0) * g[axis]
        low = [slice(None)] * 3
        high = [slice(None)] * 3
        low[axis], high[axis] = slice(0, -1), slice(1, None)
        diagonal[tuple(low)] += face
        diagonal[tuple(high)] += face
        padded = np.zeros(lay.shape)
        padded[tuple(low)] = -face
        off.append(padded.ravel())
    _add_edges(lay, k, g, diagonal, source, body_c)
    if not source.any():
        return np.full(lay.shape, body_c)
    n = diagonal.size
    strides = (lay.shape[1] * lay.shape[2], lay.shape[2], 1)
    bands, offsets = [diagonal.ravel()], [0]
    for axis, (values, stride) in enumerate(zip(off, strides, strict=True)):
        if lay.shape[axis] > 1:
            bands += [values, np.roll(values, stride)]
            offsets += [-stride, stride]
    matrix = sparse.dia_matrix((np.array(bands), offsets), shape=(n, n)).tocsr()
    celsius = body_c + _conjugate_gradients(matrix, source.ravel(), diagonal.ravel()).reshape(lay.shape)
    frozen = tissue & (celsius < rows["liquidus"][labels])
    if frozen.any():
        raise SceneError(f"at rest {int(frozen.sum())} cells would be frozen", where="Scene.initial_c",
                         remedy="Give initial_c.")  # fmt: skip
    return celsius


def _add_edges(
    lay: Layout, k: NDArray[np.float64], g: NDArray[np.float64], diagonal: NDArray[np.float64],
    source: NDArray[np.float64], body_c: float,
) -> None:  # fmt: skip
    """Walls and held outer faces."""
    kind, axis, which = lay.face_kind.T
    row = np.repeat(np.arange(lay.rows), np.diff(lay.face_start))
    cell = row * lay.shape[2] + lay.face_cell
    d, r = diagonal.ravel(), source.ravel()
    at = kind == HELD
    c = g[axis[at]] * 2.0 * k.ravel()[cell[at]]
    np.add.at(d, cell[at], c)
    np.add.at(r, cell[at], c * (lay.held_values[which[at]] - body_c))
    at = kind == WALL
    if at.any():
        spacing = np.array(lay.spacing_m)[axis[at]]
        h, ambient = lay.wall_values[which[at]].T
        with np.errstate(divide="ignore"):
            c = 1.0 / (0.5 * spacing / k.ravel()[cell[at]] + 1.0 / h) / spacing
        np.add.at(d, cell[at], c)
        np.add.at(r, cell[at], c * (ambient - body_c))
    assert set(np.unique(kind)) <= {TISSUE, WALL, HELD, CLOSED}


def _conjugate_gradients(matrix: Any, right: NDArray[np.float64], diagonal: NDArray[np.float64]) -> NDArray[np.float64]:
    x = np.zeros_like(right)
    r = right.copy()
    z = r / diagonal
    p = z.copy()
    rz = float(r @ z)
    for _ in range(MOST_ITERATIONS):
        if np.abs(z).max() < TOLERANCE_K:
            return x
        q = matrix @ p
        step = rz / float(p @ q)
        x += step * p
        r -= step * q
        z = r / diagonal
        before, rz = rz, float(r @ z)
        p *= rz / before
        p += z
    raise SolverError("found no steady state without needles", where="Scene",
                      remedy="Give initial_c, or let heat leave by blood, a wall or an outer face.")  # fmt: skip
