"""An upload becomes a case: a draft to draw the target on, or a whole case where a file names the target."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field

from iceball.errors import CaseError
from iceball.io.intake import Request, new_case
from iceball.plan import Setting
from iceball.tissue.library import tissues
from iceball.tissue.organs import organs
from iceball.web.plans import standing
from iceball.web.uploads import FILES, Uploads
from iceball.web.workspace import Workspace

LONGEST_ID = 40


class Asked(BaseModel):
    """What the page asks a case to be made from. Files are named as the upload's answer names them."""

    upload: str
    series: str = ""
    modality: Literal["CT", "MR"] | None = None
    organ: str = ""
    tissue: str = ""
    title: str = Field("", max_length=200)
    side: Literal["L", "R", "unknown"] = "unknown"
    position: str = ""
    structures: list[str] = Field(default_factory=list, max_length=50)
    labels: str = ""
    label_names: str = ""
    target: str | None = None
    target_sphere: tuple[float, float, float, float] | None = None
    target_ellipsoid: tuple[float, float, float, float, float, float] | None = None


def uploads(space: Workspace) -> Uploads:
    """The uploads of a workspace."""
    return Uploads(space.folder / ".iceball" / "uploads")


def choices() -> dict[str, list[str]]:
    """What a person chooses from: organs that have a pack, and tissues that an MR may be taken for."""
    return {"organs": sorted(organs()), "tissues": sorted(tissues())}


def make_case(space: Workspace, asked: Asked) -> str:
    """Make a case from an upload, which is thrown away then; returns the case's id.

    Raises:
        Missing: where the upload is gone.
        CaseError: where it has no such series or file.
        IceballError: whatever reading and building the case refuses; nothing is left of it, and the upload stays.
    """
    waiting = uploads(space)
    found, files = waiting.found(asked.upload), waiting.folder(asked.upload) / FILES
    series = _series(found, asked.series)
    drawn = tuple(_file(found, files, name) for name in asked.structures)
    request = Request(
        image=files / series["file"] if series["file"] else files,
        modality=asked.modality or series["modality"] or "CT",
        series=None if series["file"] else series["key"],
        organ=asked.organ,
        tissue=asked.tissue,
        labels=_file(found, files, asked.labels) if asked.labels else None,
        label_names=_file(found, files, asked.label_names) if asked.label_names else None,
        structures=drawn,
        target=asked.target,
        target_sphere=asked.target_sphere,
        target_ellipsoid=asked.target_ellipsoid,
        setting=Setting(asked.side, asked.position),
        title=asked.title or series["description"] or series["file"].rpartition("/")[2].partition(".")[0] or "New case",
        draft=asked.target is None and asked.target_sphere is None and asked.target_ellipsoid is None,
    )
    with space.turn("new cases"):
        name = free_name(space.folder, request.title)
        new_case(space.folder / name, request)
    standing(space, name)
    space.audit.add("new case", case=name)
    space.events.publish({"type": "case", "case": name})
    waiting.remove(asked.upload)
    return name


def free_name(folder: Path, title: str) -> str:
    """A folder's name like the title that no case has yet."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    stem = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:LONGEST_ID].strip("-") or "case"
    stem = f"case-{stem}" if re.fullmatch(r"con|prn|aux|nul|(com|lpt)\d", stem) else stem
    return next(n for i in range(1, 10_000) if not (folder / (n := stem if i == 1 else f"{stem}-{i}")).exists())


def _series(found: dict[str, Any], key: str) -> dict[str, Any]:
    """The image that is meant; only where there is one need it not be named."""
    all_series: list[dict[str, Any]] = found["series"]
    fitting = [s for s in all_series if s["key"] == key] if key else all_series
    if len(fitting) != 1:
        known = ", ".join(s["key"] for s in all_series) or "none"
        what = f"has no image '{key}'" if key else f"holds {len(all_series)} images; which one is not guessed"
        raise CaseError(f"{what}.", where="series", remedy=f"Name one of: {known}.")
    if fitting[0]["file"] == "" and not fitting[0]["key"]:
        raise CaseError("the image has no key.", where="series", remedy="Send it again.")
    return fitting[0]


def _file(found: dict[str, Any], files: Path, name: str) -> Path:
    """A file of the upload by the name that its answer gave."""
    known = [s["file"] for s in found["structures"]]
    if name not in known:
        raise CaseError(
            f"has no file '{name[:120]}'.", where="structures", remedy=f"Known: {', '.join(known) or 'none'}."
        )
    return files / name
