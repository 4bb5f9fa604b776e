"""Random bodies with needles that break one chosen rule by a little, or miss its limit by a little."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from planted_violations.truth import TABLES, Needle, Trunk, Tube

from iceball.space import Grid, Header, Volume
from iceball.space.shapes import Mask, Points, Polyline, Shape, Sphere
from iceball.tissue import TARGET, Anatomy, Structure

Floats = NDArray[np.float64]

CELL_MM, MASK_MM = 3.0, 2.0
TISSUES = {0: "air", 1: "fat", 2: "bone_cortical", 3: "tumour"}
STRUCTURES: dict[str, tuple[float, float, int]] = {
    "colon": (8, 16, 3), "small_bowel": (7, 12, 3), "duodenum": (7, 11, 3), "stomach": (15, 22, 1),
    "rectum": (9, 14, 2), "esophagus": (5, 8, 2), "aorta": (8, 13, 2), "inferior_vena_cava": (8, 12, 2),
    "portal_vein_and_splenic_vein": (4, 7, 3), "iliac_artery_left": (4, 6, 2), "spinal_cord": (4, 6, 2),
    "gallbladder": (9, 15, 1), "bronchus_right": (4, 7, 2), "trachea": (7, 10, 2), "heart": (18, 25, 1),
}  # fmt: skip
"""Radius from and to, and points of the middle line."""
COUNTS = {
    "near": 74, "bone": 20, "rib": 16, "table": 14, "bore": 12, "hilt": 10, "arm": 10, "ice": 10, "outside": 10,
    "deep": 8, "handles": 8, "cross": 4, "cross outside": 4,
}  # fmt: skip
ORDER = tuple(rule for rule, count in COUNTS.items() for _ in range(count))
"""The rule of each plan, 200 in all."""
IN_ROOM = ("table", "bore", "hilt", "arm", "outside")
"""Rules that are held against the body's outline, which is known on cells."""
SIZES = {  # least and most slack of a planted violation and of a near miss
    "near": ((-8.0, -0.5), (0.5, 2.0)), "bone": ((-4.0, -0.5), (0.5, 2.0)), "rib": ((-4.0, -0.5), (0.5, 2.0)),
    "table": ((-30.0, -2.5), (2.5, 8.0)), "bore": ((-30.0, -2.5), (2.5, 8.0)), "hilt": ((-10.0, -2.5), (2.5, 8.0)),
    "arm": ((-15.0, -2.5), (2.5, 8.0)), "ice": ((-12.0, -0.5), (0.5, 2.0)), "outside": ((-12.0, -2.5), (2.5, 8.0)),
    "deep": ((-25.0, -0.5), (4.0, 12.0)), "handles": ((-6.0, -0.5), (0.5, 2.0)), "cross": ((-1.5, -0.5), (0.5, 2.0)),
    "cross outside": ((-1.5, -0.5), (0.5, 2.0)),
}  # fmt: skip
SLIGHT_MM = -2.0
"""Every second violation that can be this slight is."""
ALSO = {
    "bone": ("rib",), "cross": ("cross outside", "handles"), "cross outside": ("handles",), "deep": ("hilt",),
    "outside": ("hilt",),
}  # fmt: skip
TRIES = 20_000


@dataclass(frozen=True)
class Case:
    """One body with its needles.

    Attributes:
        rule: that the plan breaks, or of which it misses the limit.
        broken: the structure or rule that is broken, "" in a clean plan.
        slack_mm: how far from that limit.
        trunk: the exact body.
        masks: whether structures are voxels of 2 mm.
    """

    number: int
    rule: str
    broken: str
    slack_mm: float
    trunk: Trunk
    masks: bool
    card: str


