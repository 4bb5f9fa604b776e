"""Verdict, report, PDF and export: what people read and take along. None of them ever holds a preview."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from fastapi.responses import FileResponse

from iceball.reporting.html import policy
from iceball.web import verdict as told
from iceball.web.answers import Missing
from iceball.web.export import export as archive
from iceball.web.paper import Paper, paper
from iceball.web.workspace import Workspace, workspace

router = APIRouter(prefix="/cases/{case}", tags=["reports"])
Space = Annotated[Workspace, Depends(workspace)]


@router.get("/standing")
def standing(space: Space, case: str, as_placed: bool = False) -> dict[str, Any]:
    """Which results belong to the plan as it stands."""
    return told.Open.of(space, case, as_placed=as_placed).state.as_json()


@router.get("/verdict")
def verdict(space: Space, case: str, as_placed: bool = False) -> dict[str, Any]:
    """The verdict in the words and tables of the report."""
    return told.verdict(told.Open.of(space, case, as_placed=as_placed))


@router.get("/assessment")
def assessment(space: Space, case: str, as_placed: bool = False) -> dict[str, Any]:
    """The assessment as JSON (`iceball schema assessment`), with how it stands to the plan."""
    return told.assessment(told.Open.of(space, case, as_placed=as_placed))


@router.get("/curves")
def curves(space: Space, case: str, as_placed: bool = False) -> dict[str, Any]:
    """Histogram and sensors as numbers."""
    return told.curves(told.Open.of(space, case, as_placed=as_placed))


@router.get("/placed")
def placed(space: Space, case: str) -> dict[str, Any]:
    """Needles AS PLACED beside the plan, with how far off they lie and what is advised."""
    return told.placed(space, case)


@router.get("/placed.png")
def placed_picture(space: Space, case: str) -> FileResponse:
    """Their picture: planned dashed, as placed solid."""
    file = space.case(case).folder / "placed" / "as-placed.png"
    if not file.is_file():
        raise Missing("There is no such picture.", where="placed.png")
    return FileResponse(file, media_type="image/png")


@router.get("/report.html")
def page(space: Space, case: str, as_placed: bool = False) -> FileResponse:
    """The report as a page: no script, no other file, its style by its hash."""
    made, _ = _paper(space, case, as_placed)
    frame = f"{policy()}; frame-ancestors 'self'; sandbox allow-popups allow-downloads"
    return FileResponse(made.html, media_type="text/html", headers={**_keys(made), "Content-Security-Policy": frame})


@router.get("/report.pdf")
def pdf(space: Space, case: str, as_placed: bool = False) -> FileResponse:
    """The same as PDF."""
    made, _ = _paper(space, case, as_placed)
    name = f"{_name(case)}{'-STALE' if made.status == 'stale' else ''}.pdf"
    space.audit.add("report taken along", case=case, status=made.status, assessment=made.state.assessment_key)
    return FileResponse(made.pdf, media_type="application/pdf", filename=name, headers=_keys(made))


@router.get("/export.zip")
def export(space: Space, case: str, as_placed: bool = False) -> Response:
    """Plan, numbers, assessment and report in one archive."""
    made, asked = _paper(space, case, as_placed)
    name = f"{_name(case)}{'-STALE' if made.status == 'stale' else ''}.zip"
    space.audit.add("export", case=case, status=made.status, assessment=made.state.assessment_key)
    headers = {**_keys(made), "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(archive(asked.case, asked.plan, made), media_type="application/zip", headers=headers)


def _paper(space: Workspace, case: str, as_placed: bool) -> tuple[Paper, told.Open]:
    asked = told.Open.of(space, case, as_placed=as_placed)
    return paper(asked.case, asked.plan, asked.patient.scenes), asked


def _keys(made: Paper) -> dict[str, str]:
    """How it stands to the plan and what it is bound to, for those who read no pages."""
    return {
        "X-Iceball-Status": made.status,
        "X-Iceball-Run": made.state.run_key,
        "X-Iceball-Assessment": made.state.assessment_key,
    }


def _name(case: str) -> str:
    """A case's name as a file's name that no program reads otherwise."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", case).strip("-.") or "case"
