"""Resting fields that were chosen first, with the source of heat that holds them: the order of accuracy in space."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from common import order

from iceball.solve import Material, Scene, Simulation
from iceball.space import Grid

SIZE_MM = (24.0, 18.0, 12.0)
CELLS = (12, 16, 24, 32)
"""Cells along each edge, so that they are bricks of 4 : 3 : 2."""
BODY_C, BLOOD_HEAT = 37.0, 1050.0 * 3617.0
# A resting field does not know heat capacities: small ones come to rest within seconds.
TISSUES = (
    Material("a", 1000.0, 36.0, 0.53, 1800.0, -1.0, -21.0, (1.6, -0.002, 0.0), (19.0, 0.01), perfusion=0.001),
    Material("b", 900.0, 23.0, 0.21, 300.0, -2.0, -26.0, (0.25, -0.0005, 0.0), (19.0, 0.01)),
    Material("c", 1050.0, 40.0, 0.60, 2000.0, -0.5, -18.0, (2.0, -0.003, 0.0), (19.0, 0.01)),
)
REST_S = 8.0
Field = Callable[[Any, Any], tuple[Any, tuple[Any, Any, Any]]]
"""Metres (a triple of arrays) and conductivity at the seam -> °C, and its gradient."""

SEAM_C, STEEPNESS = -9.0, 6e7
FACE_C, DIP_K = 30.0, 42.0


def octants(at: Any, seam_k: Any) -> tuple[Any, tuple[Any, Any, Any]]:
    """Eight blocks of three tissues that meet at -9 °C, where the heat that passes from one to the next is the same."""
    waves, slopes = [], []
    for axis, turns in enumerate((2.0, 1.0, 1.0)):
        size = SIZE_MM[axis] / 1000
        a = turns * math.pi / size
        waves.append(np.sin(a * (at[axis] - size / 2)) / a)
        slopes.append(np.cos(a * (at[axis] - size / 2)))
    s = STEEPNESS / seam_k
    gradient = (
        s * slopes[0] * waves[1] * waves[2],
        s * waves[0] * slopes[1] * waves[2],
        s * waves[0] * waves[1] * slopes[2],
    )
    return SEAM_C + s * waves[0] * waves[1] * waves[2], gradient


def iceball(at: Any, seam_k: Any) -> tuple[Any, tuple[Any, Any, Any]]:
    """A ball of ice in the middle of perfused tissue, all faces at 30 °C."""
    numbers = [math.pi / (size / 1000) for size in SIZE_MM]
    waves = [np.sin(a * x) for a, x in zip(numbers, at, strict=True)]
    slopes = [a * np.cos(a * x) for a, x in zip(numbers, at, strict=True)]
    x, y, z = -DIP_K * slopes[0], -DIP_K * slopes[1], -DIP_K * slopes[2]
    gradient = (x * waves[1] * waves[2], waves[0] * y * waves[2], waves[0] * waves[1] * z)
    return FACE_C - DIP_K * waves[0] * waves[1] * waves[2] + 0.0 * seam_k, gradient


def conductivity(celsius: Any, labels: Any) -> Any:
    """k(T) of each cell's tissue: mixed linearly by the ice fraction within the freezing range."""
    out = np.zeros(np.broadcast_shapes(np.shape(celsius), labels.shape))
    for label, m in enumerate(TISSUES):
        k0, k1, _ = m.frozen_conductivity
        ice = np.clip((m.liquidus_c - celsius) / (m.liquidus_c - m.solidus_c), 0.0, 1.0)
        frozen = np.where(celsius < m.solidus_c, k0 + k1 * celsius, k0 + k1 * m.solidus_c)
        out = np.where(labels == label, ice * frozen + (1 - ice) * m.conductivity, out)
    return out


def error(cells: int, field: Field, *, mixed: bool) -> float:
    """Root mean square of the difference to the chosen field at rest, K."""
    shape = (cells,) * 3
    spacing = np.array(SIZE_MM) / cells
    grid = Grid.box((0, 0, 0), SIZE_MM, spacing)
    index = np.indices(shape)
    upper = (index >= cells // 2).astype(int)
    labels = ((upper[0] + 2 * upper[1] + upper[2]) % 3 if mixed else 0 * upper[0]).astype(np.uint8)
    seam_k = conductivity(np.full(shape, SEAM_C), labels)
    step = spacing / 1000
    chosen, _ = field([(index[a] + 0.5) * step[a] for a in range(3)], seam_k)
    # the source is the mean over each cell: what flows out through its faces, less what blood brings
    nodes, weights = np.polynomial.legendre.leggauss(4)
    nodes, weights = 0.5 * nodes + 0.5, 0.5 * weights
    gain = np.zeros(shape)
    for axis in range(3):
        a, b = (n for n in range(3) if n != axis)
        for side, (p, q) in itertools.product((0, 1), itertools.product(range(4), repeat=2)):
            at: list[Any] = [None] * 3
            at[axis] = (index[axis] + side) * step[axis]
            at[a], at[b] = (index[a] + nodes[p]) * step[a], (index[b] + nodes[q]) * step[b]
            celsius, gradient = field(at, seam_k)
            into = conductivity(celsius, labels) * gradient[axis] / step[axis]
            gain += (1 if side else -1) * weights[p] * weights[q] * into
    flow = np.array([m.perfusion for m in TISSUES])[labels] * BLOOD_HEAT
    liquidus = np.array([m.liquidus_c for m in TISSUES])[labels]
    if not mixed:
        parts = (np.arange(10) + 0.5) / 10
        for p in itertools.product(parts, repeat=3):
            celsius, _ = field([(index[a] + p[a]) * step[a] for a in range(3)], seam_k)
            gain += np.where(celsius > liquidus, flow * (BODY_C - celsius), 0.0) / 10**3
    tissues = tuple(TISSUES) if not mixed else tuple(_bloodless(m) for m in TISSUES)
    outer = (SEAM_C, SEAM_C, None, None, None, None) if mixed else (FACE_C,) * 6
    scene = Scene(grid, labels, tissues, REST_S, outer_c=outer, initial_c=chosen,
                  body_c=BODY_C, blood_heat=BLOOD_HEAT, source=-gain)  # fmt: skip
    history = Simulation(scene).run()
    return float(np.sqrt(np.mean((history.final_c - chosen) ** 2)))


def _bloodless(m: Material) -> Material:
    return Material(m.name, m.density, m.heat_capacity, m.conductivity, m.latent_heat, m.liquidus_c, m.solidus_c,
                    m.frozen_conductivity, m.frozen_heat_capacity)  # fmt: skip


def run() -> dict[str, float]:
    """Error on the finest grid (K) and fitted order of both fields."""
    values = {}
    for name, field, mixed in (("three_tissues", octants, True), ("perfused_ice", iceball, False)):
        errors = [error(cells, field, mixed=mixed) for cells in CELLS]
        values[f"{name}.error_k"] = errors[-1]
        values[f"{name}.order"] = order([1.0 / n for n in CELLS], errors)
    return values
