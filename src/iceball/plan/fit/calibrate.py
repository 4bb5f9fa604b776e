"""Find a probe's few cooling parameters from what was measured, with their uncertainty and what remains unexplained."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares, minimize

from iceball.errors import PlanError

Floats = NDArray[np.float64]
Model = Callable[[Mapping[str, float]], Floats]

SCALES = {"h": 0.3, "coolant_c": 10.0, "time_constant_s": 0.3, "exchange": 0.5}
"""What counts as a like change of each parameter: K for the coolant, of the logarithm for all others."""
LOGARITHMIC = frozenset({"h", "time_constant_s", "exchange"})
BOUNDS = {"h": (50.0, 50e3), "coolant_c": (-196.0, -20.0), "time_constant_s": (0.5, 120.0), "exchange": (1e2, 1e7)}
NUDGE = 1.0
"""Step of the differences, in scales: large beside what a front does that passes from cell to cell (some tenths of a
kelvin at a thermocouple), small beside the curvature."""
MOST_STEPS, MOST_LOOKS, AROUND, AT_EDGE = 25, 80, 1.5, 1e-3
TOLD = 0.8
"""A pair that correlates more than this is said to be hardly told apart."""


@dataclass(frozen=True, eq=False)
class Fit:
    """Fitted parameters.

    Attributes:
        values: by name, in the card's units.
        low, high: one standard deviation below and above, within the bounds. It is that of the measurements, or of
            what the model leaves unexplained where that is larger.
        correlation: of the parameters, in the order of `values`. Near -1 or 1 the pair is known, not each one.
        misfit: root mean square of measured less modelled, in the measurements' unit.
        worst: the greatest of them.
        predicted: the model at the measurements.
        at_bound: parameters that ended on a bound, or that nothing measured feels; they are not determined.
        runs: simulations that it took.
    """

    values: dict[str, float]
    low: dict[str, float]
    high: dict[str, float]
    correlation: Floats
    misfit: float
    worst: float
    predicted: Floats
    at_bound: tuple[str, ...]
    runs: int

    def __str__(self) -> str:
        lines = [f"{n} {v:.4g} ({self.low[n]:.4g} to {self.high[n]:.4g})" for n, v in self.values.items()]
        lines.append(f"misfit {self.misfit:.2g} (root mean square), worst {self.worst:.2g}; {self.runs} simulations")
        names = list(self.values)
        for i in range(len(names)):
            for j in range(i):
                if abs(self.correlation[i, j]) > TOLD:
                    lines.append(f"{names[j]} and {names[i]} are hardly told apart: {self.correlation[i, j]:+.2f}")
        if self.at_bound:
            lines.append(f"not determined, ended at a bound: {', '.join(self.at_bound)}")
        return "\n".join(lines)


def fit(
    model: Model,
    measured: Floats,
    *,
    start: Mapping[str, float],
    sigma: Floats | float,
    bounds: Mapping[str, tuple[float, float]] | None = None,
) -> Fit:
    """Least squares of measured less modelled over `sigma`.

    Args:
        model: what would be measured with those parameters, shape (n,).
        measured: shape (n,).
        start: first guess of each parameter that is to be found: "h", "coolant_c", "time_constant_s", and of a bath
            "exchange", the heat that its surroundings give to what is liquid, W/m3/K.
        sigma: standard deviation of each measurement, shape (n,) or one number.
        bounds: where they differ from the usual ones (W/m2/K, °C, s).

    Raises:
        PlanError: if there are fewer measurements than parameters, or a sigma is not positive.
    """
    names = tuple(start)
    if measured.size < len(names):
        raise PlanError(
            f"{measured.size} measurements cannot determine {len(names)} parameters",
            where="probe-fit",
            remedy=f"Give at least {len(names)}, or fit fewer.",
        )
    spread = np.broadcast_to(np.asarray(sigma, float), measured.shape)
    if not (np.isfinite(measured).all() and (spread > 0).all()):
        raise PlanError("needs finite measurements with a positive standard deviation", where="probe-fit")
    limits = {n: (bounds or {}).get(n, BOUNDS[n]) for n in names}
    for n, (low, high) in limits.items():
        if not low < start[n] < high:
            raise PlanError(
                f"{start[n]:g} is outside {low:g} to {high:g}, where it is looked for", where=f"probe-fit.{n}"
            )
    edges = np.array([sorted(_scaled(n, v, start[n]) for v in limits[n]) for n in names])
    runs = 0

    def modelled(u: Floats) -> Floats:
        nonlocal runs
        runs += 1
        return np.asarray(model({n: _plain(n, float(x), start[n]) for n, x in zip(names, u, strict=True)}), float)

    def residual(u: Floats) -> Floats:
        return np.asarray((modelled(u) - measured) / spread)

    def slopes(u: Floats) -> Floats:
        here = residual(u)
        columns = []
        for i in range(u.size):
            step = np.zeros_like(u)
            step[i] = NUDGE if u[i] + NUDGE <= edges[i, 1] else -NUDGE
            columns.append((residual(u + step) - here) / step[i])
        return np.stack(columns, axis=1)

    found = least_squares(
        residual, np.zeros(len(names)), slopes, bounds=tuple(edges.T), xtol=2e-3, ftol=1e-4, max_nfev=MOST_STEPS
    )
    free = max(1, measured.size - len(names))
    at, slope = found.x, found.jac
    if 2 * found.cost > free:
        # Where a front passes from cell to cell the misfit has small dents in which slopes get caught: look around.
        around = np.vstack([at, at + AROUND * np.eye(at.size)])
        looked = minimize(
            lambda u: float(np.sum(residual(np.clip(u, *edges.T)) ** 2)),
            at,
            method="Nelder-Mead",
            options={"initial_simplex": around, "maxfev": MOST_LOOKS, "xatol": 0.02, "fatol": 1e-3 * free},
        )
        if looked.fun < 2 * found.cost:
            at = np.clip(looked.x, *edges.T)
            slope = slopes(at)
    predicted = modelled(at)
    off = predicted - measured
    # where the model misses by more than the measurements' own spread, that miss is the doubt
    unexplained = max(1.0, float(np.sum((off / spread) ** 2)) / free)
    covariance = np.linalg.pinv(slope.T @ slope) * unexplained
    felt = np.abs(slope).max(axis=0) > 0
    sd = np.where(felt, np.sqrt(np.diag(covariance)), np.inf)
    below, above = np.maximum(at - sd, edges[:, 0]), np.minimum(at + sd, edges[:, 1])
    edge = np.minimum(at - edges[:, 0], edges[:, 1] - at) < AT_EDGE
    return Fit(
        {n: _plain(n, x, start[n]) for n, x in zip(names, at, strict=True)},
        {n: _plain(n, x, start[n]) for n, x in zip(names, below, strict=True)},
        {n: _plain(n, x, start[n]) for n, x in zip(names, above, strict=True)},
        np.where(np.outer(felt, felt), covariance / np.where(np.outer(felt, felt), np.outer(sd, sd), 1.0), 0.0),
        float(np.sqrt(np.mean(off**2))),
        float(np.abs(off).max()),
        predicted,
        tuple(n for n, on, f in zip(names, edge, felt, strict=True) if on or not f),
        runs,
    )


def _scaled(name: str, value: float, start: float) -> float:
    change = math.log(value / start) if name in LOGARITHMIC else value - start
    return change / SCALES[name]


def _plain(name: str, scaled: float, start: float) -> float:
    change = scaled * SCALES[name]
    return start * math.exp(change) if name in LOGARITHMIC else start + change
