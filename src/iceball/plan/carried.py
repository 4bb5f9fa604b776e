"""A run carried along: where its cold would lie had its needles moved a little, in a few milliseconds.

The needles' steady potentials are added up as in a sketch (`iceball.plan.search.sketch`), and the run itself says two
things: how cold a potential is, and, cell by cell, by what share of its potential the cell was colder or warmer than
that. Most of that share belongs to the place (fat, blood, gas: they stay while needles move), the rest to the needles
(what a sum of potentials leaves out: it goes with them). A needle that comes into tissue that conducts less, such as
fat, also draws less heat. With needles that have not moved it is the run. `docs/why/preview.md` says how far off it is
when they have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iceball.physics.heat import frozen_conductivity
from iceball.plan.placement import Placement
from iceball.plan.search.coarse import Coarse
from iceball.plan.search.sketch import AT, NEAREST_MM, SHARE, Sketch, strengths
from iceball.solve import History
from iceball.solve.potential import add_sinks
from iceball.space import Grid

Floats = NDArray[np.float64]
Field = NDArray[np.float32]

STAYS = 0.75
"""So much of a cell's share (of its logarithm) stays where it is; the rest goes with the needles. 0.6 did as well, 0
and 1 worse."""
DRAWS, AROUND_MM = 0.2, 8.0
"""A needle's strength goes with this power of the frozen tissue's conductivity around it, about so far. Of 26 plans of
the two bundled cases (moves of 5 to 17 mm as validation/preview_error makes them, other seeds) volumes were then 13 %
off at most, and 4 % (rms); without it 22 % and 8 %, where a needle had left kidney for fat (calculated, 2026-11-22)."""
FROZEN_C = -20.0
"""Where that conductivity is taken."""
MOST_SHARE = 3.0
"""A cell is at most so many times colder or warmer than the needles alone would make it."""
LEVELS = 400
"""Of the curve of temperature by potential; half of them close to its cold end."""
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
        log_shares: of each cell, the logarithm; 0 where the run says nothing.
        log_k: logarithm of each cell's frozen conductivity, W/m/K; NaN in gas.
    """

    grid: Grid
    celsius: Field
    zones: Floats
    sketch: Sketch
    log_shares: Field
    log_k: Field

    @classmethod
    def of(cls, history: History, needles: Sequence[Placement]) -> Carried:
        """A run and the needles that made it."""
        celsius, zones, grid = history.minimum_c, zones_of(needles), history.scene.grid
        reach_mm = Sketch.of([(Coarse.of(history), needles)]).reach_mm
        there = potentials(grid, zones, reach_mm)
        solved = np.isfinite(celsius)
        sketch = _whole_sketch(reach_mm, there[solved], celsius[solved])
        meant = np.interp(-celsius[solved], -sketch.celsius, sketch.potentials)
        felt = there[solved]
        shares = np.divide(meant, felt, out=np.ones_like(meant), where=felt > 0)
        log_shares = np.zeros_like(celsius)
        log_shares[solved] = np.log(np.clip(shares, 1 / MOST_SHARE, MOST_SHARE))
        return cls(grid, celsius, zones, sketch, log_shares, _log_conductivity(history))

    def with_needles(self, needles: Sequence[Placement]) -> Field:
        """The lowest temperatures with needles that lie elsewhere, on the run's cells; NaN in gas."""
        zones = zones_of(needles)
        if np.array_equal(zones, self.zones):
            return self.celsius
        moved = np.flatnonzero((zones != self.zones).any(axis=(1, 2)))
        weights, reach_mm = strengths(zones, self.sketch.reach_mm), self.sketch.reach_mm
        for n in moved:
            weights[n] *= np.exp(DRAWS * (self._log_k_around(zones[n]) - self._log_k_around(self.zones[n])))
        total = potentials(self.grid, zones, reach_mm, strength=weights)
        found = np.exp(self._log_shares_with(zones, moved, weights, total)) * total
        celsius = np.interp(found, self.sketch.potentials, self.sketch.celsius).astype(np.float32)
        return np.where(np.isnan(self.celsius), np.float32(np.nan), celsius)

    def _log_shares_with(self, zones: Floats, moved: NDArray[np.intp], weights: Floats, total: Field) -> Field:
        """The shares, part of them gone with the needles: each cell as far as the needles that it feels have moved."""
        from scipy.ndimage import map_coordinates

        at = np.indices(self.grid.shape, np.float32)
        for n in moved:
            felt = potentials(self.grid, zones[n : n + 1], self.sketch.reach_mm, strength=weights[n : n + 1])
            felt /= np.maximum(total, np.float32(1e-12))
            cells = (zones[n] - self.zones[n]).mean(axis=0) / self.grid.spacing_mm
            for axis in np.flatnonzero(cells):
                at[axis] -= np.float32(cells[axis]) * felt
        gone = map_coordinates(self.log_shares, at, np.float32, order=1, mode="nearest")
        return np.asarray(STAYS * self.log_shares + (1 - STAYS) * gone, np.float32)

    def _log_k_around(self, zone: Floats) -> float:
        """The mean logarithm of frozen tissue's conductivity around an active zone; 0 where there is no tissue."""
        weights = potentials(self.grid, zone[None], AROUND_MM) ** 2 * np.isfinite(self.log_k)
        total = float(weights.sum())
        return float((weights * np.nan_to_num(self.log_k)).sum()) / total if total > 0 else 0.0


def _whole_sketch(reach_mm: float, there: Field, celsius: Field) -> Sketch:
    """Temperature by potential, of all cells: as many are as cold as there are with so much potential."""
    last = len(there) - 1
    steps = np.concatenate([np.linspace(0, last, LEVELS // 2), last - np.geomspace(1, max(last, 1), LEVELS // 2)])
    levels = np.unique(np.concatenate([steps.clip(0, last).astype(int), [last]]))
    return Sketch(reach_mm, np.sort(there).astype(float)[levels], -np.sort(-celsius.astype(float))[levels])


def _log_conductivity(history: History) -> Field:
    """Of each cell when frozen; NaN in gas."""
    scene = history.scene
    rows = [np.nan if m is None else frozen_conductivity(FROZEN_C, *m.frozen_conductivity) for m in scene.materials]
    whole = np.full(1 + int(scene.labels.max()), np.nan)
    whole[: len(rows)] = rows[: len(whole)]
    return np.asarray(np.log(whole, dtype=np.float32)[scene.labels])


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
