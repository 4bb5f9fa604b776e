"""The published JSON Schemas of what Iceball reads and writes."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from iceball.errors import CaseError
from iceball.io.case import CaseRecord
from iceball.plan import Plan
from iceball.plan.packs_told import PacksTold

BASE = "https://json-schema.org/draft/2020-12/schema"
KNOWN = "Known: plan, case, assessment, search, placed, packs."
FIELD_NOTE = "Each field of the plan says what it affects: run, assessment or nothing."


def schema_of(what: str) -> dict[str, Any]:
    """The JSON Schema of "plan", "case", "assessment", "search", "placed" or "packs"."""
    if what == "assessment":
        from iceball.assessment.schema import assessment_schema

        return {"$schema": BASE, **assessment_schema()}
    if what == "search":
        from iceball.plan.search.schema import search_schema

        return {"$schema": BASE, **search_schema()}
    if what == "placed":
        from iceball.plan.placed.schema import placed_schema

        return {"$schema": BASE, **placed_schema()}
    kinds = {"plan": Plan, "case": CaseRecord, "packs": PacksTold}
    if what not in kinds:
        raise CaseError(f"no schema called '{what}'.", where="schema", remedy=KNOWN)
    schema = TypeAdapter(kinds[what]).json_schema()
    note = {"description": FIELD_NOTE} if what == "plan" else {}
    return {"$schema": BASE, **schema, **note}
