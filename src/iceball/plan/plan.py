"""What we decide: needles, spots on surfaces, clock, goals, and how the patient will lie."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

from pydantic import Field

from iceball.assessment.affects import ASSESSMENT, NOTHING, RUN, within
from iceball.assessment.goals import Goal
from iceball.assessment.hypotheses import hypotheses_for
from iceball.assessment.own_limit import OwnLimit, check_limits
from iceball.errors import PlanError
from iceball.plan.consistent import check_consistent
from iceball.plan.placement import Placement
from iceball.plan.pocket import Pocket
from iceball.plan.protocol import Protocol
from iceball.plan.pulled import check_pulls
from iceball.plan.spray.spot import Spot, Vent, check_spots, freeze_ends
from iceball.plan.warm.vessel import Vessel, check_vessels
from iceball.plan.warm.warming import Warming, check_warmers
from iceball.plan.ways.template import Template

Side = Literal["L", "R", "unknown"]
Review = Literal["starter", "edited", "accepted"]
Stage = Literal["planned", "as placed"]
POSITIONS = ("HFS", "HFP", "HFDL", "HFDR", "FFS", "FFP", "FFDL", "FFDR")
BORE_MM = (300.0, 2000.0)

STARTER_WARNING = "Machine-made starter, not reviewed"


@dataclass(frozen=True)
class Setting:
    """How the patient will be treated, to hold against how the image was taken. "" is unknown.

    Args:
        side: that is treated.
        procedure_position: how the patient lies on the table, as in DICOM (HFS: head first, on the back).
        image_breathing: in which state of breathing the image was taken, as people say it.
        procedure_breathing: in which state of breathing needles are set.
        bore_mm: diameter of the scanner's opening; None: 700, assumed.
    """

    side: Annotated[Side, Field(json_schema_extra=NOTHING)] = "unknown"
    procedure_position: Annotated[str, Field(json_schema_extra={**NOTHING, "enum": ["", *POSITIONS]})] = ""
    image_breathing: Annotated[str, Field(json_schema_extra=NOTHING)] = ""
    procedure_breathing: Annotated[str, Field(json_schema_extra=NOTHING)] = ""
    bore_mm: Annotated[float | None, Field(json_schema_extra=within(NOTHING, *BORE_MM))] = None

    def __post_init__(self) -> None:
        if self.bore_mm is not None and not BORE_MM[0] <= self.bore_mm <= BORE_MM[1]:
            raise PlanError(
                f"{self.bore_mm:g} mm is outside {BORE_MM[0]:g} to {BORE_MM[1]:g} mm",
                where="Plan.setting.bore_mm",
                remedy="Give the diameter of the scanner's opening.",
            )
        if self.procedure_position not in ("", *POSITIONS):
            raise PlanError(
                f"no patient position '{self.procedure_position}'.",
                where="Plan.setting.procedure_position",
                remedy=f"Known: {', '.join(POSITIONS)}.",
            )


@dataclass(frozen=True)
class Plan:
    """Needles, spots, protocol and goals. Frozen, and equal plans have equal hashes.

    Args:
        probes: where each needle lies.
        protocol: the clock of every needle that has none of its own.
        goals: what the result is judged by.
        review: "starter" (machine-made), "edited" or "accepted" by a person.
        setting: side, position and breathing.
        kill: the hypothesis of cell death that leads, or the organ or tissue whose list is shown; "" for the organ's.
        reason: why the plan is as it is, or why it has no needle.
        supply_bar: supply pressure of argon where it is not the one the cards' powers hold for.
        spots: where surfaces are sprayed, or frozen by discs; each has its own clock.
        vent: how gas leaves what is sprayed into ("active", "passive"); without it no plan may spray liquid nitrogen.
        pockets: fluid that moves organs aside, in the order in which it is given.
        vessels: vessels that a person named or drew, with what is known of their flow.
        vessel_walls: whether vessels of 3 mm and more that were labelled become walls by themselves.
        warmers: what is kept warm meanwhile.
        template: the plate with holes through which all needles go; None where they go free.
        stage: whether needles lie where they are meant to, or where a control image shows them.
        limits: what is changed of the packs' limits of structures, by whom and why.
    """

    probes: Annotated[tuple[Placement, ...], Field(json_schema_extra=RUN)] = ()
    protocol: Annotated[Protocol, Field(json_schema_extra=RUN)] = field(default_factory=Protocol)
    goals: Annotated[tuple[Goal, ...], Field(json_schema_extra=ASSESSMENT)] = ()
    review: Annotated[Review, Field(json_schema_extra=NOTHING)] = "edited"
    setting: Annotated[Setting, Field(json_schema_extra=NOTHING)] = field(default_factory=Setting)
    kill: Annotated[str, Field(json_schema_extra=ASSESSMENT)] = ""
    reason: Annotated[str, Field(json_schema_extra=NOTHING)] = ""
    supply_bar: Annotated[float | None, Field(json_schema_extra=RUN)] = None
    spots: Annotated[tuple[Spot, ...], Field(json_schema_extra=RUN)] = ()
    vent: Annotated[Vent, Field(json_schema_extra=NOTHING)] = ""
    pockets: Annotated[tuple[Pocket, ...], Field(json_schema_extra=RUN)] = ()
    vessels: Annotated[tuple[Vessel, ...], Field(json_schema_extra=RUN)] = ()
    vessel_walls: Annotated[bool, Field(json_schema_extra=RUN)] = True
    warmers: Annotated[tuple[Warming, ...], Field(json_schema_extra=RUN)] = ()
    template: Annotated[Template | None, Field(json_schema_extra=NOTHING)] = None
    stage: Annotated[Stage, Field(json_schema_extra=NOTHING)] = "planned"
    limits: Annotated[tuple[OwnLimit, ...], Field(json_schema_extra=ASSESSMENT)] = ()

    def __post_init__(self) -> None:
        hypotheses_for("", self.kill)  # refuses what it does not know
        object.__setattr__(self, "probes", tuple(self.probes))
        object.__setattr__(self, "goals", tuple(self.goals))
        object.__setattr__(self, "spots", tuple(self.spots))
        object.__setattr__(self, "pockets", tuple(self.pockets))
        object.__setattr__(self, "vessels", tuple(self.vessels))
        object.__setattr__(self, "warmers", tuple(self.warmers))
        object.__setattr__(self, "limits", tuple(self.limits))
        for i, needle in enumerate(self.probes):
            for j in range(i):
                if self.name_of[i] == self.name_of[j]:
                    raise PlanError(
                        f"is called '{self.name_of[i]}', as probes[{j}] is",
                        where=f"Plan.probes[{i}].name",
                        remedy="Give each needle a name of its own, or none.",
                    )
            if not self.clock(i).steps:
                raise PlanError(
                    "has no protocol, and the plan has none"
                    if needle.protocol is None
                    else "has a protocol without a step",
                    where=f"Plan.probes[{i}]",
                    remedy="Give Plan.protocol, for instance freeze 600 s, thaw 480 s, freeze 600 s.",
                )
        check_limits(self.limits)
        check_consistent(self)
        check_pulls(self)
        check_spots(self)
        check_vessels(self)
        check_warmers(self)

    def clock(self, index: int) -> Protocol:
        """The protocol of needle `index`."""
        return self.probes[index].protocol or self.protocol

    @property
    def duration_s(self) -> float:
        """Until the last needle's last step and the thaw after the last spot."""
        needles = [p.start_s + self.clock(i).duration_s for i, p in enumerate(self.probes)]
        return max([*needles, *(s.end_s for s in self.spots)], default=self.protocol.duration_s)

    @property
    def freeze_ends_s(self) -> tuple[float, ...]:
        """Every time at which a needle's freeze ends, or a round of freezes of the spots."""
        needles = {p.start_s + end for i, p in enumerate(self.probes) for end in self.clock(i).freeze_ends_s}
        return tuple(sorted({*needles, *freeze_ends(self.spots)}))

    @property
    def is_empty(self) -> bool:
        """True where nothing freezes."""
        return not (self.probes or self.spots)

    @property
    def name_of(self) -> tuple[str, ...]:
        """What people call each needle."""
        return tuple(p.name or f"needle {i + 1}" for i, p in enumerate(self.probes))

    @property
    def name_of_spot(self) -> tuple[str, ...]:
        """What people call each spot."""
        return tuple(s.name or f"spot {i + 1}" for i, s in enumerate(self.spots))

    def key(self) -> str:
        """A content hash of the whole plan."""
        return hashlib.sha256(repr(self).encode()).hexdigest()

    def edited(self, **changes: object) -> Plan:
        """The same plan with changes, marked as edited by a person."""
        return replace(self, review="edited", **changes)  # type: ignore[arg-type]
