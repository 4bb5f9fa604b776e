"""What the page draws, as shapes; and what drawing does to a case that is open."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from iceball.errors import GeometryError, SegmentationError
from iceball.io.case import Case
from iceball.io.drawn import Drawn, Steps
from iceball.io.wire import grid_as_json, grid_from_json
from iceball.plan.search.starter import starter_plan
from iceball.space import Grid, Volume
from iceball.space.between import AXES, between
from iceball.space.shapes import Ellipsoid, Mask, Points, Polyline, Shape, Sphere
from iceball.tissue import Structure
from iceball.tissue.organs import groups, label_tissues, organ_of
from iceball.web import plans
from iceball.web.plans import Standing
from iceball.web.workspace import Workspace

Point = tuple[float, float, float]
MOST_POINTS = 5_000
MOST_CELLS = 400_000_000
MOST_RUNS = 5_000_000
THICKEST_LAYER_MM, FINEST_MM, COARSEST_MM = 1.5, 0.4, 1.0
BY_HAND = "drawn in the workbench"


class MaskTold(BaseModel):
    """Cells of a box, first index fastest: how many are 0, then how many are 1, and so on."""

    shape: tuple[int, int, int]
    affine: list[list[float]]
    runs: list[int] = Field(max_length=MOST_RUNS)


class ShapeTold(BaseModel):
    """One shape, in LPS mm: exactly one of the five. `how` says in a few words how it was drawn."""

    sphere: tuple[float, float, float, float] | None = None
    ellipsoid: tuple[float, float, float, float, float, float] | None = None
    points: list[Point] | None = Field(None, max_length=MOST_POINTS)
    polyline: list[Point] | None = Field(None, max_length=MOST_POINTS)
    mask: MaskTold | None = None
    radius_mm: float = 0.0
    how: str = Field("", max_length=120)
    instead_of: str = ""

    def shape(self) -> Shape:
        """The shape; raises GeometryError where it is none, or more than one."""
        given = [k for k in ("sphere", "ellipsoid", "points", "polyline", "mask") if getattr(self, k) is not None]
        if len(given) != 1:
            raise GeometryError(
                f"gives {', '.join(given) or 'nothing'}; one shape is needed.",
                where="structure",
                remedy="Give a sphere, ellipsoid, points, polyline or mask.",
            )
        if self.sphere is not None:
            return Sphere(self.sphere[:3], self.sphere[3])
        if self.ellipsoid is not None:
            return Ellipsoid(self.ellipsoid[:3], self.ellipsoid[3:])
        if self.points is not None:
            return Points(np.array(self.points, float).reshape(-1, 3), self.radius_mm)
        if self.polyline is not None:
            return Polyline(np.array(self.polyline, float).reshape(-1, 3), self.radius_mm)
        assert self.mask is not None
        return Mask(mask_of(self.mask))

    def structure(self, name: str) -> Structure:
        """The shape under a name."""
        return Structure(name, self.shape(), f"{BY_HAND} ({self.how})" if self.how else BY_HAND)


def mask_of(told: MaskTold) -> Volume:
    """The mask that was sent; raises GeometryError where its runs do not fill its box."""
    cells = int(np.prod([max(0, n) for n in told.shape], dtype=float))
    if not 0 < cells <= MOST_CELLS:
        raise GeometryError(f"has {cells} cells", where="mask.shape", remedy="Send the box around what was drawn.")
    if len(told.affine) != 4 or any(len(row) != 4 for row in told.affine):
        raise GeometryError("needs a 4x4 matrix", where="mask.affine")
    runs = np.array(told.runs, dtype=np.int64)
    if (runs < 0).any() or int(runs.sum()) != cells:
        raise GeometryError(f"its runs do not fill {cells} cells", where="mask.runs", remedy="Send it again.")
    flat = np.repeat((np.arange(len(runs)) % 2).astype(np.uint8), runs)
    grid = grid_from_json({"shape": told.shape, "affine": told.affine})
    return Volume(grid, np.ascontiguousarray(flat.reshape(told.shape, order="F")), "mask")


def mask_told(mask: Volume) -> dict[str, Any]:
    """A mask as `MaskTold`."""
    flat = np.concatenate([[0], (mask.data != 0).ravel(order="F").astype(np.int8)])
    turns = np.flatnonzero(np.diff(flat))
    ends = np.concatenate([[0], turns, [flat.size - 1]])
    return {**grid_as_json(mask.grid), "runs": np.diff(ends).tolist()}


def joined(plane: str, contours: list[NDArray[np.float64]], image: Grid) -> Volume:
    """The body of outlines drawn on an image, in cells of 0.4 to 1 mm; one outline alone is one slice thick."""
    spacing = image.spacing_mm
    fine = min(spacing)
    thick = fine
    if plane in AXES:
        thick = spacing[int(np.abs(image.directions[AXES[plane]]).argmax())]
        if len({round(float(c[0, AXES[plane]]), 2) for c in contours if len(c)}) > 1:
            # Layers divide the slices evenly, so that every outline lies in the middle of one.
            thick /= math.ceil(thick / THICKEST_LAYER_MM)
    return between(plane, contours, in_slice_mm=min(max(fine, FINEST_MM), COARSEST_MM), slice_mm=thick)


def draw(
    space: Workspace, name: str, change: Callable[[Case], Drawn], what: str, *, target: bool = True
) -> dict[str, Any]:
    """Change the structures of a case, one change after the other; tells every page and answers with the steps.

    Args:
        space: the workspace.
        name: the case.
        change: makes the change.
        what: was done, for the audit trail.
        target: whether it may change the target, which is held against the tissues: those of a large image are then
            waited for.
    """
    if target:
        space.reader.tell_tissues(space.case(name))
    with space.turn(name):
        plans.standing(space, name)
        made = change(Case.open(space.case_folder(name)))
        space.audit.add("draw", case=name, what=what)
    space.events.publish({"type": "case", "case": name})
    space.events.publish({"type": "results", "case": name})
    return steps_told(made.steps)


def steps_told(steps: Steps) -> dict[str, Any]:
    """Where the structures stand among the steps of drawing them."""
    return {
        "can_undo": steps.can_undo,
        "can_redo": steps.can_redo,
        "what": steps.steps[steps.at].what,
        "redo": steps.steps[steps.at + 1].what if steps.can_redo else "",
    }


def names_for(organ: str) -> list[str]:
    """Names of structures that mean something to Iceball: those expected beside this organ first."""
    expected = list(organ_of(organ).expected) if organ else []
    members = [m for group in groups().values() for m in group]
    known = {n.rstrip("*").rstrip("_") for n in (*label_tissues(), *members)} - set(expected)
    return [*expected, *sorted(known)]


def save_starter(space: Workspace, name: str) -> Standing:
    """Put a machine-made starter plan for the drawn target in the place of the plan; it can be undone.

    Raises:
        CaseError: if the case has no target yet.
    """
    with space.turn(name):
        space.case(name).refuse_draft()
        now = plans.standing(space, name)
        patient = space.patient(name)
        if patient.anatomy.bench is not None:
            raise SegmentationError("is a uniform block.", where=name, remedy="Place its needle in the plan.")
        proposed = starter_plan(patient.anatomy, setting=now.plan.setting, ground=patient.ground)
        return plans.save(space, name, proposed, "Starter plan for the drawn target")
