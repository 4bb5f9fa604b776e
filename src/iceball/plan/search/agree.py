"""Goals that contradict each other, found before anything is searched: which, by how much, what would free them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from iceball.applicator import Probe
from iceball.assessment.goals import Cover, Goal, Limit, Spare
from iceball.errors import PlanError
from iceball.space import Grid
from iceball.space.distance import Nearest
from iceball.space.shapes import Mask, Shape, Union
from iceball.space.surface import surface_of
from iceball.tissue import TARGET, Anatomy, Structure
from iceball.tissue.fixed import HELD, HELD_ALONE
from iceball.tissue.organs import organ_of, structures_in_group
from iceball.tissue.tissue import GASES

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
WHERE = "Plan.goals"
FINEST_MM, COARSEST_MM, MOST_CELLS = 0.75, 2.0, 150_000
LEAST_MM = 1.0
"""Goals that cut into each other by less than this are left to the simulation."""
IN_AIR = 0.2
"""A target with a larger share outside the body is none; as where labels are made (tissue/segment.toml)."""


@dataclass(frozen=True, eq=False)
class Near:
    """A structure that is covered, with the cells around it.

    Attributes:
        structure: what is covered.
        grid: of the cells.
        inside: which cells are its own.
        depth_mm: of each cell to its surface, negative inside, right to a cell.
        tissue: which cells are solved: neither gas nor air.
    """

    structure: Structure
    grid: Grid
    inside: Bools
    depth_mm: Floats
    tissue: Bools

    @classmethod
    def of(cls, structure: Structure, anatomy: Anatomy, reach_mm: float) -> Near:
        """The cells within `reach_mm` of a structure."""
        from scipy.ndimage import distance_transform_edt

        low, high = structure.shape.bounds_mm()
        volume = float(np.prod(high - low + 2 * reach_mm))
        cell = float(np.clip((volume / MOST_CELLS) ** (1 / 3), FINEST_MM, COARSEST_MM))
        grid = Grid.box(low - reach_mm, high + reach_mm, cell)
        inside = _cells_of(structure.shape, grid)
        depth = np.where(
            inside,
            cell / 2 - distance_transform_edt(inside, sampling=grid.spacing_mm),
            distance_transform_edt(~inside, sampling=grid.spacing_mm) - cell / 2,
        )
        labels = anatomy.labels
        at = np.rint(labels.grid.to_index(grid.centres_mm())).astype(int)
        at = np.clip(at, 0, np.array(labels.grid.shape) - 1)
        gas = [label for label, name in anatomy.tissues.items() if name in GASES]
        return cls(structure, grid, inside, depth, ~np.isin(labels.data[tuple(np.moveaxis(at, -1, 0))], gas))

    @cached_property
    def _surface(self) -> Nearest | None:
        found = surface_of(self.structure.shape.occupancy(self.grid), self.grid, 0.5)
        return None if found is None else Nearest(found)

    def gap_mm(self, other: Shape) -> float:
        """From its surface to another structure's; negative as deep as they overlap, infinite where it is not near."""
        there = _cells_of(other, self.grid)
        if not there.any():
            return math.inf
        if (there & self.inside).any():
            return float(self.depth_mm[there].min())
        found = surface_of(other.occupancy(self.grid), self.grid, 0.5) if other.volume_ml > 0 else None
        points = self.grid.to_mm(np.argwhere(there)) if found is None else found.points_mm
        return float(self.depth_mm[there].min()) if self._surface is None else self._surface.closest_mm(points)

    def holds(self, margin_mm: float) -> Bools:
        """The cells of tissue within a margin of it."""
        return np.asarray((self.depth_mm <= margin_mm) & self.tissue)


def must_agree(goals: Sequence[Goal], anatomy: Anatomy, *, kinds: Sequence[Probe] = ()) -> None:
    """Refuse goals that no ice can meet together.

    Args:
        goals: of the plan.
        anatomy: the patient as treated.
        kinds: needles to choose from; none leaves what they reach unasked.

    Raises:
        PlanError: which two goals, by how many mm they meet, and what would free them.
    """
    _must_lie_in_the_body(anatomy)
    covers = [g for g in goals if isinstance(g, Cover) and anatomy.structure(g.structure)]
    spares = [g for g in goals if isinstance(g, Spare) and anatomy.structure(g.structure)]
    for limit in (g for g in goals if isinstance(g, Limit) and g.quantity == "needles" and g.at_most < 1):
        raise PlanError(f"'{limit}' leaves no needle to place.", where=WHERE, remedy="Allow at least one.")
    for cover in covers:
        _must_be_reached(cover, kinds)
    for name in dict.fromkeys(c.structure for c in covers):
        mine = [c for c in covers if c.structure == name]
        structure = anatomy.structure(name)
        assert structure is not None
        farthest = max(c.margin_mm for c in mine) + max((s.distance_mm for s in spares), default=0.0)
        near = Near.of(structure, anatomy, farthest + 2 * COARSEST_MM)
        for cover, spare in ((c, s) for c in mine for s in spares if c.below <= s.above):
            _must_not_meet(cover, spare, near, anatomy)
        for cover, limit in ((c, g) for c in mine for g in goals if isinstance(g, Limit)):
            _must_have_room(cover, limit, near)


