"""Ice that was seen, kept beside a case: `observed/ice-1/` holds who, where and when, its mask, and a comparison.

It is no part of the plan nor of the patient: no key knows of it, and no result goes stale by it.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iceball.errors import CaseError, GeometryError
from iceball.guide.seen import Observation, Seen
from iceball.io.case import Case
from iceball.io.kept_structures import StructureRecord, load, store
from iceball.io.placed import control_motion, placed_control
from iceball.io.read import read_structures
from iceball.io.text import read_json, read_toml, whole_folder, write_json, write_toml
from iceball.space import Grid, Volume
from iceball.space.shapes import Ellipsoid, Mask, Sphere
from iceball.tissue import Structure

FOLDER, RECORD, BESIDE = "observed", "observed.toml", "beside.json"
NAME = re.compile(r"ice-([1-9]\d{0,3})")
ICE = "observed_ice"
HEADING = "Ice that somebody saw. It is no part of the plan nor of the anatomy. Research use only."


@dataclass(frozen=True)
class ObservedRecord:
    """What `observed.toml` holds: who saw it, where and when, and the ice."""

    seen: Seen
    ice: StructureRecord


@dataclass(frozen=True)
class Observed:
    """One observation of a case as it is kept.

    Args:
        name: "ice-1", "ice-2" ...
        folder: where it lies.
        record: what was written.
    """

    name: str
    folder: Path
    record: ObservedRecord

    @property
    def seen(self) -> Seen:
        """Who, where and when."""
        return self.record.seen

    def observation(self) -> Observation:
        """With the ice itself; raises CaseError where its mask is missing."""
        return Observation(self.seen, load(self.record.ice, self.folder).shape)

    @property
    def beside(self) -> dict[str, Any] | None:
        """What it was held against last, and how far off that lies; None where it was not yet."""
        file = self.folder / BESIDE
        return dict(read_json(file)) if file.is_file() else None


def save_observed(case: Case, seen: Observation) -> Observed:
    """Keep an observation beside a case, under the next free name; the folder appears whole or not at all.

    Raises:
        CaseError: for ice that is no body (points, a line), or not within the planning image.
    """
    ice = seen.ice
    if not isinstance(ice, Mask | Ellipsoid | Sphere):
        raise CaseError("is no body.", where="observed ice", remedy="Give a mask, an ellipsoid or a sphere.")
    _must_lie_in(case, seen)
    folder = case.folder / FOLDER
    used = [int(found[1]) for f in folder.glob("ice-*") if (found := NAME.fullmatch(f.name))]
    name = f"ice-{max(used, default=0) + 1}"
    with whole_folder(folder / name) as making:
        record = ObservedRecord(seen.seen, store(Structure(ICE, ice, seen.seen.how or "observed"), making))
        write_toml(making / RECORD, record, ObservedRecord, heading=HEADING)
    return Observed(name, folder / name, record)


def observed(case: Case) -> tuple[Observed, ...]:
    """Every observation of a case, the earliest minute first; raises CaseError for one that cannot be read."""
    found = []
    for file in (case.folder / FOLDER).glob(f"ice-*/{RECORD}"):
        if NAME.fullmatch(file.parent.name):
            found.append(Observed(file.parent.name, file.parent, read_toml(file, ObservedRecord)))
    return tuple(sorted(found, key=lambda o: (o.seen.at_min, len(o.name), o.name)))


def observed_one(case: Case, name: str) -> Observed:
    """One observation by its name; raises CaseError where there is none."""
    for one in observed(case):
        if one.name == name:
            return one
    known = ", ".join(o.name for o in observed(case)) or "none"
    raise CaseError(f"has no observation '{name[:40]}'.", where=case.folder.name, remedy=f"Known: {known}.")


def read_ice(case: Case, file: Path, *, structure: str | None = None, on_control: bool = False) -> Mask:
    """Ice from a segmentation, in the planning image's place.

    Args:
        case: whose it is.
        file: RTSTRUCT, SEG, NIfTI or NRRD.
        structure: which one of it; None where it holds one.
        on_control: it was drawn on the control CT that the needles were set on, and is laid over as that was.

    Raises:
        CaseError: where it holds several and none is named, or no control CT is kept.
        IceballError: whatever reading it refuses.
    """
    image = placed_control(case) if on_control else case.image()
    found = read_structures(file, on=image, only=None if structure is None else [structure])
    if len(found) != 1:
        known = ", ".join(found) or "none"
        raise CaseError(f"holds {len(found)} structures.", where=file.name, remedy=f"Name one (--structure): {known}.")
    (mask,) = found.values()
    if on_control:
        mask = Volume(Grid.of(mask.grid.shape, control_motion(case).matrix @ mask.grid.matrix), mask.data, "mask")
    return Mask(mask)


def keep_beside(one: Observed, told: dict[str, Any]) -> None:
    """Keep what an observation was held against."""
    write_json(one.folder / BESIDE, told)


def remove_observed(case: Case, name: str) -> None:
    """Take an observation away; raises CaseError where there is none."""
    shutil.rmtree(observed_one(case, name).folder)


def _must_lie_in(case: Case, seen: Observation) -> None:
    grid = case.image().grid
    try:
        points = seen.ice.seeds_mm(2.0)
        inside = grid.contains(points).mean()
    except GeometryError as refusal:
        raise CaseError(f"{refusal.what}.", where="observed ice", remedy=refusal.remedy) from None
    if inside < 1:
        raise CaseError(
            f"lies outside the planning image with {100 * (1 - inside):.0f} % of its edge.",
            where="observed ice",
            remedy="Give it in the planning image's place: lay the control CT over it first (`iceball as-placed`).",
        )
