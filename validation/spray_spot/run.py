"""Spots of spray in three dimensions: against the planar front, painted, swept, and on stairs of cells."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from scipy.ndimage import map_coordinates
from spray_depths.run import DEEP_MM, NITROGEN_C, SPACING_MM, TISSUE, column

from iceball.solve import History, Scene, Simulation, Wall, WallStep
from iceball.space import Grid

START_C, SECONDS, H = 34.0, 30.0, 1000.0
AIR = (10.0, 22.0)
RADII_MM = (20.0, 14.0, 9.0, 6.0, 4.0)
LEVELS_C = (0.0, -40.0)
SIDE_MM, BELOW_MM = 34.0, 26.0
SLANTS = {"1_in_2": ((1.0, 0.0, 2.0), 0.0), "45": ((1.0, 0.0, 1.0), 0.5), "diagonal": ((1.0, 1.0, 1.0), 0.0)}
"""Normals of the planes, and where along them they lie (in cells over the normal's length): as much of the stairs lies
above as below."""
PUFF_S = 0.1


def planar(wall: Wall, seconds: float) -> dict[float, float]:
    """Depth in mm of each level under an endless wall, on fine cells."""
    celsius = Simulation(column(TISSUE, START_C, wall, seconds)).run().final_c[0, 0, 1:].astype(float)
    depth = (np.arange(round(DEEP_MM / SPACING_MM)) + 0.5) * SPACING_MM
    return {level: float(np.interp(level, celsius, depth)) for level in LEVELS_C}


def sprayed(centres_mm: tuple[float, ...], radius_mm: float, steps: tuple[tuple[WallStep, ...], ...]) -> History:
    """Half space or quarter of it under spots along x; a cell in several spots has the steps of all, as in a plan."""
    low = -SIDE_MM if len(centres_mm) > 1 else 0.0
    grid = Grid.box((low, 0.0, -0.5), (SIDE_MM, SIDE_MM, BELOW_MM), (1.0, 1.0, 0.5))
    x, y = grid.centres_mm()[:, :, 0, :2].transpose(2, 0, 1)
    inside = [np.hypot(x - c, y) <= radius_mm for c in centres_mm]
    code = sum(2**n * mask.astype(int) for n, mask in enumerate(inside))
    labels, walls = np.zeros(grid.shape, np.uint8), []
    for n, kind in enumerate(np.unique(code)):
        labels[:, :, 0][code == kind] = n + 1
        own = sorted((s for bit, some in enumerate(steps) if kind >> bit & 1 for s in some), key=lambda s: s.start_s)
        walls.append(Wall(f"surface {kind:b}", n + 1, *AIR, tuple(own)))
    materials = (TISSUE, *[None] * len(walls))
    return Simulation(Scene(grid, labels, materials, SECONDS, walls=tuple(walls), initial_c=START_C, body_c=START_C,
                            outer_c=(None,) * 6)).run()  # fmt: skip


def depths(history: History) -> dict[float, float]:
    """Depth in mm of each level under x = y = 0."""
    grid = history.scene.grid
    middle = int(np.argmin(np.abs(grid.centres_mm()[:, 0, 0, 0] - 0.5)))
    celsius = history.final_c[middle, 0, 1:].astype(float)
    return {level: float(np.interp(level, celsius, (np.arange(celsius.size) + 0.5) * 0.5)) for level in LEVELS_C}


def slanted(normal: tuple[float, float, float], place: float, h: float) -> dict[float, float]:
    """Mean depth in mm of each level below a tilted plane whose cells make stairs."""
    up, place = np.array(normal) / np.linalg.norm(normal), place / float(np.linalg.norm(normal))
    grid = Grid.box((-20.0,) * 3, (20.0,) * 3, 1.0)
    labels = (grid.centres_mm() @ up > place).astype(np.uint8)
    scene = Scene(grid, labels, (TISSUE, None), SECONDS, walls=(Wall("spray", 1, h, NITROGEN_C),), initial_c=START_C,
                  body_c=START_C, outer_c=(None,) * 6)  # fmt: skip
    celsius = Simulation(scene).run().final_c.astype(float)
    across = np.cross(up, (0.0, 1.0, 0.0))
    across /= np.linalg.norm(across)
    a, b = np.meshgrid(np.linspace(-4, 4, 9), np.linspace(-4, 4, 9))
    places = a.reshape(-1, 1) * across + b.reshape(-1, 1) * np.cross(up, across) + place * up
    down = np.arange(1.0, 14.0, 0.05)
    points = places[:, None] - down[:, None] * up
    index = np.moveaxis(grid.to_index(points.reshape(-1, 3)), -1, 0)
    # gas has no temperature; the first millimetre or so is left out, where a level of -40 °C does not lie
    along = map_coordinates(np.where(np.isnan(celsius), -150.0, celsius), index, order=1).reshape(len(places), -1)
    return {level: float(np.mean([np.interp(level, np.maximum.accumulate(c), down) for c in along]))
            for level in LEVELS_C}  # fmt: skip


def off(found: dict[float, float], true: dict[float, float], name: str) -> dict[str, float]:
    """How far depths are from what they should be, percent."""
    return {f"{name}.{abs(level):.0f}_percent": 100.0 * (found[level] / true[level] - 1.0) for level in LEVELS_C}


def run() -> dict[str, float]:
    """Deviations from the planar front and from each other."""
    steady = (WallStep(0.0, SECONDS, H, NITROGEN_C),)
    flat = planar(Wall("spot", 1, *AIR, steady), SECONDS)
    standing = {radius: depths(sprayed((0.0,), radius, (steady,))) for radius in RADII_MM}
    values = off(standing[RADII_MM[0]], flat, "wide")
    in_order = [standing[radius][0.0] for radius in RADII_MM]
    values["narrow.least_shallower_mm"] = min(a - b for a, b in pairwise(in_order))
    values |= {f"radius_{radius:.0f}.0_mm": standing[radius][0.0] for radius in RADII_MM}
    values |= _painted() | _swept(standing[6.0])
    for h in (1000.0, 5000.0):
        true = planar(Wall("spray", 1, h, NITROGEN_C), SECONDS)
        for name, (normal, place) in SLANTS.items():
            stairs = sum(normal) / math.hypot(*normal)
            values |= off(slanted(normal, place, h), true, f"slant_{name}_{h:.0f}.as_is")
            values |= off(slanted(normal, place, h / stairs), true, f"slant_{name}_{h:.0f}.scaled")
    return values


def _painted() -> dict[str, float]:
    (air_h, air_c), seconds = AIR, 60.0
    puffs = tuple(WallStep(2 * PUFF_S * n, PUFF_S, H, NITROGEN_C) for n in range(round(seconds / PUFF_S / 2)))
    mean = (H + air_h) / 2, (H * NITROGEN_C + air_h * air_c) / (H + air_h)
    return off(planar(Wall("spot", 1, *AIR, puffs), seconds), planar(Wall("mean", 1, *mean), seconds), "painted")


def _swept(standing: dict[float, float]) -> dict[str, float]:
    to_and_fro = [0, 1, 2, 1] * 8
    steps = tuple(
        tuple(WallStep(float(n), 1.0, H, NITROGEN_C) for n, at in enumerate(to_and_fro[: int(SECONDS)]) if at == place)
        for place in range(3)
    )
    history = sprayed((-8.0, 0.0, 8.0), 6.0, steps)
    heat = history.heat
    return {
        "swept.0_share": depths(history)[0.0] / standing[0.0],
        "swept.walls_apart_share": abs(sum(heat.by_wall_j.values()) / heat.walls_j - 1.0),
        "swept.energy_residual": heat.residual,
    }
