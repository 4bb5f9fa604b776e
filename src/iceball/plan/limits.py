"""Temperatures that nerves and the spinal cord shall keep, whatever the goals say: a stop and an alarm."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from iceball.sources import Constant, Sourced, data_file
from iceball.tissue import Anatomy
from iceball.tissue.organs import structures_in_group


@dataclass(frozen=True)
class Protection:
    """What one kind of structure shall keep.

    Args:
        name: of the kind.
        groups: groups of structures that it holds for.
        names: structures and groups by name that it holds for.
        stop_c: freezing stops before the structure comes down to this.
        alarm_c: people are told when it comes down to this.
    """

    name: str
    groups: tuple[str, ...]
    names: tuple[str, ...]
    stop_c: Sourced
    alarm_c: Sourced

    def constants(self) -> tuple[Constant, ...]:
        """Both numbers under their full names."""
        return (
            Constant(f"limit.{self.name}.stop_c", self.stop_c),
            Constant(f"limit.{self.name}.alarm_c", self.alarm_c),
        )


@cache
def protections() -> tuple[Protection, ...]:
    """All of the data file, the stricter before the wider."""
    data = data_file("plan", "limits.toml")
    return tuple(
        Protection(
            name,
            tuple(record["groups"]),
            tuple(record["names"]),
            data.number(record, "stop_c", name=name),
            data.number(record, "alarm_c", name=name),
        )
        for name, record in data.records("limit").items()
    )


def protection_of(structure: str) -> Protection | None:
    """What a structure or group shall keep; None where nothing is shipped for it."""
    for protection in protections():
        if structure in protection.names or any(structures_in_group(g, (structure,)) for g in protection.groups):
            return protection
    return None


def limit_constants(anatomy: Anatomy) -> tuple[Constant, ...]:
    """The numbers of every protection that a drawn structure has."""
    found = {p.name: p for name in anatomy.structures if (p := protection_of(name)) is not None}
    return tuple(c for p in found.values() for c in p.constants())
