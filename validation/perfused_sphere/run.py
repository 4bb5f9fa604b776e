"""The resting ice around a cold sphere in perfused tissue: an eighth of it, cut by closed planes."""

from __future__ import annotations

import itertools
import math

import numpy as np
from common import RANGE_K, ice_share

from iceball.solve import Material, Scene, Simulation, Wall
from iceball.space import Grid

# perfusion, half width of the block, time to come to rest: from 37 °C at 1 mm, from there at 0.5 mm
CASES = {"w_0155": (0.0155, 26.0, 160.0, 40.0), "w_0036": (0.0036, 38.0, 350.0, 70.0)}
WALL_C, BODY_C, RADIUS_MM, FILM = -140.0, 37.0, 5.0, 1e7
# A resting front knows neither heat capacity nor latent heat; with less of both it comes to rest sooner.
HEAT_CAPACITY, FROZEN_HEAT_CAPACITY, LATENT = 360.0, 400.0, 1e3
GAS = 1


def _tissue(perfusion: float) -> Material:
    return Material("tissue", 1000.0, HEAT_CAPACITY, 0.5, LATENT, RANGE_K / 2, -RANGE_K / 2, (2.0, 0, 0),
                    (FROZEN_HEAT_CAPACITY, 0), perfusion=perfusion)  # fmt: skip


def _distance(grid: Grid) -> np.ndarray:
    return np.asarray(np.linalg.norm(grid.centres_mm(), axis=-1))


def _radius(celsius: np.ndarray, grid: Grid) -> float:
    """By volume, the sphere itself counted as ice."""
    share = np.where(np.isnan(celsius), 1.0, ice_share(celsius, 0.0))
    return float((8 * share.sum() * np.prod(grid.spacing_mm) * 3 / (4 * math.pi)) ** (1 / 3))


def held(perfusion: float, half_mm: float, rests_s: tuple[float, float]) -> list[float]:
    """Radius at 1 and at 0.5 mm around cells of gas with so thick a wind that it holds their faces at -140 °C."""
    radii, start = [], BODY_C
    for spacing, rest_s in zip((1.0, 0.5), rests_s, strict=True):
        grid = Grid.box((0, 0, 0), (half_mm,) * 3, spacing)
        labels = np.where(_distance(grid) < RADIUS_MM, GAS, 0).astype(np.uint8)
        scene = Scene(grid, labels, (_tissue(perfusion), None), rest_s, walls=(Wall("sphere", GAS, FILM, WALL_C),),
                      outer_c=(None, BODY_C) * 3, initial_c=start)  # fmt: skip
        final = Simulation(scene).run().final_c
        radii.append(_radius(final, grid))
        start = np.where(np.isnan(final), WALL_C, final).astype(float)
        for axis in range(3):
            start = np.repeat(start, 2, axis)
    return radii


def drained(perfusion: float, half_mm: float, rest_s: float, watts: float) -> float:
    """Radius at 1 mm around a sphere in which a given heat vanishes; cells on its edge by their share of it."""
    grid = Grid.box((0, 0, 0), (half_mm,) * 3, 1.0)
    parts = (np.arange(8) + 0.5) / 8 - 0.5
    share = np.zeros(grid.shape)
    for p in itertools.product(parts, repeat=3):
        share += (np.linalg.norm(grid.centres_mm() + np.array(p), axis=-1) < RADIUS_MM) / 8**3
    source = -share * watts / (8 * float(share.sum()) * grid.voxel_ml * 1e-6)
    scene = Scene(grid, np.zeros(grid.shape, np.uint8), (_tissue(perfusion),), rest_s, outer_c=(None, BODY_C) * 3,
                  initial_c=BODY_C, source=source)  # fmt: skip
    return _radius(Simulation(scene).run().final_c, grid)


def run() -> dict[str, float]:
    """Radii in mm by flow and spacing."""
    values = {}
    for name, (perfusion, half, *rests) in CASES.items():
        coarse, fine = held(perfusion, half, (rests[0], rests[1]))
        values |= {f"{name}.radius_at_1mm_mm": coarse, f"{name}.radius_at_05mm_mm": fine}
    values["w_0155.drained_radius_at_1mm_mm"] = drained(0.0155, 26.0, 160.0, 25.301068)
    return values
