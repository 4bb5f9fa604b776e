"""What a History means for the plan's goals: numbers, goals met or not, doubts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from iceball.assessment.stopping import Stop

if TYPE_CHECKING:
    from iceball.assessment.spread import Spread
    from iceball.assessment.status import Status
    from iceball.assessment.surface import TreatedSurface
    from iceball.assessment.vented import Vented

ISOTHERMS_C = (0, -20, -40)


@dataclass(frozen=True)
class Margin:
    """Signed distance from the target's surface to one isotherm, positive inside it; None with `reason` without one."""

    min_mm: float | None
    p05_mm: float | None
    where_lps_mm: tuple[float, float, float] | None
    not_assessable_fraction: float = 0.0
    reason: str = ""
    area_below: Mapping[str, float] = field(default_factory=dict)
    """Share of the surface whose margin is below "0", "3", "5" and "10" mm; empty without a margin."""
    capsule_fraction: float | None = None
    """Share of the surface at the organ's capsule (`iceball.assessment.capsule`); None where nobody drew the organ."""
    without_capsule: Margin | None = None
    """The same without that share; None where there is none, or no margin."""


@dataclass(frozen=True, eq=False)
class MarginMap:
    """The margin at 0 °C over the target's surface: points (n, 3) LPS mm, triangles (m, 3), margin in mm per point."""

    points_mm: NDArray[np.float64]
    triangles: NDArray[np.int64]
    margin_mm: NDArray[np.float64]


@dataclass(frozen=True)
class AtRisk:
    """One structure beside the target. Distances and times are None without ice."""

    name: str
    origin: str
    min_temperature_c: float
    frozen_ml: float
    distance_to_0c_mm: float | None
    first_reached_s: float | None
    limits: str = ""
    """What it shall keep by the pack of the target's organ, in words; "" where nothing is known."""
    reached: str = ""
    """Which of these it passed: "alarm" or "stop"; "" for none."""
    stop_c: float | None = None
    stop_mm: float | None = None
    alarm_c: float | None = None
    alarm_mm: float | None = None
    """The same limits as numbers; None where there is no such limit."""
    changed: str = ""
    """What the plan changed of the pack's limits, by whom and why; "" for nothing."""
    goals: tuple[str, ...] = ()
    """The plan's goals that spare it, alone or with its group."""


@dataclass(frozen=True)
class Verdict:
    """One goal: met (True), not met (False) or not assessed (None), with its number and that number's tolerance."""

    goal: str
    met: bool | None
    value: float | None
    unit: str
    tolerance: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class Doubt:
    """The range that one number may lie in, and which doubt reaches farthest: "flow", "probe", "h", "grid" or
    "numerical".
    """

    low: float
    high: float
    kind: str


@dataclass(frozen=True)
class Range:
    """A number with the ends of what its own parameters leave open."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Death:
    """What one hypothesis of cell death says; it is one of several that compete, and none is proven.

    `volumes_ml` are where the probability of death is at least "0.5", "0.9", "0.99", `coverage` the target's shares at
    "0.5" and "0.9", `lowest_in_target` the smallest probability in the target. A threshold or a rim knows 0 and 1 only.
    """

    name: str
    label: str
    form: str
    leads: bool
    """Whether the plan (or, where it names none, the organ) puts it first."""
    assumed: bool
    volumes_ml: Mapping[str, Range]
    coverage: Mapping[str, Range]
    lowest_in_target: Range | None
    margins_mm: Mapping[str, Margin] = field(default_factory=dict)
    """As for an isotherm, to where the probability is "0.5" and "0.9"; of a rim the ice margin less the rim."""
    margin_ends_mm: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    """The smallest margin with all numbers at their unfavourable and favourable ends; None where nothing dies."""


@dataclass(frozen=True, eq=False)
class Assessment:
    """What a History means. Temperature keys are "0", "-20", "-40". Coverage and margins are the target's.

    `structures` are those near the simulated box; the others are named in `notes`. `half_voxel_mm` is the tolerance of
    the distances.
    """

    volumes_ml: Mapping[str, float]
    volumes_end_of_freeze_ml: tuple[Mapping[str, float], ...]
    coverage: Mapping[str, float]
    margins_mm: Mapping[str, Margin]
    structures: tuple[AtRisk, ...]
    not_assessed: tuple[str, ...]
    goals: tuple[Verdict, ...]
    target_ml: float
    histogram: Mapping[str, tuple[tuple[float, float], ...]]
    """Per structure: (temperature °C, fraction of its volume at or below it)."""
    margin_map: MarginMap | None
    doubt: Mapping[str, Doubt] = field(default_factory=dict)
    kill: tuple[Death, ...] = ()
    """Competing hypotheses of cell death, the leading one first; empty in variants. Read them beside 0, -20, -40 °C."""
    stops: tuple[Stop, ...] = ()
    """Latest safe stops, per structure and way of thawing; empty where they were not asked for, and in variants."""
    numerical: Mapping[str, float] = field(default_factory=dict)
    """± of each number that comes from the solver's cells alone; empty where no coarser run was made."""
    made_by: Mapping[str, Any] = field(default_factory=dict)
    variants: Mapping[str, Assessment] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    half_voxel_mm: float = 0.0
    spread: Spread | None = None
    """Percentiles of every number over an ensemble; None where none was made."""
    surface: TreatedSurface | None = None
    """Freezes and depths below the target's surface; None where no spray or disc froze."""
    vented: Vented | None = None
    """The gas that sprays make; None without a spray, and in variants."""

    @property
    def status(self) -> str:
        """One of "all goals met", "goals not met", "not fully assessed": absent structures forbid the first."""
        if any(v.met is False for v in self.goals):
            return "goals not met"
        if self.not_assessed or any(v.met is None for v in self.goals):
            return "not fully assessed"
        return "all goals met"

    def status_of(self, structure: AtRisk) -> Status:
        """How a structure stands to its limits and goals: green, amber, red or grey, with words."""
        from iceball.assessment.status import status_of

        return status_of(self, structure)

    def numbers(self) -> dict[str, float]:
        """The headline numbers by the names that `doubt` uses; those that do not exist are left out."""
        found: dict[str, float | None] = {}
        for t in self.volumes_ml:
            found[f"volumes_ml.{t}"] = self.volumes_ml[t]
            found[f"coverage.{t}"] = self.coverage[t]
            found[f"margins_mm.{t}.min"] = self.margins_mm[t].min_mm
            found[f"margins_mm.{t}.p05"] = self.margins_mm[t].p05_mm
            if (rest := self.margins_mm[t].without_capsule) is not None:
                found[f"margins_mm.{t}.without_capsule"] = rest.min_mm
        for s in self.structures:
            found[f"distance_to_0c_mm.{s.name}"] = s.distance_to_0c_mm
        return {name: value for name, value in found.items() if value is not None}

    def as_json(self, *, full: bool = False) -> dict[str, Any]:
        """The published JSON object; `full` adds histogram and margin map, so that all of it can be read back."""
        from iceball.assessment.published import to_json

        return to_json(self, full=full)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Assessment:
        """An assessment read back from `as_json`; without `full` its histogram and margin map are empty."""
        from iceball.assessment.published import from_json

        return from_json(data)

    def tree(self) -> str:
        """The assessment as a small tree."""
        from iceball.assessment.words import tree

        return tree(self)

    def __str__(self) -> str:
        return self.tree()
