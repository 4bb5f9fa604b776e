"""Warmers on the ground: a drawn lumen, or the air before a part of the skin, becomes a wall that warms."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from iceball.errors import GeometryError, PlanError
from iceball.plan.ground import Ground
from iceball.plan.plan import Plan
from iceball.plan.warm.lumen import Flow
from iceball.plan.warm.warming import Warming
from iceball.solve.wall import WallStep
from iceball.space.course import course_of
from iceball.space.shapes import Points, Polyline, Shape
from iceball.tissue import Anatomy
from iceball.tissue.facing import Faces, into_tissue
from iceball.tissue.tissue import AIR

OFF_SKIN_MM = 10.0
"""So far from the skin the middle of a bag may be set."""
Bools = NDArray[np.bool_]


def with_warmers(ground: Ground, plan: Plan, anatomy: Anatomy, *, flow: Flow = "nominal") -> Ground:
    """The ground with every warmer of a plan.

    One in a lumen fills the drawn structure and exchanges no heat when it is off. One on the skin is the air before
    the skin within its radius; when it is off the air is there again. Cell faces have more area than the surface
    they stand for: h is smaller by the ratio of both. The runs of low and high blood flow take the low and the high end
    of each warmer's h: all that warms is then weak, or strong.

    Raises:
        PlanError: naming the warmer, where its structure is not drawn or fills no cell, or no skin is near.
    """
    for i, warming in enumerate(plan.warmers):
        where = f"Plan.warmers[{i}]"
        if warming.centre_mm is None:
            ground = _in_lumen(ground, plan, warming, lumen_shape(warming, anatomy, where), where, flow)
        else:
            ground = _on_skin(ground, plan, warming, where, flow)
    return ground


def wall_name(warming: Warming) -> str:
    """The name of a warmer's wall."""
    return f"{warming.card.label}: {warming.where}"


def lumen_shape(warming: Warming, anatomy: Anatomy, where: str) -> Shape:
    """What a warmer in a lumen fills; a structure drawn as a line is as wide as the warmer's card says.

    Raises:
        PlanError: where no such structure is drawn.
    """
    if warming.structure not in anatomy.structures:
        raise PlanError(
            f"no structure called '{warming.structure}' is drawn.",
            where=f"{where}.structure",
            remedy=f"Drawn: {', '.join(sorted(anatomy.structures)) or 'none'}.",
        )
    shape = anatomy.structures[warming.structure].shape
    if not isinstance(shape, Polyline | Points) or shape.radius_mm > 0:
        return shape
    try:
        course_of(shape)
    except GeometryError as refusal:
        raise PlanError(refusal.what, where=f"{where}.structure", remedy=refusal.remedy) from None
    return Polyline(shape.points_mm, warming.card.diameter_mm.value / 2)


def _in_lumen(ground: Ground, plan: Plan, warming: Warming, shape: Shape, where: str, flow: Flow) -> Ground:
    cells = (shape.occupancy(ground.grid) >= 0.5) & ground.solved
    if not cells.any():
        low, high = shape.bounds_mm()
        corners = ground.grid.corners_mm
        if (high < corners.min(axis=0)).any() or (low > corners.max(axis=0)).any():
            return ground  # beyond the box nothing is cold
        raise PlanError(
            f"'{warming.structure}' is thinner than the cells of {max(ground.grid.spacing_mm):g} mm",
            where=f"{where}.structure",
            remedy="Take smaller cells (--spacing-mm), or draw it as wide as it is.",
        )
    h = _film(warming, flow) * smooth_share(ground, cells)
    return _laid(ground, plan, warming, cells, h, rest=(0.0, warming.celsius))


def _on_skin(ground: Ground, plan: Plan, warming: Warming, where: str, flow: Flow) -> Ground:
    assert warming.centre_mm is not None
    away = np.linalg.norm(ground.grid.centres_mm() - np.array(warming.centre_mm), axis=-1)
    if not ground.grid.contains(np.array(warming.centre_mm)):
        return ground  # beyond the box nothing is cold
    air = [wall for wall in ground.walls if wall.name == AIR]
    skin = Faces.of(np.isin(ground.labels, [wall.label for wall in air]), ground.solved, ground.grid)
    gap, nearest = skin.nearest(warming.centre_mm)
    if gap > OFF_SKIN_MM:
        said = "no skin lies there" if math.isinf(gap) else f"the nearest skin is {gap:.0f} mm away"
        near = "" if math.isinf(gap) else f", for instance ({', '.join(f'{v:.0f}' for v in nearest)})"
        raise PlanError(said, where=f"{where}.centre_mm", remedy=f"Give a point on the skin in LPS mm{near}.")
    for wall in air:
        cells = (ground.labels == wall.label) & (away <= warming.reach_mm)
        if not cells.any():
            continue
        h = _film(warming, flow) * smooth_share(ground, cells)
        ground = _laid(ground, plan, warming, cells, h, rest=(wall.h, wall.ambient_c))
    return ground


def _film(warming: Warming, flow: Flow) -> float:
    h = warming.card.h
    return {"nominal": h.value, "low": h.low, "high": h.high}[flow]


def _laid(ground: Ground, plan: Plan, warming: Warming, cells: Bools, h: float, *, rest: tuple[float, float]) -> Ground:
    name, end = wall_name(warming), warming.end_s(plan.duration_s)
    if warming.start_s == 0 and warming.duration_s is None:  # it is warm before the first freeze, too
        return ground.with_wall(cells, name, h=h, ambient_c=warming.celsius)
    step = WallStep(warming.start_s, end - warming.start_s, h, warming.celsius)
    return ground.with_wall(cells, name, h=rest[0], ambient_c=rest[1], steps=(step,))


def smooth_share(ground: Ground, cells: Bools) -> float:
    """Area of the smooth surface between some cells and tissue over that of their faces; 1 without a face."""
    grid = ground.grid
    faces = Faces.of(cells, ground.solved & ~cells, grid)
    if not len(faces.gas):
        return 1.0
    inward = into_tissue(cells | ~ground.solved, grid)
    normal = inward[tuple(faces.gas.T)] + inward[tuple((faces.gas + faces.step).T)]
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    axis = np.abs(faces.step).argmax(axis=1)
    area = math.prod(grid.spacing_mm) / np.array(grid.spacing_mm)[axis]
    out = faces.step @ grid.directions.T
    return float((area * np.clip((normal * out).sum(axis=1), 0.0, 1.0)).sum() / area.sum())
