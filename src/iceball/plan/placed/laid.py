"""The control image laid over the planning image, and what that is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from iceball.errors import GeometryError, ImageError
from iceball.plan.placed.numbers import number
from iceball.plan.placed.streak import metal_cells
from iceball.space import Volume
from iceball.space.distance import distance_field
from iceball.space.register import Registered, register
from iceball.space.resample import resample
from iceball.space.rigid import Rigid
from iceball.tissue import Anatomy
from iceball.tissue.ct import outside_of_ct
from iceball.tissue.tissue import AIR

How = Literal["registered", "given", "one frame of reference"]
MOTION = "A motion that is known is given in a shell: `iceball as-placed --transform`."
REMEDY = f"Where both lie in one frame of reference, take them as they lie (in a shell: --no-register). {MOTION}"
SEEDS_MM = 4.0


@dataclass(frozen=True)
class Laid:
    """How points of the control image come to the planning image.

    Attributes:
        motion: from a point of the control image to the same point of the patient in the planning image.
        how: by registration, as a person gave it, or unchanged within one frame of reference.
        found: of a registration its quality; None where it was not needed.
        moved_mm: how far the target's middle lay from where the planning image has it.
    """

    motion: Rigid
    how: How
    found: Registered | None
    moved_mm: float

    @property
    def residual_mm(self) -> float | None:
        """What the registration leaves open at the target; None where nothing was registered."""
        return None if self.found is None else self.found.residual_mm

    def as_json(self) -> dict[str, Any]:
        """How, and how good."""
        told: dict[str, Any] = {
            "how": self.how,
            "control_to_planning": [list(row) for row in np.round(self.motion.matrix, 6).tolist()],
            "turned_deg": round(self.motion.turned_deg, 2),
            "moved_mm": round(self.moved_mm, 2),
            "residual_mm": None,
            "residual_deg": None,
        }
        if self.found is not None:
            told |= {
                "residual_mm": round(self.found.residual_mm, 2),
                "residual_deg": round(self.found.residual_deg, 2),
                "answers_mm": {name: round(mm, 2) for name, mm in self.found.answers_mm},
                "correlation_before": _finite(self.found.before),
                "correlation_after": _finite(self.found.after),
                "overlap": round(self.found.overlap, 3),
            }
        return told

    def __str__(self) -> str:
        if self.found is None:
            return f"Control image: {self.how}, not registered; nobody knows how well it lies."
        before, after = (("–" if np.isnan(v) else f"{v:.2f}") for v in (self.found.before, self.found.after))
        found = self.found
        return (
            f"Control image: registered, ±{found.residual_mm:.1f} mm and ±{found.residual_deg:.1f}° at the target "
            f"({len(found.answers_mm)} further answers agree so far); it lay {self.moved_mm:.1f} mm and "
            f"{self.motion.turned_deg:.1f}° off; correlation around the target {before} before, {after} after."
        )


def lay(anatomy: Anatomy, control: Volume) -> Laid:
    """Register a control image to the planning image, around the target.

    Metal and air are left out, and all that lies farther from the target than 40 mm.

    Args:
        anatomy: the patient as planned.
        control: the CT with the needles in.

    Raises:
        ImageError: where it cannot be, or is not good enough: how poor it is, and what to do.
    """
    image, centre = anatomy.image, _middle(anatomy)
    region = _region(anatomy)
    usable = ~metal_cells(control) & ~outside_of_ct(control)
    middle = control.grid.to_mm((np.array(control.grid.shape) - 1) / 2)
    shift = tuple(float(v) for v in middle - centre)
    start = Rigid(Rigid.still().turn, (shift[0], shift[1], shift[2]))
    seeds = anatomy.target.shape.seeds_mm(SEEDS_MM)
    try:
        found = register(image, control, region=region, usable=usable, about_mm=seeds, starts=(start,))
    except GeometryError as refusal:
        raise ImageError(
            f"cannot be laid over the planning image: {refusal.what}.", where="control image", remedy=REMEDY
        ) from None
    _must_be_good(found, both_ct=image.quantity == "HU")
    return Laid(found.motion.inverse(), "registered", found, found.motion.moved_mm(centre))


def laid_by_hand(anatomy: Anatomy, control: Volume, motion: Rigid | None) -> Laid:
    """The control image as a person says that it lies; without a motion both have to share a frame of reference.

    Args:
        anatomy: the patient as planned.
        control: the CT with the needles in.
        motion: from a point of the control image to the planning image.

    Raises:
        ImageError: without a motion where the files name two frames of reference, or none.
    """
    centre = _middle(anatomy)
    if motion is not None:
        return Laid(motion, "given", None, motion.inverse().moved_mm(centre))
    mine, its = anatomy.image.header.frame_of_reference, control.header.frame_of_reference
    if not mine or mine != its:
        what = "names another frame of reference than the planning image." if mine and its else (
            "does not name its frame of reference, or the planning image names none.")  # fmt: skip
        raise ImageError(what, where="control image", remedy=f"Register it. {MOTION}")
    return Laid(Rigid.still(), "one frame of reference", None, 0.0)


def must_be_same_patient(anatomy: Anatomy, control: Volume) -> None:
    """Refuse a control image of somebody else, and one that is no CT; raises ImageError."""
    if control.quantity != "HU":
        raise ImageError("is no CT.", where="control image", remedy="Needles are found by their metal on a CT.")
    mine, its = anatomy.image.header.patient_key, control.header.patient_key
    if mine and its and mine != its:
        raise ImageError("is of another patient than the planning image.", where="control image")


def _middle(anatomy: Anatomy) -> NDArray[np.float64]:
    return np.asarray(np.mean(anatomy.target.shape.bounds_mm(), axis=0))


def _region(anatomy: Anatomy) -> NDArray[np.bool_]:
    """Cells of the planning image that count: near the target, no air around the patient, no metal."""
    image, reach = anatomy.image, number("register", "around_mm").value
    far = distance_field(anatomy.target.shape, image.grid)
    labels = resample(anatomy.labels, image.grid, method="nearest").volume.data
    air = [label for label, name in anatomy.tissues.items() if name == AIR]
    region = (far <= reach) & ~np.isin(labels, air)
    return np.asarray(region & ~metal_cells(image) if image.quantity == "HU" else region)


def _must_be_good(found: Registered, *, both_ct: bool) -> None:
    limit = {name: number("register", name).value for name in ("residual_mm", "residual_deg", "overlap", "alike")}
    poor = ""
    if found.overlap < limit["overlap"]:
        poor = f"it shows only {found.overlap:.0%} of what lies around the target"
    elif not found.residual_mm <= limit["residual_mm"]:
        poor = f"answers from other starts and halves differ by {found.residual_mm:.1f} mm at the target"
    elif not found.residual_deg <= limit["residual_deg"]:
        poor = f"answers from other starts and halves are turned by {found.residual_deg:.1f}° against each other"
    elif both_ct and not found.after >= limit["alike"]:
        poor = f"the images look alike only by {found.after:.2f} (correlation around the target)"
    if poor:
        raise ImageError(
            f"cannot be registered well enough: {poor}.",
            where="control image",
            remedy=f"Take one of the area. {REMEDY}",
        )


def _finite(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 3)
