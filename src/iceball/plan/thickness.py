"""How thick a pocket must be for a structure to be spared: solved by trying, not guessed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from iceball.assessment import assess
from iceball.assessment.assessment import Assessment, Verdict
from iceball.assessment.goals import Goal, Spare
from iceball.errors import PlanError
from iceball.plan.plan import Plan
from iceball.plan.pocket import Pocket, pocket_number
from iceball.plan.predict import simulate
from iceball.plan.protocol import Protocol
from iceball.plan.treated import as_treated
from iceball.tissue import Anatomy
from iceball.tissue.organs import structures_in_group

COARSE_MM = 3.0
"""Cells of the runs that narrow the thickness down."""
TO_MM = 0.5
"""On coarse cells the thickness is found to this."""
STEP_MM = 1.0
"""On the cells that were asked for it is found to this; an organ is moved by whole cells, so finer has no meaning."""
FIRST_MM = 4.0
COAST_S = 120.0
"""So long after the protocol's end is looked at too, for tissue goes on cooling when all needles are off (assumed)."""


@dataclass(frozen=True)
class Tried:
    """One thickness on cells of one size: the structure's distance and coldest point, and every goal's verdict.

    `refused` says why the organ cannot be moved so far; then there are no numbers (None).
    """

    thickness_mm: float
    spacing_mm: float
    distance_mm: float | None
    min_temperature_c: float | None
    goals: tuple[Verdict, ...]
    settled: bool
    refused: str = ""


@dataclass(frozen=True)
class Solved:
    """The least thickness that settles the goals, and all that was tried on the way to it.

    Attributes:
        plan: the plan with the pocket.
        pocket: it; its thickness is what was sought.
        before, after: without it, and with it, on cells of the size that was asked for.
        tried: every run, in order.
    """

    plan: Plan
    pocket: Pocket
    before: Tried
    after: Tried
    tried: tuple[Tried, ...]

    def __str__(self) -> str:
        lines = [
            f"{self.pocket} (solved; the organ was moved by the model, not by an image)",
            f"  distance {_number(self.before.distance_mm)} mm before, {_number(self.after.distance_mm)} mm after",
            f"  coldest point of {self.pocket.structure} {_number(self.before.min_temperature_c)} °C before, "
            f"{_number(self.after.min_temperature_c)} °C after",
        ]
        words = {True: "met", False: "NOT MET", None: "NOT ASSESSED"}
        for old, new in zip(self.before.goals, self.after.goals, strict=True):
            lines.append(f"  {new.goal}: {words[old.met]} before, {words[new.met]} after")
        return "\n".join(lines)


def goals_of(plan: Plan, structure: str) -> tuple[Spare, ...]:
    """The plan's goals to spare a structure or its group."""
    return tuple(
        g
        for g in plan.goals
        if isinstance(g, Spare) and (g.structure == structure or structures_in_group(g.structure, (structure,)))
    )


def coasting(plan: Plan) -> Plan:
    """The plan with a passive thaw after its last step."""

    def longer(clock: Protocol) -> Protocol:
        return clock.thaw(COAST_S) if clock.steps else clock

    probes = tuple(p if p.protocol is None else replace(p, protocol=longer(p.protocol)) for p in plan.probes)
    return replace(plan, protocol=longer(plan.protocol), probes=probes)


def thickness_for(
    plan: Plan,
    anatomy: Anatomy,
    pocket: Pocket,
    *,
    until: tuple[Spare, ...] = (),
    spacing_mm: float = 1.5,
    most_mm: float | None = None,
    progress: Callable[[str], None] | None = None,
) -> Solved:
    """The least thickness at which the structure is spared: found on coarse cells, confirmed on those asked for.

    Args:
        plan: needles, clock and goals. A pocket of the plan that moves the same structure is left out.
        anatomy: the patient as imaged, or as treated.
        pocket: what is to be moved and with what; its own thickness plays no part.
        until: the goals to be met; those of the plan that spare the structure where it is empty.
        spacing_mm: cells of the run that confirms.
        most_mm: the thickest pocket to be tried; the data file's limit where it is left out.
        progress: called with a sentence after each run.

    Raises:
        PlanError: where no goal asks for anything, where the structure is spared without a pocket, or where no
            thickness that the patient allows spares it.
    """
    until = until or goals_of(plan, pocket.structure)
    if not until:
        raise PlanError(
            f"no goal spares {pocket.structure}: nothing says how far it must go",
            where="Plan.goals",
            remedy="Add a goal of kind spare for it, or say --above and --distance-mm.",
        )
    base = replace(plan, pockets=tuple(p for p in plan.pockets if p.structure != pocket.structure))
    search = _Search(base, anatomy, pocket, until, [], progress)
    most = pocket_number("thickness_mm").high if most_mm is None else most_mm
    first = search.run(0.0, COARSE_MM)
    thickness = 0.0 if first.settled else search.narrow(most)
    confirmed = search.run(thickness, spacing_mm)
    while not confirmed.settled:
        thickness += STEP_MM
        if thickness > most or confirmed.refused:
            raise search.nothing(most)
        confirmed = search.run(thickness, spacing_mm)
    while thickness > STEP_MM and (thinner := search.run(thickness - STEP_MM, spacing_mm)).settled:
        thickness, confirmed = thickness - STEP_MM, thinner
    if thickness == 0.0:
        raise PlanError(
            f"{pocket.structure} is spared without a pocket", where="Plan.pockets", remedy="None is needed."
        )
    before = search.run(0.0, spacing_mm)
    solved = replace(pocket, thickness_mm=thickness)
    return Solved(base.edited(pockets=(*base.pockets, solved)), solved, before, confirmed, tuple(search.tried))


