"""The published JSON Schema of needles as placed."""

from __future__ import annotations

from iceball.assessment.schema_parts import COUNT, MAYBE, NUMBER, PLACE, TEXT, YES, Schema, listed, mapped, record


def placed_schema() -> Schema:
    """The schema of what `as-placed --json` prints; `placed/placed.json` holds the same without folder and figure."""
    parts: dict[str, Schema] = {
        "research_use_only": YES, "control": TEXT, "at_min": NUMBER,
        "registration": _registration(), "needles": listed(_needle()),
    }  # fmt: skip
    advised: dict[str, Schema] = {
        "spacing_mm": NUMBER, **_verdict(), "advice": TEXT, "looked": COUNT, "simulations": COUNT, "seconds": NUMBER,
        "next_needle": _or_null({"probe": TEXT, "tip_mm": PLACE, "entry_mm": PLACE, **_verdict()}),
    }  # fmt: skip
    told: dict[str, Schema] = {"folder": TEXT, "figure": TEXT, "planned_key": TEXT}
    return {
        "title": "Iceball needles as placed",
        "description": "Points in LPS mm of the planning image, in `in_control_image` of the control image.",
        **record(parts, optional={**advised, **told}),
    }


def _registration() -> Schema:
    row: Schema = {"type": "array", "items": NUMBER, "minItems": 4, "maxItems": 4}
    parts: dict[str, Schema] = {
        "how": {"enum": ["registered", "given", "one frame of reference"]}, "control_to_planning": listed(row),
        "turned_deg": NUMBER, "moved_mm": NUMBER, "residual_mm": MAYBE, "residual_deg": MAYBE,
    }  # fmt: skip
    quality: dict[str, Schema] = {
        "answers_mm": mapped(NUMBER), "correlation_before": MAYBE, "correlation_after": MAYBE, "overlap": NUMBER,
    }  # fmt: skip
    return record(parts, optional=quality)


def _needle() -> Schema:
    off = dict.fromkeys(("tip_mm", "deeper_mm", "beside_mm", "angle_deg"), NUMBER) | {"entry_mm": MAYBE}
    streak = {"tip_lps_mm": PLACE, "moved_mm": NUMBER, "explained": NUMBER, "blur_mm": NUMBER, "cut_off": YES}
    parts: dict[str, Schema] = {"needle": TEXT, "set_on_streak": YES, "tip_lps_mm": PLACE, "entry_lps_mm": PLACE}
    return record(parts, optional={"off": record(off), "in_control_image": record(streak)})


def _verdict() -> dict[str, Schema]:
    goal = record({"goal": TEXT, "met": {"type": ["boolean", "null"]}, "value": MAYBE})
    return {"margins_mm": mapped(MAYBE), "coverage": mapped(NUMBER), "goals": listed(goal)}


def _or_null(parts: dict[str, Schema]) -> Schema:
    return {**record(parts), "type": ["object", "null"]}
