"""Spots on the ground: gas cells before a surface become walls that freeze for a while."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from iceball.errors import PlanError
from iceball.plan.ground import Ground
from iceball.plan.plan import Plan
from iceball.plan.spray.spot import SAME_S, Point, Spot, spot_number
from iceball.solve.wall import Wall, WallStep
from iceball.sources import Sourced
from iceball.space.grid import Floats
from iceball.space.window import Block, block_around, grid_of
from iceball.tissue import Anatomy
from iceball.tissue.facing import Faces, faces_near, gas_cells, into_tissue

Film = Literal["nominal", "low", "high"]
"""Which end of the range of h a run takes."""
Bools = NDArray[np.bool_]
SEEN_MM = 60.0
PAD_CELLS = 4
NAME = "spot "


def with_spots(ground: Ground, plan: Plan, anatomy: Anatomy, *, film: Film = "nominal") -> Ground:
    """The ground with the walls of all spots of a plan; the same ground without spots.

    Where spots overlap, each combination of them is a wall of its own with the freezes of all. Between its freezes a
    wall does what the air or gas there does. Cell faces have more area than the surface they stand for: h is smaller by
    the ratio of both.

    Raises:
        PlanError: naming a spot that lies off every surface, or is too small for the cells.
    """
    if not plan.spots:
        return ground
    field = _Field.of(ground, plan, anatomy)
    masks = [field.cells_of(plan, i, on_surface(plan, i, anatomy)) for i in range(len(plan.spots))]
    combined = np.stack(masks, axis=-1)
    rows, which = np.unique(combined[combined.any(axis=-1)], axis=0, return_inverse=True)
    number = np.full(combined.shape[:3], -1)
    number[combined.any(axis=-1)] = which.ravel()
    underneath = {wall.label: wall for wall in ground.walls}
    for n, row in enumerate(rows):
        part = number == n
        for label in np.unique(field.labels[part]):
            cells = part & (field.labels == label)
            ground = _laid(ground, plan, np.flatnonzero(row), field, cells, underneath[int(label)], film)
    return ground


def on_surface(plan: Plan, index: int, anatomy: Anatomy) -> Point:
    """The point of the surface that a spot is meant for.

    Raises:
        PlanError: saying how far its centre lies from any surface, and which way.
    """
    where = f"Plan.spots[{index}].centre_mm"
    return surface_point(plan.spots[index].centre_mm, anatomy, where=where, name=f"'{plan.name_of_spot[index]}'")


def surface_point(at_mm: Sequence[float], anatomy: Anatomy, *, where: str, name: str) -> Point:
    """The nearest point of a surface between air or gas and tissue, LPS mm.

    Args:
        at_mm: where it is looked for.
        anatomy: the patient.
        where: the field, for messages.
        name: what lies there, for messages.

    Raises:
        PlanError: if the surface is farther off than a drawn point may be, saying how far and which way.
    """
    if len(at_mm) != 3 or not np.isfinite(np.asarray(at_mm, float)).all():
        raise PlanError(f"{tuple(at_mm)} is not a point in LPS mm", where=where)
    gap, point = faces_near(anatomy, at_mm, SEEN_MM).nearest(at_mm)
    most = max(spot_number("surface", "off_mm").value, *anatomy.labels.grid.spacing_mm)
    if gap > most:
        away = (
            f"no surface between air or gas and tissue lies within {SEEN_MM:g} mm"
            if math.isinf(gap)
            else f"the nearest surface between air or gas and tissue is {gap:.1f} mm off, {_way(at_mm, point)}"
        )
        near = "" if math.isinf(gap) else f" The nearest one is at ({', '.join(f'{v:.1f}' for v in point)})."
        raise PlanError(
            f"{name} lies on no surface: {away}", where=where, remedy=f"Put it within {most:g} mm of one.{near}"
        )
    return float(point[0]), float(point[1]), float(point[2])


def h_of(spot: Spot, film: Film = "nominal") -> float:
    """Heat transfer coefficient of a spot, W/m2/K."""
    number: Sourced = spot.card.h
    return {"nominal": number.value, "low": number.low, "high": number.high}[film]


def spot_of(plan: Plan, wall: Wall, step: WallStep) -> Spot | None:
    """Which spot makes a step of a wall; None where it is not a spot's doing."""
    if not wall.name.startswith(NAME):
        return None
    for index in (int(n) - 1 for n in re.findall(r"\d+", wall.name.partition(" (")[0])):
        if any(abs(start - step.start_s) < SAME_S for start, _ in plan.spots[index].freezes_s):
            return plan.spots[index]
    return None


