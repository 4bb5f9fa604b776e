"""Needles set on a desk where a control image shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iceball.desk.desk import Desk

if TYPE_CHECKING:
    from iceball.plan.placed.next_needle import Advice
    from iceball.plan.placed.placed import Placed
    from iceball.plan.placed.streak import Streak
    from iceball.plan.plan import Plan
    from iceball.space import Volume
    from iceball.space.rigid import Rigid


@dataclass(frozen=True, eq=False)
class Set:
    """Needles as they were set, with the needle that is advised (`more` is the plan with it), kept in `folder`."""

    placed: Placed
    found: Advice | None
    more: Plan | None
    told: dict[str, Any]
    folder: Path
    figure: Path

    def as_json(self) -> dict[str, Any]:
        """What `iceball as-placed --json` prints."""
        return {**self.told, "folder": str(self.folder), "figure": str(self.figure)}


def set_needles(
    desk: Desk,
    image: Volume,
    streaks: Sequence[Streak],
    *,
    control: str,
    motion: Rigid | None = None,
    register: bool = True,
    at_min: float = 0.0,
    advice: bool = True,
    figure: Path | None = None,
) -> Set:
    """Set needles where a control image shows them, and judge what margin is left.

    Args:
        desk: the case, as planned.
        image: the control CT.
        streaks: tip and shaft of each needle in LPS mm of the control image; needles without one are sought.
        control: what people call the control image.
        motion: control to planning image, instead of registering.
        register: False where both lie in one frame of reference and nobody moved.
        at_min: minutes since the first freeze began; 0 is before.
        advice: whether to judge the margin and look for one more needle (only before the freeze).
        figure: the picture; None for `placed/as-placed.png` in the case.
    """
    from iceball.io.placed import placed_plan, save_placed
    from iceball.plan.placed.laid import laid_by_hand, lay, must_be_same_patient
    from iceball.plan.placed.next_needle import next_needle, with_next
    from iceball.plan.placed.placed import must_not_have_moved, place
    from iceball.reporting.placed_figure import draw_placed

    must_be_same_patient(desk.anatomy, image)
    if motion is None and register:
        desk.telling.say("Registering …")
        laid = lay(desk.anatomy, image)
    else:
        laid = laid_by_hand(desk.anatomy, image, motion)
    placed = place(desk.plan, desk.anatomy, image, tuple(streaks), laid)
    if at_min > 0:
        there = (desk.case.folder / "placed" / "plan.toml").is_file()
        before = placed_plan(desk.case) if there else desk.plan
        desk.telling.say("Asking whether ice held what moved …")
        must_not_have_moved(before, placed.plan, desk.anatomy, at_s=60.0 * at_min)
    told: dict[str, Any] = {"research_use_only": True, "control": control, "at_min": at_min, **placed.as_json()}
    found, more = None, None
    if advice and at_min == 0:
        with desk.telling.during("Judging") as moved:
            found = next_needle(placed.plan, desk.anatomy, progress=moved)
        told, more = {**told, **found.as_json()}, with_next(placed.plan, found)
    folder = save_placed(desk.case, placed.plan, told, next_plan=more, control=image)
    drawn = draw_placed(placed, desk.anatomy, image, figure or folder / "as-placed.png", flags=desk.case.record.flags)
    return Set(placed, found, more, told, folder, drawn)
