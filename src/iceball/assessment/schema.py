"""The published JSON Schema of an assessment."""

from __future__ import annotations

from typing import Any

from iceball.assessment.assessment import ISOTHERMS_C
from iceball.assessment.kill import COVERAGE_AT, VOLUME_AT

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
MAYBE: Schema = {"type": ["number", "null"]}
POINT: Schema = {"type": ["array", "null"], "items": NUMBER, "minItems": 3, "maxItems": 3}


FULL_ONLY = ("histogram", "margin_map", "surface_map")


def assessment_schema() -> Schema:
    """The schema of `Assessment.as_json()`: what `run --json` and `assess --json` print."""
    main = _parts()
    variant = _record(main)
    return {
        "title": "Iceball assessment",
        "description": "Of the target unless it says otherwise; °C, mm, mL, s. Power-limited needles at nominal flow.",
        **_record(
            {**main, "variants": _map(variant)},
            optional={"report": TEXT, "histogram": {}, "margin_map": {}, "surface_map": {}},
        ),
    }


def _parts() -> dict[str, Schema]:
    face = {
        "min": MAYBE,
        "p05": MAYBE,
        "where_lps_mm": POINT,
        "not_assessable_fraction": NUMBER,
        "reason": TEXT,
        "area_below": _map(NUMBER),
    }
    parts = {**face, "capsule_fraction": MAYBE, "without_capsule": {"anyOf": [_record(face), {"type": "null"}]}}
    margin = _record(parts)
    structure = _record(
        {
            "name": TEXT,
            "min_temperature_c": NUMBER,
            "frozen_ml": NUMBER,
            "distance_to_0c_mm": MAYBE,
            "first_reached_s": MAYBE,
            "origin": TEXT,
            "limits": TEXT,
            "reached": {"enum": ["", "alarm", "stop"]},
            "stop_c": MAYBE,
            "stop_mm": MAYBE,
            "alarm_c": MAYBE,
            "alarm_mm": MAYBE,
            "changed": TEXT,
            "goals": _list(TEXT),
            "status": {"enum": ["green", "amber", "red", "grey"]},
            "status_words": TEXT,
        }
    )
    goal = _record(
        {
            "goal": TEXT,
            "met": {"type": ["boolean", "null"]},
            "value": MAYBE,
            "unit": TEXT,
            "tolerance": MAYBE,
            "reason": TEXT,
        }
    )
    spread = _record({"value": NUMBER, "low": NUMBER, "high": NUMBER})
    maybe_spread: Schema = {"anyOf": [spread, {"type": "null"}]}
    death = _record(
        {
            "name": TEXT,
            "label": TEXT,
            "form": {"enum": ["logistic", "threshold", "rim"]},
            "leads": {"type": "boolean"},
            "assumed": {"type": "boolean"},
            "volumes_ml": _record({f"{p:g}": spread for p in VOLUME_AT}),
            "coverage": _record({f"{p:g}": spread for p in COVERAGE_AT}),
            "lowest_in_target": maybe_spread,
            "margins_mm": _record({f"{p:g}": _record({**parts, "low": MAYBE, "high": MAYBE}) for p in COVERAGE_AT}),
        }
    )
    stop = _record(
        {
            "goal": TEXT,
            "structure": TEXT,
            "limit_c": NUMBER,
            "thaw": {"enum": ["passive", "active"]},
            "needed": {"type": "boolean"},
            "latest_s": MAYBE,
            "lowest_c": MAYBE,
            "reached_s": MAYBE,
            "coasts_k": MAYBE,
            "falls_k": NUMBER,
            "allowance_k": NUMBER,
            "alarm_c": MAYBE,
            "alarm_s": MAYBE,
            "reason": TEXT,
            "advice": TEXT,
        }
    )
    return {
        "status": {"enum": ["all goals met", "goals not met", "not fully assessed"]},
        "volumes_ml": _isotherms(NUMBER),
        "volumes_end_of_freeze_ml": _list(_isotherms(NUMBER)),
        "coverage": _isotherms({"type": "number", "minimum": 0, "maximum": 1}),
        "margins_mm": _isotherms(margin),
        "structures": _list(structure),
        "not_assessed": _list(TEXT),
        "goals": _list(goal),
        "target_ml": NUMBER,
        "half_voxel_mm": NUMBER,
        "doubt": _map(_record({"low": NUMBER, "high": NUMBER, "kind": TEXT})),
        "numerical_doubt": _map(NUMBER),
        "kill": _list(death),
        "spread": _spread(),
        "stops": _list(stop),
        "surface": _surface(),
        "gas": _gas(spread),
        "made_by": {"type": "object"},
        "notes": _list(TEXT),
    }


def _spread() -> Schema:
    share = {"type": ["number", "null"], "minimum": 0, "maximum": 1}
    whole: Schema = {"type": "integer", "minimum": 0}
    band = _record({"p10": MAYBE, "p50": MAYBE, "p90": MAYBE, "p10_low": MAYBE, "p10_high": MAYBE, "without": whole})
    matters = _record({"input": TEXT, "share": NUMBER, "certain": {"type": "boolean"}})
    made = _record(
        {
            "members": whole,
            "seed": whole,
            "spacing_mm": NUMBER,
            "made_for": TEXT,
            "bands": _map(band),
            "goals": _list(_record({"met_share": share, "band": {"anyOf": [band, {"type": "null"}]}})),
            "matters": _map(_list(matters)),
            "inputs": _map(NUMBER),
            "notes": _list(TEXT),
        }
    )
    return {"description": "null where no ensemble was made", "anyOf": [made, {"type": "null"}]}


def _surface() -> Schema:
    share: Schema = {"type": "number", "minimum": 0, "maximum": 1}
    depth = _record({"min": NUMBER, "median": NUMBER, "p95": NUMBER})
    made = _record(
        {
            "target_cm2": NUMBER,
            "frozen_cm2": NUMBER,
            "applied": _map(share),
            "cycles": _map(share),
            "depth_mm": _map(depth),
            "reason": TEXT,
        }
    )
    said = "cycles and depths below the part of the target that faces air or gas; null without a spray or disc"
    return {"description": said, "anyOf": [made, {"type": "null"}]}


def _gas(numbers: Schema) -> Schema:
    made = _record({"liquid_ml": numbers, "gas_l": numbers, "vent": TEXT, "said": TEXT})
    return {
        "description": "of sprays, at room conditions; null without one and in variants",
        "anyOf": [made, {"type": "null"}],
    }


def _record(parts: dict[str, Schema], *, optional: dict[str, Schema] | None = None) -> Schema:
    return {
        "type": "object",
        "properties": {**parts, **(optional or {})},
        "required": list(parts),
        "additionalProperties": False,
    }


def _isotherms(item: Schema) -> Schema:
    return _record({str(celsius): item for celsius in ISOTHERMS_C})


def _map(item: Schema) -> Schema:
    return {"type": "object", "additionalProperties": item}


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}
