"""A run carried along: where its cold would lie had its needles moved a little, in a few milliseconds.

The needles' steady potentials are added up as in a sketch (`iceball.plan.search.sketch`), and the run itself says two
things: how cold a potential is, and, cell by cell, by what share of its potential the cell was colder or warmer than
that. Of that share one part belongs to the place (fat, blood, gas: they stay while needles move) and one to the needles
(what a sum of potentials leaves out: it goes with them), so the geometric mean of both is taken. Of ten plans of the
two bundled cases, one needle moved by 3 to 16 mm, margins were 0.6 mm off (rms); 1.2 with the share that stays, 0.6
with the one that goes (in the kidney 0.7, 1.5 and 0.6, in the sarcoma 0.6, 0.6 and 0.7; calculated on 2026-11-22). With
needles that have not moved it is the run. `docs/why/preview.md` says how far off it is when they have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from iceball.plan.placement import Placement
from iceball.plan.search.coarse import Coarse
from iceball.plan.search.sketch import AT, NEAREST_MM, SHARE, Sketch, strengths
from iceball.solve.potential import add_sinks
from iceball.space import Grid

Floats = NDArray[np.float64]
Field = NDArray[np.float32]

MOST_SHARE = 3.0
"""A cell is at most so many times colder or warmer than the needles alone would make it."""
PER_MM2, FARTHEST_MM = 1.0, 110.0
"""Steps of the table of exp(-r / reach) / r per mm squared of r, and where it ends: nothing is felt there."""


@dataclass(frozen=True, eq=False)
class Carried:
    """A run ready to be carried along.

    Attributes:
        grid: of its cells.
        celsius: its lowest temperatures, NaN in gas.
        zones: active zones of its needles, LPS mm, shape (needles, 2, 3).
        sketch: temperature by potential, as the run has shown it.
        shares: of each cell; 1 where the run says nothing.
    """

    grid: Grid
    celsius: Field
    zones: Floats
    sketch: Sketch
    shares: Field

    @classmethod
    def of(cls, minimum_c: Field, coarse: Coarse, needles: Sequence[Placement]) -> Carried:
        """A run and the needles that made it."""
        zones = zones_of(needles)
        sketch = _to_warm(Sketch.of([(coarse, needles)]), float(np.nanmax(minimum_c)))
        there = potentials(coarse.grid, zones, sketch.reach_mm)
        known = np.isfinite(minimum_c) & (minimum_c > sketch.celsius[-1]) & (minimum_c < sketch.celsius[0])
        meant = np.interp(-np.where(known, minimum_c, 0.0), -sketch.celsius, sketch.potentials)
        shares = np.where(known, meant / there, 1.0)
        return cls(
            coarse.grid, minimum_c, zones, sketch, np.clip(shares, 1 / MOST_SHARE, MOST_SHARE).astype(np.float32)
        )

    def with_needles(self, needles: Sequence[Placement]) -> Field:
        """The lowest temperatures with needles that lie elsewhere, on the run's cells; NaN in gas."""
        zones = zones_of(needles)
        if np.array_equal(zones, self.zones):
            return self.celsius
        weights, reach_mm = strengths(zones, self.sketch.reach_mm), self.sketch.reach_mm
        total = potentials(self.grid, zones, reach_mm, strength=weights)
        found = self._shares_with(zones, weights, total) * total
        celsius = np.interp(found, self.sketch.potentials, self.sketch.celsius).astype(np.float32)
        return np.where(np.isnan(self.celsius), np.float32(np.nan), celsius)

    def _shares_with(self, zones: Floats, weights: Floats, total: Field) -> Field:
        """The shares, half of them gone with the needles: each cell as far as the needles that it feels have moved."""
        from scipy.ndimage import map_coordinates

        at = np.indices(self.grid.shape, np.float32)
        for n in np.flatnonzero((zones != self.zones).any(axis=(1, 2))):
            felt = potentials(self.grid, zones[n : n + 1], self.sketch.reach_mm, strength=weights[n : n + 1])
            felt /= np.maximum(total, np.float32(1e-12))
            moved = (zones[n] - self.zones[n]).mean(axis=0) / self.grid.spacing_mm
            for axis in np.flatnonzero(moved):
                at[axis] -= np.float32(moved[axis]) * felt
        gone = map_coordinates(self._log_shares, at, np.float32, order=1, mode="nearest")
        return np.asarray(np.exp((gone + self._log_shares) / 2))

    @cached_property
    def _log_shares(self) -> Field:
        return np.log(self.shares)


def _to_warm(sketch: Sketch, warm_c: float) -> Sketch:
    """The sketch with the temperature where no needle is felt: a search asks for nothing so warm."""
    potentials, celsius = np.insert(sketch.potentials, 0, 0.0), np.insert(sketch.celsius, 0, warm_c)
    return Sketch(sketch.reach_mm, potentials, celsius)


def zones_of(needles: Sequence[Placement]) -> Floats:
    """The ends of the active zones, LPS mm, shape (needles, 2, 3)."""
    return np.array([n.active_zone_mm for n in needles], float).reshape(-1, 2, 3)


def potentials(grid: Grid, zones: Floats, reach_mm: float, *, strength: Floats | None = None) -> Field:
    """The needles' potential in every cell of an axis-aligned grid, as `sketch.potential` has it.

    Args:
        grid: the cells.
        zones: ends of the active zones, shape (needles, 2, 3).
        reach_mm: how far cold comes.
        strength: of each needle; None for that of these needles together.
    """
    if not len(zones):
        return np.zeros(grid.shape, np.float32)
    middle, half = zones.mean(axis=1), (zones[:, 1] - zones[:, 0]) / 2
    places = middle[:, None] + AT[None, :, None] * half[:, None]
    strength = strengths(zones, reach_mm) if strength is None else strength
    weights = strength[:, None] * SHARE * np.linalg.norm(half, axis=1)[:, None]
    away = np.sqrt(np.arange(0.0, FARTHEST_MM**2, 1 / PER_MM2) + NEAREST_MM**2)
    table = (np.exp(away * (-1.0 / reach_mm)) / away).astype(np.float32)
    x, y, z = (grid.origin_mm[a] + grid.spacing_mm[a] * np.arange(grid.shape[a]) for a in range(3))
    out = np.zeros(grid.shape, np.float32)
    add_sinks(x, y, z, places.reshape(-1, 3), weights.reshape(-1).astype(np.float32), table, PER_MM2, out)
    return out
