"""The published JSON Schemas of what Iceball reads and writes."""

from __future__ import annotations

import re
from typing import Any

from pydantic import TypeAdapter

from iceball.errors import CaseError
from iceball.io.case import CaseRecord
from iceball.plan import Plan
from iceball.plan.packs_told import PacksTold

BASE = "https://json-schema.org/draft/2020-12/schema"
KNOWN = ("plan", "case", "assessment", "search", "what-if", "compare", "trajectories", "placed", "packs")
ARGUMENT = re.compile(r"^ {4}(\w+): (.*?)(?=\n {4}\w+: |\Z)", re.MULTILINE | re.DOTALL)
FIELD_NOTE = "Each field of the plan says what it affects: run, assessment or nothing."


def schema_of(what: str) -> dict[str, Any]:
    """The JSON Schema of one of `KNOWN`; raises CaseError for another name."""
    kinds = {"plan": Plan, "case": CaseRecord, "packs": PacksTold}
    if what in kinds:
        schema = TypeAdapter(kinds[what]).json_schema()
        for part in (schema, *schema.get("$defs", {}).values()):
            _explain(part)
        return {"$schema": BASE, **schema, **({"description": FIELD_NOTE} if what == "plan" else {})}
    if what not in KNOWN:
        raise CaseError(f"no schema called '{what}'.", where="schema", remedy=f"Known: {', '.join(KNOWN)}.")
    return {"$schema": BASE, **_of_result(what)}


def _explain(part: dict[str, Any]) -> None:
    """Let each field say what its class says of it under "Args:", and the part only what stands above that."""
    above, _, told = part.get("description", "").partition("\n\nArgs:\n")
    if not told:
        return
    part["description"] = above
    for name, words in ARGUMENT.findall(told.partition("\n\n")[0]):
        if name in part["properties"]:
            part["properties"][name]["description"] = " ".join(words.split())


def _of_result(what: str) -> dict[str, Any]:
    """What a verb prints."""
    from iceball.assessment.schema import assessment_schema
    from iceball.plan.placed.schema import placed_schema
    from iceball.plan.search.schema import search_schema
    from iceball.plan.search.schema_beside import compare_schema, what_if_schema
    from iceball.plan.ways.schema import trajectories_schema

    results = {
        "assessment": assessment_schema,
        "search": search_schema,
        "what-if": what_if_schema,
        "compare": compare_schema,
        "trajectories": trajectories_schema,
        "placed": placed_schema,
    }
    return results[what]()
