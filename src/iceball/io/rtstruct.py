"""RTSTRUCT: contours drawn on slices, filled into masks on the image's own grid."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.errors import SegmentationError
from iceball.io import dicom_values as values
from iceball.io.polygon import fill
from iceball.io.tie import check_belongs, unique, wanted
from iceball.space.grid import Grid
from iceball.space.volume import Header, Volume

CLOSED = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")
# A contour's corners may leave its plane by this part of a slice, and two contours of one slice may differ by it.
FLAT = 0.1
REDRAW = "Give the structure set drawn on this image."


def load_rtstruct(dataset: Any, where: str, grid: Grid, image: Header, only: list[str] | None) -> dict[str, Volume]:
    """Masks by ROI name, on `grid`.

    Raises:
        SegmentationError: another patient or frame of reference, contours off the image or not in its slices, or empty.
    """
    patient = values.patient_key(dataset)
    rois = list(dataset.get("StructureSetROISequence") or [])
    names = unique([values.text(r, "ROIName") or f"ROI {values.text(r, 'ROINumber')}" for r in rois])
    drawn = {values.text(c, "ReferencedROINumber"): c for c in dataset.get("ROIContourSequence") or []}
    chosen = wanted(names, only, where)
    masks: dict[str, Volume] = {}
    empty: list[str] = []
    for name, roi in zip(names, rois, strict=True):
        if name not in chosen:
            continue
        place = f"{where}: {name}"
        contours = _contours(drawn.get(values.text(roi, "ROINumber")), place)
        if not contours:
            empty.append(name)
            continue
        said = check_belongs(patient, _frame_of(roi, dataset), image, place)
        data, more = _mask(contours, grid, place)
        if not data.any():
            empty.append(name)
            continue
        header = replace(image, description=name, source=where, notes=tuple(said + more))
        masks[name] = Volume(grid, data, "mask", header)
    if empty and (only is not None or not masks):
        raise SegmentationError(
            f"'{empty[0]}' is empty: it has no closed contour that holds a pixel's centre.",
            where=where,
            remedy="Name a structure that is drawn.",
        )
    return with_note(masks, f"Left out, because nothing is drawn: {', '.join(empty)}." if empty else "")


def with_note(masks: dict[str, Volume], note: str) -> dict[str, Volume]:
    """The same masks, each carrying one more note ("" adds none)."""
    if not note:
        return masks
    return {
        n: Volume(m.grid, m.data, m.quantity, replace(m.header, notes=(*m.header.notes, note)))
        for n, m in masks.items()
    }


def _frame_of(roi: Any, dataset: Any) -> str:
    referenced = dataset.get("ReferencedFrameOfReferenceSequence") or []
    listed = values.text(referenced[0], "FrameOfReferenceUID") if len(referenced) == 1 else ""
    return values.text(roi, "ReferencedFrameOfReferenceUID") or listed or values.text(dataset, "FrameOfReferenceUID")


def _contours(item: Any, place: str) -> list[NDArray[np.float64]]:
    """Closed contours of an ROI, each (n, 3) in LPS mm. Points and open lines enclose nothing."""
    found = []
    for contour in (item.get("ContourSequence") or []) if item is not None else []:
        if values.text(contour, "ContourGeometricType").upper() not in CLOSED:
            continue
        raw = contour.get("ContourData")
        try:
            points = np.array([float(v) for v in raw or []])
        except (TypeError, ValueError):
            raise SegmentationError("a contour's coordinates are not numbers.", where=place, remedy=REDRAW) from None
        if points.size % 3 or not np.isfinite(points).all():
            raise SegmentationError("a contour's coordinates are incomplete or not finite.", where=place, remedy=REDRAW)
        if len(points) >= 9:
            found.append(points.reshape(-1, 3))
    return found


def _mask(contours: list[NDArray[np.float64]], grid: Grid, place: str) -> tuple[NDArray[np.uint8], list[str]]:
    by_slice: dict[int, list[NDArray[np.float64]]] = defaultdict(list)
    depths: dict[int, list[float]] = defaultdict(list)
    for points in contours:
        index = grid.to_index(points)
        depth = float(index[:, 2].mean())
        spot = "LPS " + ", ".join(f"{v:.2f}" for v in points.mean(axis=0)) + " mm"
        if np.ptp(index[:, 2]) > 2 * FLAT:
            raise SegmentationError(
                f"a contour at {spot} does not lie in a slice of the image.", where=place, remedy=REDRAW
            )
        k = round(depth)
        if not -0.5 <= depth <= grid.shape[2] - 0.5 or not 0 <= k < grid.shape[2]:
            off = max(-depth, depth - (grid.shape[2] - 1)) * grid.spacing_mm[2]
            raise SegmentationError(
                f"a contour at {spot} is off the image, {off:.2f} mm beyond its last slice.", where=place, remedy=REDRAW
            )
        if (index[:, :2] < -0.5 - FLAT).any() or (index[:, :2] > np.array(grid.shape[:2]) - 0.5 + FLAT).any():
            raise SegmentationError(f"a contour at {spot} leaves the image sideways.", where=place, remedy=REDRAW)
        by_slice[k].append(index[:, :2])
        depths[k].append(depth)
    for k, planes in depths.items():
        if np.ptp(planes) > 2 * FLAT:
            raise SegmentationError(
                f"contours of {len(planes)} planes fall into slice {k}: they are drawn on thinner slices.",
                where=place,
                remedy=REDRAW,
            )
    steps = np.diff(sorted(by_slice))
    if len(steps) >= 2 and np.median(steps) > 1:
        raise SegmentationError(
            f"contours are drawn on one slice in {np.median(steps):g} only: they belong to another image.",
            where=place,
            remedy=REDRAW,
        )
    skipped = int((steps - 1).sum()) if len(steps) else 0
    data = np.zeros(grid.shape, np.uint8)
    for k, there in by_slice.items():
        data[:, :, k] = fill(there, (grid.shape[0], grid.shape[1]))
    return data, [f"{skipped} slice(s) between its first and last carry no contour."] if skipped else []
