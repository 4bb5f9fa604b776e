"""A needle at any angle and offset, two needles side by side, and a needle that is moved and turned."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from any_angle.radial import radii_mm

from iceball.assessment.cold import ColdMap
from iceball.assessment.radius import radius_mm
from iceball.solve import Bioheat, History, Line, LineStep, Material, Scene, Simulation
from iceball.solve.rows import property_rows
from iceball.space import Grid

TISSUE = Material(
    "tissue", 1050.0, 3600.0, 0.52, 250e3, -1.0, -8.0, (2.0 - 16.0 / 142.0, -2.0 / 142.0, 0.0), (1840.0, 5.0)
)
RADIUS_MM, COOLANT_C, TAU_S = 0.75, -140.0, 10.0
LEVELS_C = (0.0, -20.0, -40.0)
ANGLES, ANGLE_S = 20, 180.0
APART_MM, PAIR_S = (1.0, 1.5, 2.0, 3.0), 180.0
FAR_MM = 40.0


def row() -> Any:
    """The tissue as the laws read it."""
    grid = Grid.box((0, 0, 0), (1, 1, 1), 1.0)
    scene = Scene(grid, np.zeros(grid.shape, np.uint8), (TISSUE,), 1.0, initial_c=37.0)
    return property_rows(scene, Bioheat())[0]


def solved(grid: Grid, ends: list[tuple[Any, Any]], until_s: float, h: float, *, closed: tuple[int, ...]) -> History:
    """All needles cooled alike in one tissue; the numbered outer faces closed."""
    step = LineStep(0.0, until_s, COOLANT_C, h=h, time_constant_s=TAU_S)
    lines = tuple(Line(f"{n}", tuple(a), tuple(b), RADIUS_MM, (step,)) for n, (a, b) in enumerate(ends))
    outer = tuple(None if n in closed else 37.0 for n in range(6))
    labels = np.zeros(grid.shape, np.uint8)
    return Simulation(Scene(grid, labels, (TISSUE,), until_s, lines, initial_c=37.0, outer_c=outer)).run()


def upright(at: list[tuple[float, float]], until_s: float, h: float) -> History:
    """Endless needles along z through a slab one cell thick."""
    grid = Grid.box((-FAR_MM, -FAR_MM, 0.0), (FAR_MM, FAR_MM, 1.0), 1.0)
    return solved(grid, [((x, y, 0.0), (x, y, 1.0)) for x, y in at], until_s, h, closed=(4, 5))


def oblique(along: Any, middle: Any) -> History:
    """A needle of 54 mm, so long that nothing of its ends is felt in its middle."""
    box = np.ceil(np.maximum(27.0 * np.abs(along) + 2.0, 21.0 * np.abs(along) + 19.0 * np.sqrt(1.0 - along**2)))
    ends = [(middle - 27.0 * along, middle + 27.0 * along)]
    return solved(Grid.box(tuple(-box), tuple(box), 1.0), ends, ANGLE_S, math.inf, closed=tuple(range(6)))


def positions(spacing_mm: float, count: int, seed: int) -> list[tuple[Any, Any]]:
    """Directions and middles: along an axis on an edge and in the middle of cells, then at random."""
    random = np.random.default_rng(seed)
    z, half = np.array([0.0, 0.0, 1.0]), 0.5 * spacing_mm
    told = [(z, np.zeros(3)), (z, np.array([half, half, 0.0])), (z, np.array([half, 0.0, half]))]
    for _ in range(count - len(told)):
        along = random.normal(size=3)
        told.append((along / np.linalg.norm(along), random.uniform(-half, half, 3)))
    return told


def run() -> dict[str, float]:
    """Errors of radii in mm, and changes of volumes in per cent of their mean."""
    values = {}
    for name, until_s, h in (("held", 180.0, math.inf), ("held_600", 600.0, math.inf), ("film_600", 600.0, 2000.0)):
        expected = np.array(radii_mm(row(), RADIUS_MM, COOLANT_C, h, TAU_S, 37.0, until_s, LEVELS_C))
        worst = 0.0
        for x, y in ((0.0, 0.0), (0.5, 0.5), (0.5, 0.0), (0.1, 0.4)):
            history = upright([(x, y)], until_s, h)
            cold = ColdMap.of(history.final_c, history)
            found = [radius_mm(cold, level, (x, y, 0.5), (x, y, 0.5)) for level in LEVELS_C]
            worst = max(worst, float(np.abs(np.array(found) - expected).max()))
        values[f"upright_{name}.worst_mm"] = worst
    expected = np.array(radii_mm(row(), RADIUS_MM, COOLANT_C, math.inf, TAU_S, 37.0, ANGLE_S, LEVELS_C))
    errors = []
    for along, middle in positions(1.0, ANGLES + 3, seed=5)[3:]:
        history = oblique(along, middle)
        cold = ColdMap.of(history.final_c, history)
        found = [radius_mm(cold, level, middle - 3.0 * along, middle + 3.0 * along) for level in LEVELS_C]
        errors.append(np.abs(np.array(found) - expected))
    values["oblique.mean_mm"] = float(np.mean(errors, axis=0).max())
    values["oblique.worst_mm"] = float(np.max(errors))
    for apart in APART_MM:
        half, (x, y) = 0.5 * apart, (0.2, 0.3)
        history = upright([(x - half, y), (x + half, y)], PAIR_S, math.inf)
        cold = ColdMap.of(history.final_c, history)
        for level in LEVELS_C:
            values[f"pair_{apart:g}_mm.r{abs(level):.0f}_mm"] = math.sqrt(1e3 * cold.volume_ml(level) / math.pi)
        values[f"pair_{apart:g}_mm.energy"] = history.heat.residual
    for spacing, length, until_s, side in ((1.0, 40.0, 240.0, 34.0), (2.0, 40.0, 600.0, 46.0)):
        volumes = []
        for along, middle in positions(spacing, 8, seed=1):
            ends = [(middle - 0.5 * length * along, middle + 0.5 * length * along)]
            grid = Grid.box((-side,) * 3, (side,) * 3, spacing)
            history = solved(grid, ends, until_s, math.inf, closed=())
            cold = ColdMap.of(history.final_c, history)
            volumes.append([cold.volume_ml(level) for level in LEVELS_C])
        change = 100.0 * np.abs(np.array(volumes) / np.mean(volumes, axis=0) - 1.0).max(axis=0)
        values |= {f"moved_{spacing:g}_mm.v{abs(level):.0f}_percent": float(c)
                   for level, c in zip(LEVELS_C, change, strict=True)}  # fmt: skip
    return values
