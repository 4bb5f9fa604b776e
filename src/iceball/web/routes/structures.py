"""The structures of a case: put, removed, taken as the target, undone and redone."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends

from iceball.io.case import Case
from iceball.io.drawn import (
    Steps,
    as_target,
    put_structure,
    redo_structures,
    remove_structure,
    undo_structures,
)
from iceball.tissue import TARGET
from iceball.web.drawing import ShapeTold, draw, names_for, steps_told
from iceball.web.workspace import Workspace, workspace

router = APIRouter(prefix="/cases/{case}/structures", tags=["structures"])
Space = Annotated[Workspace, Depends(workspace)]


@router.get("")
def steps(space: Space, case: str) -> dict[str, Any]:
    """Whether a change of structures can be undone or redone, and the names that mean something."""
    opened = space.case(case)
    drawn = [asdict(record) for record in opened.record.structures]
    return {**steps_told(Steps.of(opened)), "names": names_for(opened.record.organ), "drawn": drawn}


@router.post("/undo")
def undo(space: Space, case: str) -> dict[str, Any]:
    """Take back the last change of structures."""
    return draw(space, case, undo_structures, "undo")


@router.post("/redo")
def redo(space: Space, case: str) -> dict[str, Any]:
    """Take back an undo."""
    return draw(space, case, redo_structures, "redo")


@router.put("/{name}")
def put(space: Space, case: str, name: str, told: ShapeTold) -> dict[str, Any]:
    """Draw a structure anew or over; `tumour` is the target."""
    structure = told.structure(name)
    target = TARGET in (name, told.instead_of)
    what = f"put {name}"
    return draw(space, case, lambda c: put_structure(c, structure, instead_of=told.instead_of), what, target=target)


@router.delete("/{name}")
def remove(space: Space, case: str, name: str) -> dict[str, Any]:
    """Remove a drawn structure."""
    return draw(space, case, lambda c: remove_structure(c, name), f"removed {name}", target=name == TARGET)


@router.post("/{name}/as-target")
def target(space: Space, case: str, name: str) -> dict[str, Any]:
    """Take a drawn structure as the target; the former target stays beside it."""

    def change(opened: Case) -> Any:
        return as_target(opened, name)

    return draw(space, case, change, f"{name} as target")
