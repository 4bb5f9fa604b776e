"""Label maps: one number a voxel, from NIfTI, NRRD (3D Slicer's .seg.nrrd with names and layers too) or MetaImage."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np

from iceball.errors import ImageError, SegmentationError
from iceball.io.kind import kind_of
from iceball.io.label_file import LabelFile, Segment
from iceball.io.tie import unique, wanted
from iceball.space.volume import Header, Volume

MOST_LABELS = 1000
LARGEST_LABEL = 65535
MOST_TEXT = 1_000_000


def label_masks(path: Path, names: dict[int, str] | None, only: list[str] | None) -> dict[str, Volume]:
    """Masks by name.

    Raises:
        SegmentationError: if it is no label map, is empty, or lacks a name.
    """
    file = _parse(path)
    segments = segments_of(file, names)
    labels = unique([s.name for s in segments])
    chosen = wanted(labels, only, path.name)
    masks, empty = {}, []
    for name, segment in zip(labels, segments, strict=True):
        if name not in chosen:
            continue
        data = (file.layers[segment.layer] == segment.label).astype(np.uint8)
        if not data.any():
            empty.append(name)
            continue
        header = Header(description=name, source=path.name, notes=file.notes)
        masks[name] = Volume(file.grid, data, "mask", header)
    if empty and (only is not None or not masks):
        raise SegmentationError(f"'{empty[0]}' is empty.", where=path.name, remedy="Name a structure that is drawn.")
    return masks


def load_label_map(
    path: Path, *, names: list[list[Any]] | None, names_file: str | None
) -> tuple[Volume, dict[int, str]]:
    """Inside the child: the labels as one volume, and the names of those that occur."""
    file = _parse(path)
    if len(file.layers) > 1:
        raise SegmentationError(
            "has layers of overlapping structures, which one label map cannot hold.",
            where=path.name,
            remedy="Give it as structures instead of labels.",
        )
    given = {int(k): str(v) for k, v in names} if names else read_names(Path(names_file)) if names_file else None
    data = file.layers[0]
    kind = np.uint8 if data.max() <= 255 else np.uint16
    volume = Volume(file.grid, data.astype(kind), "label", Header(source=path.name, notes=file.notes))
    return volume, {s.label: s.name for s in segments_of(file, given)}


def read_names(path: Path) -> dict[int, str]:
    """Label names from a table with the columns `label` and `name`.

    Raises:
        SegmentationError: if the table is not one, or a label occurs twice.
    """
    remedy = "Give a table with the header line 'label,name' and a line such as '2,kidney_right' for each label."
    if not path.is_file() or path.stat().st_size > MOST_TEXT:
        raise SegmentationError("is not a table of label names.", where=path.name, remedy=remedy)
    try:
        rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines(), skipinitialspace=True))
        found = [(int(row["label"]), str(row["name"]).strip()) for row in rows]
    except (UnicodeDecodeError, KeyError, TypeError, ValueError, csv.Error):
        raise SegmentationError("is not a table of label names.", where=path.name, remedy=remedy) from None
    if not found or len(dict(found)) != len(found) or not all(name for _, name in found):
        raise SegmentationError("names no label, one twice, or one with no name.", where=path.name, remedy=remedy)
    return dict(found)


def segments_of(file: LabelFile, names: dict[int, str] | None) -> list[Segment]:
    """The file's own segments, renamed where names were given; else one for each label that occurs."""
    if file.segments:
        return [Segment((names or {}).get(s.label, s.name), s.label, s.layer) for s in file.segments]
    present = [int(v) for v in np.unique(file.layers[0]) if v != 0]
    return [Segment((names or {}).get(v, f"label_{v}"), v) for v in present]


def _parse(path: Path) -> LabelFile:
    file = load_numbers(path)
    data = file.layers
    low, high = float(data.min()), float(data.max())
    if data.dtype.kind == "f" and (not np.isfinite(data).all() or not np.array_equal(data, np.rint(data))):
        raise SegmentationError("holds values that are not whole numbers.", where=path.name, remedy="Give a label map.")
    if low < 0 or high > LARGEST_LABEL or len(np.unique(data)) > MOST_LABELS:
        raise SegmentationError(
            f"is not a label map: its values go from {low:g} to {high:g}.",
            where=path.name,
            remedy="Give labels, not the image.",
        )
    if high == 0:
        raise SegmentationError("is empty: every voxel is 0.", where=path.name, remedy="Give another segmentation.")
    return LabelFile(file.grid, data.astype(np.uint16), file.notes, file.segments)


def load_numbers(path: Path) -> LabelFile:
    """Any file of voxels as whole layers of numbers, not yet known to be labels."""
    kind = kind_of(path)
    if kind == "nifti":
        from iceball.io.nifti import load_box

        grid, data, notes = load_box(path)
        return LabelFile(grid, data[np.newaxis], tuple(notes))
    if kind == "nrrd":
        from iceball.io.nrrd import load_label_file

        return load_label_file(path)
    if kind == "meta":
        from iceball.io.meta_image import load_box as load_meta_box

        grid, data, notes = load_meta_box(path)
        return LabelFile(grid, data[np.newaxis], tuple(notes))
    raise ImageError("is not a label map that is read.", where=path.name, remedy="Give NIfTI, NRRD or MetaImage.")
