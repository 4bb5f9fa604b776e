"""The patient as treated: with the plan's pockets opened and what they push moved."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from threading import Lock

from iceball.errors import PlanError, SegmentationError
from iceball.plan.plan import Plan
from iceball.tissue import Anatomy
from iceball.tissue.displace import displaced
from iceball.tissue.move import Move

MOST_KEPT = 3


def as_treated(plan: Plan, anatomy: Anatomy) -> Anatomy:
    """The anatomy with the pockets of a plan, whatever pockets it has now.

    Every door (compose, predict, judge, check, report …) calls it, so that all see the same patient; where the pockets
    are open already the same anatomy comes back.

    Args:
        plan: its `pockets` are opened in their order.
        anatomy: as imaged, or as treated by this or another plan.

    Raises:
        PlanError: naming the pocket and the field that cannot be: a structure that is not there or cannot be moved, a
            direction that is barred (with one that is free), pockets that overlap.
    """
    wanted = tuple(pocket.move for pocket in plan.pockets)
    if tuple(done.move for done in anatomy.moved) == wanted:
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
    return found


class Treated:
    """One patient as plans treat him, the last few kept: in a large image a pocket takes seconds to open.

    Args:
        anatomy: as imaged.
    """

    def __init__(self, anatomy: Anatomy) -> None:
        self._anatomy, self._turn = anatomy, Lock()
        self._kept: OrderedDict[tuple[Move, ...], Anatomy | PlanError] = OrderedDict()

    def __call__(self, plan: Plan) -> Anatomy:
        """The patient with a plan's pockets open; raises what `as_treated` raises."""
        wanted = tuple(pocket.move for pocket in plan.pockets)
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