@dataclass(frozen=True, eq=False)
class _Field:
    """The block of the ground that holds all spots."""

    block: Block
    labels: NDArray[np.uint8]
    gas: Bools
    solved: Bools
    inward: Floats
    faces: Faces

    @classmethod
    def of(cls, ground: Ground, plan: Plan, anatomy: Anatomy) -> _Field:
        reach = max(s.reach_mm for s in plan.spots)
        centres = np.array([s.centre_mm for s in plan.spots])
        pad = PAD_CELLS + math.ceil(max(spot_number("surface", "off_mm").value, *anatomy.labels.grid.spacing_mm))
        block = block_around(ground.grid, centres.min(axis=0) - reach, centres.max(axis=0) + reach, pad=pad)
        if block is None:
            raise PlanError("lie outside the simulated box", where="Plan.spots")
        grid = grid_of(ground.grid, block)
        gas = gas_cells(anatomy, grid)
        solved = ground.solved[block]
        return cls(
            block, ground.labels[block], gas, solved, into_tissue(gas, grid), Faces.of(gas & ~solved, solved, grid)
        )

    def cells_of(self, plan: Plan, index: int, centre: Point) -> Bools:
        """Gas cells whose nearest tissue is the spot's: in its radius, facing it, of one piece with its middle."""
        from scipy.ndimage import distance_transform_edt, label

        spot, grid = plan.spots[index], self.faces.grid
        # a cell of a step has faces on several sides: the mean of them says where it lies
        cells, of, count = np.unique(self.faces.gas, axis=0, return_inverse=True, return_counts=True)
        sums = [np.bincount(of.ravel(), weights=self.faces.centres_mm[:, a]) for a in range(3)]
        away = np.linalg.norm(np.stack(sums, axis=1) / count[:, None] - np.array(centre), axis=1)
        within = away <= spot.reach_mm
        if not within.any():
            raise PlanError(
                f"'{plan.name_of_spot[index]}' is {spot.reach_mm:g} mm in radius and covers no face of cells of "
                f"{max(grid.spacing_mm):g} mm",
                where=f"Plan.spots[{index}].radius_mm",
                remedy="Take smaller cells.",
            )
        middle = int(away.argmin())
        inward = self.inward[tuple(cells.T)]
        # what lies across a gap faces the other way
        facing = within & (inward @ inward[middle] > 0)
        facing[middle] = True
        border = np.zeros(grid.shape, bool)
        border[tuple(cells[facing].T)] = True
        pieces, _ = label(border, structure=np.ones((3, 3, 3)))
        kept = pieces == pieces[tuple(cells[middle])]
        every = np.ones(grid.shape, bool)
        every[tuple(cells.T)] = False
        gap, nearest = distance_transform_edt(every, sampling=grid.spacing_mm, return_indices=True)
        return np.asarray(self.gas & ~self.solved & (gap <= spot.reach_mm) & kept[tuple(nearest)])

    def smooth_share(self, cells: Bools) -> float:
        """Area of the smooth surface before some cells as a share of the area of their faces to tissue."""
        mine = self.faces.only(cells[tuple(self.faces.gas.T)])
        if not len(mine.gas):
            return 1.0
        grid = mine.grid
        normal = self.inward[tuple(mine.gas.T)] + self.inward[tuple((mine.gas + mine.step).T)]
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
        axis = np.abs(mine.step).argmax(axis=1)
        area = math.prod(grid.spacing_mm) / np.array(grid.spacing_mm)[axis]
        out = mine.step @ grid.directions.T
        return float((area * np.clip((normal * out).sum(axis=1), 0.0, 1.0)).sum() / area.sum())


def _laid(
    ground: Ground, plan: Plan, spots: NDArray[np.int64], field: _Field, cells: Bools, under: Wall, film: Film
) -> Ground:
    """The ground with one wall more: some cells, the spots that act on them, and what lies there otherwise."""
    share = field.smooth_share(cells)
    steps = [
        WallStep(start, end - start, h_of(plan.spots[i], film) * share, plan.spots[i].card.cryogen_c.value)
        for i in spots.tolist()
        for start, end in plan.spots[i].freezes_s
    ]
    everywhere = np.zeros(ground.grid.shape, bool)
    everywhere[field.block] = cells
    name = f"{NAME}{', '.join(str(i + 1) for i in spots.tolist())} ({under.name})"
    return ground.with_wall(everywhere, name, h=under.h, ambient_c=under.ambient_c, steps=_over(under.steps, steps))


def _over(below: tuple[WallStep, ...], above: list[WallStep]) -> tuple[WallStep, ...]:
    """Steps in order, those of `above` in the place of those of `below` while they last."""
    left = list(below)
    for step in above:
        cutoff = []
        for old in left:
            for start, end in ((old.start_s, min(old.end_s, step.start_s)), (max(old.start_s, step.end_s), old.end_s)):
                if end - start > SAME_S:
                    cutoff.append(WallStep(start, end - start, old.h, old.ambient_c))
        left = cutoff
    return tuple(sorted([*left, *above], key=lambda s: s.start_s))


def _way(here: Sequence[float], there: Floats) -> str:
    """From one point to another in a doctor's words: "8.0 mm posterior, 2.1 mm left"."""
    words = (("right", "left"), ("anterior", "posterior"), ("inferior", "superior"))
    parts = [(float(b) - a, pair) for a, b, pair in zip(here, there, words, strict=True)]
    told = sorted(((abs(d), pair[d > 0]) for d, pair in parts if abs(d) >= 0.05), reverse=True)
    return ", ".join(f"{size:.1f} mm {word}" for size, word in told)
