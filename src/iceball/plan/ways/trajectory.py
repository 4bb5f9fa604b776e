"""All ways of one needle to the target: a map of the skin, the best ways, and why the rest is closed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iceball.applicator import Probe, probe
from iceball.errors import PlanError
from iceball.plan.defaults import without_needle
from iceball.plan.placement import Placement
from iceball.plan.plan import Setting
from iceball.plan.ways.survey import CROSSES, PRICES, RULES, Room, Ways, survey
from iceball.plan.ways.terrain import Terrain
from iceball.plan.words import direction_words, table_side
from iceball.space.directions import over_sphere, written
from iceball.tissue import Anatomy
from iceball.tissue.organs import structures_in_group

Floats = NDArray[np.float64]

DIRECTIONS = 10_000
"""About two degrees between neighbours."""
MOST_IN_AIR = 0.25
"""A target at the skin has a few half-filled cells in the air; one with more is in a wrong place."""
APART_DEG = 10.0
"""Ways closer than this are one way to a doctor."""


@dataclass(frozen=True, eq=False)
class Trajectories:
    """Every direction from the target's middle, with the rules that close it or its price.

    Attributes:
        kind: the needle.
        ways: one a direction, evenly over the sphere.
        not_checked: rules that nothing was held against, and what is missing.
    """

    kind: Probe
    ways: Ways
    not_checked: tuple[str, ...]

    def best(self, count: int = 5) -> tuple[int, ...]:
        """Indices of the cheapest open ways, each at least 10 degrees from the others."""
        chosen: list[int] = []
        for i in np.argsort(self.ways.price_mm, kind="stable").tolist():
            if len(chosen) == count or not self.ways.open[i]:
                break
            if all(self.ways.outs[i] @ self.ways.outs[j] < np.cos(np.radians(APART_DEG)) for j in chosen):
                chosen.append(i)
        return tuple(chosen)

    @property
    def open_share(self) -> float:
        """Share of all directions that is open."""
        return float(self.ways.open.mean())

    def closed_by(self) -> dict[str, float]:
        """Share of all directions that each rule or structure closes, the first reason of each, largest first."""
        counts = Counter(self.first_reason(i) for i in np.flatnonzero(~self.ways.open).tolist())
        return {name: n / len(self.ways) for name, n in counts.most_common()}

    def first_reason(self, index: int) -> str:
        """The first rule that closes a way, or what stands in it; every bone is "bone"."""
        first = int(self.ways.closed[index].argmax())
        if first != CROSSES:
            return RULES[first]
        name = self.ways.names[self.ways.touched[index]]
        return "bone" if structures_in_group("bone", (name,)) else name

    def placement(self, index: int, *, name: str = "") -> Placement:
        """The needle of one way; raises PlanError for a closed one."""
        if not self.ways.open[index]:
            raise PlanError("; ".join(self.ways.why(index)), where=f"trajectory {index}", remedy="Take an open way.")
        tip, entry = self.ways.tips_mm[index], self.ways.entries_mm[index]
        return Placement(self.kind.name, written(tip), written(entry), name=name)

    def __str__(self) -> str:
        lines = [f"{self.kind.name}: {100 * self.open_share:.0f} % of {len(self.ways)} directions are open"]
        for rank, i in enumerate(self.best(), start=1):
            paid = ", ".join(f"{n} {c:.0f}" for n, c in zip(PRICES, self.ways.costs_mm[i], strict=True) if c >= 0.5)
            x, y, z = self.ways.entries_mm[i]
            lines.append(
                f"  {rank}  {direction_words(self.ways.outs[i])}: entry {x:.0f}, {y:.0f}, {z:.0f} mm, price {paid} mm"
            )
        lines += [f"  closed on {100 * share:.0f} %: {name}" for name, share in list(self.closed_by().items())[:8]]
        return "\n".join([*lines, *(f"  NOT CHECKED: {said}" for said in self.not_checked)])

    def as_json(self, count: int = 5) -> dict[str, object]:
        """The best ways with their prices, and what closes the rest."""
        return {
            "probe": self.kind.name,
            "directions": len(self.ways),
            "open_fraction": self.open_share,
            "closed_by": self.closed_by(),
            "not_checked": list(self.not_checked),
            "best": [
                {
                    "tip_mm": [round(float(v), 2) for v in self.ways.tips_mm[i]],
                    "entry_mm": [round(float(v), 2) for v in self.ways.entries_mm[i]],
                    "depth_mm": round(float(self.ways.depth_mm[i]), 1),
                    "gap_mm": round(float(self.ways.gap_mm[i]), 1) if np.isfinite(self.ways.gap_mm[i]) else None,
                    "words": direction_words(self.ways.outs[i]),
                    "price_mm": round(float(self.ways.price_mm[i]), 1),
                    "prices_mm": {
                        name: round(float(cost), 1)
                        for name, cost in zip(PRICES, self.ways.costs_mm[i], strict=True)
                        if cost
                    },
                }
                for i in self.best(count)
            ],
        }


def trajectories(
    anatomy: Anatomy,
    *,
    kind: str = "generic-17g-long",
    setting: Setting | None = None,
    through_bone: bool = False,
    bore_mm: float | None = None,
    directions: int = DIRECTIONS,
    terrain: Terrain | None = None,
) -> Trajectories:
    """Every way of one needle to the middle of the target, held against all rules.

    The active zone lies centred on the target's chord along the way.

    Args:
        anatomy: the patient, with a target.
        kind: name of the probe's card.
        setting: side and position of the procedure; without a position table and bore are not checked.
        through_bone: whether a coaxial or drill access is declared.
        bore_mm: diameter of the scanner's opening; the setting's, or else 700 (assumed), unless given.
        directions: how many, evenly over the sphere.
        terrain: of this patient, if it is at hand; it takes a second or two to make.

    Raises:
        SegmentationError: without a target. PlanError: if the target lies outside the image or the body, or the organ's
            pack has no needles. ProbeError: for an unknown needle.
    """
    needle = probe(kind)
    if why := without_needle(anatomy.organ):
        raise PlanError(f"{why}.", where="Anatomy.organ", remedy="Add spots to the plan.")
    terrain = terrain or Terrain.of(anatomy, through_bone=through_bone)
    points = terrain.ground.target_mm
    if not len(points) or not terrain.ground.cells(points)[1].all():
        raise PlanError(
            "the target lies outside the image, or in part",
            where="trajectories",
            remedy="Draw the target inside the image.",
        )
    share = float(terrain.ground.outside[terrain.ground.cells(points)[0]].mean())
    if share > MOST_IN_AIR:
        raise PlanError(
            f"{100 * share:.0f} % of the target lies in the air outside the body",
            where="trajectories",
            remedy="Check the target's coordinates (LPS mm) and the side.",
        )
    outs = over_sphere(directions)
    centre = points.mean(axis=0)
    tips = _tips(points - centre, terrain.ground.target_step_mm, outs, needle) + centre
    setting = setting or Setting()
    side = table_side(setting.procedure_position)
    ways = survey(terrain, needle, tips, outs, room=Room(side, bore_mm or setting.bore_mm))
    return Trajectories(needle, ways, _not_checked(anatomy, terrain, side is None))


def _tips(points: Floats, step_mm: float, outs: Floats, needle: Probe) -> Floats:
    """Tips, relative to the target's middle, that centre the active zone on the target's chord through the middle."""
    # The points are the filled cells of a grid: looking cells up costs less than every point against every direction.
    low, reach = points.min(axis=0), float(np.linalg.norm(points, axis=1).max())
    cells = np.rint((points - low) / step_mm).astype(int)
    filled = np.zeros(cells.max(axis=0) + 1, bool)
    filled[tuple(cells.T)] = True
    steps = np.arange(-reach, reach + step_mm, step_mm / 2)
    at = np.rint((steps[None, :, None] * outs[:, None, :] - low) / step_mm).astype(int)
    inside = ((at >= 0) & (at < filled.shape)).all(axis=2)
    i, j, k = np.moveaxis(at.clip(0, np.array(filled.shape) - 1), 2, 0)
    within = filled[i, j, k] & inside
    deep = np.where(within, steps, np.inf).min(axis=1)
    shallow = np.where(within, steps, -np.inf).max(axis=1)
    middle = np.zeros(len(outs))
    met = within.any(axis=1)
    middle[met] = (deep[met] + shallow[met]) / 2
    behind = needle.active_mm.value / 2 + needle.standoff_mm.value
    return np.asarray((middle - behind)[:, None] * outs)


def _not_checked(anatomy: Anatomy, terrain: Terrain, no_position: bool) -> tuple[str, ...]:
    said = []
    if no_position:
        said.append("table and bore: the patient's position in the procedure is unknown")
    if not np.isfinite(terrain.rib_mm).any():
        said.append("lower edges of ribs: no rib was drawn")
    if terrain.lung.any() and not terrain.lobes.any():
        said.append("fissures: no lobe of the lung was drawn")
    if anatomy.absent:
        said.append(f"not drawn, so not avoided: {', '.join(anatomy.absent)}")
    return tuple(said)
