"""The patient as treated: the plan's pockets opened and what they push moved, what it warms as wide as its warmer."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from threading import Lock

from iceball.errors import PlanError, SegmentationError
from iceball.plan.plan import Plan
from iceball.plan.warm.warming_wall import lumen_shape
from iceball.space.shapes import Points, Polyline
from iceball.tissue import Anatomy
from iceball.tissue.displace import displaced

MOST_KEPT = 3


def as_treated(plan: Plan, anatomy: Anatomy) -> Anatomy:
    """The anatomy with the pockets of a plan, whatever pockets it has now.

    Every door (compose, predict, judge, check, report …) calls it, so that all see the same patient; where the pockets
    are open already the same anatomy comes back. A line without a width that is warmed from within gets its warmer's:
    its middle lies in no tissue, so it is the surface around it that has a temperature.

    Args:
        plan: its `pockets` are opened in their order, its `warmers` say what is wide.
        anatomy: as imaged, or as treated by this or another plan.

    Raises:
        PlanError: naming the pocket and the field that cannot be: a structure that is not there or cannot be moved, a
            direction that is barred (with one that is free), pockets that overlap.
    """
    wanted = tuple(pocket.move for pocket in plan.pockets)
    widths = _widths_mm(plan, anatomy.before or anatomy)
    if tuple(done.move for done in anatomy.moved) == wanted and _widened(anatomy) == widths:
        return anatomy
    found = anatomy.before or anatomy
    if wanted and found.bench is not None:
        raise PlanError("a uniform block has no organ to move", where="Plan.pockets", remedy="Leave them out.")
    for n, move in enumerate(wanted):
        try:
            found = displaced(found, move)
        except SegmentationError as refusal:
            place = refusal.where.removeprefix("Pocket")
            raise PlanError(refusal.what, where=f"Plan.pockets[{n}]{place}", remedy=refusal.remedy) from None
    return _with_widths(found, widths) if widths else found


def _widths_mm(plan: Plan, imaged: Anatomy) -> dict[str, float]:
    """Radius of each line without a width that a warmer fills; what cannot be filled is for `check` to refuse."""
    found = {}
    for warming in plan.warmers:
        drawn = imaged.structures.get(warming.structure)
        if drawn is None or not isinstance(drawn.shape, Points | Polyline) or drawn.shape.radius_mm > 0:
            continue
        try:
            wide = lumen_shape(warming, imaged, "Plan.warmers")
        except PlanError:
            continue
        assert isinstance(wide, Polyline)
        found[warming.structure] = wide.radius_mm
    return found


def _widened(anatomy: Anatomy) -> dict[str, float]:
    """The radius of each line that an anatomy as treated holds wider than it was drawn."""
    imaged = (anatomy.before or anatomy).structures
    lines = {n: s.shape for n, s in anatomy.structures.items() if isinstance(s.shape, Points | Polyline)}
    drawn = {n: imaged[n].shape for n in lines if n in imaged}
    return {
        n: lines[n].radius_mm
        for n, shape in drawn.items()
        if isinstance(shape, Points | Polyline) and lines[n].radius_mm > shape.radius_mm
    }


def _with_widths(anatomy: Anatomy, widths: dict[str, float]) -> Anatomy:
    structures = dict(anatomy.structures)
    for name, radius_mm in widths.items():
        line = structures[name].shape
        assert isinstance(line, Points | Polyline)
        structures[name] = replace(structures[name], shape=Polyline(line.points_mm, radius_mm))
    return replace(anatomy, structures=structures, before=anatomy.before or anatomy)


class Treated:
    """One patient as plans treat him, the last few kept: in a large image a pocket takes seconds to open.

    Args:
        anatomy: as imaged.
    """

    def __init__(self, anatomy: Anatomy) -> None:
        self._anatomy, self._turn = anatomy, Lock()
        self._kept: OrderedDict[tuple[object, ...], Anatomy | PlanError] = OrderedDict()

    def __call__(self, plan: Plan) -> Anatomy:
        """The patient with a plan's pockets open; raises what `as_treated` raises."""
        wanted = (*(pocket.move for pocket in plan.pockets), *_widths_mm(plan, self._anatomy).items())
        with self._turn:
            if wanted not in self._kept:
                try:
                    self._kept[wanted] = as_treated(plan, self._anatomy)
                except PlanError as refusal:
                    self._kept[wanted] = refusal
            self._kept.move_to_end(wanted)
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
            found = self._kept[wanted]
        if isinstance(found, PlanError):
            raise PlanError(found.what, where=found.where, remedy=found.remedy)
        return found


def moves_said(plan: Plan, *, thin: bool = False) -> str:
    """What `Anatomy.moved_words` is of the patient as treated by a plan, without moving anything.

    A pocket may change by less than a cell: then the scene is the same, and the patient is not.
    """
    return "; ".join(str(pocket.move) for pocket in (thinned(plan) if thin else plan).pockets)


def thinned(plan: Plan) -> Plan:
    """The plan with every pocket as thin as it may become; the same plan where none thins."""
    pockets = tuple(
        p if p.thins_to_mm is None else replace(p, thickness_mm=p.thins_to_mm, thins_to_mm=None) for p in plan.pockets
    )
    return plan if pockets == plan.pockets else replace(plan, pockets=pockets)