def case(number: int, *, planted: bool, seed: int) -> Case:
    """The plan of that number in one of both series; the same for the same seed."""
    dice = np.random.default_rng([seed, number, int(planted)])
    rule, masks = ORDER[number], bool(number % 2)
    edge = 1.0 if masks and rule in ("near", "bone", "rib") else 0.5
    low, high = SIZES[rule][0 if planted else 1]
    if planted and (number // 2) % 2 and low < SLIGHT_MM < high:
        low = SLIGHT_MM
    low, high = (low, min(high, -edge)) if planted else (max(low, edge), high)
    # what breaks one rule may break its neighbour too: drilled bone lies under a rib, crossing shafts have handles
    also = ALSO.get(rule, ()) if planted else ()
    for _ in range(TRIES):
        found = _try(dice, rule, planted, number, (low, high))
        if found is None:
            continue
        trunk, card, wanted = found
        slacks = trunk.slacks()
        target = wanted
        if trunk.access:
            slacks[target] = high
        others = {r: s for r, s in slacks.items() if r != target and r not in also}
        if low <= slacks.get(target, np.nan) <= high and all(s >= _free(r, masks) for r, s in others.items()):
            return Case(number, rule, target if planted else "", slacks.get(target, 0.0), trunk, masks, card)
    raise RuntimeError(f"no body for {rule}, number {number}")


def _free(rule: str, masks: bool) -> float:
    """How far from its limit a rule must be that this plan is not about."""
    if rule in IN_ROOM:
        return 2.5
    return 1.0 if masks and rule.startswith(("near", "bone", "rib")) else 0.5


def _try(
    dice: np.random.Generator, rule: str, planted: bool, number: int, span: tuple[float, float]
) -> tuple[Trunk, str, str] | None:
    a, b = float(dice.uniform(120, 160)), float(dice.uniform(85, 110))
    position = str(dice.choice(["HFS", "HFP", ""])) if rule not in ("table", "bore") else str(dice.choice([*TABLES]))
    if rule in ("arm", "hilt"):
        position = ""
    known = rule == "handles" or (rule not in ("cross", "cross outside") and bool(dice.random() < 0.5))
    card, handle, usable = ("planted-17g", 6.0, 175.0) if known else ("generic-17g-short", 15.0, 175.0)
    if rule == "hilt":
        card, handle, usable, known = "planted-17g-stubby", 12.0, 90.0, True
    needle = _needle(dice, a, b, rule, planted, handle, usable)
    if needle is None:
        return None
    trunk = Trunk(a, b, (needle,), position=position, handles_known=known)
    if not trunk.depth(needle) > 0:
        return None
    trunk = replace(trunk, needles=(needle, *_others(dice, trunk, rule, planted)))
    # the room first: it is cheap, and most draws fail there
    bare = trunk.slacks()
    also = ALSO.get(rule, ()) if planted else ()
    if any(s < 0.5 for r, s in bare.items() if r != rule and r not in also):
        return None
    if rule in bare and not span[0] <= bare[rule] <= span[1]:
        return None
    parts: dict[str, Tube] = {}
    wanted = rule
    if rule == "near":
        name = list(STRUCTURES)[number % len(STRUCTURES)]
        part = _beside(dice, trunk, name, 3.0 + float(dice.uniform(*span)))
        if part is None:
            return None
        parts[name], wanted = part, f"near {name}"
        if number % 6 == 0 and trunk.depth(needle) > 80:
            trunk = replace(trunk, needles=tuple(replace(n, cut_mm=25.0) for n in trunk.needles))
    elif rule == "bone":
        slack = float(dice.uniform(*span))
        if number % 2 or (number // 2) % 2:
            part = _beside(dice, trunk, "vertebrae_L2", slack)
        else:
            part = _rib(dice, trunk, slack, above=bool(dice.random() < 0.5))
        if part is None:
            return None
        parts["vertebrae_L2" if number % 2 or (number // 2) % 2 else "rib_left_9"] = part
        if not planted and number % 3 == 0:
            drilled = _rib(dice, trunk, float(dice.uniform(-4, -1)), above=True)
            made = replace(trunk, parts={"rib_left_9": drilled} if drilled else {}, access="coaxial")
            return (made, card, "drilled") if drilled else None
    elif rule == "rib":
        part = _rib(dice, trunk, 5.0 + float(dice.uniform(*span)), above=True)
        if part is None:
            return None
        parts["rib_left_9"] = part
    elif rule == "arm":
        arm = _arm(dice, trunk)
        if arm is None:
            return None
        trunk = replace(trunk, arm=arm)
    for name in dice.permutation(list(STRUCTURES))[: int(dice.integers(1, 4))]:
        if name not in parts and not (rule == "near" and planted and name == wanted[5:]):
            extra = _beside(dice, trunk, str(name), float(dice.uniform(4.2, 30)))
            if extra is not None:
                parts[str(name)] = extra
    return replace(trunk, parts=parts), card, wanted


def _needle(
    dice: np.random.Generator, a: float, b: float, rule: str, planted: bool, handle: float, usable: float
) -> Needle | None:
    """A needle from a random place of the skin, at a slant, to a random depth."""
    turn = float(dice.uniform(0, 2 * np.pi))
    skin = np.array([a * np.cos(turn), b * np.sin(turn), float(dice.uniform(-25, 25))])
    normal = np.array([skin[0] / a**2, skin[1] / b**2, 0.0])
    normal /= np.linalg.norm(normal)
    slant = float(dice.uniform(50, 75)) if rule == "hilt" else float(dice.uniform(0, 8 if rule == "deep" else 35))
    out = _tilted(dice, normal, slant)
    if abs(out[2]) > (0.9 if rule == "hilt" else 0.5):
        return None
    depth = float(dice.uniform(45, 125))
    if rule == "hilt":
        depth = usable - float(dice.uniform(0.3, 12.0) if planted else dice.uniform(15, 62))
    elif rule == "ice":
        depth = 37.0 + (float(dice.uniform(-12, -0.5)) if planted else float(dice.uniform(0.5, 2)))
    elif rule == "deep":
        depth = 175.0 + (float(dice.uniform(0.5, 25)) if planted else -float(dice.uniform(4, 12)))
    elif rule == "outside" and planted and dice.random() < 0.4:
        depth = (75.0 + float(dice.uniform(3, 11)) - abs(skin[2])) / max(abs(out[2]), 0.2)
    elif rule == "outside":
        # through the body and out at the other side, or nearly
        across = Needle(skin, -out)
        chord = Trunk(a, b, (across,)).depth(across)
        depth = chord + (float(dice.uniform(3, 12)) if planted else -float(dice.uniform(3, 8)))
    if rule != "deep" and depth > 174:
        return None
    tip = skin - depth * out
    if rule != "outside" and (tip[0] / a) ** 2 + (tip[1] / b) ** 2 > 0.8:
        return None
    return Needle(tip, out, handle=handle, usable=usable)


def _others(dice: np.random.Generator, trunk: Trunk, rule: str, planted: bool) -> tuple[Needle, ...]:
    """More needles: parallel ones, or the one that meets the first as the rule wants it."""
    first = trunk.needles[0]
    depth = trunk.depth(first)
    if rule in ("cross", "cross outside"):
        slack = -float(dice.uniform(0.5, 1.5)) if planted else float(dice.uniform(0.5, 2.0))
        out = _tilted(dice, first.out, float(dice.uniform(12, 30)))
        normal = np.cross(first.out, out)
        normal /= np.linalg.norm(normal)
        meet = float(dice.uniform(25, depth - 5)) if rule == "cross" else float(dice.uniform(depth + 8, 165))
        place = first.tip + meet * first.out + (1.5 + slack) * normal
        return (replace(first, tip=place - meet * float(dice.uniform(0.95, 1.0)) * out, out=out),)
    if rule == "handles":
        wide = float(dice.uniform(12.5, 14.0))
        side = np.cross(first.out, _tilted(dice, first.out, 40.0))
        side /= np.linalg.norm(side)
        if not planted:
            return (replace(first, tip=first.tip + wide * side),)
        lean = first.out - float(dice.uniform(0.002, 0.03)) * side
        return (replace(first, tip=first.tip + wide * side, out=lean / np.linalg.norm(lean)),)
    if rule in ("hilt", "arm", "outside", "deep", "ice", "table", "bore"):
        return ()
    side = np.cross(first.out, _tilted(dice, first.out, 40.0))
    side /= np.linalg.norm(side)
    steps = range(1, int(dice.integers(1, 4)))
    return tuple(replace(first, tip=first.tip + n * float(dice.uniform(13.5, 18)) * side) for n in steps)


def _tilted(dice: np.random.Generator, axis: Floats, degrees: float) -> Floats:
    beside = np.cross(axis, dice.normal(0, 1, 3))
    beside /= np.linalg.norm(beside)
    return np.asarray(np.cos(np.radians(degrees)) * axis + np.sin(np.radians(degrees)) * beside)


def _beside(dice: np.random.Generator, trunk: Trunk, name: str, gap_mm: float) -> Tube | None:
    """A structure at a given gap from the nearest shaft, wholly in the body; None where it does not fit."""
    low, high, count = STRUCTURES.get(name, (10.0, 14.0, 1))
    radius = float(dice.uniform(low, high))
    needle = trunk.needles[int(dice.integers(len(trunk.needles)))]
    depth = trunk.depth(needle)
    line = np.zeros((1, 3)) if count == 1 else np.cumsum(dice.normal(0, 14, (count, 3)), axis=0)
    line = line - line.mean(axis=0)
    away = _tilted(dice, needle.out, 90.0)
    place = needle.tip + float(dice.uniform(2, depth - 5)) * needle.out
    tube = Tube(line + place + (gap_mm + radius + needle.radius) * away, radius)
    for _ in range(8):
        gap = min(
            float(tube.distance(n.at(np.arange(0.0, trunk.depth(n), 0.1))).min()) - n.radius for n in trunk.needles
        )
        if abs(gap - gap_mm) < 0.02:
            break
        tube = tube.moved((gap_mm - gap) * away)
    else:
        return None
    inside = trunk.to_skin(tube.points).max() < -radius - 3 and np.abs(tube.points[:, 2]).max() < 70 - radius
    return tube if inside else None


def _rib(dice: np.random.Generator, trunk: Trunk, gap_mm: float, *, above: bool) -> Tube | None:
    """A rib in the wall, cranial or caudal of the first needle's way, at a given gap of the nearest shaft."""
    needle = trunk.needles[0]
    entry = needle.at(np.array([trunk.depth(needle)]))[0]
    middle = np.arctan2(entry[1] / trunk.b, entry[0] / trunk.a)
    turns = middle + np.linspace(-0.7, 0.7, 15)
    slope = float(dice.uniform(-0.3, 0.3))
    line = np.column_stack([
        (trunk.a - 10) * np.cos(turns), (trunk.b - 10) * np.sin(turns), entry[2] + 40 * slope * (turns - middle),
    ])  # fmt: skip
    up = np.array([0.0, 0.0, 1.0 if above else -1.0])
    rib = Tube(line + (gap_mm + 5.0) * up, 5.0)
    for _ in range(12):
        gaps = [rib.distance(n.at(np.arange(0.0, trunk.depth(n), 0.1))).min() - n.radius for n in trunk.needles]
        if abs(min(gaps) - gap_mm) < 0.02:
            return rib if np.abs(rib.points[:, 2]).max() < 66 else None
        rib = rib.moved((gap_mm - min(gaps)) * up)
    return None


def _arm(dice: np.random.Generator, trunk: Trunk) -> Tube | None:
    """An arm beside the trunk, near what stands out of the skin."""
    needle, radius = trunk.needles[0], float(dice.uniform(30, 40))
    beyond = needle.at(np.array([trunk.depth(needle) + float(dice.uniform(40, 140))]))[0]
    away = _tilted(dice, needle.out, 90.0) * np.array([1.0, 1.0, 0.0])
    length = float(np.linalg.norm(away))
    if length < 0.5:
        return None
    middle = beyond + (radius + float(dice.uniform(-15, 22))) * away / length
    if trunk.to_skin(middle[None])[0] < radius + 12 or np.abs(middle[:2]).max() > 330:
        return None
    return Tube(np.array([[middle[0], middle[1], -120.0], [middle[0], middle[1], 120.0]]), radius)


def anatomy(found: Case) -> Anatomy:
    """The body as the package sees it: labels on cells of 3 mm, structures as shapes or as voxels."""
    trunk = found.trunk
    reach = [trunk.a + 15, trunk.b + 15]
    low, high = [-reach[0], -reach[1]], list(reach)
    if trunk.arm is not None:
        for axis in (0, 1):
            low[axis] = min(low[axis], float(trunk.arm.points[:, axis].min()) - trunk.arm.radius - 12)
            high[axis] = max(high[axis], float(trunk.arm.points[:, axis].max()) + trunk.arm.radius + 12)
    grid = Grid.box((*low, -trunk.half_z), (*high, trunk.half_z), CELL_MM)
    at = grid.centres_mm()
    labels = ((at[..., 0] / trunk.a) ** 2 + (at[..., 1] / trunk.b) ** 2 <= 1).astype(np.uint8)
    if trunk.arm is not None:
        flat = at.reshape(-1, 3)
        labels |= (trunk.arm.distance(flat) <= 0).reshape(labels.shape).astype(np.uint8)
    structures: dict[str, Structure] = {}
    for name, part in trunk.parts.items():
        shape = _shape(part)
        if name.startswith(("rib_", "vertebrae_")):
            labels[(shape.occupancy(grid) >= 0.5) & (labels > 0)] = 2
        structures[name] = Structure(name, _voxels(shape) if found.masks else shape, "planted")
    first = trunk.needles[0]
    middle = first.tip + 12.0 * first.out
    target = Sphere((float(middle[0]), float(middle[1]), float(middle[2])), 12.0)
    if found.rule != "outside":
        labels[(target.occupancy(grid) >= 0.5) & (labels > 0)] = 3
    structures[TARGET] = Structure(TARGET, target, "planted")
    image = Volume(grid, np.zeros(grid.shape, np.int16), "HU", Header(modality="CT"))
    return Anatomy(image, Volume(grid, labels, "label"), TISSUES, structures, organ="kidney")


def _shape(part: Tube) -> Shape:
    if len(part.points) == 1:
        return Points(part.points, part.radius)
    return Polyline(part.points, part.radius)


def _voxels(shape: Shape) -> Mask:
    low, high = shape.bounds_mm()
    grid = Grid.box(low - 2 * MASK_MM, high + 2 * MASK_MM, MASK_MM)
    return Mask(Volume(grid, (shape.occupancy(grid) >= 0.5).astype(np.uint8), "mask"))


def placements(found: Case) -> list[dict[str, Any]]:
    """What `Placement` takes, for each needle; made apart, since some of these a Placement refuses."""
    rows = []
    for needle in found.trunk.needles:
        entry = needle.at(np.array([found.trunk.depth(needle) - needle.cut_mm]))[0]
        rows.append({
            "probe": found.card, "tip_mm": tuple(map(float, needle.tip)), "entry_mm": tuple(map(float, entry)),
            "bone_access": found.trunk.access,
        })  # fmt: skip
    return rows
