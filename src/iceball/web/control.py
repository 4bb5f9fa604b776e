"""A control CT: the image of an upload, shown in its own place and its streaks tried, before needles are set on it."""

from __future__ import annotations

import gzip
from functools import lru_cache
from pathlib import Path
from typing import Any

from iceball.errors import CaseError, PlanError
from iceball.io.case import Case
from iceball.io.placed import CONTROL, control_motion, placed_control
from iceball.io.read import read_image
from iceball.plan.placed.laid import must_be_same_patient
from iceball.plan.placed.streak import Streak, refine
from iceball.plan.plan import Plan
from iceball.space import Grid, Volume
from iceball.space.resample import resample
from iceball.tissue import Anatomy
from iceball.web.boxes import image_box
from iceball.web.kept import hashed
from iceball.web.patient import stamp
from iceball.web.shown import LEVEL
from iceball.web.uploads import FILES, Uploads

KEPT = 2
AIR_HU = -1000.0


def control_ct(waiting: Uploads, upload: str, series: str) -> tuple[Volume, str]:
    """The control CT of an upload, and what people call it; it stays until it is thrown away.

    Args:
        waiting: the uploads of the workspace.
        upload: as the server named it.
        series: which of its images; "" where there is one.

    Raises:
        CaseError: where there is no such image, or several and none was named.
        IceballError: whatever reading it refuses.
    """
    files = waiting.folder(upload) / FILES
    found = [s for s in waiting.found(upload)["series"] if series in ("", s["key"])]
    if len(found) != 1:
        known = ", ".join(s["key"] for s in found) or "none"
        raise CaseError(f"holds {len(found)} such images.", where="control CT", remedy=f"Name one of: {known}.")
    one = found[0]
    path = files / one["file"] if one["file"] else files
    image = _read(path, None if one["file"] else one["key"])
    return image, one["file"].rpartition("/")[2] or one["description"] or "control CT"


def control_box(anatomy: Anatomy, waiting: Uploads, upload: str, series: str) -> bytes:
    """A control CT for the page, packed; raises ImageError where it is no CT, or of another patient."""
    image, _ = control_ct(waiting, upload, series)
    must_be_same_patient(anatomy, image)
    return _packed(image)


def tried(plan: Plan, image: Volume, streak: Streak) -> dict[str, Any]:
    """Where the metal of one streak says that its needle lies, LPS mm of the control image; nothing is set.

    Args:
        plan: with the needle of that name.
        image: the control CT.
        streak: two points on it.

    Raises:
        PlanError: for a needle that the plan has not, or points on which no needle is found.
    """
    kinds = {name: needle.kind for name, needle in zip(plan.name_of, plan.probes, strict=True)}
    if streak.needle not in kinds:
        known = ", ".join(kinds) or "none"
        raise PlanError(f"no needle called '{streak.needle}'.", where="streak", remedy=f"The plan has: {known}.")
    found = refine(streak, image, radius_mm=kinds[streak.needle].radius_mm.value)
    return {
        "needle": found.needle, "tip_mm": list(found.tip_mm), "out": list(found.out),
        "moved_mm": found.moved_mm, "explained": found.explained,
    }  # fmt: skip


def kept_key(case: Case) -> str:
    """What the control CT is that the needles were set on; "" where none is kept."""
    file = case.folder / "placed" / CONTROL
    return hashed("control", str(file), stamp(file)) if file.is_file() else ""


def kept_box(case: Case) -> bytes:
    """The control CT that the needles were set on, in its own place, packed; raises CaseError without one."""
    return _kept(case.folder, kept_key(case))


def laid_control(case: Case, grid: Grid) -> Volume:
    """The control CT that the needles were set on, laid over the cells of the planning image; air where it shows none.

    Raises:
        CaseError: where no needles were set, or the control CT was not kept.
    """
    own = placed_control(case)
    laid = Volume(Grid.of(own.grid.shape, control_motion(case).matrix @ own.grid.matrix), own.data, own.quantity)
    return resample(laid, grid, fill=AIR_HU).volume


@lru_cache(maxsize=KEPT)
def _kept(folder: Path, key: str) -> bytes:
    return gzip.compress(image_box(placed_control(Case.open(folder))), LEVEL, mtime=0)


@lru_cache(maxsize=KEPT)
def _read(path: Path, series: str | None) -> Volume:
    return read_image(path, series=series, modality="CT")


@lru_cache(maxsize=KEPT)
def _packed(image: Volume) -> bytes:
    return gzip.compress(image_box(image), LEVEL, mtime=0)
