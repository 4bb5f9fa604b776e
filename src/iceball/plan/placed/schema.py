"""The published JSON Schema of needles as placed."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
MAYBE: Schema = {"type": ["number", "null"]}
COUNT: Schema = {"type": "integer", "minimum": 0}
YES: Schema = {"type": "boolean"}
POINT: Schema = {"type": "array", "items": NUMBER, "minItems": 3, "maxItems": 3}


def placed_schema() -> Schema:
    """The schema of what `as-placed --json` prints; `placed/placed.json` holds the same without folder and figure."""
    parts: dict[str, Schema] = {
        "research_use_only": YES, "control": TEXT, "at_min": NUMBER,
        "registration": _registration(), "needles": _list(_needle()),
    }  # fmt: skip
    advised: dict[str, Schema] = {
        "spacing_mm": NUMBER, **_verdict(), "advice": TEXT, "looked": COUNT, "simulations": COUNT, "seconds": NUMBER,
        "next_needle": _or_null({"probe": TEXT, "tip_mm": POINT, "entry_mm": POINT, **_verdict()}),
    }  # fmt: skip
    told: dict[str, Schema] = {"folder": TEXT, "figure": TEXT, "planned_key": TEXT}
    return {
        "title": "Iceball needles as placed",
        "description": "Points in LPS mm of the planning image, in `in_control_image` of the control image.",
        **_record(parts, optional={**advised, **told}),
    }


def _registration() -> Schema:
    row: Schema = {"type": "array", "items": NUMBER, "minItems": 4, "maxItems": 4}
    parts: dict[str, Schema] = {
        "how": {"enum": ["registered", "given", "one frame of reference"]}, "control_to_planning": _list(row),
        "turned_deg": NUMBER, "moved_mm": NUMBER, "residual_mm": MAYBE, "residual_deg": MAYBE,
    }  # fmt: skip
    quality: dict[str, Schema] = {
        "answers_mm": _map(NUMBER), "correlation_before": MAYBE, "correlation_after": MAYBE, "overlap": NUMBER,
    }  # fmt: skip
    return _record(parts, optional=quality)


def _needle() -> Schema:
    off = dict.fromkeys(("tip_mm", "deeper_mm", "beside_mm", "angle_deg"), NUMBER) | {"entry_mm": MAYBE}
    streak = {"tip_lps_mm": POINT, "moved_mm": NUMBER, "explained": NUMBER, "blur_mm": NUMBER, "cut_off": YES}
    parts: dict[str, Schema] = {"needle": TEXT, "set_on_streak": YES, "tip_lps_mm": POINT, "entry_lps_mm": POINT}
    return _record(parts, optional={"off": _record(off), "in_control_image": _record(streak)})


def _verdict() -> dict[str, Schema]:
    goal = _record({"goal": TEXT, "met": {"type": ["boolean", "null"]}, "value": MAYBE})
    return {"margins_mm": _map(MAYBE), "coverage": _map(NUMBER), "goals": _list(goal)}


def _or_null(parts: dict[str, Schema]) -> Schema:
    return {**_record(parts), "type": ["object", "null"]}


def _record(parts: dict[str, Schema], *, optional: dict[str, Schema] | None = None) -> Schema:
    return {
        "type": "object",
        "properties": {**parts, **(optional or {})},
        "required": list(parts),
        "additionalProperties": False,
    }


def _map(item: Schema) -> Schema:
    return {"type": "object", "additionalProperties": item}


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}
