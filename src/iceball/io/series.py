"""What a folder of DICOM holds: one entry for each image that could be read from it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Series:
    """One readable image in a folder.

    Args:
        key: what to type to name it (`--series KEY`, `series="KEY"`).
        uid: its DICOM series instance UID.
        modality: "CT" or "MR".
        description: the scanner's own words.
        images: number of slices (or frames).
        size: columns, rows, slices.
        spacing_mm: along columns, rows and slices; 0 where it cannot be known.
        date: of acquisition, ISO, or "".
        attribute: what sets this sub-series apart from the others of its series ("b=400"), or "".
    """

    key: str
    uid: str
    modality: str
    description: str
    images: int
    size: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    date: str = ""
    attribute: str = ""

    def __str__(self) -> str:
        spacing = " x ".join(f"{s:.3g}" for s in self.spacing_mm)
        extra = f", {self.attribute}" if self.attribute else ""
        words = f" '{self.description}'" if self.description else ""
        return f"{self.key}: {self.modality}{words}{extra}, {self.images} images at {spacing} mm {self.date}".rstrip()
