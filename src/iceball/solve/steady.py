"""Body temperature before any needle: the steady state of Pennes' equation with walls and outer faces.

Unfrozen tissue is linear, so this is one symmetric system. It is solved by conjugate gradients, from the answer on
cells twice as wide (and that from cells twice as wide again): what is left to do on the fine grid is small.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.errors import SceneError, SolverError
from iceball.kernels import compiled
from iceball.solve.layout import GAS, HELD, WALL, Layout

TOLERANCE_K = 1e-6
"""Greatest residual over diagonal; in perfused tissue the error is at most about a thousand times that."""
MOST_ITERATIONS = 5000
COARSEST_CELLS = 4000
Field = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _System:
    """K of the face above each cell along x, y, z (0 at the last), K to what stands outside, and the heat made."""

    faces: tuple[Field, Field, Field]
    drain: Field
    source: Field


def steady(lay: Layout, rows: NDArray[Any], body_c: float) -> Field:
    """Temperature of every cell, °C (body temperature in gas), shape of the grid.

    Raises:
        SceneError: if tissue would be frozen at rest.
        SolverError: if there is no steady state.
    """
    system = _system(lay, rows)
    if not system.source.any():
        return np.full(lay.shape, body_c)
    celsius = body_c + _solve(system)
    labels = lay.inner(lay.labels)
    liquidus = np.append(rows["liquidus"][:GAS], -np.inf)
    frozen = celsius < liquidus[labels]
    if frozen.any():
        raise SceneError(f"at rest {int(frozen.sum())} cells would be frozen", where="Scene.initial_c",
                         remedy="Give initial_c.")  # fmt: skip
    return celsius


def _system(lay: Layout, rows: NDArray[Any]) -> _System:
    labels = lay.inner(lay.labels)
    tissue = labels != GAS

    def of_label(name: str) -> Field:
        return np.asarray(np.append(np.nan_to_num(rows[name][:GAS]), 0.0)[labels])

    faces = []
    for axis, k in enumerate(lay.conductances(rows)):
        inner = lay.inner(k).astype(float)
        last: list[Any] = [slice(None)] * 3
        last[axis] = -1
        inner[tuple(last)] = 0.0
        beyond = np.roll(tissue, -1, axis)
        faces.append(np.where(tissue & beyond, inner, 0.0))
    drain, source = of_label("blood"), of_label("metabolism")
    if lay.source.size:
        source += lay.inner(lay.source)
    outward = np.isin(lay.face_kind[:, 0], (WALL, HELD))
    row = np.repeat(np.arange(lay.rows), np.diff(lay.face_start))[outward]
    cell = row * lay.shape[2] + lay.face_cell[outward]
    k = lay.face_k[outward].astype(float)
    np.add.at(drain.reshape(-1), cell, k)
    np.add.at(source.reshape(-1), cell, k * lay.edge_psi.reshape(-1)[lay.face_there[outward]])
    return _System((faces[0], faces[1], faces[2]), drain, source)


def _solve(system: _System) -> Field:
    if system.source.size > COARSEST_CELLS:
        coarse = _solve(_coarser(system))
        start = coarse
        for axis, cells in enumerate(system.source.shape):
            start = np.repeat(start, 2 if cells > 1 else 1, axis=axis)
        start = np.ascontiguousarray(start[tuple(slice(0, n) for n in system.source.shape)])
    else:
        start = np.zeros(system.source.shape)
    iterations = _conjugate_gradients(*system.faces, system.drain, system.source, start, TOLERANCE_K, MOST_ITERATIONS)
    if iterations >= MOST_ITERATIONS:
        raise SolverError("found no steady state without needles", where="Scene",
                          remedy="Give initial_c, or let heat leave by blood, a wall or an outer face.")  # fmt: skip
    return start


def _coarser(system: _System) -> _System:
    """The same tissue in cells twice as wide: faces twice as far apart, so half the K of the fine faces between."""
    shape = system.source.shape
    pad = [(0, n % 2 if n > 1 else 0) for n in shape]
    wide = tuple(2 if n > 1 else 1 for n in shape)

    def gathered(field: Field) -> Field:
        f = np.pad(field, pad)
        a, b, c = (n // w for n, w in zip(f.shape, wide, strict=True))
        return np.asarray(f.reshape(a, wide[0], b, wide[1], c, wide[2]).sum(axis=(1, 3, 5)))

    faces = []
    for axis, k in enumerate(system.faces):
        between = k.copy()
        if wide[axis] == 2:
            inside: list[Any] = [slice(None)] * 3
            inside[axis] = slice(0, None, 2)
            between[tuple(inside)] = 0.0
            between *= 0.5
        faces.append(gathered(between))
    return _System((faces[0], faces[1], faces[2]), gathered(system.drain), gathered(system.source))


@compiled(nogil=True, error_model="numpy")
def _times(kx, ky, kz, diagonal, x, out):  # type: ignore[no-untyped-def]
    nx, ny, nz = x.shape
    for i in range(nx):
        for j in range(ny):
            for c in range(nz):
                out[i, j, c] = diagonal[i, j, c] * x[i, j, c]
            for c in range(nz - 1):
                out[i, j, c] -= kz[i, j, c] * x[i, j, c + 1]
            for c in range(1, nz):
                out[i, j, c] -= kz[i, j, c - 1] * x[i, j, c - 1]
            if j > 0:
                for c in range(nz):
                    out[i, j, c] -= ky[i, j - 1, c] * x[i, j - 1, c]
            if j < ny - 1:
                for c in range(nz):
                    out[i, j, c] -= ky[i, j, c] * x[i, j + 1, c]
            if i > 0:
                for c in range(nz):
                    out[i, j, c] -= kx[i - 1, j, c] * x[i - 1, j, c]
            if i < nx - 1:
                for c in range(nz):
                    out[i, j, c] -= kx[i, j, c] * x[i + 1, j, c]


@compiled(nogil=True, error_model="numpy")
def _conjugate_gradients(kx, ky, kz, drain, right, x, tolerance, most):  # type: ignore[no-untyped-def]
    """Improve `x` in place; returns how many rounds it took. Cells without any neighbour or drain stay at 0."""
    diagonal = drain.copy()
    diagonal += kx
    diagonal += ky
    diagonal += kz
    diagonal[1:] += kx[:-1]
    diagonal[:, 1:] += ky[:, :-1]
    diagonal[:, :, 1:] += kz[:, :, :-1]
    q = np.empty_like(x)
    d, r = diagonal.reshape(-1), np.empty(x.size)
    for n in range(d.size):
        if d[n] <= 0.0:
            d[n] = 1.0
    flat, made, p, flat_q = x.reshape(-1), right.reshape(-1), np.empty_like(x), q.reshape(-1)
    _times(kx, ky, kz, diagonal, x, q)
    flat_p = p.reshape(-1)
    rz, worst = 0.0, 0.0
    for n in range(d.size):
        r[n] = made[n] - flat_q[n]
        flat_p[n] = r[n] / d[n]
        rz += r[n] * flat_p[n]
        worst = max(worst, abs(flat_p[n]))
    for turn in range(most):
        if worst < tolerance:
            return turn
        _times(kx, ky, kz, diagonal, p, q)
        pq = 0.0
        for n in range(d.size):
            pq += flat_p[n] * flat_q[n]
        step = rz / pq
        before, rz, worst = rz, 0.0, 0.0
        for n in range(d.size):
            flat[n] += step * flat_p[n]
            r[n] -= step * flat_q[n]
            z = r[n] / d[n]
            rz += r[n] * z
            worst = max(worst, abs(z))
        share = rz / before
        for n in range(d.size):
            flat_p[n] = r[n] / d[n] + share * flat_p[n]
    return most
