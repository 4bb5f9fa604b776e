"""The numbers that ice seen on an image goes by, read from guide.toml."""

from __future__ import annotations

from functools import cache

from iceball.sources import Constant, Sourced, data_file


@cache
def number(section: str, name: str) -> Sourced:
    """One number of a section of guide.toml."""
    data = data_file("guide", "guide.toml")
    return data.number(data.records("guide")[section], name, name=section)


def guide_constants() -> tuple[Constant, ...]:
    """Every number of it under its full name."""
    records = data_file("guide", "guide.toml").records("guide")
    return tuple(Constant(f"guide.{s}.{n}", number(s, n)) for s, numbers in records.items() for n in numbers)
