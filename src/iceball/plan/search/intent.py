"""What a freeze is meant for, as goals: cure, relief, or a part by choice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Literal, get_args

from iceball.assessment.goals import Cover, Goal
from iceball.errors import PlanError
from iceball.plan.defaults import default_goals
from iceball.plan.plan import Plan
from iceball.sources import Constant, Sourced, data_file
from iceball.tissue import TARGET, Anatomy
from iceball.tissue.interface import BONE_INTERFACE, interface_mm

Kind = Literal["curative", "palliative", "partial"]
Relief = Literal["interface", "mass"]
WHERE = "intent"
SAID = "Intent: "
"""How the sentence begins that a plan's reason keeps."""


@dataclass(frozen=True)
class Intent:
    """What a freeze is meant for.

    Args:
        kind: "curative" (all of the target with its margin, and cold), "palliative" (what causes the complaint), or
            "partial" (a share of the target, or a drawn part of it).
        relieve: of a palliative one: the "interface" with bone, or the "mass".
        fraction: how much of the target, 0 to 1; a partial one needs it or `part`, a palliative one may change its own.
        part: name of a drawn structure that is covered as if it were the target.

    Raises:
        PlanError: for an intent that is not known, or numbers that do not belong to it.
    """

    kind: Kind
    relieve: Relief = "interface"
    fraction: float | None = None
    part: str = ""

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            known = ", ".join(get_args(Kind))
            raise PlanError(f"no intent called '{self.kind}'.", where=WHERE, remedy=f"Known: {known}.")
        if self.relieve not in get_args(Relief):
            known = ", ".join(get_args(Relief))
            raise PlanError(f"nothing to relieve called '{self.relieve}'.", where=WHERE, remedy=f"Known: {known}.")
        if self.fraction is not None and not 0 < self.fraction <= 1:
            raise PlanError(f"{self.fraction:g} is no share above 0 and at most 1.", where=f"{WHERE}: fraction")
        if self.kind == "partial" and (self.fraction is None) == (not self.part):
            raise PlanError(
                "a partial freeze needs either a share of the target or a drawn part of it.",
                where=WHERE,
                remedy="Give --fraction 0.6, or --part NAME of a structure of the case.",
            )
        if self.kind != "partial" and self.part:
            raise PlanError("a part belongs to the partial intent.", where=WHERE, remedy="Give --intent partial.")
        if self.kind == "curative" and self.fraction is not None:
            raise PlanError("a cure covers all of the target.", where=WHERE, remedy="Leave --fraction out.")


def chosen(
    kind: str | None, *, relieve: str = "interface", fraction: float | None = None, part: str = ""
) -> Intent | None:
    """The intent that words name; None where none is named, as long as nothing else is asked."""
    if kind is not None:
        return Intent(kind, relieve, fraction, part)  # type: ignore[arg-type]
    if part or fraction is not None or relieve != "interface":
        raise PlanError(
            "a share, a part or a relief belongs to an intent.",
            where=WHERE,
            remedy="Give --intent partial or palliative.",
        )
    return None


def with_intent(plan: Plan, anatomy: Anatomy, intent: Intent) -> Plan:
    """The plan with the goals of an intent in place of its covers; what it spares and limits stays.

    A plan without any goal takes what its organ's pack spares. Every goal is an ordinary one that a person may change;
    the reason says which intent gave them.

    Raises:
        PlanError: where the target has no interface with bone, or the part was not drawn.
    """
    proposed = default_goals(anatomy.organ)
    given = plan.goals or proposed
    covers, said = _covers(given, proposed, anatomy, intent)
    kept = tuple(g for g in given if not isinstance(g, Cover))
    goals = "; ".join(str(c) for c in covers)
    return replace(plan, goals=(*covers, *kept), reason=f"{SAID}{intent.kind}, {said}: {goals}.")


def intent_said(reason: str) -> str:
    """The sentence of a plan's reason that tells its intent; "" where there is none."""
    return reason[reason.index(SAID) :] if SAID in reason else ""


def _covers(
    given: tuple[Goal, ...], proposed: tuple[Goal, ...], anatomy: Anatomy, intent: Intent
) -> tuple[tuple[Cover, ...], str]:
    """The covers of an intent, and what they are in words."""
    whole = _whole(given, proposed)
    cold = min(c.below for c in whole)
    if intent.kind == "curative":
        return whole, "all of the target with its margin"
    if intent.kind == "partial" and intent.part:
        if intent.part not in anatomy.structures:
            drawn = ", ".join(anatomy.structures)
            raise PlanError(
                f"no structure called '{intent.part}' was drawn.", where=f"{WHERE}: part", remedy=f"Drawn: {drawn}."
            )
        return tuple(replace(c, structure=intent.part) for c in whole), f"{intent.part} as if it were the target"
    if intent.kind == "partial":
        assert intent.fraction is not None
        return (Cover(TARGET, cold, fraction=intent.fraction),), "a share of the target by choice"
    if intent.relieve == "mass":
        share = intent.fraction or float(_number("mass_share"))
        return (Cover(TARGET, cold, fraction=share),), "the mass that presses"
    if anatomy.find(BONE_INTERFACE) is None:
        raise PlanError(
            f"the target has no interface with bone: none of it lies within {interface_mm():g} mm of bone.",
            where=f"{WHERE}: palliative",
            remedy=f"Freeze the mass (--relieve mass), or draw a structure called {BONE_INTERFACE}.",
        )
    share = intent.fraction or float(_number("interface_share"))
    return (Cover(BONE_INTERFACE, cold, fraction=share),), f"what lies within {interface_mm():g} mm of bone"


def _whole(given: tuple[Goal, ...], proposed: tuple[Goal, ...]) -> tuple[Cover, ...]:
    """Ice with a margin and cold over all of the target: the plan's own where it has them, else the pack's."""
    own = [g for g in given if isinstance(g, Cover) and g.structure == TARGET and g.fraction == 1]
    packs = [g for g in proposed if isinstance(g, Cover)]
    ice = [g for g in own if g.below >= -5] or [g for g in packs if g.below >= -5]
    colder = [g for g in own if g.below < -5] or [g for g in packs if g.below < -5]
    return (*ice, *colder)


@cache
def _number(name: str) -> Sourced:
    data = data_file("plan", "search/intent.toml")
    return data.number(data.records("intent")["palliative"], name, name="palliative")


def intent_constants() -> tuple[Constant, ...]:
    """The shares that a palliative intent asks for, with range and source."""
    names = data_file("plan", "search/intent.toml").records("intent")["palliative"]
    return tuple(Constant(f"intent.palliative.{name}", _number(name)) for name in names)
