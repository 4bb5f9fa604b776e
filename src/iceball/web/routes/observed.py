"""Ice that was seen: kept, told, taken away."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from iceball.web import observed
from iceball.web.sent import packed
from iceball.web.workspace import Workspace, workspace

router = APIRouter(prefix="/cases/{case}/observed", tags=["observed"])
Space = Annotated[Workspace, Depends(workspace)]


@router.get("")
def rows(space: Space, case: str) -> dict[str, Any]:
    """Every observation, with how far the prediction for that minute lies from it."""
    return observed.told(space, case)


@router.post("", status_code=201)
def keep(space: Space, case: str, given: observed.SeenTold) -> dict[str, str]:
    """Keep ice that somebody saw. It is no part of plan or patient: nothing goes stale."""
    return {"name": observed.keep(space, case, given)}


@router.delete("/{name}", status_code=204)
def remove(space: Space, case: str, name: str) -> None:
    """Take an observation away."""
    observed.remove(space, case, name)


@router.get("/{name}/ice.box")
def ice(space: Space, request: Request, case: str, name: str, key: str = "") -> Response:
    """How much of each cell is observed ice."""
    content, now = observed.ice_box(space, case, name)
    return packed(request, content, key=now, forever=key == now)
