"""Cases as the page is told of them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from iceball.desk.keys import Status, finished_runs
from iceball.errors import IceballError
from iceball.io.case import Case
from iceball.io.kept_structures import StructureRecord
from iceball.plan.plan import Plan
from iceball.tissue import TARGET
from iceball.web.patient import Patient
from iceball.web.workspace import Workspace


def case_row(space: Workspace, name: str) -> dict[str, Any]:
    """CaseRow of frontend/src/api/types.ts; a case that cannot be read says so in its title."""
    try:
        case = space.case(name)
        plan = case.plan()
        return {
            "id": name,
            "title": case.record.title,
            "organ": case.record.organ,
            "flags": list(case.record.flags),
            "has_target": not case.draft,
            "needles": len(plan.probes),
            "review": plan.review,
            "modified": modified(case),
            "run": space.statuses.of(case, lambda: status(space, case, plan)),
            "error": None,
        }
    except IceballError as refusal:
        return {
            "id": name,
            "title": name,
            "organ": "",
            "flags": [],
            "has_target": False,
            "needles": 0,
            "review": "",
            "modified": "",
            "run": "none",
            "error": refusal.as_json(),
        }


def status(space: Workspace, case: Case, plan: Plan) -> Status:
    """How the newest run of a case stands to its plan."""
    if not finished_runs(case, plan):
        return "none"
    return space.patient(case.folder.name, keep=False).scenes.run_of(case, plan)[0]


def case_info(space: Workspace, name: str) -> dict[str, Any]:
    """CaseInfo of frontend/src/api/types.ts."""
    case, patient = space.case(name), space.seen(name)
    anatomy = patient.anatomy
    editable = {record.name: record for record in case.record.structures}
    centre = anatomy.image.grid.corners_mm.mean(axis=0)
    if TARGET in anatomy.structures:
        low, high = anatomy.structures[TARGET].shape.bounds_mm()
        centre = (low + high) / 2
    return {
        "id": name,
        "title": case.record.title,
        "organ": case.record.organ,
        "flags": list(case.record.flags),
        "notes": list(anatomy.notes),
        "quantity": anatomy.image.quantity,
        "patient_position": anatomy.image.header.patient_position,
        "image_key": space.image_key(name),
        "has_target": TARGET in anatomy.structures,
        "whole": patient.whole,
        "structures": [structure_row(patient, s, editable.get(s)) for s in anatomy.structures],
        "centre_mm": [float(v) for v in centre],
    }


def structure_row(patient: Patient, name: str, record: StructureRecord | None) -> dict[str, Any]:
    """StructureRow of frontend/src/api/types.ts."""
    structure = patient.anatomy.structures[name]
    return {
        "name": name,
        "origin": structure.origin,
        "kind": "label" if record is None else kind_of(record),
        "target": name == TARGET,
        "volume_ml": patient.volume_ml(name),
        # a mask file of a new shape gets a new time, which the patient's key holds
        "key": hashlib.sha256(f"{patient.key}|{record!r}|{name}".encode()).hexdigest()[:16],
    }


def kind_of(record: StructureRecord) -> str:
    """How a structure is written down."""
    return next((k for k in ("sphere", "ellipsoid", "box", "points", "polyline") if getattr(record, k)), "mask")


def modified(case: Case) -> str:
    """When a case's files were last written (UTC)."""
    newest = max(f.stat().st_mtime for f in (case.folder / "case.toml", case.folder / "plan.toml") if f.exists())
    return datetime.fromtimestamp(newest, UTC).isoformat(timespec="seconds")
