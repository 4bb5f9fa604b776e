"""Where one needle lies."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from iceball.applicator import Probe, probe
from iceball.errors import PlanError
from iceball.plan.protocol import Protocol

Point = tuple[float, float, float]
RUN = {"affects": "run"}
NOTHING = {"affects": "nothing"}


@dataclass(frozen=True)
class Placement:
    """One needle: its kind, physical tip and point on the skin (LPS mm).

    Args:
        probe: name of a probe in the data file.
        tip_mm: the physical tip.
        entry_mm: the needle's point on the skin.
        protocol: its own protocol, or None for the plan's.
        name: what people call it; "" numbers it.

    Raises:
        PlanError, ProbeError: if the needle cannot exist.
    """

    probe: Annotated[str, Field(json_schema_extra=RUN)]
    tip_mm: Annotated[Point, Field(json_schema_extra=RUN)]
    entry_mm: Annotated[Point, Field(json_schema_extra=RUN)]
    protocol: Annotated[Protocol | None, Field(json_schema_extra=RUN)] = None
    name: Annotated[str, Field(json_schema_extra=NOTHING)] = ""

    def __post_init__(self) -> None:
        for label in ("tip_mm", "entry_mm"):
            point = tuple(float(v) for v in getattr(self, label))
            if len(point) != 3 or not all(math.isfinite(v) and abs(v) < 5000 for v in point):
                raise PlanError(f"{point} is not a point in LPS mm", where=f"Placement.{label}")
            object.__setattr__(self, label, point)
        kind = probe(self.probe)
        need = kind.standoff_mm.value + kind.active_mm.value
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

    @property
    def active_zone_mm(self) -> tuple[Point, Point]:
        """Both ends of the active zone, deep end first."""
        start = self.kind.standoff_mm.value
        return self.along(start), self.along(start + self.kind.active_mm.value)
