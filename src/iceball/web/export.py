"""A result to take along: plan, numbers, assessment and report in one archive that says what it is."""

from __future__ import annotations

import io as memory
import json
import zipfile
from typing import Any

import iceball
from iceball.commit import commit
from iceball.io.case import Case
from iceball.io.observed import observed
from iceball.io.spread import spread_file
from iceball.io.text import read_json
from iceball.plan.plan import Plan
from iceball.reporting.content import INTENDED_USE
from iceball.reporting.flags import STALE
from iceball.web.paper import Paper

LICENCE = "Apache-2.0"
DAY_ZERO = (2000, 1, 1, 0, 0, 0)
"""A fixed date inside the archive, so that the same result has the same bytes."""
OF_RESULT = ("run.json", "assessment.json", "spread.json", "report.html", "report.pdf")
"""Files that say STALE in their names where they are, since each may travel on its own."""


def export(case: Case, plan: Plan, paper: Paper) -> bytes:
    """The archive of a case's result.

    Args:
        case: its title is told, its images are not in it.
        plan: as it stands.
        paper: the report of its result, valid or stale.
    """
    run = paper.state.found
    assert run is not None, "a report has a run"
    told = made_by(case, plan, paper)
    files = {
        "README.txt": _readme(told).encode(),
        "made_by.json": _json(told),
        "plan.toml": run.plan_file.read_bytes() if paper.status == "stale" else _plan_now(case, plan),
        "run.json": (run.folder / "run.json").read_bytes(),
        "assessment.json": run.assessment_file.read_bytes(),
        "report.html": paper.html.read_bytes(),
        "report.pdf": paper.pdf.read_bytes(),
    }
    if paper.state.spread != "none":
        files["spread.json"] = _json({"status": paper.state.spread, **read_json(spread_file(run))})
    if paper.status == "stale":
        files["plan_now.toml"] = _plan_now(case, plan)
    for one in observed(case):
        files |= {f"observed/{one.name}/{f.name}": f.read_bytes() for f in sorted(one.folder.iterdir()) if f.is_file()}
    stale = paper.status == "stale"
    buffer = memory.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(f"STALE-{name}" if stale and name in OF_RESULT else name, DAY_ZERO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return buffer.getvalue()


def made_by(case: Case, plan: Plan, paper: Paper) -> dict[str, Any]:
    """What an export says of itself: how it stands to the plan, its keys, the version, the intended use."""
    return {
        "research_use_only": True,
        "intended_use": INTENDED_USE,
        "licence": LICENCE,
        "version": iceball.__version__,
        "commit": commit(),
        "case": case.folder.name,
        "title": case.record.title,
        "flags": list(case.record.flags),
        "status": paper.status,
        **paper.state.as_json(),
        "plan_key": paper.plan.key(),
        "plan_now_key": plan.key(),
    }


def _readme(told: dict[str, Any]) -> str:
    stale = told["status"] == "stale"
    lines = [
        "RESEARCH USE ONLY",
        INTENDED_USE,
        "",
        f"Status: {STALE}" if stale else "Status: valid: it belongs to the plan as it stood at the export.",
        f"Case: {told['title']}",
        f"Run {told['run']['key']}, assessment {told['assessment']['key']}",
        f"Iceball {told['version']}, licence of the program: {LICENCE} (https://www.apache.org/licenses/LICENSE-2.0)",
        "",
        "report.html, report.pdf   what a person reads",
        "plan.toml                 the plan that the result was made from",
        *(["plan_now.toml             the plan as it stands now: the result does not belong to it"] if stale else []),
        "run.json                  how each run was made, ended and what it cost",
        "assessment.json           every number of the verdict (`iceball schema assessment`)",
        "made_by.json              keys, versions and status",
        "observed/                 ice that somebody saw, and how far the prediction lay from it (where any was seen)",
        "Images are not part of this archive.",
    ]
    return "\n".join(lines) + "\n"


def _plan_now(case: Case, plan: Plan) -> bytes:
    """The plan file as it lies there: planned or as placed."""
    folder = case.folder / "placed" if plan.stage == "as placed" else case.folder
    return (folder / "plan.toml").read_bytes()


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()
