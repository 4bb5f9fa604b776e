"""What a search uses of a run: the lowest temperatures and where their cells lie. A run may come from a store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iceball.plan.compose import Conditions
from iceball.plan.plan import Plan
from iceball.plan.predict import simulate
from iceball.solve import History
from iceball.space import Grid
from iceball.tissue import Anatomy


@dataclass(frozen=True, eq=False)
class Coarse:
    """A run as a search sees it.

    Attributes:
        minimum_c: lowest temperature of each cell over the protocol, °C, float32; NaN in gas.
        grid: of the cells.
    """

    minimum_c: NDArray[np.float32]
    grid: Grid

    @classmethod
    def of(cls, history: History) -> Coarse:
        """That part of a whole history."""
        return cls(history.minimum_c, history.scene.grid)


Simulated = Callable[[Plan, float], Coarse]
"""The run of a plan on cells of so many mm, made or read back."""


def simulated_in(anatomy: Anatomy) -> Simulated:
    """Runs of the full model in a patient, made whenever asked."""

    def run(plan: Plan, spacing_mm: float) -> Coarse:
        return Coarse.of(simulate(plan, anatomy, conditions=Conditions(spacing_mm=spacing_mm), doubt=False))

    return run
