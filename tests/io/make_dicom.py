"""Small DICOM files made for tests: series in any orientation, and structure sets drawn on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

CLASSES = {
    "CT": "1.2.840.10008.5.1.4.1.1.2",
    "MR": "1.2.840.10008.5.1.4.1.1.4",
    "PT": "1.2.840.10008.5.1.4.1.1.128",
    "RTSTRUCT": "1.2.840.10008.5.1.4.1.1.481.3",
}
FRAME = "1.2.3.4.5.6"
Tweak = Callable[[Dataset, int], None]


def base(modality: str, *, patient: str = "P1", series_uid: str = "", number: int = 1) -> Dataset:
    """What every DICOM object of a patient says."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = CLASSES[modality]
    dataset.SOPInstanceUID = generate_uid()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.Modality = modality
    dataset.PatientID, dataset.PatientName = patient, f"Name^{patient}"
    dataset.PatientBirthDate, dataset.PatientSex, dataset.AccessionNumber, dataset.StudyID = "", "", "", ""
    dataset.ReferringPhysicianName, dataset.Manufacturer, dataset.StudyTime = "", "", "120000"
    dataset.StudyInstanceUID = "1.2.3"
    dataset.SeriesInstanceUID = series_uid or generate_uid()
    dataset.SeriesNumber = number
    dataset.StudyDate = "20240131"
    return dataset


def write_series(
    folder: Path,
    *,
    shape: tuple[int, int, int] = (5, 4, 6),
    spacing_mm: tuple[float, float, float] = (0.8, 0.7, 2.5),
    origin_mm: ArrayLike = (-10.0, 20.0, -30.0),
    along: ArrayLike = (1, 0, 0),
    down: ArrayLike = (0, 1, 0),
    step: float = 1.0,
    values: Callable[[NDArray[np.float64]], NDArray[np.float64]] | None = None,
    modality: str = "CT",
    patient: str = "P1",
    patient_position: str = "HFS",
    number: int = 1,
    series_uid: str = "",
    frame: str = FRAME,
    prefix: str = "slice",
    tweak: Tweak | None = None,
) -> list[Path]:
    """Write one series; the files' names and InstanceNumbers say nothing about the order of the slices.

    Args:
        folder: where to.
        shape: columns, rows, slices.
        spacing_mm: along columns, rows and slices.
        origin_mm: centre of the first pixel of the first slice, LPS.
        along, down: directions of growing column and row index.
        step: +1 or -1: whether slice 0, 1, 2 ... go along or against the normal.
        values: CT number at LPS points of shape (..., 3); a pattern that tells all directions apart if None.
        tweak: changes a slice's dataset before it is written; it gets the dataset and the slice's number.
    """
    folder.mkdir(parents=True, exist_ok=True)
    along, down, origin = (np.asarray(v, float) for v in (along, down, origin_mm))
    normal = np.cross(along, down) * step
    uid = series_uid or generate_uid()
    i, j = np.meshgrid(np.arange(shape[0]), np.arange(shape[1]))
    paths = []
    for k in range(shape[2]):
        corner = origin + k * spacing_mm[2] * normal
        points = corner + i[..., None] * spacing_mm[0] * along + j[..., None] * spacing_mm[1] * down
        dataset = base(modality, patient=patient, series_uid=uid, number=number)
        dataset.SeriesDescription = f"made {modality}"
        dataset.FrameOfReferenceUID = frame
        dataset.PatientPosition = patient_position
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        dataset.InstanceNumber = (7 * k) % shape[2] + 1
        dataset.ImageOrientationPatient = [_ds(v) for v in (*along, *down)]
        dataset.ImagePositionPatient = [_ds(v) for v in corner]
        dataset.PixelSpacing = [_ds(spacing_mm[1]), _ds(spacing_mm[0])]
        dataset.SliceThickness = _ds(spacing_mm[2])
        dataset.Rows, dataset.Columns = shape[1], shape[0]
        dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 16, 15, 1
        if modality == "CT":
            dataset.RescaleSlope, dataset.RescaleIntercept = 1, -1024
        stored = np.rint((values or pattern)(points)) + (1024 if modality == "CT" else 0)
        dataset.PixelData = stored.astype("<i2").tobytes()
        if tweak:
            tweak(dataset, k)
        # Scrambled, so that a reader that trusts file names fails.
        path = folder / f"{prefix}{(5 * k + 3) % 97:02d}_{k}.dcm"
        dataset.save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths


def pattern(points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """A value for every place that differs along every direction."""
    return 3.0 * points_mm[..., 0] + 7.0 * points_mm[..., 1] + 11.0 * points_mm[..., 2]


def write_structures(
    path: Path,
    rois: dict[str, Sequence[ArrayLike]],
    *,
    patient: str = "P1",
    frame: str = FRAME,
    kind: str = "CLOSED_PLANAR",
) -> Path:
    """Write an RTSTRUCT whose ROIs are lists of contours, each (n, 3) in LPS mm."""
    dataset = base("RTSTRUCT", patient=patient, number=9)
    dataset.StructureSetLabel = "made"
    dataset.StructureSetROISequence, dataset.ROIContourSequence = Items(), Items()
    for number, (name, contours) in enumerate(rois.items(), 1):
        roi, drawn = Dataset(), Dataset()
        roi.ROINumber, roi.ROIName, roi.ReferencedFrameOfReferenceUID = number, name, frame
        roi.ROIGenerationAlgorithm = "MANUAL"
        drawn.ReferencedROINumber, drawn.ContourSequence = number, Items()
        for contour in contours:
            item = Dataset()
            points = np.asarray(contour, float).reshape(-1, 3)
            item.ContourGeometricType, item.NumberOfContourPoints = kind, len(points)
            item.ContourData = [_ds(v) for v in points.ravel()]
            drawn.ContourSequence.append(item)
        dataset.StructureSetROISequence.append(roi)
        dataset.ROIContourSequence.append(drawn)
    dataset.save_as(path, enforce_file_format=True)
    return path


def _ds(value: float) -> str:
    """A decimal string of at most 16 characters."""
    return f"{value:.10f}"[:16] if abs(value) < 1e5 else f"{value:.8g}"
