"""What the verbs found: proposals, changes, comparisons, ways; and taking one."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Response
from fastapi.responses import FileResponse

from iceball.web import plans
from iceball.web.answers import Conflict, Missing
from iceball.web.jobs import compare, trajectories, whatif
from iceball.web.kept import Kept, kept
from iceball.web.routes.plan import IfMatch, revision, told, with_current
from iceball.web.searches import kept_key, search_of
from iceball.web.taking import take_change, take_search
from iceball.web.workspace import Workspace, workspace

router = APIRouter(prefix="/cases/{case}", tags=["verbs"])
Space = Annotated[Workspace, Depends(workspace)]
Kind = Literal["what-if", "compare", "trajectories"]
KEYS = {whatif.KIND: whatif.key, compare.KIND: compare.key, trajectories.KIND: trajectories.key}


@router.get("/search")
def search(space: Space, case: str) -> dict[str, Any]:
    """What the last search found, its proposals as plans, and the best so far of one that goes on or was stopped."""
    at = plans.standing(space, case)
    found = search_of(space.case(case), at.plan, space.patient(case).anatomy)
    best = None if found.best is None else {"plan": plans.tables_of(found.best[0]), "price_mm": found.best[1]}
    return {
        "status": found.status, "key": kept_key(space.case(case)), "options": found.options, "result": found.told,
        "plans": [plans.tables_of(p) for p in found.plans], "best": best,
    }  # fmt: skip


@router.post("/search/{which}/take")
def take(space: Space, case: str, which: str, response: Response, if_match: IfMatch = None) -> dict[str, Any]:
    """Take a proposal: it becomes a revision of the plan."""
    try:
        at = take_search(space, case, which, revision(if_match))
    except Conflict as conflict:
        raise with_current(space, case, conflict) from None
    return told(space, case, at, response)


@router.get("/told/{kind}")
def found(space: Space, case: str, kind: Kind) -> dict[str, Any]:
    """What a verb found for the plan as it stands, else what it found last, which is stale."""
    return _kept(space, case, kind).as_json()


@router.get("/told/{kind}/{picture}.png")
def picture(space: Space, case: str, kind: Kind, picture: Literal["map", "compare"]) -> FileResponse:
    """The picture beside it."""
    folder = _kept(space, case, kind).folder
    file = None if folder is None else folder / f"{picture}.png"
    if file is None or not file.is_file():
        raise Missing("There is no such picture.", where=f"{kind}/{picture}.png")
    return FileResponse(file, media_type="image/png")


@router.post("/told/what-if/{number}/take")
def take_tried(space: Space, case: str, number: int, response: Response, if_match: IfMatch = None) -> dict[str, Any]:
    """Take one of the changes that were tried: it becomes a revision of the plan."""
    try:
        at = take_change(space, case, number, revision(if_match))
    except Conflict as conflict:
        raise with_current(space, case, conflict) from None
    return told(space, case, at, response)


def _kept(space: Workspace, case: str, kind: str) -> Kept:
    at, patient = plans.standing(space, case), space.patient(case)
    return kept(space.case(case), kind, lambda options: KEYS[kind](at.plan, patient, options))
