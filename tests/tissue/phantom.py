"""A trunk by CT numbers: fat over muscle, a spine, two lungs or a gas-filled bowel, on a couch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from iceball.space import Grid, Header, Volume

AIR_HU, LUNG_HU, FAT_HU, MUSCLE_HU, MARROW_HU, CORTEX_HU = -1000, -800, -100, 50, 280, 900
RADIUS_MM = (90.0, 65.0)
"""Half-axes of the trunk along x and y."""


def grid(shape: tuple[int, int, int] = (100, 76, 24), spacing_mm: float = 2.5, *, turned: bool = False) -> Grid:
    """Cells around the origin; `turned` runs the index axes along S, L and -P."""
    if not turned:
        matrix = np.diag([spacing_mm] * 3 + [1.0])
        matrix[:3, 3] = -(np.array(shape) - 1) / 2 * spacing_mm
        return Grid.of(shape, matrix)
    matrix = np.eye(4)
    matrix[:3, :3] = np.array([[0, 1, 0], [0, 0, -1], [1, 0, 0]]) * spacing_mm
    shape = (shape[2], shape[0], shape[1])
    matrix[:3, 3] = -matrix[:3, :3] @ ((np.array(shape) - 1) / 2)
    return Grid.of(shape, matrix)


def ellipse(points: NDArray[np.float64], x: float, y: float, rx: float, ry: float) -> NDArray[np.float64]:
    """Below 1 inside a cylinder along z."""
    return np.hypot((points[..., 0] - x) / rx, (points[..., 1] - y) / ry)


def trunk(
    cells: Grid | None = None, *, lungs: bool = False, bowel_gas: bool = False, couch: bool = True, noise: float = 0.0
) -> Volume:
    """The phantom's CT; -P is the front, the couch lies behind."""
    cells = cells or grid()
    p = cells.centres_mm()
    hu = np.full(cells.shape, AIR_HU, np.float64)
    hu[ellipse(p, 0, 0, *RADIUS_MM) < 1] = FAT_HU
    hu[ellipse(p, 0, 0, RADIUS_MM[0] - 15, RADIUS_MM[1] - 15) < 1] = MUSCLE_HU
    spine = ellipse(p, 0, 30, 18, 18)
    hu[spine < 1] = CORTEX_HU
    hu[spine < 0.7] = MARROW_HU
    if lungs:
        for x in (-38, 38):
            hu[ellipse(p, x, -8, 30, 36) < 1] = LUNG_HU
    if bowel_gas:
        hu[ellipse(p, 25, -20, 15, 12) < 1] = AIR_HU
    if couch:
        shell = np.abs(p[..., 1] - (RADIUS_MM[1] + 6)) < cells.spacing_mm[0] / 2 + 0.1
        hu[shell] = 0
    hu += np.random.default_rng(1).normal(0, noise, hu.shape) if noise else 0
    return Volume(cells, np.round(hu).astype(np.int16), "HU", Header(modality="CT", notes=("a phantom",)))
