"""What the server draws for the page: a region grown from a click, a body between contours, a starter plan."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from iceball.space.between import MOST_CORNERS
from iceball.tissue.grow import grow, grow_as_far
from iceball.web.control import laid_control
from iceball.web.drawing import Point, joined, mask_told, save_starter
from iceball.web.routes.plan import told
from iceball.web.workspace import Workspace, workspace

router = APIRouter(prefix="/cases/{case}", tags=["draw"])
Space = Annotated[Workspace, Depends(workspace)]


class Seed(BaseModel):
    """Where to grow from, and how far; without a tolerance, as far as it stays a lump.

    `on_control`: over the control CT that the needles were set on, laid over the planning image.
    """

    seed_mm: Point
    tolerance: float | None = None
    most_ml: float = 60.0
    on_control: bool = False


class Contours(BaseModel):
    """Closed outlines on parallel slices."""

    plane: str
    contours: list[Annotated[list[Point], Field(max_length=MOST_CORNERS)]] = Field(max_length=500)


@router.post("/draw/grow")
def region(space: Space, case: str, seed: Seed) -> dict[str, Any]:
    """Grow a region from a point over what is nearly as bright; nothing is saved."""
    image = space.seen(case).anatomy.image
    if seed.on_control:
        image = laid_control(space.case(case), image.grid)
    if seed.tolerance is None:
        grown = grow_as_far(image, seed.seed_mm, most_ml=seed.most_ml)
    else:
        grown = grow(image, seed.seed_mm, tolerance=seed.tolerance, most_ml=seed.most_ml)
    numbers = {"low": grown.low, "high": grown.high, "centre": grown.centre, "volume_ml": grown.volume_ml}
    return {"mask": mask_told(grown.mask), **numbers}


@router.post("/draw/between")
def body(space: Space, case: str, given: Contours) -> dict[str, Any]:
    """Make a body of contours, interpolated between the slices they lie on; nothing is saved."""
    drawn = [np.array(contour, float).reshape(-1, 3) for contour in given.contours]
    made = joined(given.plane, drawn, space.seen(case).anatomy.image.grid)
    return {"mask": mask_told(made), "volume_ml": made.volume_ml}


@router.post("/starter")
def starter(space: Space, case: str, response: Response) -> dict[str, Any]:
    """Propose a plan for the drawn target, as a new revision."""
    return told(space, case, save_starter(space, case), response)
