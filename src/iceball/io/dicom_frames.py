"""Every slice in a DICOM folder as one `Frame`, whether it is a file of its own or one of many in a multi-frame file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from iceball.errors import ImageError
from iceball.io import dicom_values as values
from iceball.io.dicom_values import Floats

SINGLE = {"1.2.840.10008.5.1.4.1.1.2": "CT", "1.2.840.10008.5.1.4.1.1.4": "MR"}
MULTI = {
    "1.2.840.10008.5.1.4.1.1.2.1": "CT",
    "1.2.840.10008.5.1.4.1.1.2.2": "CT",
    "1.2.840.10008.5.1.4.1.1.4.1": "MR",
    "1.2.840.10008.5.1.4.1.1.4.4": "MR",
}
MOST_FILES = 50_000
# Rescale types under which CT numbers are Hounsfield units ("US": unspecified, as many scanners write).
HOUNSFIELD = ("", "HU", "US", "[HNSF'U]")


@dataclass(frozen=True, eq=False)
class Frame:
    """One slice: where its pixels are, where it lies in the patient, and what it says of itself."""

    path: Path
    index: int  # of the frame in a multi-frame file, -1 in a file of one image
    instance: str
    series: str
    modality: str
    shape: tuple[int, int]  # rows, columns
    position: Floats
    along: Floats
    down: Floats
    spacing: tuple[float, float]  # between rows, between columns
    slope: float
    intercept: float
    frame_of_reference: str
    patient: str
    description: str
    date: str
    patient_position: str
    number: str
    image_type: str
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def normal(self) -> Floats:
        """Unit vector across the slice."""
        return np.cross(self.along, self.down)

    @property
    def where(self) -> str:
        """How to name it to a person: file, and frame if there are several."""
        return self.path.name if self.index < 0 else f"{self.path.name}, frame {self.index + 1}"


@dataclass(frozen=True)
class Scan:
    """All slices found, and what else was there."""

    frames: tuple[Frame, ...]
    ignored: dict[str, int]

    @property
    def note(self) -> str:
        """One sentence on what was left aside, or ""."""
        if not self.ignored:
            return ""
        return "Ignored beside the image: " + ", ".join(f"{n} {kind}" for kind, n in sorted(self.ignored.items())) + "."


def scan(path: Path) -> Scan:
    """Read the headers of a file, or of all files in a folder and the folders in it.

    Raises:
        ImageError: if the folder is empty or holds no DICOM, or an image's geometry is missing or impossible.
    """
    import pydicom
    from pydicom.errors import InvalidDicomError

    frames: list[Frame] = []
    ignored: Counter[str] = Counter()
    files = _files(path)
    if not files:
        raise ImageError("the folder is empty.", where=path.name, remedy="Give the folder that holds the DICOM files.")
    for file in files:
        try:
            dataset = pydicom.dcmread(file, stop_before_pixels=True)
        except (InvalidDicomError, IsADirectoryError):
            ignored["other file"] += 1
            continue
        kind = values.text(dataset, "SOPClassUID")
        if kind in SINGLE:
            frames.append(_single(dataset, file, SINGLE[kind]))
        elif kind in MULTI:
            frames.extend(_multi(dataset, file, MULTI[kind]))
        else:
            ignored[values.text(dataset, "Modality") or "other DICOM object"] += 1
    if not frames:
        found = ", ".join(f"{n} {kind}" for kind, n in sorted(ignored.items()))
        raise ImageError(
            f"no CT or MR image is here (found: {found}).",
            where=path.name,
            remedy="Give the folder that holds the CT or MR series.",
        )
    return Scan(tuple(frames), dict(ignored))


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    files = []
    for file in sorted(path.rglob("*")):
        if file.name.startswith(".") or not file.is_file():
            continue
        files.append(file)
        if len(files) > MOST_FILES:
            raise ImageError(
                f"more than {MOST_FILES} files are here.", where=path.name, remedy="Give one study's folder."
            )
    return files


def _single(dataset: Any, file: Path, modality: str) -> Frame:
    if values.text(dataset, "NumberOfFrames") not in ("", "1"):
        raise ImageError(
            "a classic image with several frames has no position for each of them.",
            where=file.name,
            remedy="Export the series as single slices.",
        )
    along, down = values.orientation(dataset, file.name)
    return _frame(
        dataset,
        file,
        modality,
        -1,
        values.position(dataset, file.name),
        (along, down),
        values.pixel_spacing(dataset, file.name),
        values.rescale(dataset, file.name),
        _attributes(dataset, [dataset]),
        values.text(dataset, "ImageType"),
    )


def _multi(dataset: Any, file: Path, modality: str) -> Iterator[Frame]:
    shared = list(dataset.get("SharedFunctionalGroupsSequence") or [])[:1]
    each = list(dataset.get("PerFrameFunctionalGroupsSequence") or [])
    total = values.count(dataset, "NumberOfFrames", file.name)
    if len(each) != total:
        raise ImageError(
            f"{total} frames but {len(each)} descriptions of frames.", where=file.name, remedy=values.EXPORT_AGAIN
        )
    if modality == "CT":
        _refuse_maps(dataset, shared, file)
    for index, own in enumerate(each):
        where = f"{file.name}, frame {index + 1}"
        groups = [own, *shared]

        def group(keyword: str, groups: list[Any] = groups) -> Any:
            found = (g.get(keyword) for g in groups)
            return next((sequence[0] for sequence in found if sequence), {})

        along, down = values.orientation(group("PlaneOrientationSequence"), where)
        measured = [g[s][0] for g in groups for s in _SPLITTING_GROUPS if g.get(s)]
        yield _frame(
            dataset,
            file,
            modality,
            index,
            values.position(group("PlanePositionSequence"), where),
            (along, down),
            values.pixel_spacing(group("PixelMeasuresSequence"), where),
            values.rescale(group("PixelValueTransformationSequence"), where),
            _attributes(dataset, [*measured, dataset]),
            values.text(group(f"{modality}ImageFrameTypeSequence"), "FrameType") or values.text(dataset, "ImageType"),
        )


_SPLITTING_GROUPS = (
    "MRDiffusionSequence",
    "MREchoSequence",
    "FrameContentSequence",
    "TemporalPositionSequence",
    "CTReconstructionSequence",
    "MRTimingAndRelatedParametersSequence",
    "CardiacSynchronizationSequence",
    "CTXRayDetailsSequence",
)


def _refuse_maps(dataset: Any, shared: list[Any], file: Path) -> None:
    """Perfusion and other colour maps are stored as CT but hold no Hounsfield units."""
    types = [
        values.text(g[0], "RescaleType").upper()
        for item in [*shared, dataset]
        if (g := item.get("PixelValueTransformationSequence"))
    ]
    coloured = values.text(dataset, "PixelPresentation").upper() in ("COLOR", "MIXED")
    if coloured or any(kind not in HOUNSFIELD for kind in types):
        what = values.text(dataset, "ImageType") or ", ".join(types)
        raise ImageError(
            f"its values are a map ({what}), not Hounsfield units.",
            where=file.name,
            remedy="Give the CT series itself.",
        )


def _frame(
    dataset: Any,
    file: Path,
    modality: str,
    index: int,
    position: Floats,
    axes: tuple[Floats, Floats],
    spacing: tuple[float, float],
    scale: tuple[float, float],
    attributes: dict[str, str],
    image_type: str,
) -> Frame:
    if modality == "CT" and values.text(dataset, "RescaleType").upper() not in HOUNSFIELD:
        raise ImageError(
            f"its values are '{values.text(dataset, 'RescaleType')}', not Hounsfield units.",
            where=file.name,
            remedy="Give the CT series itself.",
        )
    return Frame(
        path=file,
        index=index,
        instance=values.text(dataset, "SOPInstanceUID"),
        series=values.text(dataset, "SeriesInstanceUID"),
        modality=modality,
        shape=(values.count(dataset, "Rows", file.name), values.count(dataset, "Columns", file.name)),
        position=position,
        along=axes[0],
        down=axes[1],
        spacing=spacing,
        slope=scale[0],
        intercept=scale[1],
        frame_of_reference=values.text(dataset, "FrameOfReferenceUID"),
        patient=values.patient_key(dataset),
        description=values.text(dataset, "SeriesDescription"),
        date=values.iso_date(dataset),
        patient_position=values.patient_position(dataset),
        number=values.text(dataset, "SeriesNumber"),
        image_type=image_type,
        attributes=attributes,
    )


# What may set several images at one position apart, most telling first: the short name a person sees, and the tags.
ATTRIBUTES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("b", ("DiffusionBValue",)),
    ("direction", ("DiffusionGradientOrientation", "DiffusionDirectionality")),
    ("echo", ("EchoTime", "EffectiveEchoTime")),
    ("phase", ("TemporalPositionIdentifier", "TemporalPositionIndex", "TemporalPositionTimeOffset")),
    ("trigger", ("TriggerTime", "NominalCardiacTriggerDelayTime", "NominalPercentageOfCardiacPhase")),
    ("inversion", ("InversionTime",)),
    ("flip", ("FlipAngle",)),
    ("kernel", ("ConvolutionKernel",)),
    ("kv", ("KVP",)),
    ("acquisition", ("AcquisitionNumber", "FrameAcquisitionNumber")),
    ("sequence", ("SequenceName", "PulseSequenceName")),
    ("stack", ("StackID",)),
    ("type", ("ImageType",)),
    ("thickness", ("SliceThickness",)),
)
TIMES = ("AcquisitionDateTime", "FrameAcquisitionDateTime", "AcquisitionTime", "ContentTime")
# b-values that vendors keep in private tags: Siemens; GE; Philips.
PRIVATE_B = ((0x0019, 0x100C), (0x0043, 0x1039), (0x2001, 0x1003))


def _attributes(dataset: Any, places: list[Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, keywords in ATTRIBUTES:
        value = next((v for k in keywords for place in places if (v := values.text(place, k))), "")
        if value:
            found[name] = _short(value)
    if "b" not in found and (b := _private_b(dataset)):
        found["b"] = b
    for keyword in TIMES:
        value = next((v for place in places if (v := values.text(place, keyword))), "")
        if value:
            found["time"] = value
            break
    return found


def _short(value: str) -> str:
    try:
        return f"{float(value):g}"
    except ValueError:
        return value


def _private_b(dataset: Any) -> str:
    for tag in PRIVATE_B:
        try:
            raw = dataset[tag].value
        except Exception:
            continue
        first = (
            raw[0]
            if isinstance(raw, (list, tuple)) or (hasattr(raw, "__getitem__") and not isinstance(raw, (bytes, str)))
            else raw
        )
        words = first.decode("ascii", "ignore") if isinstance(first, bytes) else str(first)
        words = words.split("\\")[0].strip("\x00 ")
        try:
            b = float(words)
        except ValueError:
            continue
        # GE adds multiples of 1e9 as flags.
        return f"{b % 1e9 if b >= 1e9 else b:g}"
    return ""
