"""One group of DICOM slices as a box of voxels, or the reason why it is none."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.errors import GeometryError, ImageError
from iceball.io.boxes import check_size
from iceball.io.dicom_frames import Frame
from iceball.io.dicom_series import Group
from iceball.io.dicom_values import EXPORT_AGAIN, Floats
from iceball.io.hounsfield import air_floor, smallest_type
from iceball.space.grid import Grid
from iceball.space.volume import Header, Volume

SPACING_TOLERANCE, SPACING_TOLERANCE_MM = 0.01, 0.02
# Gaps that are all in tolerance may still add up: no slice may lie further than this from its place in the box.
DRIFT_OF_SPACING = 0.1
# A slice may lie sideways of the box by rounding only; a tilted gantry moves it by far more.
SIDEWAYS_MM = 0.1
SAME_PLACE_MM = 0.01
# Stored values and intercepts beyond this are no CT or MR, and would not fit the whole numbers they are added in.
LARGEST_HU = 1 << 29
RESAMPLE = "Resample it to a straight box with a tool that knows the scanner's geometry, or give another series."


def stack(group: Group, *, source: str, notes: Sequence[str] = ()) -> Volume:
    """The group's voxels, index (column, row, slice), slices ascending along the slice normal, LPS mm.

    Raises:
        ImageError: for anything that is not one straight, evenly spaced, complete box.
    """
    frames = _ordered(_consistent(group.frames, source))
    _straight(frames)
    step = _even(frames)
    first = frames[0]
    matrix = np.eye(4)
    matrix[:3, 0] = first.along * first.spacing[1]
    matrix[:3, 1] = first.down * first.spacing[0]
    matrix[:3, 2] = first.normal * step
    matrix[:3, 3] = first.position
    try:
        grid = Grid.of((first.shape[1], first.shape[0], len(frames)), matrix)
    except GeometryError as error:
        raise ImageError(error.what, where=source, remedy=error.remedy or EXPORT_AGAIN) from None
    check_size(grid.shape, source)
    data, repairs = _voxels(frames)
    said = [*notes, *repairs]
    if not first.frame_of_reference:
        said.append("The files name no frame of reference; other files are tied to this image by geometry only.")
    header = Header(
        modality=first.modality,
        patient_key=first.patient,
        frame_of_reference=first.frame_of_reference,
        series=group.full_key,
        description=first.description,
        acquired=first.date,
        patient_position=first.patient_position,
        source=source,
        notes=tuple(n for n in said if n),
    )
    return Volume(grid, data, "HU" if first.modality == "CT" else "MR", header)


def _consistent(frames: tuple[Frame, ...], source: str) -> tuple[Frame, ...]:
    if len(frames) == 1:
        raise ImageError(
            "one slice is not a volume.",
            where=source,
            remedy="Give the folder with the whole series of at least two slices.",
        )
    same: tuple[tuple[str, Callable[[Frame], Any]], ...] = (
        ("patient", lambda f: f.patient),
        ("frame of reference", lambda f: f.frame_of_reference),
        ("patient position", lambda f: f.patient_position),
        ("image size (rows, columns)", lambda f: f.shape),
        ("orientation", lambda f: tuple(np.round([*f.along, *f.down], 3) + 0.0)),
        ("pixel spacing", lambda f: tuple(np.round(f.spacing, 4))),
    )
    for name, get in same:
        kinds = Counter(get(f) for f in frames)
        if len(kinds) > 1 and not _nearly(list(kinds)):
            odd_one = next(f for f in frames if get(f) == min(kinds, key=lambda k: kinds[k]))
            raise ImageError(
                f"the series mixes {len(kinds)} values of {name}.",
                where=odd_one.where,
                remedy="Separate the images into one folder each.",
            )
    return frames


def _nearly(kinds: list[Any]) -> bool:
    """Numbers that differ in the last rounded digit only are the same number."""
    if not isinstance(kinds[0], tuple):
        return False
    values = np.array(kinds, float)
    return bool(np.ptp(values, axis=0).max() <= 2e-3 * max(1.0, float(np.abs(values).max())))


def _ordered(frames: tuple[Frame, ...]) -> list[Frame]:
    normal = frames[0].normal
    ordered = sorted(frames, key=lambda f: float(f.position @ normal))
    for lower, upper in itertools.pairwise(ordered):
        if abs(float((upper.position - lower.position) @ normal)) < SAME_PLACE_MM:
            raise ImageError(
                f"two slices lie at one position ({_mm(upper.position)}) and nothing in the files tells them apart: "
                f"{lower.where} and {upper.where}.",
                where=upper.where,
                remedy="Remove the duplicate.",
            )
    return ordered


def _straight(frames: list[Frame]) -> None:
    """The first pixels must lie on one line along the normal."""
    first = frames[0]
    for frame in frames:
        shift = frame.position - first.position
        sideways = shift - (shift @ first.normal) * first.normal
        if np.linalg.norm(sideways) > SIDEWAYS_MM:
            last = frames[-1].position - first.position
            slant = np.degrees(np.arctan2(np.linalg.norm(np.cross(last, first.normal)), last @ first.normal))
            raise ImageError(
                f"the slices shift sideways, by {np.linalg.norm(sideways):.2f} mm at {_mm(frame.position)} "
                f"(gantry tilt: the stack leans by {slant:.1f} degrees against the slice normal).",
                where=frame.where,
                remedy=RESAMPLE,
            )


def _even(frames: list[Frame]) -> float:
    """The distance between slices, mm."""
    depths = np.array([float(f.position @ frames[0].normal) for f in frames])
    gaps = np.diff(depths)
    usual = float(np.median(gaps))
    tolerance = max(SPACING_TOLERANCE * usual, SPACING_TOLERANCE_MM)
    worst = int(np.argmax(np.abs(gaps - usual)))
    if abs(gaps[worst] - usual) > tolerance:
        lower, upper = frames[worst], frames[worst + 1]
        between = f"between {_mm(lower.position)} ({lower.where}) and {_mm(upper.position)} ({upper.where})"
        steps = round(gaps[worst] / usual)
        if steps >= 2 and abs(gaps[worst] - steps * usual) <= steps * tolerance:
            raise ImageError(
                f"{steps - 1} slice(s) missing {between}: the gap is {gaps[worst]:.3f} mm where others are "
                f"{usual:.3f} mm.",
                where=upper.where,
                remedy="Fetch the series again, complete.",
            )
        raise ImageError(
            f"unequal spacing of slices: {gaps[worst]:.3f} mm {between}, usually {usual:.3f} mm.",
            where=upper.where,
            remedy=RESAMPLE,
        )
    step = float((depths[-1] - depths[0]) / (len(frames) - 1))
    off = np.abs(depths - depths[0] - step * np.arange(len(frames)))
    if off.max() > max(DRIFT_OF_SPACING * step, SPACING_TOLERANCE_MM):
        frame = frames[int(np.argmax(off))]
        raise ImageError(
            f"unequal spacing of slices: small differences add up to {off.max():.2f} mm at {_mm(frame.position)}.",
            where=frame.where,
            remedy=RESAMPLE,
        )
    return step


def _voxels(frames: list[Frame]) -> tuple[NDArray[Any], list[str]]:
    whole = all(f.slope == 1 and f.intercept == int(f.intercept) and abs(f.intercept) < LARGEST_HU for f in frames)
    first = frames[0]
    stacked = np.empty((len(frames), *first.shape), np.int32 if whole else np.float32)
    padded = np.zeros(stacked.shape, bool) if first.modality == "CT" else None
    for k, frame in enumerate(frames):
        raw, padding = _pixels(frame)
        stacked[k] = raw + int(frame.intercept) if whole else raw * frame.slope + frame.intercept
        if padded is not None and padding is not None:
            padded[k] = (raw >= padding[0]) & (raw <= padding[1])
    notes = []
    if first.modality == "CT":
        stacked, note = air_floor(stacked, padded)
        notes.append(note)
    data = np.ascontiguousarray(stacked.transpose(2, 1, 0))
    return (smallest_type(data) if first.modality == "CT" else data.astype(np.float32, copy=False)), notes


@lru_cache(maxsize=1)
def _dataset(path: Path) -> Any:
    import pydicom

    return pydicom.dcmread(path)


def _pixels(frame: Frame) -> tuple[NDArray[Any], tuple[int, int] | None]:
    """Stored values of one frame (rows, columns), and the range that means "nothing was measured"."""
    from pydicom.pixels.utils import pixel_array

    dataset = _dataset(frame.path)
    samples, photometric = dataset.get("SamplesPerPixel", 1), str(dataset.get("PhotometricInterpretation", ""))
    if samples != 1 or not photometric.startswith("MONOCHROME"):
        raise ImageError(
            f"the pixels are {photometric or 'colour'}, not grey values.",
            where=frame.where,
            remedy="Give the original series, not a screen capture.",
        )
    if "ModalityLUTSequence" in dataset:
        raise ImageError(
            "values go through a modality look-up table, which is not read.",
            where=frame.where,
            remedy="Export with a rescale slope and intercept.",
        )
    try:
        # pydicom counts frames from 0; a file of one image has none to choose.
        raw = pixel_array(dataset, index=frame.index if frame.index >= 0 else None)
    except MemoryError:
        raise
    except Exception as error:
        syntax = dataset.file_meta.get("TransferSyntaxUID", "")
        reason = " ".join(str(error).split())[:160]
        raise ImageError(
            f"the pixels could not be decoded ({getattr(syntax, 'name', syntax)}): {reason}.",
            where=frame.where,
            remedy="The file may be truncated: fetch it again.",
        ) from None
    if raw.shape != frame.shape:
        raise ImageError(
            f"the pixels have shape {raw.shape}, the header says {frame.shape}.", where=frame.where, remedy=EXPORT_AGAIN
        )
    return _stored_bits(dataset, raw, frame), _padding(dataset)


def _stored_bits(dataset: Any, raw: NDArray[Any], frame: Frame) -> NDArray[Any]:
    """Bits above the stored ones may hold anything (overlays): cut them off and restore the sign."""
    if raw.dtype.kind == "f":
        return raw
    allocated, stored = raw.dtype.itemsize * 8, int(dataset.get("BitsStored", raw.dtype.itemsize * 8))
    if int(dataset.get("HighBit", stored - 1)) != stored - 1:
        raise ImageError(
            f"HighBit {dataset.get('HighBit')} with {stored} bits stored is not read.",
            where=frame.where,
            remedy=EXPORT_AGAIN,
        )
    wide: NDArray[Any] = raw.astype(np.int32 if allocated <= 16 else np.int64)
    if stored < allocated:
        wide = wide & ((1 << stored) - 1)
        if int(dataset.get("PixelRepresentation", 0)) == 1:
            wide = wide - ((wide >> (stored - 1)) << stored)
    if np.abs(wide).max() > LARGEST_HU:
        raise ImageError(
            f"a pixel value of {int(np.abs(wide).max())} is not one of CT or MR.",
            where=frame.where,
            remedy=EXPORT_AGAIN,
        )
    return wide


def _padding(dataset: Any) -> tuple[int, int] | None:
    values = [dataset.get(name) for name in ("PixelPaddingValue", "PixelPaddingRangeLimit")]
    if not isinstance(values[0], int):
        return None
    last = values[1] if isinstance(values[1], int) else values[0]
    return min(values[0], last), max(values[0], last)


def _mm(point: Floats) -> str:
    return "LPS " + ", ".join(f"{v:.2f}" for v in point) + " mm"
