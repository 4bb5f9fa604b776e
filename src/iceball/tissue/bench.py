"""A uniform block of one medium in a bath: bench work and charts, without a patient."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

from iceball.errors import TissueError
from iceball.sources import Constant, data_file
from iceball.tissue.library import tissue

NO_PATIENT = "BENCH BLOCK, NO PATIENT"
"""The flag of every output of a block."""


@dataclass(frozen=True)
class Bench:
    """A cube of one medium, its middle at LPS (0, 0, 0), whose six faces are held at the bath's temperature.

    Args:
        medium: a tissue of the data file, such as "gel" or "liver".
        size_mm: length of an edge.
        start_c: of the whole block before the first freeze, °C.
        bath_c: of the six faces, °C.
        blood: False takes blood flow and metabolic heat from a medium that has them, as outside a body.

    Raises:
        TissueError: naming the medium, size or temperature that cannot be.
    """

    medium: str
    size_mm: float
    start_c: float
    bath_c: float
    blood: bool = True

    def __post_init__(self) -> None:
        medium = tissue(self.medium)
        smallest, largest = bench_number("smallest_mm"), bench_number("largest_mm")
        if not (math.isfinite(self.size_mm) and smallest <= self.size_mm <= largest):
            raise TissueError(
                f"{self.size_mm:g} mm is outside {smallest:g} to {largest:g} mm",
                where="Bench.size_mm",
                remedy="Give the length of the block's edge: --size-mm 120.",
            )
        coldest, hottest = bench_number("coldest_c"), bench_number("hottest_c")
        liquidus = medium.liquidus_c.value
        for name, option in (("bath_c", "--bath-c"), ("start_c", "--start-c")):
            celsius = getattr(self, name)
            if not (math.isfinite(celsius) and coldest <= celsius <= hottest):
                raise TissueError(
                    f"{celsius:g} °C is outside {coldest:g} to {hottest:g} °C",
                    where=f"Bench.{name}",
                    remedy=f"Give it in °C: {option} 37.",
                )
            if celsius <= liquidus:
                raise TissueError(
                    f"{celsius:g} °C is not above {liquidus:g} °C, where {self.medium} begins to freeze",
                    where=f"Bench.{name}",
                    remedy=f"Give a warmer one: {option} 37.",
                )
        for name in ("size_mm", "start_c", "bath_c"):
            object.__setattr__(self, name, float(getattr(self, name)))  # 37 and 37.0 are one block

    @property
    def perfused(self) -> bool:
        """Whether blood flows in the block."""
        return self.blood and tissue(self.medium).perfusion.value > 0

    def __str__(self) -> str:
        flow = ""
        if tissue(self.medium).perfusion.value > 0:
            flow = ", with blood flow" if self.perfused else ", without blood flow"
        return f"uniform block of {self.medium}, {self.start_c:g} °C, bath {self.bath_c:g} °C{flow}"


def bench_number(name: str) -> float:
    """A number of bench.toml by name."""
    return {c.name.removeprefix("bench."): c.number.value for c in bench_constants()}[name]


@cache
def bench_constants() -> tuple[Constant, ...]:
    """Every number behind a block, with range and source."""
    data = data_file("tissue", "bench.toml")
    record = data.records("bench")["block"]
    return tuple(Constant(f"bench.{field}", data.number(record, field, name="bench")) for field in record)
