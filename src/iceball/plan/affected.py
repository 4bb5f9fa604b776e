"""What of a plan its runs depend on, by the plan's own schema: every field says what it `affects`."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from iceball.plan.plan import Plan

RUN = "run"


def run_part(plan: Plan) -> str:
    """A hash of every field that affects the run.

    Two plans may differ in such a field and still compose one scene: a spot moved by less than a cell, a hold at full
    duty instead of a freeze. The result of one is not called the result of the other.
    """
    tables = _plan().dump_python(plan, mode="json")
    kept = _kept(tables, _schema())
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()


def _kept(value: Any, node: dict[str, Any]) -> Any:
    """The value without what affects no run; lists and tables are gone through."""
    forms = [_schema()["$defs"][f["$ref"].rsplit("/", 1)[-1]] if "$ref" in f else f for f in _forms(node)]
    if isinstance(value, list):
        items: dict[str, Any] = next((f["items"] for f in forms if "items" in f), {})
        return [_kept(item, items) for item in value]
    if isinstance(value, dict):
        of = next((f["properties"] for f in forms if set(value) <= set(f.get("properties", {}))), None)
        if of is None:
            return value
        return {name: _kept(part, of[name]) for name, part in value.items() if of[name].get("affects") == RUN}
    return value


def _forms(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [node, *node.get("anyOf", ()), *node.get("oneOf", ())]


@cache
def _plan() -> TypeAdapter[Plan]:
    return TypeAdapter(Plan)


@cache
def _schema() -> dict[str, Any]:
    return _plan().json_schema()
