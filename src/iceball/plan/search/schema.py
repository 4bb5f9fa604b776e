"""The published JSON Schema of what a search finds."""

from __future__ import annotations

from iceball.assessment.schema import assessment_schema
from iceball.assessment.schema_parts import COUNT, NUMBER, PLACE, TEXT, Schema, listed, record


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
        "objective": TEXT,
        "ranked_by": TEXT,
        "draws_run": COUNT,
        "intent": TEXT,
        "reason": TEXT,
        "passed_over": listed(TEXT),
        "chosen": record(_candidate()),
        "front": listed(record({**_candidate(), "against_the_chosen": TEXT})),
        "assessment": {k: v for k, v in assessment_schema().items() if k != "title"},
    }
    shell: dict[str, Schema] = {"folder": TEXT, "applied": {"type": "boolean"}, "read_back": COUNT}
    return {
        "title": "Iceball search",
        "description": (
            "The plan found, what else is worth a look, and the assessment of the plan by the full model. Numbers of"
            " candidates are of coarse cells, those of the assessment of fine ones; mm, mL, min."
        ),
        **record(parts, optional=shell),
    }


def _candidate() -> dict[str, Schema]:
    needle = record(
        {
            "name": TEXT,
            "probe": TEXT,
            "tip_mm": PLACE,
            "entry_mm": PLACE,
            "start_s": NUMBER,
            "pull_back_mm": NUMBER,
            "protocol": listed(record({"kind": TEXT, "duration_s": NUMBER, "duty": NUMBER})),
        }
    )
    return {
        "needles": COUNT,
        "from": TEXT,
        "minutes": NUMBER,
        "margin_mm": NUMBER,
        "margin_p10_mm": NUMBER,
        "p10_by": TEXT,
        "healthy_ml": NUMBER,
        "not_met": listed(TEXT),
        "changed": listed(TEXT),
        "probes": listed(needle),
    }
