"""Straight ways from the skin to a tip, many at once: which rules close each, and what an open one costs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.applicator import Probe
from iceball.errors import PlanError
from iceball.plan.rules import rule
from iceball.plan.ways.access import Access
from iceball.plan.ways.terrain import Terrain

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

RULES = (
    "the image ends before the skin",
    "no room for the handle: the body is in its way",
    "passes what it must not",
    "deeper than the needle is long",
    "the ice would reach the skin along the shaft",
    "the handle would be in the table",
    "the handle would touch the bore",
    "passes under the lower edge of a rib",
)
"""Why a way is closed, in the order in which they are named."""
NO_SKIN, NO_HANDLE, CROSSES, TOO_DEEP, ICE_AT_SKIN, IN_TABLE, IN_BORE, UNDER_RIB = range(len(RULES))
PRICES = (
    "way",
    "off the axial plane",
    "more than two slices",
    "lung",
    "punctures of the pleura",
    "fissures",
    "liver",
    "steep to the pleura",
)
"""What an open way pays for, each in mm of way."""
STEP_MM = 1.0
"""Between two looks along a way; below the working grid's cells."""
GRAZING_MM = 10.0
"""A shaft that leaves the skin at a slant passes the corners of a few more cells of the body."""
HANDLE_STEP_MM = 4.0
"""Between two looks along a handle."""
AT_ONCE = 2_000
"""Ways looked at together: some 300 000 points, which stay in the cache."""


@dataclass(frozen=True, eq=False)
class Room:
    """What is around the patient.

    Args:
        table: unit vector from the body towards the table, LPS, or None where the position is unknown: nothing is then
            held against the table or the bore.
        bore_mm: diameter of the scanner's opening; None takes the data file's.
    """

    table: Floats | None = None
    bore_mm: float | None = None

    def __post_init__(self) -> None:
        if self.bore_mm is not None and not 300 <= self.bore_mm <= 2000:
            raise PlanError(f"{self.bore_mm:g} mm is outside 300 to 2000 mm", where="Room.bore_mm")

    @property
    def radius_mm(self) -> float:
        """Half the bore."""
        return (self.bore_mm or float(rule("way", "bore_mm"))) / 2


@dataclass(frozen=True, eq=False)
class Ways:
    """Straight ways of one kind of needle, an entry each.

    Attributes:
        tips_mm: physical tips, LPS, shape (n, 3).
        outs: unit vectors from tip to skin, shape (n, 3).
        depth_mm: from skin to tip, NaN where no skin is seen.
        gap_mm: from the shaft's surface to the nearest thing it must not touch; infinite where there is none.
        touched: index into `names` of that thing, -1 where there is none.
        names: what must not be touched.
        closed: which of RULES close each, shape (n, 8).
        costs_mm: price by each of PRICES, shape (n, 8).
    """

    tips_mm: Floats
    outs: Floats
    depth_mm: Floats
    gap_mm: Floats
    touched: NDArray[np.int64]
    names: tuple[str, ...]
    closed: Bools
    costs_mm: Floats

    @cached_property
    def open(self) -> Bools:
        """True where no rule closes the way."""
        return np.asarray(~self.closed.any(axis=1))

    @cached_property
    def price_mm(self) -> Floats:
        """Sum of all prices; infinite where the way is closed."""
        return np.asarray(np.where(self.open, self.costs_mm.sum(axis=1), np.inf))

    @property
    def entries_mm(self) -> Floats:
        """Points on the skin, LPS; NaN where none is seen."""
        return np.asarray(self.tips_mm + self.depth_mm[:, None] * self.outs)

    def why(self, index: int) -> tuple[str, ...]:
        """Why a way is closed, in words; () where it is open."""
        said = []
        for number in np.flatnonzero(self.closed[index]).tolist():
            name = self.names[self.touched[index]] if number == CROSSES else ""
            said.append(f"{RULES[number]}: {name} ({self.gap_mm[index]:.1f} mm)" if name else RULES[number])
        return tuple(said)

    def part(self, which: slice) -> Ways:
        """Some of them."""
        return Ways(
            self.tips_mm[which], self.outs[which], self.depth_mm[which], self.gap_mm[which], self.touched[which],
            self.names, self.closed[which], self.costs_mm[which],
        )  # fmt: skip

    @classmethod
    def joined(cls, parts: list[Ways], order: NDArray[np.int64]) -> Ways:
        """Ways of several kinds of needle in one patient as one, in a given order."""

        def of(name: str) -> NDArray[Any]:
            return np.asarray(np.concatenate([getattr(part, name) for part in parts])[order])

        return cls(
            of("tips_mm"), of("outs"), of("depth_mm"), of("gap_mm"), of("touched"), parts[0].names, of("closed"),
            of("costs_mm"),
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.tips_mm)


