"""Draws of what is not known, and the scene that each of them makes of the nominal one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from iceball.errors import PlanError
from iceball.plan.becoming import HYPERAEMIC
from iceball.plan.placement import Placement, Point
from iceball.plan.plan import Plan
from iceball.plan.pulled import Stay, stays
from iceball.plan.spray.spots import spot_of
from iceball.plan.varied import INPUTS, Varied, of_range
from iceball.solve.scene import Line, Material, Scene
from iceball.solve.wall import Wall, WallStep
from iceball.sources import Sourced
from iceball.tissue.library import published_tissues, tissue, tissues

Floats = NDArray[np.float64]
MOST_MEMBERS = 4096
LAST = ("surface_h", "placement")
"""Inputs whose columns come last, and not in every plan."""
COMMON = 16
"""Draws are made for so many needles, and for more where a plan has more: how numbers are scrambled hangs on it."""
AXES = 3
TUMOUR = "tumour"
"""Part of the name of every tissue that is one, also in published sets."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """Standard normal numbers of one member, by input: one for most, three for motion, three a needle for placement.

    The slice's number is between -1 and 1 instead, any equally likely. `varied` says how far each is to go.
    """

    normal: Mapping[str, Floats]
    varied: Varied

    def z(self, name: str) -> float:
        """The number of an input on cards, times its share."""
        return float(self.normal[name][0]) * self.varied.of(name)

    def mm(self, name: str) -> Floats:
        """Shifts of "motion" (3,) or "placement" (needles, 3), and the outline's of "contour" (1,), mm."""
        return np.asarray(self.normal[name] * self.varied.of(name))


def columns(needles: int, *, spots: bool = False) -> dict[str, slice]:
    """Which columns of a sample belong to which input; placement comes last, three columns a needle.

    What sprays and discs do has a column only where there are `spots`: the draws of other plans stay what they were.
    """
    out, at = {}, 0
    for name in (*(n for n in INPUTS if n not in LAST), *LAST[0 if spots else 1 :]):
        wide = {"motion": AXES, "placement": AXES * needles}.get(name, 1)
        out[name] = slice(at, at + wide)
        at += wide
    return out


def sample(members: int, needles: int, seed: int, *, spots: bool = False) -> Floats:
    """Sobol points (members, columns) between 0 and 1, scrambled by the seed; more members keep the earlier ones.

    Plans of up to `COMMON` needles are drawn the same tissue, power, outline and motion, and the same shifts of their
    first needles: so their spreads can be held beside each other.

    Raises:
        PlanError: for fewer than 1 or more than MOST_MEMBERS members, or a negative seed.
    """
    from scipy.stats import qmc

    if not 1 <= members <= MOST_MEMBERS:
        raise PlanError(f"{members} is outside 1 to {MOST_MEMBERS}", where="members")
    if seed < 0:
        raise PlanError(f"{seed} is negative", where="seed")
    width, drawn_for = (max(s.stop for s in columns(n, spots=spots).values()) for n in (needles, max(needles, COMMON)))
    points = qmc.Sobol(drawn_for, scramble=True, rng=seed).random_base2(max(1, math.ceil(math.log2(members))))
    return np.asarray(points[:members, :width])


def drawn(row: Floats, needles: int, varied: Varied, *, spots: bool = False) -> Drawn:
    """One row of a sample as a draw."""
    from scipy.special import ndtri

    # a Sobol point may lie on 0 itself, where a normal number is infinite
    safe = np.clip(row, 1e-6, 1 - 1e-6)
    normal = {name: ndtri(safe[part]) for name, part in columns(needles, spots=spots).items()}
    normal["slice"] = 2 * row[columns(needles)["slice"]] - 1
    normal["placement"] = normal["placement"].reshape(needles, AXES)
    return Drawn(normal, varied)


def varied_scene(nominal: Scene, plan: Plan, draw: Drawn) -> Scene:
    """The nominal scene of a plan with tissues, needles and sprays as drawn. Labels stay: needles move in the patient,
    spots lie where they were planned.

    A needle that comes to lie wholly in gas freezes nothing: it is left out, so that the draw counts as one without
    its ice instead of as one that could not be run.
    """
    needles = placed(plan, draw)
    lines = tuple(
        _line(line, stay.placement, _stay(stay, plan.probes[stay.needle], needles[stay.needle]), draw)
        for line, stay in zip(nominal.lines, stays(plan), strict=True)
    )
    return replace(
        nominal,
        materials=tuple(None if m is None else varied_material(m, draw) for m in nominal.materials),
        lines=tuple(line for line in lines if _in_tissue(line, nominal)),
        walls=tuple(_wall(wall, plan, draw) for wall in nominal.walls),
    )


def _stay(stay: Stay, marked: Placement, needle: Placement) -> Placement:
    """Where a needle lies at that stay, as far off as it was drawn."""
    if needle == marked:
        return stay.placement
    if not stay.pull:
        return needle
    try:
        return needle.drawn_back(stay.pull)
    except PlanError:  # its tilt would bring the cold end out of the skin: it is moved as a whole
        return _shifted(stay.placement, np.array(needle.tip_mm) - np.array(marked.tip_mm))


