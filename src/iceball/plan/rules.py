"""The numbers that the starter plan and the check of a plan go by, read from starter.toml."""

from __future__ import annotations

from functools import cache

from iceball.sources import Constant, Sourced, data_file


@cache
def rule(section: str, name: str) -> Sourced:
    """One number: section "rule", "path", "price" or "check"."""
    data = data_file("plan", "starter.toml")
    return data.number(data.records("starter")[section], name, name=section)


def starter_constants() -> tuple[Constant, ...]:
    """Every number of the starter plan under its full name."""
    records = data_file("plan", "starter.toml").records("starter")
    return tuple(Constant(f"starter.{s}.{n}", rule(s, n)) for s, numbers in records.items() for n in numbers)
