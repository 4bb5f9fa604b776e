"""A control CT and the streaks on it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from iceball.plan.placed.streak import Streak
from iceball.web import plans
from iceball.web.control import control_box, control_ct, kept_box, kept_key, tried
from iceball.web.new_case import uploads
from iceball.web.sent import packed
from iceball.web.workspace import Workspace, workspace

router = APIRouter(prefix="/cases/{case}", tags=["as placed"])
Space = Annotated[Workspace, Depends(workspace)]
Point = tuple[float, float, float]


class Two(BaseModel):
    """Two points on the metal of one needle, LPS mm of the control image."""

    needle: str
    tip_mm: Point
    shaft_mm: Point
    series: str = ""


@router.get("/control/{upload}.box")
def control(space: Space, request: Request, case: str, upload: str, series: str = "") -> Response:
    """A control CT of an upload, in its own place; 422 where it is no CT, or of another patient."""
    content = control_box(space.patient(case).anatomy, uploads(space), upload, series)
    return packed(request, content, key=f"{upload}-{series}", forever=True)


@router.post("/control/{upload}/streak")
def streak(space: Space, case: str, upload: str, given: Two) -> dict[str, Any]:
    """Where the metal at two points says that a needle lies; 422 where it says nothing. Nothing is set."""
    image, _ = control_ct(uploads(space), upload, given.series)
    return tried(plans.standing(space, case).plan, image, Streak(given.needle, given.tip_mm, given.shaft_mm))


@router.get("/placed/control.box")
def kept(space: Space, request: Request, case: str, key: str = "") -> Response:
    """The control CT that the needles were set on, in its own place."""
    found = space.case(case)
    now = kept_key(found)
    return packed(request, kept_box(found), key=now, forever=key == now)
