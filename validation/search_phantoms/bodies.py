"""Random bodies with a plan planted in them: what stands around it was put there so that this plan stays possible."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iceball.applicator import probe
from iceball.assessment import Cover, Spare
from iceball.plan import Placement, Plan, freeze
from iceball.plan.search.layout import Layout
from iceball.plan.ways.survey import Room
from iceball.plan.ways.terrain import Terrain
from iceball.space.shapes import Ellipsoid, Polyline, Shape, Sphere
from iceball.tissue import Anatomy
from iceball.tissue.phantom import Part, phantom
from iceball.units import minutes

Floats = NDArray[np.float64]

SIZE_MM, CELL_MM, AIR_MM = (180.0, 150.0, 180.0), 3.0, 45.0
SMALLEST_MM, LARGEST_MM = 10.0, 60.0
CLEAR_MM = 7.0
"""From a planted shaft's axis to any obstacle: the rule's 3 mm, the needle's radius and a cell."""
BOWEL_MM = 14.0
"""From tumour to bowel: 5 mm of margin, 5 mm spared, and what a run on 3 mm cells may be off."""
VESSEL_MM = 10.0
"""From tumour to the wall of a great vessel, whose blood keeps it at 37 °C: 5 mm of margin, and 5 mm for the fall."""
ICE_MM = 26.0
"""From a planted needle's cold zone to bowel: the ice reaches 15 to 20 mm, and 5 mm more are spared."""
GOALS = (Cover("tumour", 0.0, 5.0), Cover("tumour", -20.0), Spare("colon", 0.0, 5.0))
SHORT = freeze(10 * minutes).thaw(8 * minutes).freeze(10 * minutes)
LONG = freeze(15 * minutes).thaw(8 * minutes).freeze(15 * minutes)
LONG_ABOVE_MM = 22.0
"""Larger tumours are frozen 15 min at a time."""
ONE_MORE = 1
"""Needles of the planted plan beyond the 1-2 rule, so that more of the bodies can be solved."""


@dataclass(frozen=True)
class Body:
    """One phantom.

    Attributes:
        number: of the series.
        anatomy: the patient.
        witness: the planted plan.
        diameter_mm: mean diameter of the tumour.
    """

    number: int
    anatomy: Anatomy
    witness: Plan
    diameter_mm: float


def body(number: int, *, seed: int) -> Body:
    """The phantom of that number in a series; the same for the same seed."""
    dice = np.random.default_rng([seed, number])
    mean = float(dice.uniform(SMALLEST_MM, LARGEST_MM))
    diameters = mean * np.exp(dice.normal(0.0, 0.12, 3))
    fat, muscle = float(dice.uniform(4, 22)), float(dice.uniform(6, 14))
    layers = [("skin", 3.0), ("fat", fat), ("muscle", muscle)]
    wall = 3.0 + fat + muscle
    depth = wall + float(dice.uniform(8, 25)) + float(diameters.max()) / 2
    centre = np.array([float(dice.uniform(-12, 12)), depth, float(dice.uniform(-12, 12))])
    tumour = Ellipsoid(_point(centre), _point(diameters))
    kind = str(dice.choice(["kidney", "liver", "muscle", "soft_tissue"]))
    around = Ellipsoid(_point(centre + dice.normal(0, 5, 3)), _point(diameters + dice.uniform(15, 50, 3)))
    organ = Part(kind, around)
    bare = phantom(SIZE_MM, CELL_MM, [organ], target=tumour, base="fat", layers=layers, air_above_mm=AIR_MM)
    shafts = _witness(bare, dice)
    parts, structures = [organ], {}
    for name, tissue_name, shape in _obstacles(dice, centre, diameters, wall):
        bowel = name == "colon"
        if bowel and not _clear(shape, shafts, ICE_MM, cold_only=True):
            continue
        gap = BOWEL_MM if bowel else VESSEL_MM if tissue_name == "blood" else 4.0
        if _clear(shape, shafts, CLEAR_MM) and _apart(shape, tumour, gap):
            if name in structures:
                continue
            structures[name] = shape
            parts.append(Part(tissue_name, shape, name))
    if "colon" not in structures:
        deepest = max(n.tip_mm[1] for n in shafts)
        below = max(centre[1] + float(diameters[1]) / 2 + BOWEL_MM, deepest + ICE_MM) + 9.0
        far = _point(np.array([centre[0], below, centre[2]]))
        parts.append(Part("bowel_wall", Sphere(far, 16.0), "colon"))
    anatomy = phantom(SIZE_MM, CELL_MM, parts, target=tumour, base="fat", layers=layers, air_above_mm=AIR_MM)
    clock = LONG if mean > LONG_ABOVE_MM else SHORT
    return Body(number, anatomy, Plan(shafts, clock, GOALS), float(np.mean(diameters)))


