"""What the published JSON Schemas are made of."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
MAYBE: Schema = {"type": ["number", "null"]}
COUNT: Schema = {"type": "integer", "minimum": 0}
YES: Schema = {"type": "boolean"}
PLACE: Schema = {"type": "array", "items": NUMBER, "minItems": 3, "maxItems": 3}


def record(parts: dict[str, Schema], *, optional: dict[str, Schema] | None = None) -> Schema:
    """An object with just these parts."""
    return {
        "type": "object",
        "properties": {**parts, **(optional or {})},
        "required": list(parts),
        "additionalProperties": False,
    }


def mapped(item: Schema) -> Schema:
    """An object of such items under any names."""
    return {"type": "object", "additionalProperties": item}


def listed(item: Schema) -> Schema:
    """A list of such items."""
    return {"type": "array", "items": item}
