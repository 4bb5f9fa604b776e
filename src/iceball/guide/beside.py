"""Predicted ice beside observed ice: volumes, overlap, and how far one surface lies from the other."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.assessment.margin import weighted_quantile
from iceball.errors import GeometryError
from iceball.guide.numbers import number
from iceball.space import Grid, Volume
from iceball.space.distance import Nearest
from iceball.space.resample import resample
from iceball.space.shapes import Shape
from iceball.space.surface import Surface, surface_of

CELLS_MM = 1.0
"""Both are held against each other on such cells."""
AROUND_MM = 4.0
WARM_C = 37.0
"""Gas has no temperature: nothing is cold there."""


@dataclass(frozen=True)
class Beside:
    """How far predicted ice lies from observed ice at one temperature.

    Attributes:
        celsius: the isotherm that the visible edge is taken as.
        observed_ml, predicted_ml: their volumes.
        dice: twice what they share over the sum of both, 0 to 1.
        mean_mm: mean distance of each surface from the other, weighted by area.
        p95_mm: 95 % of both surfaces lie nearer than this to the other.
        farther_mm: mean over the observed surface of how far the prediction reaches beyond it; negative where it stays
            inside.

    Without predicted ice the three distances are None.
    """

    celsius: float
    observed_ml: float
    predicted_ml: float
    dice: float
    mean_mm: float | None
    p95_mm: float | None
    farther_mm: float | None

    def as_json(self) -> dict[str, Any]:
        """Rounded to what they are worth."""
        return {k: None if v is None else round(v, 3) for k, v in asdict(self).items()}

    def __str__(self) -> str:
        volumes = f"observed {self.observed_ml:.1f} ml, predicted {self.predicted_ml:.1f} ml, Dice {self.dice:.2f}"
        if self.mean_mm is None or self.p95_mm is None or self.farther_mm is None:
            return f"{self.celsius:g} °C: {volumes}; no predicted ice then"
        way = "beyond" if self.farther_mm > 0 else "inside"
        return (
            f"{self.celsius:g} °C: {volumes}; surfaces {self.mean_mm:.1f} mm apart (mean), {self.p95_mm:.1f} mm "
            f"(95 %), the prediction on average {abs(self.farther_mm):.1f} mm {way} the observed edge"
        )


def beside(ice: Shape, celsius: NDArray[np.floating[Any]], grid: Grid, *, edge_c: float) -> Beside:
    """Hold predicted temperatures against ice that was seen.

    Args:
        ice: as observed, LPS mm.
        celsius: temperatures at that minute, shape of the grid, NaN in gas.
        grid: of the temperatures.
        edge_c: the isotherm that the visible edge is taken as.

    Raises:
        GeometryError: where the observed ice does not lie within the predicted field, or is smaller than a cell.
    """
    filled = np.where(np.isfinite(celsius), celsius, WARM_C).astype(np.float32)
    cells = _cells(ice, filled, grid, edge_c)
    seen = ice.occupancy(cells)
    warm = resample(Volume(grid, filled, "degC"), cells).volume.data
    outside = ~grid.contains(cells.centres_mm().reshape(-1, 3)).reshape(cells.shape)
    if (seen[outside] >= 0.5).any():
        raise GeometryError(
            "reaches beyond what was simulated", where="observed ice", remedy="Draw it on the planning image's place."
        )
    warm = np.where(outside, WARM_C, warm)
    mine, theirs = seen >= 0.5, warm <= edge_c
    surface, predicted = surface_of(1.0 - seen, cells, 0.5), surface_of(warm, cells, edge_c)
    if surface is None or not mine.any():
        raise GeometryError("is smaller than a cell", where="observed ice", remedy="Draw all of the ice.")
    observed, foreseen = float(seen.sum()) * cells.voxel_ml, float(theirs.sum()) * cells.voxel_ml
    dice = 2.0 * float((mine & theirs).sum()) / float(mine.sum() + theirs.sum())
    if predicted is None:
        return Beside(edge_c, observed, foreseen, dice, None, None, None)
    to_predicted, to_observed = _gaps(surface, predicted), _gaps(predicted, surface)
    gaps = np.concatenate([to_predicted, to_observed])
    areas = np.concatenate([surface.point_areas_mm2, predicted.point_areas_mm2])
    signs = np.where(_at(warm, cells, surface) <= edge_c, 1.0, -1.0)
    farther = float(np.average(signs * to_predicted, weights=surface.point_areas_mm2))
    mean, p95 = float(np.average(gaps, weights=areas)), weighted_quantile(gaps, areas, 0.95)
    return Beside(edge_c, observed, foreseen, dice, mean, p95, farther)


def both_edges(ice: Shape, celsius: NDArray[np.floating[Any]], grid: Grid) -> tuple[Beside, Beside]:
    """The same with the edge taken as 0 °C, and as the coldest that it may be."""
    edge = number("edge", "celsius")
    found = [beside(ice, celsius, grid, edge_c=c) for c in (edge.value, edge.low)]
    return found[0], found[1]


def _cells(ice: Shape, celsius: NDArray[np.float32], grid: Grid, edge_c: float) -> Grid:
    """Cells around both."""
    low, high = ice.bounds_mm()
    cold = np.argwhere(celsius <= edge_c)
    if len(cold):
        first, last = cold.min(axis=0), cold.max(axis=0)
        corners = grid.to_mm(
            np.array([[(first, last)[b][a] for a, b in enumerate(bits)] for bits in np.ndindex(2, 2, 2)])
        )
        low, high = np.minimum(low, corners.min(axis=0)), np.maximum(high, corners.max(axis=0))
    return Grid.box(low - AROUND_MM, high + AROUND_MM, (CELLS_MM,) * 3)


def _gaps(of: Surface, to: Surface) -> NDArray[np.float64]:
    return Nearest(to).distance_mm(of.points_mm)


def _at(values: NDArray[Any], grid: Grid, surface: Surface) -> NDArray[np.float64]:
    from scipy.ndimage import map_coordinates

    index = grid.to_index(surface.points_mm)
    return np.asarray(map_coordinates(values, index.T, output=np.float64, order=1, mode="nearest"))
