"""The plan that a union of a chart's ellipsoids gives, as open planners make it: a baseline for the full physics.

`ellipsoid_baseline(plan, anatomy)` returns an ordinary plan; simulate and assess it like any other to judge it.

Each needle is its chart's ellipsoid at one temperature, whatever blood, tissue or neighbour is there, and needles are
placed until the union covers the target with its margin. Open planners stop at three ellipsoids; this one takes as many
as the 1-2 rule would. Ways are held against the same rules as those of the search.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from iceball.applicator import Probe, probe
from iceball.applicator.published import Isotherm
from iceball.assessment.goals import Cover
from iceball.errors import PlanError
from iceball.plan.plan import Plan
from iceball.plan.rules import rule
from iceball.plan.search.layout import Layout
from iceball.plan.search.sides import by_rule, cheapest_sides
from iceball.plan.treated import as_treated
from iceball.plan.ways.survey import CROSSES, Room, Ways
from iceball.plan.ways.terrain import Terrain
from iceball.plan.ways.trajectory import trajectories
from iceball.plan.words import direction_words, table_side
from iceball.space import Grid
from iceball.space.distance import distance_field
from iceball.tissue import TARGET, Anatomy

Floats = NDArray[np.float64]

KINDS = ("generic-17g-short", "generic-17g-long")
POINTS = 2_000
"""About so many points stand for the target and its margin."""
COVERED = 0.999
"""Share of the points at which no further needle is added."""
SIDES = 3
APART_DEG = 25.0
DIRECTIONS = 1_000
"""About six degrees between neighbours; tilts are turned finer afterwards."""
EVALUATIONS = 400
"""Looks for one side and number of needles; a union of ellipsoids is smooth enough for these."""
CLOSED = 10.0
"""Price of a closed way: more than any share of the target."""


@dataclass(frozen=True, eq=False)
class Charted:
    """What is to be covered, and with which ellipsoid.

    Attributes:
        kind: the needle whose chart was read.
        row: its isotherm.
        goal: that asks for this temperature.
        points_mm: the target with its margin, LPS, shape (n, 3).
    """

    kind: Probe
    row: Isotherm
    goal: Cover
    points_mm: Floats

    @classmethod
    def of(cls, anatomy: Anatomy, plan: Plan, kinds: Sequence[str]) -> Self:
        """The chart for a plan's goals; raises PlanError where none was read."""
        goals = sorted((g for g in plan.goals if _asks(g)), key=lambda g: -g.margin_mm)  # type: ignore[union-attr]
        for goal in goals:
            for kind in map(probe, kinds):
                row = _row(kind, goal.below)  # type: ignore[union-attr]
                if row is not None and isinstance(goal, Cover):
                    return cls(kind, row, goal, _points(anatomy, goal.margin_mm))
        levels = ", ".join(f"{g.below:g} °C" for g in goals if isinstance(g, Cover)) or "no cover of the target"
        raise PlanError(
            f"no chart was read that gives width and length at what the goals ask ({levels}) for {', '.join(kinds)}.",
            where="ellipsoid union",
            remedy="Name a needle whose card has such a published table: `iceball probes` lists them.",
        )

    def radii(self, zones_mm: Floats) -> Floats:
        """Of each point the distance to each ellipsoid's middle as a share of its own radius, shape (n, needles).

        The ellipsoid lies centred on the active zone: where the chart has it against the tip is not on the card.
        """
        length = self.row.length_mm
        assert length is not None
        half_across, half_along = self.row.width_mm.value / 2, length.value / 2
        middle = zones_mm.mean(axis=1)
        axis = zones_mm[:, 1] - zones_mm[:, 0]
        axis = axis / np.linalg.norm(axis, axis=1, keepdims=True)
        found = []
        for m, u in zip(middle, axis, strict=True):
            offset = self.points_mm - m
            along = offset[:, 0] * u[0] + offset[:, 1] * u[1] + offset[:, 2] * u[2]
            beside = np.maximum(np.einsum("ni,ni->n", offset, offset) - along**2, 0.0)
            found.append(np.sqrt(beside / half_across**2 + (along / half_along) ** 2))
        return np.column_stack(found)

    def uncovered(self, zones_mm: Floats) -> tuple[float, float]:
        """Share of the points outside the union, and how far out they are: the mean, as a share of the radius."""
        out = np.maximum(self.radii(zones_mm).min(axis=1) - 1.0, 0.0)
        return float((out > 0).mean()), float(out.mean())


def ellipsoid_baseline(
    plan: Plan,
    anatomy: Anatomy,
    *,
    kinds: Sequence[str] = KINDS,
    most_needles: int | None = None,
    seed: int = 0,
    bore_mm: float | None = None,
    terrain: Terrain | None = None,
) -> Plan:
    """The fewest parallel needles whose charted ellipsoids together cover the target with its margin.

    They come from the cheapest side that is open; from another where as many as the 1-2 rule takes do not cover it, and
    where they do from none, those that cover most. `reason` says how much is covered in the
    chart's words; what the ice does is for a run to say.

    Args:
        plan: protocol, goals and setting; its needles are not used, and its protocol is not the chart's.
        anatomy: the patient, with a target.
        kinds: probe cards; the first whose chart was read is taken.
        most_needles: at most so many; None takes what the 1-2 rule takes from the same side.
        seed: of the search for places.
        bore_mm: diameter of the scanner's opening.
        terrain: of this patient as treated, if it is at hand.

    Raises:
        PlanError: where no chart was read for what the goals ask, or no way is open.
    """
    anatomy = as_treated(plan, anatomy)
    charted = Charted.of(anatomy, plan, kinds)
    terrain = terrain or Terrain.of(anatomy)
    room = Room(table_side(plan.setting.procedure_position), bore_mm or plan.setting.bore_mm)
    best: tuple[Layout, Ways, float] | None = None
    for out in _sides(charted.kind, anatomy, plan, terrain, bore_mm):
        most = by_rule(terrain, out) if most_needles is None else most_needles
        found = _fewest(charted, terrain, room, out, most, seed)
        if found is not None and (best is None or found[2] < best[2]):
            best = found
        if best is not None and best[2] <= 1 - COVERED:
            break
    if best is None:
        raise PlanError(
            "no parallel needles are open from any side.",
            where="ellipsoid union",
            remedy="`iceball trajectories` shows what closes them.",
        )
    layout, ways, share = best
    probes = layout.placements(ways)
    return replace(plan, probes=probes, review="starter", reason=_why(charted, ways, share))