def _must_lie_in_the_body(anatomy: Anatomy) -> None:
    near = Near.of(anatomy.target, anatomy, COARSEST_MM)
    share = 1 - float(near.tissue[near.inside].mean())
    if share > IN_AIR:
        raise PlanError(
            f"{share:.0%} of the target lies in air or gas, outside the body or in a hollow of it.",
            where="target",
            remedy="Check the coordinates (LPS mm), the side, and that it was drawn on this image.",
        )


def _must_be_reached(cover: Cover, kinds: Sequence[Probe]) -> None:
    coldest = min((k.coolant_c.value for k in kinds), default=-math.inf)
    if cover.below <= coldest:
        raise PlanError(
            f"'{cover}' asks for more cold than there is: no chosen needle is colder than {coldest:g} °C.",
            where=WHERE,
            remedy="Ask for a warmer temperature, or choose other needles.",
        )


def _must_not_meet(cover: Cover, spare: Spare, near: Near, anatomy: Anatomy) -> None:
    need = cover.margin_mm + spare.distance_mm
    for other in _parts(spare.structure, anatomy):
        gap = near.gap_mm(other.shape)
        least = max([LEAST_MM, *(s / 2 for shape in (near.structure.shape, other.shape) for s in _voxels(shape))])
        if need - gap <= least:
            continue
        if cover.fraction == 1:
            _refuse(cover, spare, near.structure, other, gap, anatomy)
        share = _kept_share(cover, spare, near, other.shape)
        if share > 1 - cover.fraction + 0.02:
            raise PlanError(
                f"two goals contradict each other: '{spare}' keeps {share:.0%} of what '{cover}' counts from freezing.",
                where=WHERE,
                remedy=f"Ask for at most {1 - share:.0%} of it, or a smaller distance from {other.name}.",
            )


def _kept_share(cover: Cover, spare: Spare, near: Near, other: Shape) -> float:
    """The share of what a cover counts that a spare keeps from freezing."""
    from scipy.ndimage import distance_transform_edt

    asked = near.holds(cover.margin_mm)
    gap = distance_transform_edt(~_cells_of(other, near.grid), sampling=near.grid.spacing_mm)
    return float((asked & (gap <= spare.distance_mm)).sum()) / max(int(asked.sum()), 1)


def _refuse(cover: Cover, spare: Spare, covered: Structure, other: Structure, gap: float, anatomy: Anatomy) -> NoReturn:
    need = cover.margin_mm + spare.distance_mm
    short = need - gap
    lies = f"{gap:.1f} mm from it" if gap > 0 else "against it or within it"
    what = (
        f"two goals contradict each other: '{cover}' and '{spare}' need {need:g} mm between {covered.name} and"
        f" {other.name}, which lies {lies}."
    )
    ways = []
    if _moves(other.name, anatomy):
        ways.append(f"move {other.name} aside by at least {math.ceil(short):g} mm (`iceball pocket`)")
    if cover.margin_mm - short >= 0:
        ways.append(f"ask a margin of at most {_down(cover.margin_mm - short):g} mm")
    if spare.distance_mm - short >= 0:
        ways.append(f"keep ice {_down(spare.distance_mm - short):g} mm from {spare.structure} instead")
    ways.append(f"cover less than all of {covered.name} (`fraction`)")
    ways.append(f"accept another limit for {spare.structure}")
    said = "; or ".join(ways)
    raise PlanError(what, where=WHERE, remedy=f"{said[0].upper()}{said[1:]}.")


def _down(mm: float) -> float:
    return math.floor(2 * mm) / 2


def _must_have_room(cover: Cover, limit: Limit, near: Near) -> None:
    if not limit.quantity.startswith("volume_ml.") or cover.below > float(limit.quantity.removeprefix("volume_ml.")):
        return
    need = cover.fraction * float(near.holds(cover.margin_mm).sum()) * near.grid.voxel_ml
    if need > 1.05 * limit.at_most:
        raise PlanError(
            f"two goals contradict each other: '{cover}' needs {need:.0f} mL that cold, '{limit}' allows"
            f" {limit.at_most:g} mL.",
            where=WHERE,
            remedy="Raise the limit, ask a smaller margin, or cover a part (`--intent partial`).",
        )


def _parts(name: str, anatomy: Anatomy) -> Iterator[Structure]:
    """A structure, or each member of a group, so that a refusal names the one that is in the way."""
    members = structures_in_group(name, tuple(anatomy.structures))
    if name not in anatomy.structures and members:
        yield from (anatomy.structures[m] for m in members)
    elif (found := anatomy.find(name)) is not None:
        yield found


def _cells_of(shape: Shape, grid: Grid) -> Bools:
    """The cells that a shape fills at least half, or that a line or point of it lies in."""
    found = shape.occupancy(grid) >= 0.5
    seeds = shape.seeds_mm(min(grid.spacing_mm))
    index = np.rint(grid.to_index(seeds[grid.contains(seeds)])).astype(int)
    found[tuple(np.clip(index, 0, np.array(grid.shape) - 1).T)] = True
    return np.asarray(found)


def _voxels(shape: Shape) -> list[float]:
    if isinstance(shape, Mask):
        return [max(shape.volume.grid.spacing_mm)]
    return [s for part in shape.shapes for s in _voxels(part)] if isinstance(shape, Union) else []


def _moves(name: str, anatomy: Anatomy) -> bool:
    """Whether fluid may move a structure: not the target's organ, bone, great vessels, skin."""
    organ = organ_of(anatomy.organ).labels if anatomy.organ else ()
    held = {n for group in HELD for n in structures_in_group(group, (name,))}
    return name not in {TARGET, "skin", *HELD_ALONE, *organ, *held}
