"""Numerical doubt: how far the solver's cells may have misled a run, from the same run on coarser cells.

The estimate is Richardson's with an order left open. A second-order error is a third of what doubling the cells
changes, a first-order one all of it; nearly three fifths are taken, of the change pooled over the isotherms, since on
one of them the two runs may agree by chance. What both runs share, above all their steps in time, the difference cannot
show: the floors stand for it. `validation/doubt` shows how often the truth lies within.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from iceball.assessment.assessment import ISOTHERMS_C
from iceball.assessment.cold import ColdMap
from iceball.assessment.margin import weighted_quantile
from iceball.solve.history import History
from iceball.space.grid import Floats
from iceball.units import MM3_PER_ML

OF_CHANGE, OF_SPREAD, OF_CELL, FLOOR_MM = 0.58, 0.035, 0.003, 0.014
"""Of a volume, as a shift of its surface: shares of the change, of the distance between both surfaces and of the
spacing; and the least."""
OF_DISTANCE, OF_CELL_95, FLOOR_95_MM = 0.6, 0.01, 0.03
"""Of the place of an isotherm: shares of the distance that 95 % of it keep and of the spacing; and the least."""
ALMOST_ALL = 0.95
ENOUGH_POINTS = 4000
"""Of a larger surface every second, third … corner is held against the coarser one."""


@dataclass(frozen=True)
class _Change:
    """How one isotherm differs between the two runs."""

    area_mm2: float
    shift_mm: float
    rms_mm: float
    almost_all_mm: float


def numerical_doubt(history: History, coarse: History) -> dict[str, dict[str, float]]:
    """How far off the isotherms of the lowest temperature may be because of the grid.

    Args:
        history: the run.
        coarse: the run of `coarser(history.scene)`.

    Returns:
        `["ml"]["0"]`: ± mL of the volume at or below 0 °C; `["mm"]["0"]`: ± mm within which 95 % of its surface lie.
        Keys "0", "-20", "-40"; an isotherm that the run does not have has no mm.
    """
    fine, rough = ColdMap.of(history.minimum_c, history), ColdMap.of(coarse.minimum_c, coarse)
    changes = {t: _change(fine, rough, t) for t in ISOTHERMS_C}
    shifts = [c.shift_mm for c in changes.values() if isinstance(c, _Change)]
    pooled = float(np.sqrt(np.mean(np.square(shifts)))) if shifts else 0.0
    spacing = max(fine.grid.spacing_mm)
    ml, mm = {}, {}
    for t, change in changes.items():
        if isinstance(change, _Change):
            shift = OF_CHANGE * pooled + OF_SPREAD * change.rms_mm + OF_CELL * spacing + FLOOR_MM
            ml[str(t)] = shift * change.area_mm2 / MM3_PER_ML
            mm[str(t)] = OF_DISTANCE * change.almost_all_mm + OF_CELL_95 * spacing + FLOOR_95_MM
        else:
            # In one of the runs only: all of it may be the grid's doing.
            most = max(change)
            ml[str(t)] = most
            if change[0] > 0:
                mm[str(t)] = (0.75 * most * MM3_PER_ML / math.pi) ** (1 / 3)
    return {"ml": ml, "mm": mm}


def half_widths(doubt: Mapping[str, Mapping[str, float]], numbers: Mapping[str, float]) -> dict[str, float]:
    """The ± of each headline number that `numerical_doubt` says something about; coverages apart.

    Args:
        doubt: `History.doubt`.
        numbers: `Assessment.numbers()`.
    """
    out = {}
    for name in numbers:
        what, _, which = name.partition(".")
        level = "0" if what == "distance_to_0c_mm" else which.partition(".")[0]
        unit = "ml" if what == "volumes_ml" else "mm"
        if what != "coverage" and level in doubt.get(unit, {}):
            out[name] = doubt[unit][level]
    return out


def _change(fine: ColdMap, rough: ColdMap, celsius: float) -> _Change | tuple[float, float]:
    """What the coarser run changes; where one of the two has no such surface, the two volumes in mL."""
    volumes = fine.volume_ml(celsius), rough.volume_ml(celsius)
    surface, nearest = fine.isotherm(celsius).surface, rough.isotherm(celsius).nearest
    if surface is None or nearest is None:
        return volumes
    # Where a surface runs out of the box the coarser one ends earlier: only what faces it is compared.
    chosen = slice(None, None, 1 + len(surface.points_mm) // ENOUGH_POINTS)
    points, weights = surface.points_mm[chosen], surface.point_areas_mm2[chosen]
    index = rough.grid.to_index(points)
    facing = ((index >= 0) & (index <= np.array(rough.grid.shape) - 1)).all(axis=1)
    if not facing.any():
        return volumes
    away: Floats = nearest.distance_mm(points[facing])
    weights = weights[facing]
    area = surface.area_mm2
    return _Change(
        area,
        (volumes[0] - volumes[1]) * MM3_PER_ML / area,
        float(np.sqrt(np.average(away**2, weights=weights))),
        weighted_quantile(away, weights, ALMOST_ALL),
    )
