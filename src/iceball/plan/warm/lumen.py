"""Every vessel of a plan in a patient: those that the plan names, and the wide ones that were drawn or labelled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from iceball.errors import GeometryError, PlanError
from iceball.physics.vessel import film
from iceball.plan.plan import Plan
from iceball.plan.warm.vessel import Vessel
from iceball.plan.warm.vessel_speed import rule, speed_of
from iceball.space import Grid
from iceball.space.course import Course, course_of
from iceball.space.grid import Floats
from iceball.space.shapes import Polyline, Shape
from iceball.space.width import holds, share_within, widest_ball_mm
from iceball.tissue import TARGET, Anatomy
from iceball.tissue.model import model
from iceball.tissue.organs import label_tissues, structures_in_group, tissue_of_label
from iceball.units import MM_PER_M

Flow = Literal["nominal", "low", "high"]
What = Literal["wall", "still", "perfused"]
BLOOD, GREAT = "blood", "great_vessel"
NO_TUBE = ("heart", "atrial_appendage_left")
"""Blood that does not flow through a tube stays tissue."""
MOST_OF_AN_ORGAN = 0.5
"""No vessel fills a larger share of an organ that it runs in."""
LIKE = 1.5
"""A width that was given may differ by so many times from the one that was drawn."""


@dataclass(frozen=True, eq=False)
class Lumen:
    """A vessel as it lies in the simulated box.

    Args:
        name: what people call it.
        shape: what its blood fills.
        course: the way along it.
        width_mm: its diameter, measured where it crosses the box, or given.
        measured: whether it was measured.
        speed_m_s: mean speed: nominal, low and high. `share` of it is left.
        speed_from: who says so.
        share: 1 flows freely, 0 is clamped.
        blood_c: of what flows.
        asked: whether the plan names it.
        what: a wall, still blood, or left in the tissue's perfusion.
        why: why it is no wall, as a sentence; "" where it is one.
    """

    name: str
    shape: Shape
    course: Course
    width_mm: float
    measured: bool
    speed_m_s: tuple[float, float, float]
    speed_from: str
    share: float
    blood_c: float
    asked: bool
    what: What
    why: str = ""

    def h(self, begin_mm: float, end_mm: float, flow: Flow = "nominal") -> float:
        """Heat transfer coefficient of the round wall between two distances from the thermal entry, W/m2/K."""
        m, k = model(), rule("blood_conductivity").value
        speed = self.speed_m_s[("nominal", "low", "high").index(flow)] * self.share
        diffusivity = k / (m.blood_density.value * m.blood_heat_capacity.value)
        ends = (begin_mm / MM_PER_M, end_mm / MM_PER_M)
        return film(self.width_mm / MM_PER_M, speed, *ends, k, diffusivity)

    def h_at_ice(self, flow: Flow = "nominal") -> float:
        """h of the piece, one diameter long, in the middle of the box."""
        middle = rule("entry_mm").value
        return self.h(max(0.0, middle - self.width_mm / 2), middle + self.width_mm / 2, flow)

    @property
    def reynolds(self) -> float:
        """Its Reynolds number at the nominal speed."""
        return self.speed_m_s[0] * self.share * self.width_mm / MM_PER_M / rule("blood_viscosity").value


def lumens(plan: Plan, anatomy: Anatomy, grid: Grid) -> tuple[Lumen, ...]:
    """The vessels that lie in a box, those of the plan first.

    Args:
        plan: its `vessels`, and whether wide drawn vessels become walls by themselves (`vessel_walls`).
        anatomy: labels and structures.
        grid: the solver's; a vessel thinner than its cells cannot be a wall.

    Raises:
        PlanError: naming field and vessel, where one of the plan's cannot be.
    """
    if anatomy.bench is not None and not plan.vessels:
        return ()
    found = [_asked(plan, i, vessel, anatomy, grid) for i, vessel in enumerate(plan.vessels)]
    taken = {vessel.structure for vessel in plan.vessels}
    by_itself = _drawn(anatomy, grid, taken) if plan.vessel_walls else ()
    return (*(v for v in found if v is not None), *by_itself)


def vessel_names(anatomy: Anatomy) -> tuple[str, ...]:
    """Names of the drawn structures that are vessels: by their name, or because blood fills them."""
    return tuple(name for name in anatomy.structures if _is_vessel(name, anatomy))


def _asked(plan: Plan, index: int, vessel: Vessel, anatomy: Anatomy, grid: Grid) -> Lumen | None:
    where = f"Plan.vessels[{index}]"
    shape = _shape(vessel, anatomy, where)
    try:
        course = course_of(shape)
    except GeometryError as refusal:
        raise PlanError(refusal.what, where=f"{where}.structure", remedy=refusal.remedy) from None
    inside = grid.contains(course.points_mm)
    if not inside.any():
        return None
    drawn = float(np.median(course.width_mm[inside]))
    width = vessel.diameter_mm if vessel.diameter_mm is not None else drawn
    if width == 0:
        raise PlanError(
            f"is needed: '{vessel.structure}' is a line without a width",
            where=f"{where}.diameter_mm",
            remedy="Give it in mm.",
        )
    if drawn > 0 and not drawn / LIKE <= width <= drawn * LIKE:
        raise PlanError(
            f"{width:g} mm does not fit '{vessel.structure}', which is drawn {drawn:.1f} mm wide",
            where=f"{where}.diameter_mm",
            remedy="Leave it out, or draw the vessel as wide as it is.",
        )
    _must_be_wide(width, grid, where, measured=vessel.diameter_mm is None)
    _must_fit(width, course, course.points_mm[inside], anatomy, vessel, where)
    name = vessel.label(index)
    speed, said = _speed(vessel.structure, width)
    if vessel.speed_m_s is not None:
        speed, said = (vessel.speed_m_s,) * 3, "given in the plan"
    return Lumen(
        name=name,
        shape=shape if drawn else Polyline(shape.points_mm, width / 2),  # type: ignore[attr-defined]
        course=course,
        width_mm=width,
        measured=vessel.diameter_mm is None,
        speed_m_s=speed,
        speed_from=said,
        share=vessel.share,
        blood_c=model().body_c.value if vessel.blood_c is None else vessel.blood_c,
        asked=True,
        what="still" if vessel.share == 0 else "wall",
        why="" if vessel.share else "clamped: its blood stands still and is solved as tissue",
    )


def _drawn(anatomy: Anatomy, grid: Grid, taken: set[str]) -> Iterator[Lumen]:
    for name in vessel_names(anatomy):
        shape = anatomy.structures[name].shape
        low, high = shape.bounds_mm()
        corners = grid.corners_mm
        outside = (high < corners.min(axis=0)).any() or (low > corners.max(axis=0)).any()
        if name in taken or outside or shape.volume_ml == 0:  # a line without a width says nothing of itself
            continue
        try:
            course = course_of(shape)
        except GeometryError:  # nothing of it is half a millimetre wide
            seeds = shape.seeds_mm(min(grid.spacing_mm))
            course = Course(seeds, np.zeros(len(seeds)), np.zeros(len(seeds)), directed=False)
        inside = grid.contains(course.points_mm)
        if not inside.any():
            continue
        width = float(np.median(course.width_mm[inside]))
        why = _too_thin(width, grid)
        speed, said = _speed(name, width)
        yield Lumen(
            name, shape, course, width, True, speed, said, 1.0, model().body_c.value, False,
            "perfused" if why else "wall", why,
        )  # fmt: skip


def _is_vessel(name: str, anatomy: Anatomy) -> bool:
    if name == TARGET or name in NO_TUBE:
        return False
    if name == GREAT or structures_in_group(GREAT, (name,)) or tissue_of_label(name) == BLOOD:
        return True
    if name in label_tissues() or tissue_of_label(name) is not None:
        return False
    if BLOOD not in anatomy.tissues.values():
        return False
    grid = anatomy.labels.grid
    seeds = anatomy.structures[name].shape.seeds_mm(min(grid.spacing_mm))
    seeds = seeds[grid.contains(seeds)]
    if not len(seeds):
        return False
    cell = np.rint(grid.to_index(seeds)).astype(int)
    cell = np.clip(cell, 0, np.array(grid.shape) - 1)
    blood = [label for label, tissue in anatomy.tissues.items() if tissue == BLOOD]
    return float(np.isin(anatomy.labels.data[tuple(cell.T)], blood).mean()) > 0.5


def _shape(vessel: Vessel, anatomy: Anatomy, where: str) -> Shape:
    if vessel.line_mm:
        return vessel.shape
    if vessel.structure not in anatomy.structures:
        raise PlanError(
            f"no structure called '{vessel.structure}' is drawn.",
            where=f"{where}.structure",
            remedy=f"Drawn: {', '.join(sorted(anatomy.structures)) or 'none'}.",
        )
    return anatomy.structures[vessel.structure].shape


def _speed(name: str, width_mm: float) -> tuple[tuple[float, float, float], str]:
    speed = speed_of(name, width_mm)
    by = "name" if speed.source.key == "named" else "width"
    kind = "assumed" if speed.assumed else speed.source.kind
    return (speed.value, speed.low, speed.high), f"{kind}, by its {by}"


def _too_thin(width_mm: float, grid: Grid) -> str:
    least, cell = rule("least_mm").value, max(grid.spacing_mm)
    if width_mm < least:
        return f"{width_mm:.1f} mm wide, less than {least:g} mm: left in the tissue's perfusion"
    if width_mm < cell:
        return f"{width_mm:.1f} mm wide, thinner than the cells of {cell:g} mm: left in the tissue's perfusion"
    return ""


def _must_be_wide(width_mm: float, grid: Grid, where: str, *, measured: bool) -> None:
    why = _too_thin(width_mm, grid)
    if why:
        raise PlanError(
            f"{'measured ' if measured else ''}{why.split(':')[0]}",
            where=f"{where}.diameter_mm",
            remedy="Take smaller cells (--spacing-mm), or leave the vessel out: it then stays in the perfusion.",
        )


def _must_fit(width_mm: float, course: Course, points: Floats, anatomy: Anatomy, vessel: Vessel, where: str) -> None:
    """Refuse a vessel that is wider than a drawn organ which holds its middle line, or that would fill most of one."""
    own = {vessel.structure, TARGET, *vessel_names(anatomy)}
    for name, structure in anatomy.structures.items():
        shape = structure.shape
        if name in own or shape.volume_ml == 0:
            continue
        organ = name.replace("_", " ")
        if share_within(shape, course, width_mm / 2) > MOST_OF_AN_ORGAN:
            raise PlanError(
                f"{width_mm:g} mm is wider than the {organ} it runs in: it would fill most of it",
                where=f"{where}.diameter_mm",
                remedy="Give the vessel's own diameter in mm.",
            )
        if holds(shape, points) and width_mm > (room := widest_ball_mm(shape)):
            raise PlanError(
                f"{width_mm:g} mm is wider than the {organ} it runs in: {room:.1f} mm fit",
                where=f"{where}.diameter_mm",
                remedy="Give the vessel's own diameter in mm.",
            )
