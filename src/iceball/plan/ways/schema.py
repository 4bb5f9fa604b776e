"""The published JSON Schema of ways to the target: over the whole skin, or through a template's holes."""

from __future__ import annotations

from iceball.assessment.schema_parts import COUNT, MAYBE, NUMBER, PLACE, TEXT, YES, Schema, listed, mapped, record


def trajectories_schema() -> Schema:
    """The schema of what `trajectories --json` prints, and with `--template`."""
    return {
        "title": "Iceball trajectories",
        "description": "LPS mm. The first form is of the skin's map, the second of a template's holes (--template).",
        "oneOf": [_skin(), _holes()],
    }


def _skin() -> Schema:
    share: Schema = {"type": "number", "minimum": 0, "maximum": 1}
    way: dict[str, Schema] = {
        "tip_mm": PLACE, "entry_mm": PLACE, "depth_mm": NUMBER, "gap_mm": MAYBE, "words": TEXT,
        "price_mm": NUMBER, "prices_mm": mapped(NUMBER),
    }  # fmt: skip
    return record(
        {
            "probe": TEXT, "directions": COUNT, "open_fraction": share, "closed_by": mapped(share),
            "not_checked": listed(TEXT), "best": listed(record(way)), "shut": TEXT, "figure": TEXT,
        }
    )  # fmt: skip


def _holes() -> Schema:
    hole: dict[str, Schema] = {"hole": TEXT, "depth_mm": NUMBER, "target_mm": NUMBER, "closed_by": listed(TEXT)}
    return record(
        {
            "hole_a1_mm": PLACE, "into": PLACE, "up": PLACE, "probe": TEXT, "holes": listed(record(hole)),
            "of_plan": YES, "figure": TEXT,
        }
    )  # fmt: skip
