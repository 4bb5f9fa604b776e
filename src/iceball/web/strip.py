"""The strip at the top of the page: the worst margin, what -20 °C covers, and the nearest structure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from iceball.assessment import Assessment
from iceball.assessment.assessment import AtRisk
from iceball.reporting.display import plain
from iceball.reporting.headline import MARGIN_DOUBT

Point = tuple[float, float, float]


@dataclass(frozen=True)
class NearestTold:
    """The structure that ice is nearest to (or deepest in), and how it stands to what it shall keep."""

    name: str
    distance_mm: float | None
    coldest_c: float | None
    reached_s: float | None
    status: str
    words: str


@dataclass(frozen=True)
class Strip:
    """What the strip shows; None where there is no such number, with the reason of a missing margin."""

    margin_min_mm: float | None
    margin_p10_mm: float | None
    margin_reason: str
    margin_where_mm: Point | None
    coverage_20: float | None
    nearest: NearestTold | None
    ice_ml: float | None
    flags: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """As the page reads it."""
        return asdict(self)


def strip_of(verdict: Assessment, *, flags: Sequence[str] = ()) -> Strip:
    """The strip of an assessment.

    Args:
        verdict: of the run; a spread in it gives the P10.
        flags: of the case.
    """
    margin = verdict.margins_mm["0"]
    band = verdict.spread.bands.get(MARGIN_DOUBT) if verdict.spread else None
    unmet = sum(v.met is False for v in verdict.goals)
    said = [*flags, *([f"{unmet} goal{'s' * (unmet != 1)} not met"] if unmet else [])]
    if verdict.not_assessed:
        said.append(f"NOT ASSESSED: {', '.join(plain(name) for name in verdict.not_assessed)}")
    return Strip(
        margin.min_mm,
        None if band is None else band.p10,
        margin.reason,
        margin.where_lps_mm,
        verdict.coverage.get("-20"),
        nearest_of(verdict, verdict.structures),
        verdict.volumes_ml.get("0"),
        tuple(said),
    )


def nearest_of(verdict: Assessment, structures: Sequence[AtRisk]) -> NearestTold | None:
    """The structure nearest to the ice of those that have a limit or a goal; where none has one, of all.

    Where there is no ice it is the coldest; None where no structure is near.
    """
    if not structures:
        return None
    structures = [s for s in structures if s.limits or s.goals] or structures
    near = [s for s in structures if s.distance_to_0c_mm is not None]
    found = min(near, key=_distance) if near else min(structures, key=lambda s: s.min_temperature_c)
    status = verdict.status_of(found)
    return NearestTold(
        found.name,
        found.distance_to_0c_mm,
        found.min_temperature_c,
        found.first_reached_s,
        status.colour,
        status.words,
    )


def _distance(structure: AtRisk) -> float:
    return structure.distance_to_0c_mm if structure.distance_to_0c_mm is not None else float("inf")
