"""The cases of the folder."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from iceball.web.cases_told import case_info, case_row
from iceball.web.demo import make_demo
from iceball.web.workspace import Workspace, workspace

router = APIRouter(prefix="/cases", tags=["cases"])
Space = Annotated[Workspace, Depends(workspace)]


class Demo(BaseModel):
    """Which bundled case to make."""

    case: Literal["kidney", "sarcoma"] = "kidney"


@router.get("")
def rows(space: Space) -> list[dict[str, Any]]:
    """Every case of the folder, one row each."""
    return [case_row(space, name) for name in space.names()]


@router.post("/demo", status_code=201)
def demo(space: Space, asked: Demo) -> dict[str, str]:
    """Make a bundled case under a free name."""
    return {"id": make_demo(space, asked.case)}


@router.get("/{case}")
def info(space: Space, case: str) -> dict[str, Any]:
    """What a case is: its image, structures and notes."""
    told = case_info(space, case)
    space.crew.warm(case)
    return told
