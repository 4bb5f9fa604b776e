"""A sketch of the ice in a millisecond: the needles' steady potentials added up, read at levels that runs have given.

A needle is a line of point sinks in a uniform medium with blood: exp(-r / reach) / r of each, Pennes' steady answer.
Needles side by side add. What this leaves out (other tissues, time) runs of like layouts bring in: cells sorted by
temperature and by potential are matched, so that an isotherm holds as many cells in the sketch as in a run. Of 35 runs
in four random bodies one was told from the others' like it: margins along normals were 0.77 mm off (rms); with plain
spheroids that cold reaches only so far 0.89 mm, with erfc(r / reach) / r 0.79 (calculated on 2026-11-22). A sketch
only chooses what is run next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iceball.plan.placement import Placement
from iceball.plan.search.asked import Temperatures
from iceball.plan.search.coarse import Coarse
from iceball.plan.search.looks import felt, rising

Floats = NDArray[np.float64]

TOUCHED_C = 32.0
"""Cells warmer than this say nothing about the needles."""
LEVELS = 400
MOST_CELLS = 1_500
"""Of one run that are matched."""
FILM = 15.0
"""A wall's film and its wait for heat, against its own ice's potential: how needles share it. Fitted: 12 to 30 do as
well as each other."""
REACHES_MM = (10.0, 13.0, 16.0, 20.0, 25.0)
"""How far cold comes; the one that describes the runs best is taken. 12 to 20 mm did best in those bodies."""
AT, SHARE = np.polynomial.legendre.leggauss(5)
"""Where along half an active zone its sinks lie, and what share each has; 4 and 6 told the same."""
LIKE_K = 4.0
"""Runs whose sketched temperatures differ by so much (rms) from the layout looked at count 0.6 of its own."""
NEAREST_MM = 0.75
"""Closer to a line than this the potential no longer rises: there is the needle."""

Run = tuple[Coarse, Sequence[Placement]]


@dataclass(frozen=True, eq=False)
class Sketch:
    """Temperature by potential, as runs have shown it.

    Attributes:
        reach_mm: how far cold comes.
        potentials: rising, shape (m,).
        celsius: lowest temperature at each, falling.
    """

    reach_mm: float
    potentials: Floats
    celsius: Floats

    @classmethod
    def of(cls, runs: Sequence[Run]) -> Sketch:
        """The sketch that describes these runs best with one curve."""
        looks = [_looks(coarse) for coarse, _ in runs]
        fits = [cls._fit(looks, [_zones(needles) for _, needles in runs], reach) for reach in REACHES_MM]
        return min(fits, key=lambda fit: fit[0])[1]

    @classmethod
    def _fit(cls, looks: list[tuple[Floats, Floats]], zones: list[Floats], reach_mm: float) -> tuple[float, Sketch]:
        there = [potential(points, z, reach_mm) for (points, _), z in zip(looks, zones, strict=True)]
        celsius, found = np.concatenate([c for _, c in looks]), np.concatenate(there)
        share = np.linspace(0, len(found) - 1, LEVELS).astype(int)
        sketch = cls(reach_mm, np.sort(found)[share], -np.sort(-celsius)[share])
        off = np.interp(found, sketch.potentials, sketch.celsius) - celsius
        return float(np.mean(off**2)), sketch

    def shares(self, points_mm: Floats, runs: Sequence[Run], *, like: Floats | None = None) -> Floats:
        """By what share of its potential each point was colder or warmer in the runs than the sketch says, their mean.

        Fat, blood and gas beside the target stay where they are while needles move, so their share is carried over.

        Args:
            points_mm: LPS, shape (n, 3).
            runs: at least one.
            like: active zones of the layout that is looked at; runs like it then count more, by `LIKE_K`.
        """
        found, there = [], [self._at(points_mm, needles) for _, needles in runs]
        for (run, _), potentials in zip(runs, there, strict=True):
            celsius = run.at(points_mm)
            # below the coldest and above the warmest that the sketch knows there is no potential to compare with
            known = np.isfinite(celsius) & (celsius > self.celsius[-1]) & (celsius < self.celsius[0])
            meant = np.interp(-celsius, -self.celsius, self.potentials)
            found.append(np.where(known, meant / potentials, 1.0))
        weights = np.ones(len(runs))
        if like is not None:
            mine = self._celsius(self._at(points_mm, like))
            off = np.array([np.sqrt(np.mean((self._celsius(p) - mine) ** 2)) for p in there])
            weights = np.exp((off.min() ** 2 - off**2) / (2 * LIKE_K**2))
        return np.asarray(np.exp(np.average(np.log(np.clip(found, 0.3, 3.0)), axis=0, weights=weights)))

    def temperatures(self, needles: Sequence[Placement] | Floats, *, shares: Floats | float = 1.0) -> Temperatures:
        """What the sketch says of a layout, as a function of points; `shares` belong to just those points."""

        def at(points_mm: Floats) -> Floats:
            return self._celsius(shares * self._at(points_mm, needles))

        return at

    def _celsius(self, potentials: Floats) -> Floats:
        return np.interp(potentials, self.potentials, self.celsius)

    def _at(self, points_mm: Floats, needles: Sequence[Placement] | Floats) -> Floats:
        return potential(points_mm, _zones(needles), self.reach_mm)


def _zones(needles: Sequence[Placement] | Floats) -> Floats:
    return needles if isinstance(needles, np.ndarray) else np.array([n.active_zone_mm for n in needles])


def _looks(coarse: Coarse) -> tuple[Floats, Floats]:
    """Points of a run that its needles have touched, and their lowest temperatures."""
    field = np.asarray(coarse.minimum_c, float)
    cells = np.argwhere(np.isfinite(field) & (field < TOUCHED_C))
    cells = cells[:: max(1, -(-len(cells) // MOST_CELLS))]
    return coarse.grid.to_mm(cells), field[tuple(cells.T)]


def potential(points_mm: Floats, zones: Floats, reach_mm: float) -> Floats:
    """Sum of q times the integral of exp(-r / reach) / r along each active zone, at points (n, 3).

    The strengths q are those at which every wall, behind its film, comes to the same coolant: needles close together
    shade each other.

    Args:
        points_mm: LPS, shape (n, 3).
        zones: ends of the active zones, shape (needles, 2, 3).
        reach_mm: how far cold comes.
    """
    return np.asarray(np.einsum("n,np->p", strengths(zones, reach_mm), of_each(points_mm, zones, reach_mm)))


def strengths(zones: Floats, reach_mm: float) -> Floats:
    """Strength of each needle, 1 where it is alone."""
    looks = np.concatenate([zone[0] + np.array([[0.25], [0.5], [0.75]]) * (zone[1] - zone[0]) for zone in zones])
    felt = of_each(looks, zones, reach_mm).reshape(len(zones), -1, 3).mean(axis=2).T
    alone = np.diag(felt) + FILM
    return np.asarray(np.linalg.solve(felt + FILM * np.eye(len(zones)), alone))


def of_each(points_mm: Floats, zones: Floats, reach_mm: float) -> Floats:
    """The potential of each needle at strength 1, shape (needles, points)."""
    total = np.zeros((len(zones), len(points_mm)))
    felt(np.ascontiguousarray(points_mm.T), *_places(zones), reach_mm, NEAREST_MM, total)
    return total


def slopes_of_each(points_mm: Floats, zones: Floats, reach_mm: float) -> Floats:
    """How each needle's potential at strength 1 rises along x, y and z, shape (needles, 3, points), per mm."""
    total = np.zeros((len(zones), 3, len(points_mm)))
    rising(np.ascontiguousarray(points_mm.T), *_places(zones), reach_mm, NEAREST_MM, total)
    return total


def _places(zones: Floats) -> tuple[Floats, Floats]:
    """Places along each zone, shape (places, needles, 3), and what length each stands for, (places, needles): Gauss."""
    middle, half = zones.mean(axis=1), (zones[:, 1] - zones[:, 0]) / 2
    length = np.sqrt((half * half).sum(axis=1))
    return middle + AT[:, None, None] * half, SHARE[:, None] * length
