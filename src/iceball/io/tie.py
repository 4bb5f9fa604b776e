"""Does a segmentation belong to this image? By patient, frame of reference and geometry; references are often stale."""

from __future__ import annotations

from iceball.errors import SegmentationError
from iceball.space.volume import Header


def check_belongs(patient: str, frame: str, image: Header, where: str) -> list[str]:
    """Notes on what could not be checked, because one side does not say it.

    Raises:
        SegmentationError: if both sides name a patient, or a frame of reference, and they differ.
    """
    reasons, notes = [], []
    if not patient or not image.patient_key:
        notes.append("Whether image and segmentation are of one patient could not be checked: one names nobody.")
    elif patient != image.patient_key:
        reasons.append("belongs to another patient than the image")
    if not frame or not image.frame_of_reference:
        notes.append("Image and segmentation do not both name a frame of reference: they were tied by geometry only.")
    elif frame != image.frame_of_reference:
        reasons.append("is drawn in another frame of reference than the image")
    if reasons:
        remedy = "Give the segmentation drawn on this image."
        raise SegmentationError(" and ".join(reasons) + ".", where=where, remedy=remedy)
    return notes


def wanted(found: list[str], only: list[str] | None, where: str) -> list[str]:
    """The names to read, in the file's order.

    Raises:
        SegmentationError: if a name is not there, or the file holds none.
    """
    if not found:
        raise SegmentationError("is empty: it names no structure.", where=where, remedy="Give another segmentation.")
    if only is None:
        return found
    absent = [name for name in only if name not in found]
    if absent:
        raise SegmentationError(
            f"has no structure called '{absent[0]}'. It has: {', '.join(found)}.",
            where=where,
            remedy="Name one of these.",
        )
    return [name for name in found if name in only]


def unique(names: list[str]) -> list[str]:
    """The same names with a number added to the second and later of equal ones."""
    seen: dict[str, int] = {}
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return result