@dataclass(frozen=True)
class _Search:
    plan: Plan
    anatomy: Anatomy
    pocket: Pocket
    until: tuple[Spare, ...]
    tried: list[Tried]
    progress: Callable[[str], None] | None

    def run(self, thickness_mm: float, spacing_mm: float) -> Tried:
        """One thickness, simulated and judged; 0 is without the pocket."""
        extra = (replace(self.pocket, thickness_mm=thickness_mm, thins_to_mm=None),) if thickness_mm else ()
        plan = replace(self.plan, pockets=(*self.plan.pockets, *extra))
        goals: tuple[Goal, ...] = tuple(dict.fromkeys((*self.plan.goals, *self.until)))
        try:
            treated = as_treated(plan, self.anatomy)
        except PlanError as refusal:
            found = Tried(thickness_mm, spacing_mm, None, None, (), False, refusal.what)
        else:
            history = simulate(coasting(plan), treated, spacing_mm=spacing_mm, doubt=False)
            verdict = assess(history, goals, treated, needles=len(plan.probes), kill=None)
            asked = {str(goal) for goal in self.until}
            found = Tried(
                thickness_mm,
                spacing_mm,
                treated.moved[-1].after_mm if extra else self._distance(),
                _coldest(verdict, self.pocket.structure),
                verdict.goals,
                all(v.met is True for v in verdict.goals if v.goal in asked),
            )
        self.tried.append(found)
        if self.progress is not None:
            spared = "spared" if found.settled else "not spared"
            told = found.refused or f"coldest {_number(found.min_temperature_c)} °C, {spared}"
            self.progress(f"{thickness_mm:g} mm on {spacing_mm:g} mm cells: {told}")
        return found

    def narrow(self, most_mm: float) -> float:
        """The least thickness that settles the goals on coarse cells."""
        low, high, thickness = 0.0, None, min(FIRST_MM, most_mm)
        barred = most_mm + TO_MM
        while True:
            found = self.run(thickness, COARSE_MM)
            if found.refused:
                barred = thickness
            elif found.settled:
                high = thickness
            else:
                low = thickness
            top = barred if high is None else high
            if top - low <= TO_MM:
                if high is None:
                    raise self.nothing(most_mm)
                return high
            doubled = 2 * low if high is None and not any(t.refused for t in self.tried) else (low + top) / 2
            thickness = min(max(round(doubled / TO_MM) * TO_MM, low + TO_MM), most_mm if high is None else high - TO_MM)

    def nothing(self, most_mm: float) -> PlanError:
        """Why no thickness settles it."""
        done = [t for t in self.tried if not t.refused]
        best = max(done, key=lambda t: t.thickness_mm)
        barred = next((t for t in self.tried if t.refused), None)
        why = f"; {barred.thickness_mm:g} mm is refused: {barred.refused}" if barred else ""
        unmet = ", ".join(v.goal for v in best.goals if v.met is not True and v.goal in {str(g) for g in self.until})
        return PlanError(
            f"no pocket up to {most_mm:g} mm spares {self.pocket.structure}: at {best.thickness_mm:g} mm its coldest "
            f"point is {_number(best.min_temperature_c)} °C, and not met is: {unmet}{why}",
            where="Plan.pockets",
            remedy="Give another direction or fluid, freeze less, or move the needles.",
        )

    def _distance(self) -> float:
        from iceball.tissue.finer import finer_grid
        from iceball.tissue.gap import Gap

        imaged = as_treated(self.plan, self.anatomy)
        return Gap.of(imaged, self.pocket.move, finer_grid(imaged.labels.grid)).least_mm


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1f}"


def _coldest(verdict: Assessment, structure: str) -> float | None:
    names = [s for s in verdict.structures if s.name == structure or structures_in_group(structure, (s.name,))]
    return min((s.min_temperature_c for s in names), default=None)
