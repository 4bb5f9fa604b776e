"""Whether the server is well."""

from __future__ import annotations

import os
from typing import Annotated, Any

from fastapi import APIRouter, Depends

import iceball
from iceball.web.jobs.crew import COMPILING
from iceball.web.workspace import Workspace, workspace

router = APIRouter(tags=["server"])
Space = Annotated[Workspace, Depends(workspace)]


@router.get("/health")
def health(space: Space) -> dict[str, Any]:
    """Version, folder and workers; answers only when the database does."""
    return {
        "status": "ok",
        "version": iceball.__version__,
        "folder": str(space.folder),
        "cases": len(space.names()),
        "process": os.getpid(),
        "workers": space.crew.pids(),
        "kernels": COMPILING if space.crew.compiling else "ready",
        "intended_use": "Research use only.",
    }


@router.get("/audit")
def audit(space: Space, case: str = "", most: int = 500) -> dict[str, Any]:
    """The newest acts, newest first, and whether the trail is whole."""
    return {"rows": space.audit.rows(case, most=min(max(most, 1), 5000)), "broken_at": space.audit.broken_at()}
