"""Parse a segmentation, whatever its format. Runs inside the reading child."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from iceball.errors import SegmentationError
from iceball.io import dicom_values as values
from iceball.io import wire
from iceball.io.kind import kind_of
from iceball.space.grid import Grid
from iceball.space.volume import Volume


def load_structures(
    path: Path, *, grid: dict[str, Any], header: dict[str, Any], names: list[list[Any]] | None, only: list[str] | None
) -> Mapping[str, Volume]:
    """Masks by name from an RTSTRUCT, a DICOM SEG or a label map."""
    image_grid, image = wire.grid_from_json(grid), wire.header_from_json(header)
    if kind_of(path) != "dicom":
        from iceball.io.labels import label_masks

        masks = label_masks(path, {int(k): str(v) for k, v in names} if names else None, only)
    else:
        dataset, kind = _segmentation(path)
        if kind == "RTSTRUCT":
            from iceball.io.rtstruct import load_rtstruct

            return load_rtstruct(dataset, path.name, image_grid, image, only)
        from iceball.io.dicom_seg import load_seg

        masks = load_seg(dataset, path.name, image_grid, image, only)
    return {name: _inside(mask, name, image_grid, path.name) for name, mask in masks.items()}


def _segmentation(path: Path) -> tuple[Any, str]:
    import pydicom
    from pydicom.errors import InvalidDicomError

    try:
        dataset = pydicom.dcmread(path)
    except (InvalidDicomError, IsADirectoryError):
        raise SegmentationError(
            "is not a segmentation that is read.",
            where=path.name,
            remedy="Give one RTSTRUCT, DICOM SEG, NIfTI, NRRD or MetaImage file.",
        ) from None
    kind = values.text(dataset, "Modality")
    if kind not in ("RTSTRUCT", "SEG"):
        raise SegmentationError(
            f"is DICOM {kind or 'of unknown kind'}, not a segmentation.",
            where=path.name,
            remedy="Give an RTSTRUCT or DICOM SEG file.",
        )
    return dataset, kind


def _inside(mask: Volume, name: str, image: Grid, where: str) -> Volume:
    """The mask with a note on its part beyond the image; refused if none of it is inside."""
    if mask.grid.matches(image):
        return mask
    inside = float(image.contains(mask.grid.to_mm(np.argwhere(mask.data))).mean())
    if inside == 0:
        raise SegmentationError(
            f"'{name}' lies wholly off the image.", where=where, remedy="Give the segmentation drawn on this image."
        )
    notes = list(mask.header.notes)
    if not mask.header.frame_of_reference:
        notes.append("It is on another grid than the image and names no frame of reference: tied by position only.")
    if inside < 1:
        notes.append(f"{100 * (1 - inside):.1f} % of '{name}' lies beyond the image.")
    return Volume(mask.grid, mask.data, mask.quantity, replace(mask.header, notes=tuple(notes)))
