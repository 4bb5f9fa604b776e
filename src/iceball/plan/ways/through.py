"""Needles through a template: which holes reach the target, how deep, and what is wrong with needles in no hole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iceball.applicator import Probe, probe
from iceball.errors import PlanError
from iceball.plan.finding import Finding
from iceball.plan.placement import Placement
from iceball.plan.plan import Plan, Setting
from iceball.plan.ways.survey import Room, Ways, survey
from iceball.plan.ways.template import Template, template_number
from iceball.plan.ways.terrain import Terrain
from iceball.plan.words import table_side
from iceball.space.directions import written
from iceball.tissue import Anatomy

Floats = NDArray[np.float64]


def check_template(plan: Plan) -> list[Finding]:
    """Needles that are in no hole of the plan's template, or two in one."""
    if plan.template is None:
        return []
    found: list[Finding] = []
    taken: dict[str, str] = {}
    for name, needle in zip(plan.name_of, plan.probes, strict=True):
        seat = plan.template.seat(needle)
        if not seat.hole:
            found.append(Finding("error", "does not come from the template.", name))
        elif not seat.fits:
            what = (
                f"is in no hole of the template: the nearest, {seat.hole}, lies {seat.beside_mm:.1f} mm beside it and "
                f"{seat.slant_deg:.1f}° off."
            )
            found.append(Finding("error", what, name))
        elif seat.hole in taken:
            found.append(Finding("error", f"is in hole {seat.hole}, as {taken[seat.hole]} is.", name))
        else:
            taken[seat.hole] = name
    return found


@dataclass(frozen=True, eq=False)
class Through:
    """The holes whose needle would meet the target.

    Attributes:
        template: the plate.
        kind: the needle.
        holes: their names.
        chord_mm: length of target on each one's way.
        depth_mm: from the plate's face to the tip.
        ways: of each, held against all rules.
    """

    template: Template
    kind: Probe
    holes: tuple[str, ...]
    chord_mm: Floats
    depth_mm: Floats
    ways: Ways

    def placement(self, hole: str) -> Placement:
        """The needle of one hole; raises PlanError where it misses the target or a rule closes its way."""
        if hole not in self.holes:
            raise PlanError(f"hole {hole} does not reach the target", where="template", remedy=self.known)
        i = self.holes.index(hole)
        if not self.ways.open[i]:
            raise PlanError("; ".join(self.ways.why(i)), where=f"hole {hole}", remedy=self.known)
        tip, entry = self.ways.tips_mm[i], self.ways.entries_mm[i]
        return Placement(self.kind.name, written(tip), written(entry), name=hole)

    @property
    def known(self) -> str:
        """The open holes in a sentence."""
        names = [h for h, free in zip(self.holes, self.ways.open, strict=True) if free]
        return f"Open holes: {', '.join(names)}." if names else "No hole is open: place the template elsewhere."

    def as_json(self) -> dict[str, object]:
        """Every hole that meets the target, with its depth or what closes it."""
        t = self.template
        return {
            "hole_a1_mm": list(t.hole_a1_mm), "into": list(t.into), "up": list(t.up), "probe": self.kind.name,
            "holes": [
                {
                    "hole": hole, "depth_mm": round(float(self.depth_mm[i]), 1),
                    "target_mm": round(float(self.chord_mm[i]), 1), "closed_by": list(self.ways.why(i)),
                }
                for i, hole in enumerate(self.holes)
            ],
        }  # fmt: skip

    def __str__(self) -> str:
        rows = sorted(range(len(self.holes)), key=lambda i: (not self.ways.open[i], -self.chord_mm[i]))
        lines = [f"{self.kind.name}: {int(self.ways.open.sum())} of {len(self.holes)} holes over the target are open"]
        for i in rows:
            said = "; ".join(self.ways.why(i)) or f"{self.depth_mm[i]:.0f} mm from the face to the tip"
            lines.append(f"  {self.holes[i]:>4}  {said}; {self.chord_mm[i]:.0f} mm of target on its way")
        return "\n".join(lines)


def centred_template(terrain: Terrain) -> Template:
    """A template at right angles to the body's long axis whose middle hole lies below the target's middle, on the skin.

    Raises:
        PlanError: where the image does not show the skin below the target.
    """
    centre = terrain.ground.target_mm.mean(axis=0)
    way, why = terrain.ground.skin_from(centre[None], np.array([0.0, 0.0, -1.0]))
    if why[0]:
        raise PlanError(
            f"no place for a template: {why[0]}",
            where="template",
            remedy="Take an image that shows the perineum, or give the plan one: [template] hole_a1_mm = [x, y, z].",
        )
    step, columns, rows = (template_number(n).value for n in ("spacing_mm", "columns", "rows"))
    middle = np.array([step * (columns - 1) / 2, -step * (rows - 1) / 2, 0.0])
    return Template(written(centre - np.array([0.0, 0.0, float(way[0])]) - middle))


def through(
    anatomy: Anatomy,
    template: Template,
    *,
    kind: str = "generic-17g-long",
    setting: Setting | None = None,
    terrain: Terrain | None = None,
) -> Through:
    """Every hole whose needle would meet the target, its tip so deep that the active zone is centred there.

    Args:
        anatomy: the patient, with a target.
        template: the plate and how it stands.
        kind: name of the probe's card.
        setting: of the procedure.
        terrain: of this patient, if it is at hand.

    Raises:
        PlanError: where no hole lies over the target.
    """
    needle = probe(kind)
    terrain = terrain or Terrain.of(anatomy)
    axes, origin = template.axes, np.array(template.hole_a1_mm)
    points = (terrain.ground.target_mm - origin) @ axes.T
    names, tips, chords, depths = [], [], [], []
    for name, place in template.holes.items():
        beside = points[:, :2] - (axes @ (np.array(place) - origin))[:2]
        met = points[np.hypot(*beside.T) <= terrain.ground.target_step_mm, 2]
        if not len(met):
            continue
        depth = float(met.min() + met.max()) / 2 + needle.active_mm.value / 2 + needle.standoff_mm.value
        names.append(name)
        chords.append(float(np.ptp(met)))
        depths.append(depth)
        tips.append(np.array(place) + depth * axes[2])
    if not names:
        raise PlanError(
            "no hole lies over the target", where="Plan.template", remedy="Move hole_a1_mm, or turn the template."
        )
    setting = setting or Setting()
    room = Room(table_side(setting.procedure_position), setting.bore_mm)
    ways = survey(terrain, needle, np.array(tips), np.repeat(-axes[2:], len(tips), axis=0), room=room)
    return Through(template, needle, tuple(names), np.array(chords), np.array(depths), ways)