def survey(terrain: Terrain, kind: Probe, tips_mm: Floats, outs: Floats, *, room: Room | None = None) -> Ways:
    """Hold straight ways against every rule and price them.

    Args:
        terrain: the patient.
        kind: the needle.
        tips_mm: physical tips, LPS, shape (n, 3).
        outs: unit vectors from tip to skin, shape (n, 3).
        room: table and bore.
    """
    room = room or Room()
    parts = [
        _survey(terrain, kind, tips_mm[n : n + AT_ONCE], outs[n : n + AT_ONCE], room)
        for n in range(0, len(tips_mm), AT_ONCE)
    ] or [_survey(terrain, kind, np.zeros((0, 3)), np.zeros((0, 3)), room)]
    joined = (np.concatenate(part) for part in zip(*parts, strict=True))
    depth, gap, touched, closed, costs = joined
    return Ways(tips_mm, outs, depth, gap, touched, terrain.ground.names, closed, costs)


def _survey(terrain: Terrain, kind: Probe, tips: Floats, outs: Floats, room: Room) -> tuple[NDArray[np.generic], ...]:
    ground = terrain.ground
    handle_mm = float(rule("check", "handle_length_mm"))
    steps = np.arange(0.0, kind.usable_mm.value + handle_mm + float(rule("path", "handle_room_mm")), STEP_MM)
    points = tips[:, None, :] + steps[None, :, None] * outs[:, None, :]
    cell, inside = ground.cells(points)
    air = ground.outside[cell] & inside
    seen: Bools = np.asarray(air.any(axis=1))
    first = np.where(seen, air.argmax(axis=1), 0)
    number = np.arange(len(steps))
    before = number[None, :] < first[:, None]
    seen = np.asarray(seen & ~(before & ~inside).any(axis=1))
    depth = np.where(seen, steps[first] - STEP_MM / 2, np.nan)
    closed = np.zeros((len(tips), len(RULES)), bool)
    closed[:, NO_SKIN] = ~seen
    reach = first + int(float(rule("path", "handle_room_mm")) / STEP_MM)
    grazing = first + int(GRAZING_MM / STEP_MM)
    beyond = (number[None, :] > grazing[:, None]) & (number[None, :] < reach[:, None])
    body = np.asarray(ground.solid[cell]) & inside
    closed[:, NO_HANDLE] = seen & (body & beyond).any(axis=1)
    gap, touched = _nearest(ground, points, cell, before & inside & seen[:, None], kind)
    closed[:, CROSSES] = gap < float(rule("path", "clearance_mm"))
    closed[:, TOO_DEEP] = depth > kind.usable_mm.value
    cold = kind.standoff_mm.value + kind.active_mm.value + float(rule("way", "ice_behind_mm"))
    closed[:, ICE_AT_SKIN] = depth - cold < float(rule("way", "skin_gap_mm"))
    fits = seen & (np.nan_to_num(depth, nan=np.inf) <= kind.usable_mm.value)
    closed[fits, NO_HANDLE] |= _handle_in_body(ground, kind, tips[fits], outs[fits])
    closed[:, IN_TABLE], closed[:, IN_BORE] = outside_room(ground, kind, tips, outs, depth, room)
    along = before & inside
    half_cell = max(ground.grid.spacing_mm) / 2
    near_rib = along & (terrain.rib_mm[cell] - half_cell < float(rule("way", "rib_edge_mm")) + kind.radius_mm.value)
    closest = np.where(near_rib, terrain.rib_mm[cell], np.inf).argmin(axis=1)
    at = tuple(axis[np.arange(len(tips)), closest] for axis in cell)
    under = terrain.rib_above[at]
    closed[:, UNDER_RIB] = near_rib.any(axis=1) & under
    return depth, gap, touched, closed, _costs(terrain, cell, along, outs, depth)


