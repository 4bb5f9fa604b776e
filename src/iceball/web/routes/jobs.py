"""Jobs: asked for, followed, cancelled."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel

from iceball.web.answers import Missing
from iceball.web.jobs.asked import ask
from iceball.web.workspace import Workspace, workspace

router = APIRouter(tags=["jobs"])
Space = Annotated[Workspace, Depends(workspace)]


class Asked(BaseModel):
    """Which job, and how."""

    kind: str
    options: dict[str, Any] = {}


@router.post("/cases/{case}/jobs", status_code=202)
def begin(space: Space, case: str, asked: Asked, response: Response) -> dict[str, Any]:
    """Ask for a job on the plan as it stands: 202, or 200 where it is done already."""
    job = ask(space, case, asked.kind, asked.options)
    response.status_code = 200 if job.state == "done" else 202
    return job.as_json()


@router.get("/cases/{case}/jobs")
def of_case(space: Space, case: str) -> list[dict[str, Any]]:
    """The newest jobs of a case, newest first."""
    space.case(case)
    return [space.crew.told(job).as_json() for job in space.jobs.of(case)]


@router.get("/jobs/{number}")
def one(space: Space, number: int) -> dict[str, Any]:
    """One job."""
    job = space.jobs.get(number)
    if job is None:
        raise Missing("is not here.", where=f"job {number}")
    return space.crew.told(job).as_json()


@router.delete("/jobs/{number}")
def cancel(space: Space, number: int) -> dict[str, Any]:
    """Cancel a job; one that has ended stays as it is."""
    job = space.crew.cancel(number)
    if job is not None:
        space.audit.add("cancel", case=job.case, job=number)
    return one(space, number)
