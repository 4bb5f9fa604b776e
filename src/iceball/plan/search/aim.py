"""Where needles are meant to go: to all of the target, or to the part of it that the goals ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from iceball.assessment.goals import Cover, Goal
from iceball.plan.ways.terrain import Terrain
from iceball.space.grid import Floats
from iceball.space.shapes import Shape
from iceball.tissue import TARGET, Anatomy

FEWEST = 8
"""Points that still have an outline; a smaller part is aimed at as the whole target is."""


def aimed(terrain: Terrain, anatomy: Anatomy, goals: Sequence[Goal]) -> Terrain:
    """The terrain with the points that needles are spread over: those that the goals cover.

    A share of the target is taken from its middle; another structure by its own points within the target's reach. The
    rules for shafts stay those of the whole patient.

    Args:
        terrain: of the patient.
        anatomy: the patient.
        goals: of the plan.
    """
    covers = [g for g in goals if isinstance(g, Cover) and anatomy.find(g.structure) is not None]
    if not covers or any(g.structure == TARGET and g.fraction == 1 for g in covers):
        return terrain
    points = np.concatenate([_points(terrain, anatomy, g) for g in covers])
    if len(points) < FEWEST:
        return terrain
    return replace(terrain, ground=replace(terrain.ground, target_mm=points))


def _points(terrain: Terrain, anatomy: Anatomy, cover: Cover) -> Floats:
    """What a goal covers, as points about as far apart as the target's."""
    found = anatomy.find(cover.structure)
    assert found is not None
    whole, step = terrain.ground.target_mm, terrain.ground.target_step_mm
    points = whole if cover.structure == TARGET else _filled(found.shape, step)
    if cover.fraction == 1 or cover.structure != TARGET:
        return points
    away = np.linalg.norm(points - points.mean(axis=0), axis=1)
    return np.asarray(points[away <= np.quantile(away, cover.fraction)])


def _filled(shape: Shape, step_mm: float) -> Floats:
    """Points that fill a shape, one a cube of that size."""
    seeds = shape.seeds_mm(step_mm)
    _, first = np.unique(np.rint(seeds / step_mm).astype(np.int64), axis=0, return_index=True)
    return np.asarray(seeds[np.sort(first)])