def varied_material(material: Material, draw: Drawn) -> Material:
    """A tissue's property row as drawn; a row that is no tissue of the data file stays as it is."""
    name = material.name.removesuffix(HYPERAEMIC)
    if name not in tissues() and name not in published_tissues():
        return material
    card = tissue(name)

    def times(name: str, number: Sourced) -> float:
        return of_range(number, draw.z(name)) / number.value if number.value else 1.0

    frozen = times("frozen_conductivity", card.frozen_conductivity or card.frozen_conductivity_share)
    flow = "tumour_perfusion" if TUMOUR in card.name else "perfusion"
    k0, k1, k2 = material.frozen_conductivity
    return replace(
        material,
        perfusion=material.perfusion * times(flow, card.perfusion),
        conductivity=material.conductivity * times("conductivity", card.conductivity),
        latent_heat=material.latent_heat * times("latent_heat", card.latent_heat),
        frozen_conductivity=(k0 * frozen, k1 * frozen, k2 * frozen),
        stasis_c=material.stasis_c + of_range(card.stasis_c, draw.z("stasis"), logarithmic=False) - card.stasis_c.value,
    )


def _wall(wall: Wall, plan: Plan, draw: Drawn) -> Wall:
    """A wall with the h of its spots as drawn; any other as it is."""

    def step_of(step: WallStep) -> WallStep:
        spot = spot_of(plan, wall, step)
        if spot is None:
            return step
        return replace(step, h=step.h * of_range(spot.card.h, draw.z("surface_h")) / spot.card.h.value)

    return replace(wall, steps=tuple(step_of(step) for step in wall.steps))


def _in_tissue(line: Line, scene: Scene) -> bool:
    """Whether any of an active zone lies in what is solved."""
    step = min(scene.grid.spacing_mm) / 4
    along = np.linspace(line.start_mm, line.end_mm, max(2, math.ceil(line.length_mm / step)))
    cell = np.rint(scene.grid.to_index(along)).astype(int)
    inside = ((cell >= 0) & (cell < scene.grid.shape)).all(axis=1)
    # beyond the box nothing is known to be gas: the solver says what is wrong there
    return not inside.all() or bool((~np.isin(scene.labels[tuple(cell.T)], [w.label for w in scene.walls])).any())


def placed(plan: Plan, draw: Drawn) -> tuple[Placement, ...]:
    """Where the needles lie in this draw.

    A needle that is set off its mark keeps its point on the skin, so that it turns about it, unless its card forbids
    that depth: then it is moved as a whole. All together are moved against the organ as a whole. Two needles cannot lie
    in each other: where a draw would have it, both stay nearer to their marks.
    """
    share = 1.0
    while True:
        needles = tuple(_moved(p, s * share) for p, s in zip(plan.probes, draw.mm("placement"), strict=True))
        if share < 1e-3 or _apart(needles):
            return tuple(_shifted(p, draw.mm("motion")) for p in needles)
        share /= 2


def _moved(needle: Placement, by: Floats) -> Placement:
    try:
        return replace(needle, tip_mm=_point(needle.tip_mm, by))
    except PlanError:
        return _shifted(needle, by)


def _shifted(needle: Placement, by: Floats) -> Placement:
    return replace(needle, tip_mm=_point(needle.tip_mm, by), entry_mm=_point(needle.entry_mm, by))


def _point(point: Point, by: Floats) -> Point:
    return point[0] + float(by[0]), point[1] + float(by[1]), point[2] + float(by[2])


def _apart(needles: tuple[Placement, ...]) -> bool:
    """Whether no two active zones touch."""
    from iceball.plan.ways.geometry import closest_mm

    return all(
        closest_mm(a, b) >= a.kind.radius_mm.value + b.kind.radius_mm.value
        for i, a in enumerate(needles)
        for b in needles[:i]
    )


def _line(line: Line, marked: Placement, needle: Placement, draw: Drawn) -> Line:
    """The needle's line where it lies now, with its cooling as drawn. A step that warms or is off stays."""
    card = needle.kind
    film = of_range(card.h, draw.z("needle_power")) / card.h.value
    gas_c = of_range(card.coolant_c, draw.z("coolant"), logarithmic=False)
    colder = max(gas_c, card.cryogen.boiling_c.value) - card.coolant_c.value  # no cryogen is colder than it boils
    steps = tuple(
        replace(step, h=step.h * film, coolant_c=step.coolant_c + colder) if step.coolant_c < 0 else step
        for step in line.steps
    )
    if needle == marked:
        return replace(line, steps=steps)
    # A line may go on behind the active zone, along a shaft that leaks: its length is the line's own.
    start = card.standoff_mm.value
    return replace(line, start_mm=needle.along(start), end_mm=needle.along(start + line.length_mm), steps=steps)
