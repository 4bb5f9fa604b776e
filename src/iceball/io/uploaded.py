"""What somebody sent: the images in it that can be planned on, and the files that draw on them. Runs in the child."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.errors import IceballError, ImageError
from iceball.io import dicom_values as values
from iceball.io.dicom_scan import MOST_FILES
from iceball.io.image import load_series
from iceball.io.kind import kind_of
from iceball.io.labels import LARGEST_LABEL, load_numbers, segments_of
from iceball.io.points import load_points
from iceball.io.tie import unique

POINTS, TABLE = ".mrk.json", ".csv"
NAMED = ("StructureSetROISequence", "SegmentSequence")
MOST_LISTED = 300
"""More whole numbers than this are an image, whatever their range."""
AT_ONCE, WIDEST = 1_000_000, 200_000
"""Voxels that are looked at together; values that lie farther apart are sorted instead."""
NOTHING = "Send a folder or zip of DICOM CT or MR images, or a NIfTI, NRRD or MetaImage file."


def look_through(path: Path) -> dict[str, Any]:
    """Everything in a folder that was sent, as plain values.

    Returns:
        `series`: the images to choose from (key, modality "" where the file does not say, description, images, size,
        spacing_mm, date, file "" for DICOM). `structures`: files that draw on an image (file, kind, names; kind is
        rtstruct, seg, labels, points or names, which is a table of label names). `notes`: what was left aside.

    Raises:
        ImageError: where nothing in it can be read.
    """
    series: list[dict[str, Any]] = []
    structures: list[dict[str, Any]] = []
    notes: list[str] = []
    for file in _files(path):
        name = file.relative_to(path).as_posix()
        try:
            if file.name.lower().endswith(POINTS):
                structures.append(_drawn(name, "points", list(load_points(file))))
            elif file.name.lower().endswith(TABLE):
                structures.append(_drawn(name, "names", []))
            elif kind_of(file) != "dicom":
                _voxels(file, name, series, structures)
            elif found := _dicom(file, name):
                structures.append(found)
        except IceballError as refusal:
            notes.append(f"Left out: {refusal}")
    try:
        series = [*_dicom_series(path), *series]
    except ImageError as refusal:
        if not (series or structures):
            raise ImageError(refusal.what, where=notes[0] if notes else "", remedy=refusal.remedy or NOTHING) from None
        if not refusal.what.startswith(("no CT or MR image", "the folder is empty")):
            notes.append(f"Left out: {refusal}")
    return {"series": series, "structures": structures, "notes": notes}


def _dicom_series(path: Path) -> list[dict[str, Any]]:
    return [
        {
            "key": s.key,
            "file": "",
            "modality": s.modality,
            "description": s.description,
            "attribute": s.attribute,
            "images": s.images,
            "size": list(s.size),
            "spacing_mm": list(s.spacing_mm),
            "date": s.date,
        }
        for s in load_series(path)
    ]


def _voxels(file: Path, name: str, series: list[dict[str, Any]], structures: list[dict[str, Any]]) -> None:
    """A file of voxels is listed as an image, as labels, or as both where nothing tells them apart."""
    numbers = load_numbers(file)
    data = numbers.layers
    present = _present(data)
    whole = bool(np.isfinite(present).all() and np.array_equal(present, np.rint(present)))
    labels = whole and present[0] >= 0 and 0 < present[-1] <= LARGEST_LABEL and len(present) <= MOST_LISTED
    if labels:
        structures.append(_drawn(name, "labels", unique([s.name for s in segments_of(numbers, None)])))
    if len(data) == 1 and not numbers.segments and len(present) > 2:
        entry = {
            "key": name,
            "file": name,
            "modality": "",
            "description": "looks like a map of labels" if labels else "",
            "attribute": "",
            "images": numbers.grid.shape[2],
            "size": list(numbers.grid.shape),
            "spacing_mm": list(numbers.grid.spacing_mm),
            "date": "",
        }
        series.append(entry)


def _present(data: NDArray[Any]) -> NDArray[Any]:
    """The values that occur, ascending. Whole numbers are ticked off in a table: to sort a large scan takes long."""
    flat = data.ravel(order="K")
    parts = [flat[n : n + AT_ONCE] for n in range(0, flat.size, AT_ONCE)]
    low, high = float(data.min()), float(data.max())
    if not (np.isfinite((low, high)).all() and high - low < WIDEST):
        return np.unique(flat)
    seen = np.zeros(int(high - low) + 2, np.bool_)
    for part in parts:
        whole = part.astype(np.int64)
        if not np.array_equal(whole, part):
            return np.unique(flat)
        seen[whole - int(low)] = True
    return np.flatnonzero(seen) + int(low)


def _dicom(file: Path, name: str) -> dict[str, Any] | None:
    """A structure set or segmentation with the names in it; None for any other file."""
    import pydicom

    try:
        dataset = pydicom.dcmread(file, stop_before_pixels=True, specific_tags=["Modality", *NAMED])
    except Exception:
        return None  # no DICOM; or it begins as DICOM and breaks, which the walk for images says
    kind = values.text(dataset, "Modality")
    if kind == "RTSTRUCT":
        rois = list(dataset.get("StructureSetROISequence") or [])
        return _drawn(name, "rtstruct", unique([values.text(r, "ROIName") or "unnamed" for r in rois]))
    if kind == "SEG":
        segments = list(dataset.get("SegmentSequence") or [])
        named = [
            values.text(s, "SegmentLabel") or "unnamed" for s in segments if values.text(s, "SegmentNumber") != "0"
        ]
        return _drawn(name, "seg", unique(named))
    return None


def _drawn(file: str, kind: str, names: list[str]) -> dict[str, Any]:
    return {"file": file, "kind": kind, "names": names}


def _files(path: Path) -> list[Path]:
    found = sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))
    if len(found) > MOST_FILES:
        raise ImageError(f"more than {MOST_FILES} files are here.", where="", remedy="Send one study.")
    return found
