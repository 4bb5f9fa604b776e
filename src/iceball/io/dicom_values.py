"""DICOM attributes as checked numbers and words. Toolkits accept NaN, text and negative spacing; Iceball does not."""

from __future__ import annotations

import hashlib
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.errors import ImageError

Floats = NDArray[np.float64]
EXPORT_AGAIN = "Export the series again from the scanner or archive."
POSITIONS = ("HFS", "HFP", "FFS", "FFP", "HFDR", "HFDL", "FFDR", "FFDL")
# A direction is refused when its length or its right angle is off by more than this: files keep 6 digits or more.
UNIT_TOLERANCE = 1e-3


def text(dataset: Any, keyword: str) -> str:
    """The value as one line of text, "" where absent or unreadable."""
    try:
        value = dataset.get(keyword)
    except Exception:
        return ""
    if value is None:
        return ""
    words = "\\".join(str(v) for v in value) if isinstance(value, (list, tuple)) or _is_multi(value) else str(value)
    return " ".join(words.split()).strip("\x00 ")


def numbers(dataset: Any, keyword: str, count: int, where: str) -> Floats:
    """Exactly `count` finite numbers.

    Raises:
        ImageError: naming file, tag and remedy, where the tag is absent, has another count, is no number or not finite.
    """
    try:
        raw = dataset.get(keyword)
        values = [] if raw is None or raw == "" else [float(v) for v in (raw if _is_multi(raw) else [raw])]
    except Exception:
        # The toolkit names the element's text in its own words; a person needs the tag and the file.
        raise ImageError(f"{keyword} is not a number.", where=where, remedy=EXPORT_AGAIN) from None
    if len(values) != count:
        wanted = "is missing" if not values else f"has {len(values)} values instead of {count}"
        raise ImageError(f"{keyword} {wanted}.", where=where, remedy=EXPORT_AGAIN)
    if not all(math.isfinite(v) for v in values):
        raise ImageError(f"{keyword} is not finite ({values}).", where=where, remedy=EXPORT_AGAIN)
    return np.array(values)


def optional_number(dataset: Any, keyword: str, default: float, where: str) -> float:
    """One finite number, or `default` where the tag is absent or empty."""
    if text(dataset, keyword) == "":
        return default
    return float(numbers(dataset, keyword, 1, where)[0])


def pixel_spacing(dataset: Any, where: str) -> tuple[float, float]:
    """Distance between rows and between columns, mm, both positive."""
    rows, columns = numbers(dataset, "PixelSpacing", 2, where)
    if rows <= 0 or columns <= 0:
        raise ImageError(f"PixelSpacing {rows:g}, {columns:g} is not positive.", where=where, remedy=EXPORT_AGAIN)
    return float(rows), float(columns)


def orientation(dataset: Any, where: str) -> tuple[Floats, Floats]:
    """The unit vectors along a row (growing column index) and along a column (growing row index)."""
    values = numbers(dataset, "ImageOrientationPatient", 6, where)
    along, down = values[:3], values[3:]
    if abs(np.linalg.norm(along) - 1) > UNIT_TOLERANCE or abs(np.linalg.norm(down) - 1) > UNIT_TOLERANCE:
        raise ImageError("ImageOrientationPatient is not made of unit vectors.", where=where, remedy=EXPORT_AGAIN)
    if abs(float(along @ down)) > UNIT_TOLERANCE:
        raise ImageError(
            "ImageOrientationPatient's two directions are not at a right angle.", where=where, remedy=EXPORT_AGAIN
        )
    along = along / np.linalg.norm(along)
    down = down - (down @ along) * along
    return along, down / np.linalg.norm(down)


def position(dataset: Any, where: str) -> Floats:
    """Centre of the first pixel, LPS mm."""
    return numbers(dataset, "ImagePositionPatient", 3, where)


def rescale(dataset: Any, where: str) -> tuple[float, float]:
    """Slope and intercept from stored to real values; 1 and 0 where the file has none."""
    slope = optional_number(dataset, "RescaleSlope", 1.0, where)
    if slope == 0:
        raise ImageError("RescaleSlope is zero.", where=where, remedy=EXPORT_AGAIN)
    return slope, optional_number(dataset, "RescaleIntercept", 0.0, where)


def count(dataset: Any, keyword: str, where: str) -> int:
    """A positive whole number."""
    value = float(numbers(dataset, keyword, 1, where)[0])
    if value < 1 or value != int(value):
        raise ImageError(f"{keyword} is {value:g}.", where=where, remedy=EXPORT_AGAIN)
    return int(value)


def patient_key(dataset: Any) -> str:
    """A short fingerprint of who the patient is, without the identity itself; "" where the file names nobody."""
    identity = text(dataset, "PatientID").casefold()
    name = text(dataset, "PatientName").strip("^ ").casefold()
    if not identity and not name:
        return ""
    return hashlib.sha256(f"{identity}\n{name}".encode()).hexdigest()[:16]


def iso_date(dataset: Any) -> str:
    """Day of acquisition as YYYY-MM-DD, or ""."""
    for keyword in ("AcquisitionDate", "SeriesDate", "StudyDate"):
        day = text(dataset, keyword).replace(".", "").replace("-", "")
        if len(day) >= 8 and day[:8].isdigit():
            return f"{day[:4]}-{day[4:6]}-{day[6:8]}"
    return ""


def patient_position(dataset: Any) -> str:
    """How the patient lay: one of the eight codes of DICOM, or ""."""
    code = text(dataset, "PatientPosition").upper()
    return code if code in POSITIONS else ""


def _is_multi(value: Any) -> bool:
    return hasattr(value, "__iter__") and not isinstance(value, (str, bytes))
