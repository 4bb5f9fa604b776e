"""What is not known about a plan, as named inputs of an ensemble, and how far each of them is varied."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache
from typing import Self

from iceball.errors import PlanError
from iceball.sources import Constant, Sourced, data_file
from iceball.tissue import Anatomy

INPUTS: Mapping[str, str] = {
    "perfusion": "blood flow of every tissue but the tumour, together",
    "tumour_perfusion": "blood flow of the tumour",
    "conductivity": "conductivity unfrozen, of every tissue together",
    "frozen_conductivity": "conductivity frozen, of every tissue together",
    "latent_heat": "latent heat, of every tissue together",
    "stasis": "temperature below which blood stops for good, of every tissue together",
    "needle_power": "heat transfer of the needles' wall, of every needle together",
    "coolant": "temperature of the needles' gas, of every needle together",
    "surface_h": "heat transfer of sprays and discs, of all together",
    "placement": "where each needle lies",
    "motion": "where the organ lies under all needles",
    "contour": "how wide the target was drawn",
    "slice": "where the target begins and ends along the slices",
}
"""Each input and what it is."""
OF_CARDS = tuple(INPUTS)[:9]
"""Inputs whose range stands on the cards of tissues and needles."""


@dataclass(frozen=True)
class Varied:
    """How far each input is varied.

    Those on cards (`OF_CARDS`) are shares of the card's range: 1 takes its low and high as 5th and 95th percentile, 0
    leaves the nominal value. `placement_mm`, `motion_mm` and `contour_mm` are standard deviations in mm (along each
    axis; of the outline along its normal), `slice_share` the greatest shift in slices, any up to it equally likely.

    Raises:
        PlanError: if one is negative, not finite or larger than can be meant.
    """

    perfusion: float = 1.0
    tumour_perfusion: float = 1.0
    conductivity: float = 1.0
    frozen_conductivity: float = 1.0
    latent_heat: float = 1.0
    stasis: float = 1.0
    needle_power: float = 1.0
    coolant: float = 1.0
    surface_h: float = 1.0
    placement_mm: float = 0.0
    motion_mm: float = 0.0
    contour_mm: float = 0.0
    slice_share: float = 0.0

    def __post_init__(self) -> None:
        for f in fields(self):
            value, most = float(getattr(self, f.name)), 20.0 if f.name.endswith("_mm") else 3.0
            if not 0 <= value <= most:
                raise PlanError(f"{value:g} is outside 0 to {most:g}", where=f"Varied.{f.name}")
            object.__setattr__(self, f.name, value)

    @classmethod
    def shipped(cls, anatomy: Anatomy) -> Self:
        """As the data file has it; organs that do not move with the breath have no `motion_mm`.

        On the bench needles and targets lie where they were put: only cards are varied.
        """
        if anatomy.bench is not None:
            return cls()
        place = {name: place_number(name).value for name in ("placement_mm", "contour_mm", "slice_share")}
        return cls(**place, motion_mm=place_number("motion_mm").value if moves(anatomy) else 0.0)

    @classmethod
    def nothing(cls) -> Self:
        """Everything as it is drawn and carded."""
        return cls(**dict.fromkeys((f.name for f in fields(cls)), 0.0))

    def of(self, name: str) -> float:
        """How far the input of that name in `INPUTS` is varied."""
        return float(asdict(self)[{"slice": "slice_share"}.get(name, name if name in OF_CARDS else f"{name}_mm")])


def moves(anatomy: Anatomy) -> bool:
    """Whether the target's organ moves with the breath; of the lung the lower lobes only, where lobes were drawn."""
    table = data_file("plan", "spread.toml").table["motion"]
    if anatomy.organ not in table["organs"]:
        return False
    if anatomy.organ != "lung":
        return True
    lobes = [n for n in anatomy.structures if n.startswith("lung_") and "lobe" in n]
    low, high = anatomy.target.shape.bounds_mm()

    def near(name: str) -> float:
        # the box nearest to the target's middle: a tumour is often cut out of the lobe that it lies in
        a, b = anatomy.structures[name].shape.bounds_mm()
        middle = (low + high) / 2
        return math.dist(middle, [min(max(m, x), y) for m, x, y in zip(middle, a, b, strict=True)])

    if not lobes:
        return True
    least = min(near(n) for n in lobes)
    return any(near(n) <= least and n.startswith(tuple(p.rstrip("*") for p in table["lower_lung"])) for n in lobes)


@cache
def place_number(name: str) -> Sourced:
    """How far needles, contours and organs lie off, from the data file."""
    return _number("place", name)


@cache
def run_number(name: str) -> Sourced:
    """How an ensemble is made by default: "members" and "spacing_mm"."""
    return _number("run", name)


def spread_constants() -> tuple[Constant, ...]:
    """Every number of the data file under its full name."""
    records = data_file("plan", "spread.toml").records("spread")
    return tuple(Constant(f"spread.{s}.{n}", _number(s, n)) for s, numbers in records.items() for n in numbers)


def of_range(number: Sourced, z: float, *, logarithmic: bool = True) -> float:
    """A card's number at a standard normal `z`: its value at 0, its low and high at the card's percentiles.

    Each side has its own width, since the value is seldom in the middle. On the logarithm it stays positive; a number
    whose low end is 0 is never varied on the logarithm but in a straight line, and not below 0.
    """
    from scipy.special import ndtri

    if z == 0:
        return number.value
    share = z / -float(ndtri(_number("card", "tail").value))
    end = number.high if z > 0 else number.low
    if logarithmic and min(number.low, number.value) > 0:
        return float(number.value * (end / number.value) ** abs(share))
    moved = number.value + (end - number.value) * abs(share)
    return max(moved, 0.0) if number.low >= 0 else moved


@cache
def _number(section: str, name: str) -> Sourced:
    data = data_file("plan", "spread.toml")
    return data.number(data.records("spread")[section], name, name=section)
