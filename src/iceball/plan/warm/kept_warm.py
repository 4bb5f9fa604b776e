"""What is kept warm while something freezes, as every output tells it: vessels and warmers of a plan."""

from __future__ import annotations

import math
from dataclasses import dataclass

from iceball.plan.plan import Plan
from iceball.plan.warm.lumen import Lumen, lumens
from iceball.plan.warm.vessel_speed import rule
from iceball.plan.warm.warming import Warming
from iceball.plan.warm.warming_wall import wall_name
from iceball.solve.history import History
from iceball.solve.wall_clock import shut_times
from iceball.space import Grid
from iceball.tissue import Anatomy
from iceball.tissue.model import model
from iceball.units import MM_PER_M

Range = tuple[float, float, float]


@dataclass(frozen=True)
class VesselRow:
    """One line of the table of vessels.

    Attributes:
        name: what people call it.
        what: "wall", "still" (clamped) or "perfused" (left in the tissue's perfusion).
        why: why it is no wall; "" where it is one.
        asked: whether the plan names it; otherwise it was labelled or drawn.
        diameter_mm: measured where it crosses the box, or given.
        measured: which of both.
        speed_m_s: mean speed: nominal, low, high.
        speed_from: who says so.
        share: of that speed that is left.
        blood_c: of what flows.
        h: between blood and wall at the ice, W/m2/K: nominal, low, high.
        laminar: whether the law holds: above the limit more heat is given than it says.
        shut_s: when it froze shut; None: it did not, or nothing was simulated.
        gave_j: heat that it gave in the run; None where nothing was simulated.
        cooled_k: by how much that cools the blood that flows through, on the mean; the law takes it as 0.
    """

    name: str
    what: str
    why: str
    asked: bool
    diameter_mm: float
    measured: bool
    speed_m_s: Range
    speed_from: str
    share: float
    blood_c: float
    h: Range
    laminar: bool
    shut_s: float | None = None
    gave_j: float | None = None
    cooled_k: float | None = None

    def __str__(self) -> str:
        if self.what == "perfused":
            return f"{self.name}: {self.why}"
        flow = f"{self.speed_m_s[0]:g} m/s ({self.speed_from})" + (f" x {self.share:g}" if self.share < 1 else "")
        said = self.why if self.what == "still" else f"h {self.h[0]:.0f} ({self.h[1]:.0f} to {self.h[2]:.0f}) W/m2/K"
        return f"{self.name}: {self.diameter_mm:.1f} mm, {flow}, {said}"


@dataclass(frozen=True)
class WarmerRow:
    """One line of the table of warmers.

    Attributes:
        name: of its card.
        label: in words.
        where: where it lies.
        celsius: what it is set to.
        h: W/m2/K: nominal, low, high.
        h_kind: whether h was read or is assumed.
        start_s: when it begins.
        end_s: when it ends.
        gave_j: heat that it gave; None where nothing was simulated.
    """

    name: str
    label: str
    where: str
    celsius: float
    h: Range
    h_kind: str
    start_s: float
    end_s: float
    gave_j: float | None = None

    def __str__(self) -> str:
        return f"{self.label}, {self.where}: {self.celsius:g} °C, h {self.h[0]:.0f} W/m2/K ({self.h_kind})"


def vessel_rows(plan: Plan, anatomy: Anatomy, grid: Grid, *, history: History | None = None) -> tuple[VesselRow, ...]:
    """Every vessel of the box, those that are walls first.

    Args:
        plan: vessels that it names.
        anatomy: as treated.
        grid: the solver's, or one like it.
        history: the run, where there is one.

    Raises:
        PlanError: where a vessel of the plan cannot be.
    """
    rows = [_vessel(found, history) for found in lumens(plan, anatomy, grid)]
    return tuple(sorted(rows, key=lambda row: (row.what == "perfused", not row.asked)))


def warmer_rows(plan: Plan, *, history: History | None = None) -> tuple[WarmerRow, ...]:
    """Every warmer of a plan, in its order."""
    return tuple(_warmer(plan, warming, history) for warming in plan.warmers)


def warm_notes(plan: Plan, anatomy: Anatomy, grid: Grid) -> tuple[str, ...]:
    """What is kept warm, in sentences for a run's notes; none where nothing is."""
    rows, warm = vessel_rows(plan, anatomy, grid), warmer_rows(plan)
    told = (
        ("Vessels as walls that their blood keeps warm", [str(r) for r in rows if r.what == "wall"]),
        ("Clamped vessels", [str(r) for r in rows if r.what == "still"]),
        ("Vessels that stay in the perfusion of their tissue", [str(r) for r in rows if r.what == "perfused"]),
        ("Warmers", [str(r) for r in warm]),
    )
    return tuple(f"{head}: {'; '.join(parts)}.".replace("_", " ") for head, parts in told if parts)


def _vessel(found: Lumen, history: History | None) -> VesselRow:
    gave = shut = cooled = None
    if history is not None and found.what == "wall":
        names = [wall.name for wall in history.scene.walls if wall.flow == found.name]
        gave = sum(history.heat.by_wall_j.get(name, 0.0) for name in names)
        shut = shut_times(history.notes).get(found.name)
        volume_m3_s = found.speed_m_s[0] * found.share * math.pi / 4 * (found.width_mm / MM_PER_M) ** 2
        carried = volume_m3_s * model().blood_density.value * model().blood_heat_capacity.value
        cooled = gave / (carried * (shut or history.scene.duration_s))
    h = (found.h_at_ice(), found.h_at_ice("low"), found.h_at_ice("high")) if found.what == "wall" else (0.0, 0.0, 0.0)
    return VesselRow(
        found.name,
        found.what,
        found.why,
        found.asked,
        found.width_mm,
        found.measured,
        found.speed_m_s,
        found.speed_from,
        found.share,
        found.blood_c,
        h,
        found.reynolds <= rule("laminar_below").value,
        shut,
        gave,
        cooled,
    )


def _warmer(plan: Plan, warming: Warming, history: History | None) -> WarmerRow:
    card, gave = warming.card, None
    if history is not None:
        gave = history.heat.by_wall_j.get(wall_name(warming), 0.0)
    return WarmerRow(
        warming.warmer,
        card.label,
        warming.where,
        warming.celsius,
        (card.h.value, card.h.low, card.h.high),
        card.h.source.kind,
        warming.start_s,
        warming.end_s(plan.duration_s),
        gave,
    )
