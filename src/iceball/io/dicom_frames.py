"""A DICOM slice as a `Frame`, whether it is a file of its own or one of many in a multi-frame file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from iceball.errors import ImageError
from iceball.io import dicom_values as values
from iceball.io.dicom_attributes import SPLITTING_GROUPS, read_attributes
from iceball.io.dicom_values import Floats

SINGLE = {"1.2.840.10008.5.1.4.1.1.2": "CT", "1.2.840.10008.5.1.4.1.1.4": "MR"}
MULTI = {
    "1.2.840.10008.5.1.4.1.1.2.1": "CT",
    "1.2.840.10008.5.1.4.1.1.2.2": "CT",
    "1.2.840.10008.5.1.4.1.1.4.1": "MR",
    "1.2.840.10008.5.1.4.1.1.4.4": "MR",
}
# The name of images whose file names no series.
NO_SERIES = "unnamed"
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


def frames_of(dataset: Any, file: Path) -> list[Frame] | None:
    """The slices of one CT or MR file; None for DICOM of another kind.

    Raises:
        ImageError: if a slice's geometry or scale is missing or impossible.
    """
    kind = values.text(dataset, "SOPClassUID")
    if kind in SINGLE:
        return [_single(dataset, file, SINGLE[kind])]
    return list(_multi(dataset, file, MULTI[kind])) if kind in MULTI else None


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
        read_attributes(dataset, [dataset]),
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
        measured = [g[s][0] for g in groups for s in SPLITTING_GROUPS if g.get(s)]
        yield _frame(
            dataset,
            file,
            modality,
            index,
            values.position(group("PlanePositionSequence"), where),
            (along, down),
            values.pixel_spacing(group("PixelMeasuresSequence"), where),
            values.rescale(group("PixelValueTransformationSequence"), where),
            read_attributes(dataset, [*measured, dataset]),
            values.text(group(f"{modality}ImageFrameTypeSequence"), "FrameType") or values.text(dataset, "ImageType"),
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
        series=values.text(dataset, "SeriesInstanceUID") or NO_SERIES,
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
