"""Ways, changes and comparisons on a desk: what the shell prints and the page shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iceball.desk.desk import Desk

if TYPE_CHECKING:
    from iceball.plan.plan import Plan
    from iceball.plan.search.compare import Compared
    from iceball.plan.search.whatif import Changed
    from iceball.plan.ways.trajectory import Trajectories


@dataclass(frozen=True, eq=False)
class Ways:
    """Where a needle's way is open; `shut` says what would open one where none is."""

    found: Trajectories
    shut: str
    figure: Path

    def as_json(self, count: int) -> dict[str, Any]:
        """What `iceball trajectories --json` prints."""
        return {**self.found.as_json(count), "shut": self.shut, "figure": str(self.figure)}


def trajectories(
    desk: Desk,
    *,
    figure: Path,
    probe: str = "generic-17g-long",
    count: int = 5,
    through_bone: bool = False,
    bore_mm: float | None = None,
) -> Ways:
    """Map the skin: where a needle's way to the target is open, what it costs, and what closes the rest.

    Args:
        desk: the case.
        figure: the map to write, a PNG.
        probe: the needle's card.
        count: how many of the best ways the map names.
        through_bone: a coaxial or drill access is there, so bone may be crossed.
        bore_mm: diameter of the scanner's opening.
    """
    from iceball.plan.ways.refused import freed
    from iceball.plan.ways.trajectory import trajectories as look
    from iceball.reporting.skin_map import draw_skin_map

    found = look(desk.anatomy, kind=probe, setting=desk.plan.setting, through_bone=through_bone, bore_mm=bore_mm)
    drawn = draw_skin_map(found, figure, count=count)
    return Ways(found, "" if found.open_share else f"No way is open. {freed(found)}", drawn)


def what_if(desk: Desk, *, spacing_mm: float = 2.0, protect: bool = False) -> tuple[Changed, ...]:
    """Change one thing of the plan at a time; with `protect` only what protects structures whose limit is not met."""
    from iceball.plan.search.protect import protections
    from iceball.plan.search.whatif import what_if as changes

    with desk.telling.during("Trying") as told:
        look = protections if protect else changes
        return look(desk.plan, desk.anatomy, spacing_mm=spacing_mm, progress=told)


def what_if_json(rows: tuple[Changed, ...], spacing_mm: float) -> dict[str, Any]:
    """What `iceball what-if --json` prints."""
    return {"spacing_mm": spacing_mm, "changes": [row.as_json() for row in rows]}


@dataclass(frozen=True, eq=False)
class SideBySide:
    """Plans held side by side, the baselines that were left out, and the picture."""

    plans: tuple[Compared, ...]
    absent: Mapping[str, str]
    spacing_mm: float
    figure: Path

    def as_json(self) -> dict[str, Any]:
        """What `iceball compare --json` prints."""
        from iceball.plan.search.compare import compared_json

        return {**compared_json(self.plans, self.spacing_mm, absent=self.absent), "figure": str(self.figure)}

    def __str__(self) -> str:
        from iceball.plan.search.compare import compared_table

        return compared_table(self.plans, absent=self.absent)


def compare(
    desk: Desk, plans: Mapping[str, Plan], *, figure: Path, baseline: bool = False, spacing_mm: float = 2.0
) -> SideBySide:
    """Hold plans side by side on equal cells and by the goals of the first.

    Args:
        desk: the case.
        plans: by name.
        figure: the picture to write, a PNG.
        baseline: whether the plans of the 1-2 rule and of a union of ellipsoids stand beside them.
        spacing_mm: cells of all runs.
    """
    from iceball.plan.search.compare import baselines
    from iceball.plan.search.compare import compare as look
    from iceball.reporting.compare_figure import draw_comparison

    made, absent = baselines(next(iter(plans.values())), desk.anatomy, beside=plans) if baseline else ({}, {})
    with desk.telling.during("Comparing") as told:
        found = look({**plans, **made}, desk.anatomy, spacing_mm=spacing_mm, progress=told)
    return SideBySide(found, absent, spacing_mm, draw_comparison(found, figure, flags=desk.case.record.flags))
