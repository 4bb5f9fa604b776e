"""The numbers that setting needles goes by, read from placed.toml."""

from __future__ import annotations

from functools import cache

from iceball.sources import Constant, Sourced, data_file


@cache
def number(section: str, name: str) -> Sourced:
    """One number of a section of placed.toml."""
    data = data_file("plan", "placed/placed.toml")
    return data.number(data.records("placed")[section], name, name=section)


def placed_constants() -> tuple[Constant, ...]:
    """Every number of it under its full name."""
    records = data_file("plan", "placed/placed.toml").records("placed")
    return tuple(Constant(f"placed.{s}.{n}", number(s, n)) for s, numbers in records.items() for n in numbers)
