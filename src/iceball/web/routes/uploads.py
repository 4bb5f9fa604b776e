"""Files from the page, and the cases made of them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool

from iceball.web.new_case import Asked, choices, make_case, uploads
from iceball.web.workspace import Workspace, workspace

router = APIRouter(tags=["uploads"])
Space = Annotated[Workspace, Depends(workspace)]


@router.post("/uploads", status_code=201)
async def take(space: Space, request: Request) -> dict[str, Any]:
    """Take files (multipart; a file's name may hold its folders) and tell what can be read in them."""
    length = request.headers.get("content-length", "")
    announced = int(length) if length.isdecimal() else None
    waiting = uploads(space)
    folder = await waiting.take(request.stream(), request.headers.get("content-type", ""), announced)
    return {**await run_in_threadpool(waiting.look, folder), **choices()}


@router.delete("/uploads/{upload}", status_code=204)
def remove(space: Space, upload: str) -> None:
    """Throw an upload away."""
    uploads(space).remove(upload)


@router.post("/cases", status_code=201)
def make(space: Space, asked: Asked) -> dict[str, str]:
    """Make a case of an upload; without a target it is a draft to draw on."""
    return {"id": make_case(space, asked)}
