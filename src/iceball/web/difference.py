"""What differs between two plans, place by place."""

from __future__ import annotations

from typing import Any


def difference(yours: Any, theirs: Any, place: str = "") -> list[dict[str, Any]]:
    """Every place where two plain tables differ, as {path, yours, theirs}; what one lacks is None there."""
    if isinstance(yours, dict) and isinstance(theirs, dict):
        found = []
        for name in sorted({*yours, *theirs}):
            found += difference(yours.get(name), theirs.get(name), f"{place}.{name}" if place else name)
        return found
    lists = isinstance(yours, list | tuple) and isinstance(theirs, list | tuple)
    if lists and len(yours) == len(theirs) and not _numbers(yours):
        pairs = enumerate(zip(yours, theirs, strict=True))
        return [row for i, (a, b) in pairs for row in difference(a, b, f"{place}[{i}]")]
    if lists and len(yours) != len(theirs):
        at = range(max(len(yours), len(theirs)))
        rows = ((i, yours[i] if i < len(yours) else None, theirs[i] if i < len(theirs) else None) for i in at)
        return [row for i, a, b in rows for row in difference(a, b, f"{place}[{i}]")]
    return [] if yours == theirs else [{"path": place, "yours": yours, "theirs": theirs}]


def _numbers(values: list[Any] | tuple[Any, ...]) -> bool:
    """Whether a list is one thing, such as a point, rather than a list of things."""
    return bool(values) and all(isinstance(v, int | float) for v in values)
