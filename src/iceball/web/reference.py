"""What a plan is made from, as the page asks for it: needle cards, protocols, and what a pack proposes and limits."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from iceball.applicator import Probe
from iceball.applicator import probes as all_probes
from iceball.plan.defaults import defaults_of
from iceball.plan.packs_told import NumberTold, SurfaceTold, told
from iceball.plan.protocol import Step
from iceball.sources import Constant
from iceball.tissue.packs import pack, protection_of
from iceball.tissue.packs import packs as all_packs


@dataclass(frozen=True)
class Card:
    """One kind of needle. Lengths in mm; `active_least_mm` and `active_most_mm` are null where it is fixed."""

    name: str
    label: str
    gauge: str
    diameter_mm: float
    cryogen: str
    active_mm: float
    active_least_mm: float | None
    active_most_mm: float | None
    standoff_mm: float
    usable_mm: float
    duty_least: float
    handle: str
    mr: str
    thaw: str
    can_thaw: bool
    assumed: tuple[str, ...]
    """Which of its numbers were not read."""
    charts_read: int
    """How many published tables of it were read."""


@dataclass(frozen=True)
class Preset:
    """A protocol that a pack proposes, for all organs that propose the same."""

    label: str
    words: str
    steps: tuple[Step, ...]
    reasons: dict[str, str]
    """By organ."""
    assumed: bool


@dataclass(frozen=True)
class LimitShown:
    """What one structure keeps, with every number's source."""

    structure: str
    words: str
    assumed: bool
    numbers: tuple[NumberTold, ...]


@dataclass(frozen=True)
class PackShown:
    """What an organ's pack proposes: goals as the plan holds them, their words, limits and times."""

    name: str
    label: str
    applicators: tuple[str, ...]
    reviewer: str
    goals: tuple[dict[str, Any], ...]
    goal_words: tuple[str, ...]
    limits: tuple[LimitShown, ...]
    protocol: tuple[Step, ...]
    reason: str
    preferred_margin_mm: float | None
    surface: SurfaceTold | None
    expected: tuple[str, ...]
    numbers: tuple[NumberTold, ...]


def cards() -> list[Card]:
    """All needle cards: the shipped ones, then one's own.

    Raises:
        ProbeError, SourceError: for a card of one's own that is refused.
    """
    return [_card(kind) for kind in all_probes().values()]


def presets() -> list[Preset]:
    """Every protocol that a pack proposes, equal ones together."""
    found: dict[tuple[Step, ...], list[Preset]] = {}
    for one in all_packs().values():
        proposed = defaults_of(one.name)
        if proposed.protocol is not None:
            times = [c for c in proposed.constants if ".protocol." in c.name]
            preset = Preset(
                one.label,
                str(proposed.protocol),
                proposed.protocol.steps,
                {one.name: proposed.reason},
                any(c.number.assumed for c in times),
            )
            found.setdefault(proposed.protocol.steps, []).append(preset)
    return [_together(alike) for alike in found.values()]


def pack_shown(organ: str) -> PackShown:
    """What the pack of an organ proposes. Raises PackError for a name that is no pack."""
    one = pack(organ)
    all_of_it, proposed = told(one), defaults_of(one.name)
    return PackShown(
        name=one.name,
        label=one.label,
        applicators=one.applicators,
        reviewer=one.reviewer,
        goals=tuple(asdict(goal) for goal in proposed.goals),
        goal_words=all_of_it.goals,
        limits=tuple(_limit(name, one.name, limit.in_words) for name, limit in all_of_it.limits.items()),
        protocol=proposed.protocol.steps if proposed.protocol else (),
        reason=proposed.reason,
        preferred_margin_mm=all_of_it.preferred_margin_mm,
        surface=all_of_it.surface,
        expected=all_of_it.expected,
        numbers=all_of_it.numbers,
    )


def _card(kind: Probe) -> Card:
    adjustable = kind.length == "adjustable"
    prefix = f"probe.{kind.name}."
    return Card(
        name=kind.name,
        label=kind.label,
        gauge=kind.gauge,
        diameter_mm=2 * kind.radius_mm.value,
        cryogen=kind.cryogen.label,
        active_mm=kind.active_mm.value,
        active_least_mm=kind.active_mm.low if adjustable else None,
        active_most_mm=kind.active_mm.high if adjustable else None,
        standoff_mm=kind.standoff_mm.value,
        usable_mm=kind.usable_mm.value,
        duty_least=kind.duty_least.value,
        handle=kind.handle,
        mr=kind.mr,
        thaw=kind.thaw,
        can_thaw=kind.can_thaw,
        assumed=tuple(c.name.removeprefix(prefix) for c in kind.constants() if c.number.assumed),
        charts_read=sum(table.was_read for table in kind.published),
    )


def _together(alike: list[Preset]) -> Preset:
    return Preset(
        ", ".join(preset.label for preset in alike),
        alike[0].words,
        alike[0].steps,
        {organ: reason for preset in alike for organ, reason in preset.reasons.items()},
        any(preset.assumed for preset in alike),
    )


def _limit(structure: str, organ: str, words: str) -> LimitShown:
    constants = _numbers_of(structure, organ)
    return LimitShown(structure, words, any(c.number.assumed for c in constants), tuple(_number(c) for c in constants))


def _numbers_of(structure: str, organ: str) -> tuple[Constant, ...]:
    limit = pack(organ).limits.get(structure) or protection_of(structure, organ)
    return limit.constants() if limit else ()


def _number(constant: Constant) -> NumberTold:
    n = constant.number
    return NumberTold(
        constant.name, n.value, n.low, n.high, n.unit, n.source.kind, n.source.citation, str(n.source.date)
    )
