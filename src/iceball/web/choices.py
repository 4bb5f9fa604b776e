"""What fields of a plan may name, as the page offers it: fluids, warmers, sprays and discs, laws of cell death."""

from __future__ import annotations

from dataclasses import dataclass

from iceball.applicator import SurfaceApplicator, surface_applicators
from iceball.applicator.warmer import Warmer, warmers
from iceball.assessment.hypotheses import hypotheses, targets
from iceball.plan.pocket import fluids
from iceball.sources import Sourced


@dataclass(frozen=True)
class Named:
    """A name as the plan holds it, and as people say it."""

    name: str
    label: str


@dataclass(frozen=True)
class WarmerShown:
    """A warmer's card: where it lies ("lumen" or "skin"), what it can be set to, how far one on the skin reaches."""

    name: str
    label: str
    place: str
    temperature_c: float
    least_c: float
    most_c: float
    radius_mm: float
    least_radius_mm: float
    most_radius_mm: float
    assumed: tuple[str, ...]


@dataclass(frozen=True)
class SprayShown:
    """A card of a spray or disc: whether gas leaves it, and the sizes of spot that it can make."""

    name: str
    label: str
    vents: bool
    radius_mm: float
    least_radius_mm: float
    most_radius_mm: float
    assumed: tuple[str, ...]


@dataclass(frozen=True)
class Choices:
    """All of it."""

    fluids: tuple[Named, ...]
    warmers: tuple[WarmerShown, ...]
    sprays: tuple[SprayShown, ...]
    deaths: tuple[Named, ...]
    """Organs and tissues whose list of laws of cell death is shown, then single laws that lead."""


def choices() -> Choices:
    """Everything that can be chosen; raises ProbeError or SourceError for a card of one's own that is refused."""
    lists = tuple(Named(name, f"as for {name.replace('_', ' ')}") for name in targets())
    # a name that is both is the list: so a plan reads it
    laws = tuple(Named(h.name, h.label) for h in hypotheses().values() if h.name not in targets())
    return Choices(
        fluids=tuple(Named(name, label) for name, (label, _) in fluids().items()),
        warmers=tuple(_warmer(card) for card in warmers().values()),
        sprays=tuple(_spray(card) for card in surface_applicators().values()),
        deaths=(*lists, *laws),
    )


def _warmer(card: Warmer) -> WarmerShown:
    set_to, wide = card.temperature_c, card.diameter_mm
    return WarmerShown(
        card.name, card.label, card.place, set_to.value, set_to.low, set_to.high,
        wide.value / 2, wide.low / 2, wide.high / 2,
        _assumed({"temperature": set_to, "heat transfer": card.h, "diameter": wide}),
    )  # fmt: skip


def _spray(card: SurfaceApplicator) -> SprayShown:
    size = card.radius_mm
    return SprayShown(
        card.name, card.label, card.vents, size.value, size.low, size.high,
        _assumed({"temperature": card.cryogen_c, "heat transfer": card.h, "radius": size}),
    )  # fmt: skip


def _assumed(numbers: dict[str, Sourced]) -> tuple[str, ...]:
    return tuple(name for name, number in numbers.items() if number.assumed)
