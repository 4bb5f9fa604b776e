"""A checker of the part of JSON Schema that Iceball's published schemas use; an unknown keyword fails."""

from __future__ import annotations

from typing import Any

TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
    "number": (int, float),
    "integer": int,
}
SAYS_NOTHING = {"$schema", "$defs", "title", "description", "default", "affects", "discriminator"}


def problems(value: Any, schema: dict[str, Any], *, root: dict[str, Any] | None = None, at: str = "$") -> list[str]:
    """Where and why `value` breaks `schema`; empty if it does not."""
    root = schema if root is None else root
    found: list[str] = []
    for keyword, rule in schema.items():
        if keyword not in SAYS_NOTHING:
            found += CHECKS[keyword](value, rule, schema, root, at)
    return found


def _type(value: Any, rule: Any, schema: Any, root: Any, at: str) -> list[str]:
    names = [rule] if isinstance(rule, str) else rule
    fits = any(isinstance(value, TYPES[n]) and not (isinstance(value, bool) and n != "boolean") for n in names)
    return [] if fits else [f"{at}: {value!r} is not {rule}"]


def _properties(value: Any, rule: Any, schema: Any, root: Any, at: str) -> list[str]:
    if not isinstance(value, dict):
        return []
    return [p for k, s in rule.items() if k in value for p in problems(value[k], s, root=root, at=f"{at}.{k}")]


def _additional(value: Any, rule: Any, schema: Any, root: Any, at: str) -> list[str]:
    extra = [k for k in value if k not in schema.get("properties", {})] if isinstance(value, dict) else []
    if rule is False:
        return [f"{at}: {k} is not known" for k in extra]
    return [] if rule is True else [p for k in extra for p in problems(value[k], rule, root=root, at=f"{at}.{k}")]


def _items(value: Any, rule: Any, schema: Any, root: Any, at: str) -> list[str]:
    if not isinstance(value, list):
        return []
    return [p for i, v in enumerate(value) for p in problems(v, rule, root=root, at=f"{at}[{i}]")]


def _any(value: Any, rule: Any, schema: Any, root: Any, at: str) -> list[str]:
    tries = [problems(value, s, root=root, at=at) for s in rule]
    return [] if not all(tries) else min(tries, key=len)


def _one(value: Any, rule: Any, schema: Any, root: Any, at: str) -> list[str]:
    fitting = sum(not problems(value, s, root=root, at=at) for s in rule)
    return [] if fitting == 1 else [f"{at}: fits {fitting} of {len(rule)} forms"]


def _prefix(value: Any, rule: Any, schema: Any, root: Any, at: str) -> list[str]:
    pairs = zip(value, rule, strict=False)
    return [p for i, (v, s) in enumerate(pairs) for p in problems(v, s, root=root, at=f"{at}[{i}]")]


def _ref(value: Any, rule: str, schema: Any, root: Any, at: str) -> list[str]:
    return problems(value, root["$defs"][rule.removeprefix("#/$defs/")], root=root, at=at)


def _limit(fits: Any) -> Any:
    def check(value: Any, rule: Any, schema: Any, root: Any, at: str) -> list[str]:
        applies = isinstance(value, (int, float, list, dict)) and not isinstance(value, bool)
        return [] if not applies or fits(value, rule) else [f"{at}: {value!r} breaks {rule!r}"]

    return check


CHECKS = {
    "type": _type,
    "properties": _properties,
    "required": _limit(lambda value, rule: not isinstance(value, dict) or set(rule) <= set(value)),
    "additionalProperties": _additional,
    "items": _items,
    "anyOf": _any,
    "oneOf": _one,
    "prefixItems": _prefix,
    "$ref": _ref,
    "enum": lambda v, rule, s, r, at: [] if v in rule else [f"{at}: {v!r} is not one of {rule}"],
    "const": lambda v, rule, s, r, at: [] if v == rule else [f"{at}: {v!r} is not {rule!r}"],
    "minItems": _limit(lambda value, rule: not isinstance(value, list) or len(value) >= rule),
    "maxItems": _limit(lambda value, rule: not isinstance(value, list) or len(value) <= rule),
    "minimum": _limit(lambda value, rule: not isinstance(value, (int, float)) or value >= rule),
    "maximum": _limit(lambda value, rule: not isinstance(value, (int, float)) or value <= rule),
    "exclusiveMinimum": _limit(lambda value, rule: not isinstance(value, (int, float)) or value > rule),
}
