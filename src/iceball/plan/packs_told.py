"""A pack as people and programs read it: limits, goals, clock and every number with its source."""

from __future__ import annotations

from dataclasses import dataclass

from iceball.plan.defaults import defaults_of
from iceball.sources import Constant
from iceball.tissue.pack import Pack
from iceball.tissue.packs import protection_of
from iceball.tissue.protection import Protection


@dataclass(frozen=True)
class LimitTold:
    """What a structure keeps; null where there is no such limit. `_mm` is the distance of the ice, 0 °C."""

    stop_c: float | None
    stop_mm: float | None
    alarm_c: float | None
    alarm_mm: float | None
    in_words: str
    assumed: bool
    """True where any of them was not read."""


@dataclass(frozen=True)
class SurfaceTold:
    """What a spray or contact applicator does: how long each time, the thaw between, and how often."""

    dwell_s: float
    thaw_s: float
    cycles: int


@dataclass(frozen=True)
class NumberTold:
    """One number of a pack with its range and source; `kind` is "read", "calculated" or "assumed"."""

    name: str
    value: float
    low: float
    high: float
    unit: str
    kind: str
    source: str
    date: str


@dataclass(frozen=True)
class PackTold:
    """One pack."""

    name: str
    label: str
    applicators: tuple[str, ...]
    reviewer: str
    """Who reviewed it clinically; "none" where nobody did."""
    read: str
    note: str
    tissue: str
    target_tissue: str
    tissues: tuple[str, ...]
    expected: tuple[str, ...]
    limits: dict[str, LimitTold]
    """By structure or group; an expected structure also has that of its group."""
    goals: tuple[str, ...]
    protocol: str | None
    """In words; null where none is proposed."""
    reason: str
    """Why the protocol is as it is, or why there is none."""
    preferred_margin_mm: float | None
    surface: SurfaceTold | None
    numbers: tuple[NumberTold, ...]


@dataclass(frozen=True)
class PacksTold:
    """What `iceball packs --json` prints."""

    packs: tuple[PackTold, ...]


def told(pack: Pack) -> PackTold:
    """All of a pack in plain words and numbers."""
    proposed = defaults_of(pack.name)
    by_group = {name: protection_of(name, pack.name) for name in pack.organ.expected}
    limits = {**pack.limits, **{name: limit for name, limit in by_group.items() if limit is not None}}
    preferred, surface = proposed.preferred_margin_mm, pack.surface
    return PackTold(
        name=pack.name,
        label=pack.label,
        applicators=pack.applicators,
        reviewer=pack.reviewer,
        read=pack.read,
        note=pack.note,
        tissue=pack.organ.tissue,
        target_tissue=pack.organ.target_tissue,
        tissues=pack.tissues,
        expected=pack.organ.expected,
        limits={name: _limit(protection) for name, protection in limits.items()},
        goals=tuple(str(goal) for goal in proposed.goals),
        protocol=None if proposed.protocol is None else str(proposed.protocol),
        reason=proposed.reason,
        preferred_margin_mm=None if preferred is None else preferred.value,
        surface=None
        if surface is None
        else SurfaceTold(surface.dwell_s.value, surface.thaw_s.value, round(surface.cycles.value)),
        numbers=tuple(_number(c) for c in pack.constants()),
    )


def _limit(p: Protection) -> LimitTold:
    stop_c, stop_mm, alarm_c, alarm_mm = (
        None if n is None else n.value for n in (p.stop_c, p.stop_mm, p.alarm_c, p.alarm_mm)
    )
    return LimitTold(stop_c, stop_mm, alarm_c, alarm_mm, str(p), any(c.number.assumed for c in p.constants()))


def _number(constant: Constant) -> NumberTold:
    n = constant.number
    return NumberTold(
        constant.name, n.value, n.low, n.high, n.unit, n.source.kind, n.source.citation, str(n.source.date)
    )
