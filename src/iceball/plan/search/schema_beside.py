"""The published JSON Schemas of plans held beside a plan: changed in one thing, or as a whole."""

from __future__ import annotations

from iceball.assessment.schema_parts import MAYBE, NUMBER, TEXT, YES, Schema, listed, mapped, record


def what_if_schema() -> Schema:
    """The schema of what `what-if --json` prints."""
    change: dict[str, Schema] = {
        "change": TEXT, "why_not": TEXT, "margins_mm": mapped(MAYBE), "structures_k": mapped(NUMBER),
        "goals_won": listed(TEXT), "goals_lost": listed(TEXT), "breaks": listed(TEXT),
    }  # fmt: skip
    return {
        "title": "Iceball what-if",
        "description": (
            "One thing of the plan changed at a time. Each number is the changed plan's less the plan's own: mm of"
            " least margin by isotherm, K of a structure's lowest temperature. `why_not` says why a change was not"
            " simulated."
        ),
        **record({"spacing_mm": NUMBER, "changes": listed(record(change))}),
    }


def compare_schema() -> Schema:
    """The schema of what `compare --json` prints."""
    number: Schema = {"type": ["number", "string", "null"]}
    plan: dict[str, Schema] = {"name": TEXT, "errors": listed(TEXT), "numbers": mapped(number)}
    return {
        "title": "Iceball comparison",
        "description": (
            "Plans on equal cells and by the goals of the first. Names of numbers hold their units; null where there is"
            " none. `absent` are baselines that were left out, with the reason."
        ),
        **record(
            {
                "research_use_only": YES,
                "spacing_mm": NUMBER,
                "plans": {**listed(record(plan)), "minItems": 2},
                "absent": mapped(TEXT),
                "figure": TEXT,
            }
        ),
    }
