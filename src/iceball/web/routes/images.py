"""The image, the structures and what the server draws of them."""

from __future__ import annotations

import gzip
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from iceball.errors import CaseError
from iceball.web.answers import Missing
from iceball.web.boxes import image_box, image_parts, occupancy_box
from iceball.web.drawn import drawn_png
from iceball.web.lately import Lately
from iceball.web.meshes import shape_mesh
from iceball.web.patient import Patient
from iceball.web.plans import standing
from iceball.web.sent import packed, streamed
from iceball.web.shown import LEVEL
from iceball.web.thumbnails import thumbnail as thumbnail_of
from iceball.web.workspace import Workspace, workspace

router = APIRouter(prefix="/cases/{case}", tags=["images"])
Space = Annotated[Workspace, Depends(workspace)]
_images, _structures, _surfaces = Lately(3), Lately(96), Lately(96)


@router.get("/image.box")
def image(space: Space, request: Request, case: str, key: str = "") -> Response:
    """The whole image, 16 bits a voxel; the browser keeps it where `key` is the image's."""
    now, opened = space.image_key(case), space.case(case)
    if opened.large:
        return streamed(request, image_parts(space.seen(case).anatomy.image), key=now, forever=key == now)
    content = _images.of(now, lambda: _zipped(image_box(space.patient(case).anatomy.image)))
    return packed(request, content, key=now, forever=key == now)


@router.get("/structures/{name}.box")
def structure(space: Space, request: Request, case: str, name: str, key: str = "") -> Response:
    """How much of each cell around a structure it fills, 0 to 255."""
    patient = space.seen(case)
    must_be_there(patient, name)
    return packed(request, _structure(patient, name), key=key or patient.key, forever=bool(key))


@router.get("/structures/{name}.mesh")
def surface(space: Space, request: Request, case: str, name: str, key: str = "") -> Response:
    """A structure's surface."""
    patient = space.seen(case)
    must_be_there(patient, name)
    return packed(request, _surface(patient, name), key=key or patient.key, forever=bool(key))


@router.get("/pockets/{number}.box")
def pocket(space: Space, request: Request, case: str, number: int) -> Response:
    """Where a pocket of the plan as it stands lies, counted from 0; 404 where the plan has no such pocket."""
    plan, patient = standing(space, case).plan, space.patient(case)
    if not 0 <= number < len(plan.pockets):
        raise Missing("the plan has no such pocket.", where=f"pockets[{number}]", remedy="Read the plan again.")
    treated = patient.treated(plan)
    shape = treated.structures[treated.moved[number].name].shape
    return packed(
        request, gzip.compress(occupancy_box(shape, treated.image.grid), LEVEL, mtime=0), key="", forever=False
    )


@router.get("/slice.png")
def drawn(space: Space, case: str, at: str = "", plane: str = "axial") -> Response:
    """A plane (or "3d") drawn by the server, for browsers without WebGL; `at` is x,y,z in LPS mm."""
    return Response(
        drawn_png(space, case, plane, point(at)), media_type="image/png", headers={"Cache-Control": "no-store"}
    )


@router.get("/thumbnail.png")
def thumbnail(space: Space, case: str) -> Response:
    """The axial slice through the target, small."""
    return Response(thumbnail_of(space, case), media_type="image/png", headers={"Cache-Control": "no-cache"})


def must_be_there(patient: Patient, name: str) -> None:
    """Refuse a structure that nobody drew; raises Missing."""
    if name not in patient.anatomy.structures:
        raise Missing("is not drawn.", where=f"structure '{name}'")


def point(text: str) -> tuple[float, float, float] | None:
    """Three numbers; None for an empty text; raises CaseError."""
    if not text:
        return None
    try:
        x, y, z = (float(part) for part in text.split(","))
    except ValueError:
        raise CaseError(f"'{text}' is no point.", where="at", remedy="Give x,y,z in LPS mm.") from None
    return x, y, z


def _structure(patient: Patient, name: str) -> bytes:
    shape, grid = patient.anatomy.structures[name].shape, patient.anatomy.image.grid
    return _structures.of((patient.key, name), lambda: _zipped(occupancy_box(shape, grid)))


def _surface(patient: Patient, name: str) -> bytes:
    shape, grid = patient.anatomy.structures[name].shape, patient.anatomy.image.grid
    return _surfaces.of((patient.key, name), lambda: _zipped(shape_mesh(shape, grid)))


def _zipped(content: bytes) -> bytes:
    return gzip.compress(content, LEVEL, mtime=0)
