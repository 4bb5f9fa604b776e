"""What exchanges heat with tissue and is not solved itself: air, a bath, a spray spot, a vessel, a warmer."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iceball.errors import SceneError

SAME_S = 1e-6
"""Times closer than this are one time."""


@dataclass(frozen=True)
class WallStep:
    """What a wall does for a while instead of what it does at rest: h in W/m2/K, ambient temperature in °C."""

    start_s: float
    duration_s: float
    h: float
    ambient_c: float

    def __post_init__(self) -> None:
        if not (self.start_s >= 0 and self.duration_s > 0 and math.isfinite(self.start_s + self.duration_s)):
            raise SceneError("needs a start of at least 0 s and a positive duration", where="WallStep")
        _must_be_sound(self.h, self.ambient_c, "WallStep")

    @property
    def end_s(self) -> float:
        """When the wall is at rest again."""
        return self.start_s + self.duration_s


@dataclass(frozen=True)
class Wall:
    """Every face between solved tissue and a cell of `label` exchanges h (T - ambient_c).

    Args:
        name: what people call it.
        label: of the cells that are the wall's and not solved.
        h: W/m2/K, at rest: also before the start, so a run that begins at its resting state knows no step.
        ambient_c: temperature of what flows or lies there, at rest.
        steps: what it does for a while instead, in order and apart.
        closes_c: where it is given, what flows stops for good as soon as every face of the wall borders tissue at or
            below it: from then on h is 0.
        flow: walls of one flow (the pieces of one vessel) close together, as soon as one of them does; "" is alone.
    """

    name: str
    label: int
    h: float
    ambient_c: float
    steps: tuple[WallStep, ...] = ()
    closes_c: float | None = None
    flow: str = ""

    def __post_init__(self) -> None:
        where = f"Wall {self.name}"
        _must_be_sound(self.h, self.ambient_c, where)
        for a, b in zip(self.steps, self.steps[1:], strict=False):
            if b.start_s < a.end_s - SAME_S:
                raise SceneError("steps overlap or are out of order", where=f"{where}.steps")
        if self.closes_c is not None and not -100 <= self.closes_c <= 50:
            raise SceneError(f"{self.closes_c} °C is outside -100 to 50 °C", where=f"{where}.closes_c")

    def at(self, time_s: float) -> tuple[float, float]:
        """h and ambient temperature from that time on."""
        for step in self.steps:
            if step.start_s - SAME_S <= time_s < step.end_s - SAME_S:
                return step.h, step.ambient_c
        return self.h, self.ambient_c

    @property
    def may_conduct(self) -> bool:
        """Whether it exchanges heat at any time."""
        return self.h > 0 or any(step.h > 0 for step in self.steps)

    @property
    def corners_s(self) -> tuple[float, ...]:
        """Times at which it begins to do something else."""
        return tuple(sorted({t for step in self.steps for t in (step.start_s, step.end_s)}))


def film_conductance(
    d: NDArray[np.float64] | float, k: NDArray[np.float64], h: NDArray[np.float64]
) -> NDArray[np.float64]:
    """W/m3/K into a cell of width d (m) and conductivity k through half of it and a film h."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.nan_to_num(1.0 / (0.5 * d / k + 1.0 / h) / d))


def _must_be_sound(h: float, ambient_c: float, where: str) -> None:
    if not (0 <= h <= 1e9 and math.isfinite(ambient_c) and -273.15 <= ambient_c <= 2000):
        raise SceneError(
            f"needs h from 0 to 1e9 W/m2/K and a temperature, not {h:g} W/m2/K and {ambient_c:g} °C", where=where
        )