def _witness(bare: Anatomy, dice: np.random.Generator) -> tuple[Placement, ...]:
    """Parallel needles by the 1-2 rule from a random side, on a body without obstacles."""
    from iceball.plan.search.array import needle_row

    terrain = Terrain.of(bare)
    points = terrain.ground.target_mm
    for _ in range(200):
        out = np.array([0.0, -1.0, 0.0]) + dice.normal(0, 0.3, 3)
        out /= np.linalg.norm(out)
        first, second = np.linalg.svd(out[None])[2][1:]
        plane = np.column_stack([points @ first, points @ second])
        needles = len(needle_row(plane, points @ -out, terrain.ground.target_step_mm).at_mm) + ONE_MORE
        long = float(np.ptp(points, axis=0).mean()) > probe("generic-17g-short").active_mm.value
        layout = Layout.of(terrain, probe("generic-17g-long" if long else "generic-17g-short"), out, needles)
        ways = layout.ways([layout.start], terrain, Room())[0]
        if ways.open.all():
            return layout.placements(ways)
    raise RuntimeError("no open side for a witness")  # the bare body is open from above: cannot happen


def _obstacles(
    dice: np.random.Generator, centre: Floats, diameters: Floats, wall: float
) -> list[tuple[str, str, Shape]]:
    """Ribs in the wall, vessels and bowel around the tumour, more than will stay."""
    found: list[tuple[str, str, Shape]] = []
    tilt, phase = float(dice.uniform(-0.4, 0.4)), float(dice.uniform(0, 26))
    if dice.random() < 0.7:
        for n in range(-3, 4):
            z = n * 26.0 + phase
            ends = [(x, wall - 4.0, z + tilt * x) for x in (-75.0, 0.0, 75.0)]
            if all(abs(e[2]) < 80 for e in ends):
                found.append((f"rib_left_{n + 6}", "bone_cortical", Polyline(np.array(ends), 5.0)))
    reach = float(diameters.max()) / 2
    for name in ("aorta", "inferior_vena_cava", "portal_vein_and_splenic_vein"):
        away = reach + float(dice.uniform(8, 35))
        turn = dice.normal(0, 1, 3)
        turn /= np.linalg.norm(turn)
        along = np.cross(turn, dice.normal(0, 1, 3))
        along /= np.linalg.norm(along)
        middle = centre + away * turn
        ends = np.array([middle - 35 * along, middle + 35 * along])
        radius = float(dice.uniform(2.5, 8.0))
        if (np.abs(ends[:, [0, 2]]) < 80).all() and (ends[:, 1] > wall + radius).all() and (ends[:, 1] < 140).all():
            found.append((name, "blood", Polyline(ends, radius)))
    for _ in range(12):
        turn = dice.normal(0, 1, 3)
        middle = centre + (reach + float(dice.uniform(16, 40))) * turn / np.linalg.norm(turn)
        radius = float(dice.uniform(6, 14))
        if (np.abs(middle[[0, 2]]) < 80 - radius).all() and wall + radius < middle[1] < 148 - radius:
            found.append(("colon", "bowel_wall", Sphere(_point(middle), 2 * radius)))
    return found


def _clear(shape: Shape, shafts: tuple[Placement, ...], gap_mm: float, *, cold_only: bool = False) -> bool:
    """Whether a shape stays so far from all shafts, or from their cold zones only."""
    points = shape.seeds_mm(3.0)
    for needle in shafts:
        tip, axis = np.array(needle.tip_mm), np.array(needle.direction)
        near, far = (needle.kind.standoff_mm.value, needle.cold_mm) if cold_only else (0.0, needle.depth_mm)
        along = np.clip((points - tip) @ -axis, near, near + far)
        gaps = np.linalg.norm(points - tip + along[:, None] * axis, axis=1)
        if float(gaps.min()) - _radius_mm(shape) < gap_mm:
            return False
    return True


def _apart(shape: Shape, tumour: Ellipsoid, gap_mm: float) -> bool:
    return float(tumour.distance_mm(shape.seeds_mm(2.0)).min()) - _radius_mm(shape) >= gap_mm


def _radius_mm(shape: Shape) -> float:
    """From the seeds of a tube or a ball, its middle line or centre, to its wall."""
    if isinstance(shape, Sphere):
        return shape.diameter_mm / 2
    return shape.radius_mm if isinstance(shape, Polyline) else 0.0


def _point(value: Floats) -> tuple[float, float, float]:
    x, y, z = (float(v) for v in value)
    return x, y, z
