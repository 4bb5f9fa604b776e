"""The published JSON Schema of an assessment."""

from __future__ import annotations

from iceball.assessment.assessment import ISOTHERMS_C
from iceball.assessment.kill import COVERAGE_AT, VOLUME_AT
from iceball.assessment.schema_parts import MAYBE, NUMBER, TEXT, Schema, listed, mapped, record

POINT: Schema = {"type": ["array", "null"], "items": NUMBER, "minItems": 3, "maxItems": 3}


FULL_ONLY = ("histogram", "margin_map", "surface_map")


def assessment_schema() -> Schema:
    """The schema of `Assessment.as_json()`: what `run --json` and `assess --json` print."""
    main = _parts()
    variant = record(main)
    return {
        "title": "Iceball assessment",
        "description": "Of the target unless it says otherwise; °C, mm, mL, s. Power-limited needles at nominal flow.",
        **record(
            {**main, "variants": mapped(variant)},
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
        "area_below": mapped(NUMBER),
    }
    parts = {**face, "capsule_fraction": MAYBE, "without_capsule": {"anyOf": [record(face), {"type": "null"}]}}
    margin = record(parts)
    structure = record(
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
            "goals": listed(TEXT),
            "status": {"enum": ["green", "amber", "red", "grey"]},
            "status_words": TEXT,
        }
    )
    goal = record(
        {
            "goal": TEXT,
            "met": {"type": ["boolean", "null"]},
            "value": MAYBE,
            "unit": TEXT,
            "tolerance": MAYBE,
            "reason": TEXT,
        }
    )
    spread = record({"value": NUMBER, "low": NUMBER, "high": NUMBER})
    maybe_spread: Schema = {"anyOf": [spread, {"type": "null"}]}
    death = record(
        {
            "name": TEXT,
            "label": TEXT,
            "form": {"enum": ["logistic", "threshold", "rim"]},
            "leads": {"type": "boolean"},
            "assumed": {"type": "boolean"},
            "volumes_ml": record({f"{p:g}": spread for p in VOLUME_AT}),
            "coverage": record({f"{p:g}": spread for p in COVERAGE_AT}),
            "lowest_in_target": maybe_spread,
            "margins_mm": record({f"{p:g}": record({**parts, "low": MAYBE, "high": MAYBE}) for p in COVERAGE_AT}),
        }
    )
    stop = record(
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
        "volumes_end_of_freeze_ml": listed(_isotherms(NUMBER)),
        "coverage": _isotherms({"type": "number", "minimum": 0, "maximum": 1}),
        "margins_mm": _isotherms(margin),
        "structures": listed(structure),
        "not_assessed": listed(TEXT),
        "goals": listed(goal),
        "target_ml": NUMBER,
        "half_voxel_mm": NUMBER,
        "doubt": mapped(record({"low": NUMBER, "high": NUMBER, "kind": TEXT})),
        "numerical_doubt": mapped(NUMBER),
        "kill": listed(death),
        "spread": _spread(),
        "stops": listed(stop),
        "surface": _surface(),
        "gas": _gas(spread),
        "made_by": {"type": "object"},
        "notes": listed(TEXT),
    }


def _spread() -> Schema:
    share = {"type": ["number", "null"], "minimum": 0, "maximum": 1}
    whole: Schema = {"type": "integer", "minimum": 0}
    band = record({"p10": MAYBE, "p50": MAYBE, "p90": MAYBE, "p10_low": MAYBE, "p10_high": MAYBE, "without": whole})
    matters = record({"input": TEXT, "share": NUMBER, "certain": {"type": "boolean"}})
    made = record(
        {
            "members": whole,
            "seed": whole,
            "spacing_mm": NUMBER,
            "made_for": TEXT,
            "bands": mapped(band),
            "goals": listed(record({"met_share": share, "band": {"anyOf": [band, {"type": "null"}]}})),
            "matters": mapped(listed(matters)),
            "inputs": mapped(NUMBER),
            "notes": listed(TEXT),
        }
    )
    return {"description": "null where no ensemble was made", "anyOf": [made, {"type": "null"}]}


def _surface() -> Schema:
    share: Schema = {"type": "number", "minimum": 0, "maximum": 1}
    depth = record({"min": NUMBER, "median": NUMBER, "p95": NUMBER})
    made = record(
        {
            "target_cm2": NUMBER,
            "frozen_cm2": NUMBER,
            "applied": mapped(share),
            "cycles": mapped(share),
            "depth_mm": mapped(depth),
            "reason": TEXT,
        }
    )
    said = "cycles and depths below the part of the target that faces air or gas; null without a spray or disc"
    return {"description": said, "anyOf": [made, {"type": "null"}]}


def _gas(numbers: Schema) -> Schema:
    made = record({"liquid_ml": numbers, "gas_l": numbers, "vent": TEXT, "said": TEXT})
    return {
        "description": "of sprays, at room conditions; null without one and in variants",
        "anyOf": [made, {"type": "null"}],
    }


def _isotherms(item: Schema) -> Schema:
    return record({str(celsius): item for celsius in ISOTHERMS_C})
