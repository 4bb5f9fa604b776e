"""The published JSON Schema of what a search finds."""

from __future__ import annotations

from typing import Any

from iceball.assessment.schema import assessment_schema

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
COUNT: Schema = {"type": "integer", "minimum": 0}
POINT: Schema = {"type": "array", "items": NUMBER, "minItems": 3, "maxItems": 3}


def search_schema() -> Schema:
    """The schema of `Proposal.as_json()`: what `search --json` prints and `search/search.json` holds."""
    parts: dict[str, Schema] = {
        "research_use_only": {"type": "boolean"},
        "version": TEXT,
        "simulations": COUNT,
        "simulations_fine": COUNT,
        "looks": COUNT,
        "seconds": NUMBER,
        "ended": TEXT,
        "intent": TEXT,
        "reason": TEXT,
        "passed_over": _list(TEXT),
        "chosen": _record(_candidate()),
        "front": _list(_record({**_candidate(), "against_the_chosen": TEXT})),
        "assessment": {k: v for k, v in assessment_schema().items() if k != "title"},
    }
    shell: dict[str, Schema] = {"folder": TEXT, "applied": {"type": "boolean"}, "read_back": COUNT}
    return {
        "title": "Iceball search",
        "description": (
            "The plan found, what else is worth a look, and the assessment of the plan by the full model. Numbers of"
            " candidates are of coarse cells, those of the assessment of fine ones; mm, mL, min."
        ),
        **_record(parts, optional=shell),
    }


def _candidate() -> dict[str, Schema]:
    needle = _record(
        {
            "name": TEXT,
            "probe": TEXT,
            "tip_mm": POINT,
            "entry_mm": POINT,
            "start_s": NUMBER,
            "pull_back_mm": NUMBER,
            "protocol": _list(_record({"kind": TEXT, "duration_s": NUMBER, "duty": NUMBER})),
        }
    )
    return {
        "needles": COUNT,
        "from": TEXT,
        "minutes": NUMBER,
        "margin_mm": NUMBER,
        "margin_p10_mm": NUMBER,
        "healthy_ml": NUMBER,
        "not_met": _list(TEXT),
        "changed": _list(TEXT),
        "probes": _list(needle),
    }


def _record(parts: dict[str, Schema], *, optional: dict[str, Schema] | None = None) -> Schema:
    return {
        "type": "object",
        "properties": {**parts, **(optional or {})},
        "required": list(parts),
        "additionalProperties": False,
    }


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}