def _nearest(
    ground: Access, points: Floats, cell: tuple[NDArray[np.int64], ...], along: Bools, kind: Probe
) -> tuple[Floats, NDArray[np.int64]]:
    """Least distance from each shaft's surface to what it must not touch, and which thing that is."""
    rows, none = np.arange(len(along)), np.full(len(along), -1)
    if not ground.owner.any():
        return np.full(len(along), np.inf), none
    far = np.full(along.shape, np.inf)
    far[along] = ground.clearance_mm(points[along])
    closest = far.argmin(axis=1)
    at = tuple(axis[rows, closest] for axis in cell)
    source = tuple(ground.nearest[axis][at] for axis in range(3))
    gap = far[rows, closest] - kind.radius_mm.value
    return gap, np.where(np.isfinite(gap), ground.owner[source].astype(np.int64) - 1, none)


def outside_room(
    ground: Access, kind: Probe, tips: Floats, outs: Floats, depth: Floats, room: Room
) -> tuple[Bools, Bools]:
    """Whether each handle would be in the table, and whether it would touch the bore; nothing is without a table."""
    if room.table is None:
        return np.zeros(len(tips), bool), np.zeros(len(tips), bool)
    end = tips + (kind.usable_mm.value + float(rule("check", "handle_length_mm"))) * outs
    radius = handle_radius_mm(kind)
    top = ground.span_mm(room.table)[1]
    lateral = np.array([room.table[1], -room.table[0], 0.0])
    middle = sum(ground.span_mm(lateral)) / 2
    in_table = end @ room.table > top - radius
    axis = top - float(rule("way", "under_table_mm"))
    away = np.hypot(end @ room.table - axis, end @ lateral - middle)
    return in_table & np.isfinite(depth), (away > room.radius_mm - radius) & np.isfinite(depth)


def handle_radius_mm(kind: Probe) -> float:
    """Half the handle's diameter by its card; assumed where the card does not know it."""
    return float(rule("way", "handle_radius_mm")) if kind.handle_mm is None else kind.handle_mm.value / 2


def _handle_in_body(ground: Access, kind: Probe, tips: Floats, outs: Floats) -> Bools:
    """Whether the side of each handle would be in the body: a shaft pushed in to the hilt at a slant, an arm beside."""
    first, radius = kind.usable_mm.value, handle_radius_mm(kind)
    steps = np.arange(first, first + float(rule("check", "handle_length_mm")), HANDLE_STEP_MM)
    helper = np.eye(3)[np.abs(outs).argmin(axis=1)]
    one = np.cross(outs, helper)
    one /= np.linalg.norm(one, axis=1, keepdims=True)
    two = np.cross(outs, one)
    turns = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    ring = radius * (np.cos(turns)[:, None] * one[:, None] + np.sin(turns)[:, None] * two[:, None])
    points = (tips[:, None] + steps[None, :, None] * outs[:, None])[:, :, None] + ring[:, None]
    cell, inside = ground.cells(points)
    return np.asarray((ground.solid[cell] & inside).any(axis=(1, 2)))


def _costs(terrain: Terrain, cell: tuple[NDArray[np.int64], ...], along: Bools, outs: Floats, depth: Floats) -> Floats:
    lung = terrain.lung[cell] & along
    lobes = np.where(lung, terrain.lobes[cell], 0)
    # from the skin inwards the pleura is passed wherever lung begins; the tip may end inside
    into_lung = (lung[:, :-1] & ~lung[:, 1:] & along[:, 1:]).sum(axis=1)
    changes = (lobes[:, :-1] != lobes[:, 1:]) & (lobes[:, :-1] > 0) & (lobes[:, 1:] > 0)
    liver = (terrain.liver[cell] & along).sum(axis=1) * STEP_MM
    rise = np.abs(outs[:, 2])
    length = np.nan_to_num(depth)
    costs = (
        length,
        np.degrees(np.arcsin(np.minimum(1.0, rise))) * float(rule("price", "off_axial_mm_per_degree")),
        np.maximum(length * rise - float(rule("way", "slices_mm")), 0) * float(rule("way", "beyond_slices_mm_per_mm")),
        lung.sum(axis=1) * STEP_MM * float(rule("way", "lung_mm_per_mm")),
        into_lung * float(rule("way", "puncture_mm")),
        changes.sum(axis=1) * float(rule("way", "fissure_mm")),
        liver * float(rule("way", "liver_mm_per_mm")),
        _steep(terrain, outs) * float(rule("way", "steep_pleura_mm_per_degree")),
    )
    return np.column_stack(costs)


def _steep(terrain: Terrain, outs: Floats) -> Floats:
    """Angle of each way to the chest wall, degrees; 0 along the wall, and where the target is not of the pleura."""
    if terrain.wall is None:
        return np.zeros(len(outs))
    return np.asarray(np.degrees(np.arcsin(np.minimum(1.0, np.abs(outs @ terrain.wall)))))
