"""A case's needles as placed: `placed/plan.toml` and `placed/placed.json`, beside the plan, which stays as it is."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from iceball.errors import CaseError, GeometryError, ImageError, StaleError
from iceball.io.case import PLAN_HEADING, Case
from iceball.io.kept_structures import stored
from iceball.io.nifti import write_nifti
from iceball.io.read import read_points
from iceball.io.text import read_json, read_toml, whole_folder, write_json, write_toml
from iceball.plan.placed.streak import Streak
from iceball.plan.plan import Plan
from iceball.space import Volume
from iceball.space.rigid import Rigid

CONTROL = "control.nii.gz"
HEADING = f"AS PLACED: needles where a control image shows them.\n{PLAN_HEADING}"


@dataclass(frozen=True)
class Streaks:
    """What a TOML file of streaks holds: `[[streaks]]` with `needle`, `tip_mm` and `shaft_mm`."""

    streaks: tuple[Streak, ...]


def save_placed(
    case: Case, plan: Plan, told: dict[str, Any], *, next_plan: Plan | None, control: Volume | None = None
) -> Path:
    """Keep the plan as placed beside the plan; the folder appears whole or not at all.

    Args:
        case: its plan.toml stays as it is.
        plan: as placed.
        told: how the needles were set, as JSON.
        next_plan: with the needle that is advised, kept as `next.toml`; None where none is.
        control: the control CT as it came, in its own place, kept as `control.nii.gz`; None where it is not kept.
    """
    folder = case.folder / "placed"
    with whole_folder(folder) as making:
        if control is not None:
            write_nifti(control, making / CONTROL)
        write_toml(making / "plan.toml", plan, Plan, heading=HEADING)
        if next_plan is not None:
            write_toml(making / "next.toml", next_plan, Plan, heading=f"With the needle advised.\n{HEADING}")
        write_json(making / "placed.json", {"planned_key": _planned_key(case), **told})
    return folder


def placed_plan(case: Case) -> Plan:
    """The plan as placed.

    Raises:
        CaseError: if no needle was placed yet.
        StaleError: if plan.toml changed since.
    """
    folder = case.folder / "placed"
    if not (folder / "plan.toml").is_file():
        raise CaseError(
            "has no plan AS PLACED.",
            where=str(case.folder),
            remedy=f"Type `iceball as-placed {shlex.quote(str(case.folder))} CONTROL --streak …`.",
        )
    if read_json(folder / "placed.json").get("planned_key") != _planned_key(case):
        raise StaleError(
            "was set beside another plan.toml, which has changed since: it is STALE.",
            where=str(folder),
            remedy="Set the needles again (`iceball as-placed`).",
        )
    plan = read_toml(folder / "plan.toml", Plan)
    if plan.stage != "as placed":
        raise CaseError('does not say stage = "as placed".', where=str(folder / "plan.toml"), remedy="Put it back.")
    return plan


def placed_control(case: Case) -> Volume:
    """The control CT that the needles were set on, in its own place; raises CaseError where it was not kept."""
    file = case.folder / "placed" / CONTROL
    if not file.is_file():
        raise CaseError("was not kept.", where=str(file), remedy="Set the needles again (`iceball as-placed`).")
    return stored(file, "HU")


def control_motion(case: Case) -> Rigid:
    """From a point of the kept control CT to the planning image; raises CaseError where no needles were set."""
    told = read_json(case.folder / "placed" / "placed.json")
    return Rigid.of(np.array(told["registration"]["control_to_planning"], float))


def read_streaks(path: Path) -> tuple[Streak, ...]:
    """Streaks from a TOML file, or one from a 3D Slicer .mrk.json: two points, the list named as the needle."""
    if path.suffix != ".json":
        return read_toml(path, Streaks).streaks
    found = []
    for name, points in read_points(path).items():
        if len(points) != 2:
            raise CaseError(
                f"'{name}' holds {len(points)} points.", where=path.name, remedy="Two are asked for: tip, then shaft."
            )
        found.append(Streak(name, points[0], points[1]))
    return tuple(found)


def streak_of(text: str) -> Streak:
    """A streak from words: "needle 1=12,-40,88/12,60,88", the tip first.

    Raises:
        CaseError: where it cannot be read.
    """
    name, _, points = text.rpartition("=")
    try:
        tip, shaft = (tuple(float(v) for v in part.split(",")) for part in points.split("/"))
        if not name.strip() or len(tip) != 3 or len(shaft) != 3:
            raise ValueError
    except ValueError:
        raise CaseError(
            f"cannot read '{text}'.", where="--streak", remedy='Write "needle 1=12,-40,88/12,60,88": tip, then shaft.'
        ) from None
    return Streak(name.strip(), (tip[0], tip[1], tip[2]), (shaft[0], shaft[1], shaft[2]))


def read_motion(path: Path) -> Rigid:
    """A rigid motion from a text file of 16 numbers: a 4x4 matrix, control image to planning image, LPS mm.

    Raises:
        ImageError: if it is none.
    """
    try:
        numbers = [float(v) for v in path.read_text(encoding="utf-8").replace(",", " ").split()]
        return Rigid.of(np.array(numbers).reshape(4, 4))
    except (OSError, ValueError) as fault:
        said = "does not hold 16 numbers" if isinstance(fault, ValueError) else f"could not be read: {fault}"
        raise ImageError(f"{said}.", where=str(path), remedy="Give a 4x4 matrix, row by row.") from None
    except GeometryError as refusal:
        raise ImageError(f"{refusal.what}.", where=str(path), remedy=refusal.remedy) from None


def _planned_key(case: Case) -> str:
    return read_toml(case.folder / "plan.toml", Plan).key()