def _fewest(
    charted: Charted, terrain: Terrain, room: Room, out: Floats, most: int, seed: int
) -> tuple[Layout, Ways, float] | None:
    """From one side the fewest needles that cover, else those that cover most; None where no layout is open."""
    length = charted.row.length_mm
    assert length is not None
    ellipsoid_ml = np.pi / 6 * charted.row.width_mm.value**2 * length.value / 1000.0
    cell_ml = _step(charted.points_mm) ** 3 / 1000.0
    first = max(1, min(most, int(np.ceil(len(charted.points_mm) * cell_ml / ellipsoid_ml))))
    best: tuple[Layout, Ways, float] | None = None
    for needles in range(first, most + 1):
        layout = Layout.of(terrain, charted.kind, out, needles)
        numbers = _place(charted, layout, terrain, room, seed)
        ways = layout.ways([numbers], terrain, room)[0]
        if not ways.open.all():
            continue
        share, _ = charted.uncovered(layout.zones_mm(numbers))
        if best is None or share < best[2]:
            best = (layout, ways, share)
        if share <= 1 - COVERED:
            break
    return best


def _place(charted: Charted, layout: Layout, terrain: Terrain, room: Room, seed: int) -> Floats:
    """Tilts, places and depths that leave least uncovered and cross nothing."""
    import cma

    need = float(rule("path", "clearance_mm"))

    def prices(many: list[Floats]) -> list[float]:
        found = []
        for numbers, ways in zip(many, layout.ways(many, terrain, room), strict=True):
            share, far = charted.uncovered(layout.zones_mm(numbers))
            # the nearer to open the less, so that a layout finds its way out
            short = float(np.clip(need - ways.gap_mm[ways.closed[:, CROSSES]], 0.0, need + 10.0).sum())
            found.append(share + far + CLOSED * float(ways.closed.sum()) + short)
        return found

    options = {"seed": seed + 1, "verbose": -9, "maxfevals": EVALUATIONS, "tolx": 0.02, "tolfun": 1e-4}
    strategy = cma.CMAEvolutionStrategy(layout.start, 0.3, options)
    while not strategy.stop():
        many = [np.asarray(n) for n in strategy.ask()]
        totals = prices(many)
        strategy.tell(many, totals)
        if min(totals) <= 1 - COVERED:
            break
    return np.asarray(strategy.result.xbest)


def _sides(kind: Probe, anatomy: Anatomy, plan: Plan, terrain: Terrain, bore_mm: float | None) -> list[Floats]:
    """The cheapest open directions, far apart."""
    found = trajectories(
        anatomy, kind=kind.name, setting=plan.setting, bore_mm=bore_mm, terrain=terrain, directions=DIRECTIONS
    )
    return cheapest_sides(found, SIDES, apart_deg=APART_DEG)


def _asks(goal: object) -> bool:
    return isinstance(goal, Cover) and goal.structure == TARGET


def _row(kind: Probe, below: float) -> Isotherm | None:
    """The chart's row at that temperature, if it was read and gives both sizes."""
    rows = (r for table in kind.published if table.was_read for r in table.isotherms)
    return next((r for r in rows if abs(r.at_c.value - below) < 0.5 and r.length_mm is not None), None)


def _points(anatomy: Anatomy, margin_mm: float) -> Floats:
    """Evenly spaced points of the target with its margin."""
    shape = anatomy.target.shape
    low, high = shape.bounds_mm()
    box = float(np.prod(high - low + 2 * margin_mm))
    step = float(np.clip((box / (2 * POINTS)) ** (1 / 3), 0.5, 4.0))
    grid = Grid.box(low - margin_mm - step, high + margin_mm + step, step)
    return grid.to_mm(np.argwhere(distance_field(shape, grid, near_mm=margin_mm) <= margin_mm))


def _step(points_mm: Floats) -> float:
    """Distance of neighbouring points of `_points`."""
    x = np.unique(points_mm[:, 2].round(4))
    return float(np.diff(x).min()) if len(x) > 1 else 1.0


def _why(charted: Charted, ways: Ways, share: float) -> str:
    length = charted.row.length_mm
    assert length is not None
    table = next(t for t in charted.kind.published if charted.row in t.isotherms)
    return (
        f"Ellipsoid union: {len(ways)} needles {direction_words(ways.outs[0])}, each taken as an ellipsoid of "
        f"{charted.row.width_mm.value:g} x {length.value:g} mm at {charted.row.at_c.value:g} °C ({table.citation}); "
        f"together they hold {100 * (1 - share):.1f} % of the target with {charted.goal.margin_mm:g} mm around it. "
        "Blood, tissue, neighbours and the plan's own protocol are not in a chart."
    )
