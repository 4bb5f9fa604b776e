"""Results of a case: how they stand to the plan, and what is shown of each run."""

from __future__ import annotations

import re
import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from iceball.web.answers import Missing
from iceball.web.results import results, with_boxes
from iceball.web.sent import file
from iceball.web.workspace import Workspace, workspace

SOON_S = 10.0
"""So long a surface is waited for that is still being made."""
router = APIRouter(prefix="/cases/{case}", tags=["results"])
Space = Annotated[Workspace, Depends(workspace)]
NAMES = re.compile(
    r"coldest\.box|end_of_freeze_\d{1,3}\.box|at/\d{1,6}(\.\d{1,3})?\.box|(margin|iso0|iso-20|iso-40)\.mesh"
)


@router.get("/results")
def read(space: Space, case: str, as_placed: bool = False) -> dict[str, Any]:
    """What there is, each with its status against the plan as it stands, or against its needles AS PLACED."""
    return results(space, case, as_placed=as_placed)


@router.get("/runs/{key}/surfaces/{name}")
def surface(space: Space, request: Request, case: str, key: str, name: str) -> Response:
    """margin.mesh, iso0.mesh, iso-20.mesh or iso-40.mesh of a run."""
    return part(space, request, case, key, name)


@router.get("/runs/{key}/{name:path}")
def box(space: Space, request: Request, case: str, key: str, name: str) -> Response:
    """coldest.box, end_of_freeze_1.box … or at/60.box … of a run."""
    return part(space, request, case, key, name)


def part(space: Workspace, request: Request, case: str, key: str, name: str) -> Response:
    """One file of what is shown of a run; raises Missing where there is none of that name."""
    space.case(case)
    known = re.fullmatch(r"[0-9a-f]{16}", key) is not None and NAMES.fullmatch(name) is not None
    found = with_boxes(space, case, key).file(name) if known else None
    end = time.monotonic() + SOON_S
    while found is None and known and name.endswith(".mesh") and time.monotonic() < end:
        time.sleep(0.1)  # surfaces come a second after the ice of a run that was just made
        found = with_boxes(space, case, key).file(name)
    if found is None:
        raise Missing("is not kept.", where=f"run {key}: {name}", remedy="Simulate again.")
    return file(request, found, key=f"{key}-{name}")
