"""Limits that a plan changes: what a structure keeps instead of what its pack says, by whom and why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import Field

from iceball.assessment.affects import ASSESSMENT, Note, within
from iceball.errors import PackError, PlanError
from iceball.sources import Source, Sourced
from iceball.tissue.packs import protection_of
from iceball.tissue.protection import NUMBERS, Protection
from iceball.tissue.vocabulary import structures_in_group

WORDS = {"stop_c": "hard limit", "stop_mm": "hard limit", "alarm_c": "alarm", "alarm_mm": "alarm"}
RANGES = {"°C": (-40.0, 45.0), "mm": (0.0, 50.0)}


def _bounds(unit: str) -> Note:
    return within(ASSESSMENT, *RANGES[unit])


@dataclass(frozen=True)
class OwnLimit:
    """What a structure keeps in this plan, with the change on record.

    Args:
        structure: its name, or a group's.
        by: who changed it.
        reason: why.
        date: when, YYYY-MM-DD.
        stop_c: freezing stops before the structure comes down to this; None leaves the pack's.
        stop_mm: freezing stops before the ice (0 °C) comes nearer than this.
        alarm_c: people are told when the structure comes down to this.
        alarm_mm: people are told when the ice comes nearer than this.

    Raises:
        PlanError: where it changes nothing, says neither who nor why nor when, or gives one limit twice.
    """

    structure: Annotated[str, Field(json_schema_extra=ASSESSMENT)]
    by: Annotated[str, Field(json_schema_extra=ASSESSMENT)]
    reason: Annotated[str, Field(json_schema_extra=ASSESSMENT)]
    date: Annotated[str, Field(json_schema_extra=ASSESSMENT)]
    stop_c: Annotated[float | None, Field(json_schema_extra=_bounds("°C"))] = None
    stop_mm: Annotated[float | None, Field(json_schema_extra=_bounds("mm"))] = None
    alarm_c: Annotated[float | None, Field(json_schema_extra=_bounds("°C"))] = None
    alarm_mm: Annotated[float | None, Field(json_schema_extra=_bounds("mm"))] = None

    def __post_init__(self) -> None:
        where = f"Plan.limits, {self.structure}"
        if not (self.by.strip() and len(self.reason.strip()) >= 5 and len(self.date) == 10):
            raise PlanError(
                "does not say who changed it, why and when.",
                where=where,
                remedy='Give by, reason and date = "YYYY-MM-DD": a changed limit is kept on record.',
            )
        if not self.given:
            raise PlanError("changes nothing.", where=where, remedy=f"Give one of {', '.join(NUMBERS)}.")
        for kind in ("stop", "alarm"):
            if {f"{kind}_c", f"{kind}_mm"} <= set(self.given):
                raise PlanError(f"gives the {kind} twice.", where=where, remedy=f"Give {kind}_c or {kind}_mm.")
        for field, value in self.given.items():
            low, high = RANGES[NUMBERS[field]]
            if not (math.isfinite(value) and low <= value <= high):
                raise PlanError(f"{value} is outside {low:g} to {high:g}", where=f"{where}.{field}")
            object.__setattr__(self, field, float(value))

    @property
    def given(self) -> dict[str, float]:
        """The numbers that it sets, by field."""
        return {field: getattr(self, field) for field in NUMBERS if getattr(self, field) is not None}

    def told(self, pack: Protection | None) -> str:
        """The change beside what the pack says: "hard limit 5 mm, pack 8 mm, changed in the plan by …: …"."""
        said = []
        for field, value in self.given.items():
            kind = field.partition("_")[0]
            before = [n for unit in ("c", "mm") if pack and (n := getattr(pack, f"{kind}_{unit}")) is not None]
            old = f"{before[0].value:g} {before[0].unit}" if before else "none"
            said.append(f"{WORDS[field]} {value:g} {NUMBERS[field]}, pack {old}")
        return f"{'; '.join(said)}, changed in the plan by {self.by} on {self.date}: {self.reason}"


def check_limits(own: Sequence[OwnLimit]) -> None:
    """Refuse two changes of one structure; raises PlanError."""
    for n, limit in enumerate(own):
        if any(other.structure == limit.structure for other in own[:n]):
            raise PlanError(
                f"changes {limit.structure} a second time.", where=f"Plan.limits[{n}]", remedy="Put both into one."
            )


def own_limit_of(structure: str, own: Sequence[OwnLimit]) -> OwnLimit | None:
    """The change that concerns a structure: of its own name, or else of a group that it belongs to."""
    named = [limit for limit in own if limit.structure == structure]
    return next(iter([*named, *(o for o in own if structures_in_group(o.structure, (structure,)))]), None)


def limit_of(structure: str, organ: str, own: Sequence[OwnLimit] = ()) -> Protection | None:
    """What a structure keeps: the pack's limit with what the plan changes of it; None where nothing is known.

    Args:
        structure: its name, or a group's.
        organ: the target's, "" if unknown.
        own: the plan's changes.

    Raises:
        PackError: for an organ without a pack.
        PlanError: where a changed stop would come before its alarm.
    """
    pack, changed = protection_of(structure, organ), own_limit_of(structure, own)
    if changed is None:
        return pack
    source = Source("plan", "assumed", f"Changed in the plan by {changed.by}: {changed.reason}", changed.date)
    numbers: dict[str, Sourced | None] = {}
    for field, value in changed.given.items():
        kind = field.partition("_")[0]
        numbers |= dict.fromkeys((f"{kind}_c", f"{kind}_mm"))
        numbers[field] = Sourced(value, value, value, NUMBERS[field], source)
    try:
        return replace(pack, **numbers) if pack else Protection(structure, **numbers)  # type: ignore[arg-type]
    except PackError as refusal:
        raise PlanError(
            refusal.what, where=f"Plan.limits, {structure}", remedy="Change the alarm too, or the stop less."
        ) from None
