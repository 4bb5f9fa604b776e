"""The plan of a case, and its revisions."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Response
from pydantic import BaseModel

from iceball.web import plans
from iceball.web.answers import Conflict, Unguarded
from iceball.web.plan_told import checked, plan_told
from iceball.web.workspace import Workspace, workspace

router = APIRouter(prefix="/cases/{case}", tags=["plan"])
Space = Annotated[Workspace, Depends(workspace)]
IfMatch = Annotated[str | None, Header()]


class Changed(BaseModel):
    """A changed plan, and what was done to it."""

    plan: dict[str, Any]
    what: str = ""


class Unsaved(BaseModel):
    """A plan that is not saved."""

    plan: dict[str, Any]


@router.get("/plan")
def read(space: Space, case: str, response: Response) -> dict[str, Any]:
    """The plan as it stands; its ETag is the revision."""
    return told(space, case, plans.standing(space, case), response)


@router.put("/plan")
def change(space: Space, case: str, given: Changed, response: Response, if_match: IfMatch = None) -> dict[str, Any]:
    """Save a changed plan. If-Match names the revision it was made from; 412 tells what was changed elsewhere."""
    try:
        at = plans.change(space, case, revision(if_match), given.plan, given.what)
    except Conflict as conflict:
        raise with_current(space, case, conflict) from None
    return told(space, case, at, response)


@router.post("/plan/undo")
def undo(space: Space, case: str, response: Response, if_match: IfMatch = None) -> dict[str, Any]:
    """Go back one revision."""
    try:
        at = plans.undo(space, case, revision(if_match))
    except Conflict as conflict:
        raise with_current(space, case, conflict) from None
    return told(space, case, at, response)


@router.post("/plan/redo")
def redo(space: Space, case: str, response: Response, if_match: IfMatch = None) -> dict[str, Any]:
    """Take back an undo."""
    try:
        at = plans.redo(space, case, revision(if_match))
    except Conflict as conflict:
        raise with_current(space, case, conflict) from None
    return told(space, case, at, response)


@router.post("/plan/check")
def check(space: Space, case: str, given: Unsaved) -> dict[str, Any]:
    """Needles and findings of a plan that is not saved."""
    return checked(plans.plan_of(given.plan), space.patient(case))


@router.get("/revisions")
def revisions(space: Space, case: str) -> list[dict[str, Any]]:
    """Every revision, the first one first, without its document."""
    found = space.revisions.all(case, space.image_key(case))
    return [{"number": r.number, "parent": r.parent, "what": r.what, "at": r.at} for r in found]


def revision(if_match: str | None) -> int:
    """The revision that If-Match names; raises Unguarded where it names none."""
    found = re.fullmatch(r'\s*"(\d{1,9})"\s*', if_match or "")
    if found is None:
        raise Unguarded(
            "does not say which revision was changed.", where="If-Match", remedy='Send the ETag of the plan, like "3".'
        )
    return int(found[1])


def told(space: Workspace, case: str, at: plans.Standing, response: Response) -> dict[str, Any]:
    """PlanTold, with its ETag."""
    response.headers["ETag"] = f'"{at.revision.number}"'
    return plan_told(space, case, at)


def with_current(space: Workspace, case: str, conflict: Conflict) -> Conflict:
    """The conflict with the plan as it stands."""
    conflict.told["current"] = plan_told(space, case, plans.standing(space, case))
    return conflict
