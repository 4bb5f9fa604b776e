"""DICOM SEG: binary, probability and label-map segmentations, each segment as a mask of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.errors import GeometryError, ImageError, SegmentationError
from iceball.io import dicom_values as values
from iceball.io.dicom_values import Floats
from iceball.io.rtstruct import with_note
from iceball.io.tie import check_belongs, unique, wanted
from iceball.space.grid import Grid
from iceball.space.volume import Header, Volume

HALF = 0.5
# A plane is on the image's grid when its first pixel lies within this part of a voxel of a voxel's centre.
ON_GRID = 0.05
DRAWN_AGAIN = "Give the segmentation drawn on this image."


@dataclass(frozen=True, eq=False)
class Plane:
    """Where one frame lies, and whose it is (0 in a label map, where its values say so)."""

    position: Floats
    segment: int


def load_seg(dataset: Any, where: str, grid: Grid, image: Header, only: list[str] | None) -> dict[str, Volume]:
    """Masks by segment label: on the image's grid where the planes fit it, else on a grid of their own.

    Raises:
        SegmentationError: another patient or frame of reference, no geometry, an unreadable kind, or empty.
    """
    frame = values.text(dataset, "FrameOfReferenceUID")
    notes = check_belongs(values.patient_key(dataset), frame, image, where)
    kind = values.text(dataset, "SegmentationType").upper()
    described = {
        values.count(s, "SegmentNumber", where): s
        for s in dataset.get("SegmentSequence") or []
        if values.text(s, "SegmentNumber") != "0"
    }
    labels = unique([values.text(s, "SegmentLabel") or f"segment_{n}" for n, s in described.items()])
    chosen = wanted(labels, only, where)
    try:
        planes, axes, spacing = _planes(dataset, kind, where)
    except ImageError as error:
        raise SegmentationError(error.what, where=error.where, remedy=DRAWN_AGAIN) from None
    pixels, note = _values(dataset, kind, where)
    if note:
        notes.append(note)
    own = _grid(planes, axes, spacing, dataset, grid, where)
    masks: dict[str, Volume] = {}
    empty = []
    for name, number in zip(labels, described, strict=True):
        if name not in chosen:
            continue
        data = _mask(planes, pixels, own, number, kind)
        if not data.any():
            empty.append(name)
            continue
        header = replace(image, description=name, source=where, notes=tuple(notes))
        masks[name] = Volume(own, data, "mask", header)
    if empty and (only is not None or not masks):
        raise SegmentationError(f"'{empty[0]}' is empty.", where=where, remedy="Name a segment that is drawn.")
    return with_note(masks, f"Left out, because nothing is drawn: {', '.join(empty)}." if empty else "")


def _planes(
    dataset: Any, kind: str, where: str
) -> tuple[list[Plane], tuple[Floats, Floats], tuple[float, float, float]]:
    shared = list(dataset.get("SharedFunctionalGroupsSequence") or [])[:1]
    each = list(dataset.get("PerFrameFunctionalGroupsSequence") or [])
    planes, orientations, spacings = [], [], []
    for number, own in enumerate(each):
        place = f"{where}, frame {number + 1}"

        def group(keyword: str, groups: tuple[Any, ...] = (own, *shared)) -> Any:
            return next((g.get(keyword)[0] for g in groups if g.get(keyword)), {})

        measures = group("PixelMeasuresSequence")
        thickness = values.text(measures, "SpacingBetweenSlices") or values.text(measures, "SliceThickness")
        between = "SpacingBetweenSlices" if values.text(measures, "SpacingBetweenSlices") else "SliceThickness"
        depth = float(values.numbers(measures, between, 1, place)[0]) if thickness else 0.0
        orientations.append(np.concatenate(values.orientation(group("PlaneOrientationSequence"), place)))
        spacings.append((*values.pixel_spacing(measures, place), depth))
        segment = group("SegmentIdentificationSequence")
        planes.append(
            Plane(
                values.position(group("PlanePositionSequence"), place),
                0 if kind == "LABELMAP" else values.count(segment, "ReferencedSegmentNumber", place),
            )
        )
    if not planes:
        raise ImageError("has no frames with a place in the patient.", where=where)
    if (
        np.ptp(orientations, axis=0).max() > values.UNIT_TOLERANCE
        or np.ptp(spacings, axis=0).max() > values.UNIT_TOLERANCE
    ):
        raise ImageError("its frames differ in orientation or spacing.", where=where)
    return planes, (orientations[0][:3], orientations[0][3:]), spacings[0]


def _values(dataset: Any, kind: str, where: str) -> tuple[NDArray[Any], str]:
    """Frames (n, rows, columns): 0 and 1, or labels; and the note on how they came about."""
    from pydicom.pixels.utils import pixel_array

    if kind == "FRACTIONAL" and values.text(dataset, "SegmentationFractionalType").upper() != "PROBABILITY":
        raise SegmentationError(
            "holds shares of occupancy, not a drawn shape.", where=where, remedy="Export it as a binary segmentation."
        )
    if kind not in ("BINARY", "FRACTIONAL", "LABELMAP"):
        raise SegmentationError(f"segmentation type '{kind}' is not read.", where=where, remedy="Export it as binary.")
    try:
        pixels = np.asarray(pixel_array(dataset))
    except MemoryError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:160]
        raise ImageError(f"the pixels could not be decoded: {reason}.", where=where, remedy="Fetch it again.") from None
    pixels = pixels[np.newaxis] if pixels.ndim == 2 else pixels
    if kind != "FRACTIONAL":
        return pixels, ""
    most = values.optional_number(dataset, "MaximumFractionalValue", 0.0, where)
    if most <= 0:
        raise SegmentationError("names no largest value of its probabilities.", where=where, remedy=DRAWN_AGAIN)
    return pixels >= HALF * most, "Probabilities were cut at 0.5 to make the shape."


def _grid(
    planes: list[Plane],
    axes: tuple[Floats, Floats],
    spacing: tuple[float, float, float],
    dataset: Any,
    image: Grid,
    where: str,
) -> Grid:
    """The image's grid if every plane lies on it, else the smallest box that holds the planes."""
    size = (values.count(dataset, "Columns", where), values.count(dataset, "Rows", where))
    steps = np.column_stack([axes[0] * spacing[1], axes[1] * spacing[0]])
    first = image.to_index(np.array([p.position for p in planes]))
    last = image.to_index(np.array([p.position + steps @ (np.array(size) - 1) for p in planes]))
    straight = np.abs(last - first - np.array([*(np.array(size) - 1), 0])).max() <= ON_GRID
    if straight and np.abs(first - np.rint(first)).max() <= ON_GRID:
        low, high = np.rint(first).min(axis=0), np.rint(last).max(axis=0)
        if (low >= 0).all() and (high < np.array(image.shape)).all():
            return image
    normal = np.cross(*axes)
    depths = np.array([p.position @ normal for p in planes])
    gaps = np.diff(np.unique(np.round(depths, 3)))
    step = spacing[2] if spacing[2] > 0 else float(gaps.min()) if len(gaps) else 0.0
    count = round(float(np.ptp(depths)) / step) + 1 if step > 0 else 0
    places = (depths - depths.min()) / step if step > 0 else depths
    sideways = np.array([p.position - planes[0].position for p in planes])
    sideways -= np.outer(sideways @ normal, normal)
    if (
        count == 0
        or np.abs(places - np.rint(places)).max() > ON_GRID
        or np.abs(sideways).max() > ON_GRID * min(spacing[:2])
    ):
        raise SegmentationError(
            "its planes neither fit the image nor make an even stack.", where=where, remedy=DRAWN_AGAIN
        )
    matrix = np.eye(4)
    matrix[:3, :2] = steps
    matrix[:3, 2] = normal * step
    matrix[:3, 3] = planes[int(np.argmin(depths))].position
    try:
        return Grid.of((*size, count), matrix)
    except GeometryError as error:
        raise SegmentationError(error.what, where=where, remedy=DRAWN_AGAIN) from None


def _mask(planes: list[Plane], pixels: NDArray[Any], grid: Grid, number: int, kind: str) -> NDArray[np.uint8]:
    data = np.zeros(grid.shape, np.uint8)
    for plane, frame in zip(planes, pixels, strict=True):
        if kind != "LABELMAP" and plane.segment != number:
            continue
        i, j, k = (int(v) for v in np.rint(grid.to_index(plane.position)))
        shape = (frame == number) if kind == "LABELMAP" else frame.astype(bool)
        data[i : i + frame.shape[1], j : j + frame.shape[0], k] |= shape.T.astype(np.uint8)
    return data
