"""Where one needle lies."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Annotated, Literal, get_args

from pydantic import Field

from iceball.applicator import Probe, probe
from iceball.assessment.affects import NOTHING, RUN, within
from iceball.errors import PlanError
from iceball.plan.protocol import Protocol
from iceball.units import hours

Point = tuple[float, float, float]
BoneAccess = Literal["", "coaxial", "drill"]
MOST_PULL_MM, LATEST_S = 60.0, 24 * hours


@dataclass(frozen=True)
class Placement:
    """One needle: its kind, physical tip and point on the skin (LPS mm).

    Args:
        probe: name of a probe in the data file.
        tip_mm: the physical tip.
        entry_mm: the needle's point on the skin.
        protocol: its own protocol, or None for the plan's.
        name: what people call it; "" numbers it.
        start_s: when its own clock begins, counted from the plan's first freeze.
        channel: the console's channel; needles on one channel share every setting. "" is a channel of its own.
        active_mm: chosen active length of a probe whose length is adjustable; None is the card's.
        pull_back_mm: how far it is drawn back along its shaft before each freeze after the first; 0 leaves it.
        bone_access: how its shaft gets through bone that is not the target's: "coaxial", "drill" or "" for not at all.

    Raises:
        PlanError, ProbeError: if the needle cannot exist.
    """

    probe: Annotated[str, Field(json_schema_extra=RUN)]
    tip_mm: Annotated[Point, Field(json_schema_extra=RUN)]
    entry_mm: Annotated[Point, Field(json_schema_extra=RUN)]
    protocol: Annotated[Protocol | None, Field(json_schema_extra=RUN)] = None
    name: Annotated[str, Field(json_schema_extra=NOTHING)] = ""
    start_s: Annotated[float, Field(json_schema_extra=within(RUN, 0.0, LATEST_S))] = 0.0
    channel: Annotated[str, Field(json_schema_extra=NOTHING)] = ""
    active_mm: Annotated[float | None, Field(json_schema_extra=RUN)] = None
    bone_access: Annotated[BoneAccess, Field(json_schema_extra=NOTHING)] = ""
    pull_back_mm: Annotated[float, Field(json_schema_extra=within(RUN, 0.0, MOST_PULL_MM))] = 0.0

    def __post_init__(self) -> None:
        for label in ("tip_mm", "entry_mm"):
            point = tuple(float(v) for v in getattr(self, label))
            if len(point) != 3 or not all(math.isfinite(v) and abs(v) < 5000 for v in point):
                raise PlanError(f"{point} is not a point in LPS mm", where=f"Placement.{label}")
            object.__setattr__(self, label, point)
        kind = probe(self.probe)
        self._check_active_length(kind)
        if not (math.isfinite(self.start_s) and 0 <= self.start_s <= LATEST_S):
            raise PlanError(
                f"{self.start_s:g} s is not between 0 and 24 hours",
                where=f"Placement {self.name or self.probe}.start_s",
                remedy="Count it from the first freeze, in seconds.",
            )
        object.__setattr__(self, "start_s", float(self.start_s))
        if not (math.isfinite(self.pull_back_mm) and 0 <= self.pull_back_mm <= MOST_PULL_MM):
            raise PlanError(
                f"{self.pull_back_mm:g} mm is not between 0 and {MOST_PULL_MM:g} mm",
                where=f"Placement {self.name or self.probe}.pull_back_mm",
            )
        object.__setattr__(self, "pull_back_mm", float(self.pull_back_mm))
        if self.bone_access not in get_args(BoneAccess):
            raise PlanError(
                f"no access called '{self.bone_access}'.",
                where=f"Placement {self.name or self.probe}.bone_access",
                remedy="Known: coaxial, drill; leave it out where no bone is crossed.",
            )
        need = kind.standoff_mm.value + self.cold_mm
        if self.depth_mm < need:
            raise PlanError(
                f"depth {self.depth_mm:.1f} mm leaves part of the {need:.1f} mm cold end outside the skin",
                where=f"Placement {self.name or self.probe}",
                remedy="Move the tip deeper or take a shorter needle.",
            )
        if self.depth_mm > kind.usable_mm.value:
            raise PlanError(
                f"depth {self.depth_mm:.1f} mm exceeds the usable length {kind.usable_mm.value:g} mm of {self.probe}",
                where=f"Placement {self.name or self.probe}",
                remedy="Choose a nearer entry or a longer needle.",
            )

    def _check_active_length(self, kind: Probe) -> None:
        if self.active_mm is None:
            return
        where = f"Placement {self.name or self.probe}.active_mm"
        low, high = kind.active_mm.low, kind.active_mm.high
        if kind.length != "adjustable":
            raise PlanError(f"the active length of {self.probe} is {kind.length}", where=where, remedy="Leave it out.")
        if not low <= self.active_mm <= high:
            raise PlanError(
                f"{self.active_mm:g} mm is outside the {low:g} to {high:g} mm that {self.probe} can be set to",
                where=where,
            )
        object.__setattr__(self, "active_mm", float(self.active_mm))

    @property
    def cold_mm(self) -> float:
        """Length of its active zone."""
        return self.kind.active_mm.value if self.active_mm is None else self.active_mm

    @property
    def kind(self) -> Probe:
        """The probe's data."""
        return probe(self.probe)

    @property
    def depth_mm(self) -> float:
        """From skin to tip."""
        return math.dist(self.tip_mm, self.entry_mm)

    @property
    def direction(self) -> Point:
        """Unit vector from entry to tip, LPS."""
        d = self.depth_mm
        if d == 0:
            raise PlanError("tip and entry are the same point", where="Placement")
        return tuple((t - e) / d for t, e in zip(self.tip_mm, self.entry_mm, strict=True))  # type: ignore[return-value]

    def along(self, from_tip_mm: float) -> Point:
        """The point on the shaft that far back from the tip, LPS mm."""
        u = self.direction
        return tuple(t - from_tip_mm * c for t, c in zip(self.tip_mm, u, strict=True))  # type: ignore[return-value]

    def drawn_back(self, times: int) -> Placement:
        """The needle after it was drawn back so many times, as one that stays there; raises PlanError at the skin."""
        return replace(self, tip_mm=self.along(times * self.pull_back_mm), pull_back_mm=0.0)

    @property
    def active_zone_mm(self) -> tuple[Point, Point]:
        """Both ends of the active zone, deep end first."""
        start = self.kind.standoff_mm.value
        return self.along(start), self.along(start + self.cold_mm)
