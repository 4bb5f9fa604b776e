"""Scenes and measures that several proofs share."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from iceball.solve import History, Line, LineStep, Material, Scene
from iceball.space import Grid

Field = NDArray[np.floating]

# The two sets of constant properties of the exact solutions: k_s, k_u, c_s, c_u, L, T_f (density 1000 for both phases).
SET_W = (2.2, 0.6, 2000.0, 4200.0, 334e3, 0.0)
SET_T = (2.0, 0.5, 1800.0, 3600.0, 250e3, -1.0)
RANGE_K = 0.2
"""Freezing range that stands for the sharp front of the exact solutions, centred on its temperature."""


def sharp(properties: tuple[float, ...], *, perfusion: float = 0.0) -> Material:
    """Constant properties with a front as good as sharp."""
    k_s, k_u, c_s, c_u, latent, t_f = properties
    return Material(
        "sharp",
        1000.0,
        c_u,
        k_u,
        latent,
        t_f + RANGE_K / 2,
        t_f - RANGE_K / 2,
        (k_s, 0.0, 0.0),
        (c_s, 0.0),
        perfusion=perfusion,
    )


def ice_share(celsius: Field, t_f: float) -> Field:
    """Ice fraction of each cell of a `sharp` material: its sum locates the front within a cell."""
    return np.clip((t_f + RANGE_K / 2 - celsius.astype(float)) / RANGE_K, 0.0, 1.0)


def order(spacings_mm: Sequence[float], errors: Sequence[float]) -> float:
    """Fitted order of convergence: the slope of log error over log spacing."""
    return float(np.polyfit(np.log(spacings_mm), np.log(errors), 1)[0])


def radius_mm(history: History, celsius: Field, level_c: float, centre_mm: tuple[float, float]) -> float:
    """Radius of a level around a line along x: mean over 16 directions of the first crossing outwards from the ice.

    `celsius` is one slab, shape (1, y, z); along each direction the field is interpolated between cell centres.
    """
    grid = history.scene.grid
    reach = 0.5 * grid.shape[1] * grid.spacing_mm[1] - 1.0
    r = np.arange(0.0, reach, 0.02)
    radii = []
    for angle in np.arange(16) * (math.pi / 8) + 0.1:
        points = np.stack([0 * r, centre_mm[0] + r * math.cos(angle), centre_mm[1] + r * math.sin(angle)], axis=1)
        along = map_coordinates(celsius[0].astype(float), grid.to_index(points)[:, 1:].T, order=1, mode="nearest")
        last = int(np.flatnonzero(along <= level_c)[-1])
        radii.append(r[last] + 0.02 * (level_c - along[last]) / (along[last + 1] - along[last]))
    return float(np.mean(radii))


def needle_scene(
    material: Material,
    spacing_mm: float,
    *,
    radius_mm: float,
    active_mm: float,
    steps: tuple[LineStep, ...],
    side_mm: float,
    beyond_mm: float,
    start_c: float = 37.0,
) -> Scene:
    """Half of a needle along z, cut by a closed plane in its middle at z = 0, in a block whose other faces are held."""
    half = active_mm / 2
    # half the active zone is made of whole cells, so that its end lies on a cell's edge as its middle does
    grid = Grid.box((-side_mm, -side_mm, 0.0), (side_mm, side_mm, half + beyond_mm), spacing_mm)
    line = Line("needle", (0.0, 0.0, 0.0), (0.0, 0.0, half), radius_mm, steps)
    ends = [s.start_s + s.duration_s for s in steps if not s.is_off]
    return Scene(
        grid,
        np.zeros(grid.shape, np.uint8),
        (material,),
        steps[-1].start_s + steps[-1].duration_s,
        lines=(line,),
        outer_c=(start_c, start_c, start_c, start_c, None, start_c),
        initial_c=start_c,
        body_c=start_c,
        freeze_ends_s=tuple(ends),
    )


def sizes(history: History, field: Field, level_c: float) -> tuple[float, float, float]:
    """Diameter at mid-length (mm), length (mm) and volume (mL) of the ice colder than a level, both halves."""
    grid = history.scene.grid
    f = field.astype(float)
    r = np.arange(0.0, 0.5 * grid.shape[0] * grid.spacing_mm[0] - 1.0, 0.02)
    radii = []
    for angle in np.arange(0.0, 2 * math.pi, math.pi / 8):
        points = np.stack([r * math.cos(angle), r * math.sin(angle), 0 * r], axis=1)
        radii.append(_reach(r, map_coordinates(f, grid.to_index(points).T, order=1, mode="nearest"), level_c))
    z = np.arange(0.0, grid.shape[2] * grid.spacing_mm[2] - 1.0, 0.02)
    along = map_coordinates(f, grid.to_index(np.stack([0 * z, 0 * z, z], axis=1)).T, order=1, mode="nearest")
    return 2 * float(np.mean(radii)), 2 * _reach(z, along, level_c), 2 * volume_ml(f, grid, level_c)


def _reach(r: Field, celsius: Field, level_c: float) -> float:
    warm = celsius > level_c
    return 0.0 if warm[0] or not warm.any() else float(r[int(np.argmax(warm))])


def volume_ml(field: Field, grid: Grid, level_c: float, *, fine: int = 4) -> float:
    """Volume at or below a level by trilinear interpolation, `fine` points along each edge of a cell."""
    offsets = (np.arange(fine) + 0.5) / fine - 0.5
    near = np.argwhere(field <= level_c + 10.0)
    if not len(near):
        return 0.0
    low, high = np.maximum(near.min(axis=0) - 1, 0), np.minimum(near.max(axis=0) + 2, field.shape)
    axes = [(np.arange(a, b)[:, None] + offsets).ravel() for a, b in zip(low, high, strict=True)]
    inside = 0
    for x in axes[0]:
        mesh = np.meshgrid([x], axes[1], axes[2], indexing="ij")
        inside += int((map_coordinates(field, mesh, order=1, mode="nearest") <= level_c).sum())
    return inside * grid.voxel_ml / fine**3
