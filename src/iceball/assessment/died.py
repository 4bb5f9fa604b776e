"""Where cells may have died by one hypothesis, on the cells of a History.

A logistic probability is carried as an *equivalent temperature*: the lowest temperature of a single freeze, without
hold and without ice in cells, to which the hypothesis' nominal numbers give the same probability. It varies from cell
to cell as temperatures do, so its isotherms are found between cells as theirs are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from iceball.assessment.cold import ColdMap
from iceball.assessment.hypotheses import Hypothesis, hypotheses
from iceball.kernels import compiled
from iceball.physics.injury import (
    death,
    fast_survival,
    half_after,
    hold_survival,
    log_odds_at,
    survival_log_odds,
    threshold_death,
)
from iceball.solve.history import Field, History
from iceball.space.distance import Nearest
from iceball.space.mask_cells import on_cells
from iceball.space.surface import Surface
from iceball.units import minutes

HOLD_BELOW = "-20"
"""Hold counts at or below this temperature: the warmer of the two of which a History keeps the time."""
End = Literal["low", "value", "high"]
ENDS: tuple[End, ...] = ("low", "value", "high")
kernel = compiled(nogil=True, error_model="numpy")


@dataclass(frozen=True, eq=False)
class Died:
    """A map of (equivalent) temperatures by one hypothesis, at one end of its numbers."""

    hypothesis: Hypothesis
    end: End
    map: ColdMap

    def level_c(self, probability: float) -> float:
        """The temperature on `map` at or below which the probability of death is at least `probability`, 0 to 1."""
        numbers = self.hypothesis.numbers
        if self.hypothesis.form == "threshold":
            return float(getattr(numbers["edge_c"], self.end))
        return numbers["half_c"].value + log_odds_at(probability) / numbers["slope"].value

    def probability(self, celsius: float) -> float:
        """Probability of death at a temperature of `map`."""
        numbers = self.hypothesis.numbers
        if self.hypothesis.form == "threshold":
            return threshold_death(celsius, self.level_c(0.5))
        return death(numbers["slope"].value * (celsius - numbers["half_c"].value))


def died(history: History, hypothesis: Hypothesis, cold: ColdMap) -> tuple[Died, Died, Died]:
    """The hypothesis on a run: all numbers at their unfavourable ends, nominal, all at their favourable ends.

    Args:
        history: the run.
        hypothesis: logistic or threshold.
        cold: the map of its lowest temperature.
    """
    if hypothesis.form == "threshold":
        low, value, high = (Died(hypothesis, end, cold) for end in ENDS)
        return low, value, high
    half, slope = hypothesis.numbers["half_c"].value, hypothesis.numbers["slope"].value
    low, value, high = (
        Died(hypothesis, end, replace(cold, celsius=np.asarray(half + odds / slope, np.float32)))
        for end, odds in zip(ENDS, _log_odds(history, hypothesis, cold), strict=True)
    )
    return low, value, high


def kill_probability(history: History, hypothesis: Hypothesis) -> tuple[Field, Field, Field]:
    """Probability of death of every cell by a logistic or threshold hypothesis: low, nominal, high; NaN in gas."""
    cold = ColdMap.of(history.minimum_c, history)
    fields = []
    for each in died(history, hypothesis, cold):
        out = np.empty(cold.celsius.shape, np.float32)
        numbers = hypothesis.numbers
        if hypothesis.form == "threshold":
            out[...] = cold.celsius <= each.level_c(0.5)
        else:
            cells = np.require(each.map.celsius, requirements=("C", "W")).reshape(-1)
            _probabilities(cells, numbers["half_c"].value, numbers["slope"].value, out.reshape(-1))
        out[~cold.tissue] = np.nan
        fields.append(out)
    return fields[0], fields[1], fields[2]


def every_kernel(history: History) -> None:
    """Touch every compiled function that an assessment needs, so that all are kept (`iceball prepare`)."""
    corner = Surface(np.eye(3), np.array([[0, 1, 2]]))
    Nearest(corner).distance_mm(corner.points_mm)
    on_cells(np.ones((1, 1, 1), bool), np.full(3, 0.5), np.zeros(3), (2, 2, 2))
    cold = ColdMap.of(history.minimum_c, history)
    for hypothesis in hypotheses().values():
        if hypothesis.form in ("logistic", "threshold"):
            kill_probability(history, hypothesis)
            for part in died(history, hypothesis, cold):
                part.probability(part.level_c(0.5))


def depth_in_ice_mm(cold: ColdMap) -> Field:
    """Distance of every cell's centre from the 0 °C isotherm, positive inside; about -2 cells where far outside."""
    from scipy.ndimage import binary_dilation

    ice = cold.isotherm(0.0)
    out = np.full(cold.grid.shape, -2 * max(cold.grid.spacing_mm), np.float32)
    if ice.surface is None:
        # all of it or none: an edge that is not there cannot be eroded
        out[cold.celsius <= 0] = np.inf
        return out
    near = binary_dilation(cold.celsius <= 0, np.ones((3, 3, 3)), iterations=1)
    cells = np.argwhere(near)
    out[near] = ice.margin_mm(cold.grid.to_mm(cells))
    return out


def _log_odds(history: History, hypothesis: Hypothesis, cold: ColdMap) -> list[NDArray[np.float64]]:
    """Log of survivors to dead of every cell at the three ends; in gas as in the nearest tissue without history."""
    numbers = hypothesis.numbers
    shape = cold.celsius.shape
    minimum = np.require(cold.celsius, np.float32, ("C", "W")).reshape(-1)
    freezes = np.require(history.cycles_frozen, np.float32, ("C", "W")).reshape(-1)
    below = history.time_below_s.get(HOLD_BELOW)
    hold_min = np.zeros_like(minimum)
    if below is not None:
        hold_min = np.nan_to_num(below, nan=0.0).astype(np.float32).reshape(-1) / np.float32(minutes)
    cooling = np.require(history.cooling_rate, np.float32, ("C", "W")).reshape(-1)

    def odds(end: End, slope: End) -> NDArray[np.float64]:
        out = np.empty(minimum.shape, np.float64)
        chosen = [getattr(numbers[n], end) for n in ("half_c", "shift_k", "most_freezes", "hold_rate", "fast_lethal")]
        fixed = [numbers[n].value for n in ("fast_warmest_c", "fast_slow", "fast_fast")]
        law = np.array([*chosen, *fixed, getattr(numbers["slope"], slope)], float)
        _cells_log_odds(minimum, freezes, hold_min, cooling, law, out)
        return out.reshape(shape)

    # A steeper slope kills more on one side of the half and less on the other: both of its ends are tried.
    return [
        np.maximum(odds("low", "low"), odds("low", "high")),
        odds("value", "value"),
        np.minimum(odds("high", "low"), odds("high", "high")),
    ]


@kernel
def _cells_log_odds(
    minimum: NDArray[Any],
    freezes: NDArray[Any],
    hold_min: NDArray[Any],
    cooling: NDArray[Any],
    law: NDArray[Any],
    out: NDArray[Any],
) -> None:
    half, shift, most, rate, lethal, warmest, slow, fast, slope = law
    for n in range(out.size):
        factor = hold_survival(hold_min[n], rate) * fast_survival(minimum[n], cooling[n], warmest, slow, fast, lethal)
        out[n] = survival_log_odds(minimum[n], half_after(half, shift, freezes[n], most), slope, max(factor, 1e-30))


@kernel
def _probabilities(celsius: NDArray[Any], half_c: float, slope: float, out: NDArray[Any]) -> None:
    for n in range(out.size):
        out[n] = death(slope * (celsius[n] - half_c))
