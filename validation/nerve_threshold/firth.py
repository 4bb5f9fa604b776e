"""Firth's penalised logistic regression of one variable: finite where data are fully separated.

The likelihood is multiplied by the root of the determinant of Fisher's information (Jeffreys' prior); Firth 1993,
Heinze and Schemper 2002.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize
from scipy.special import expit, log_expit
from scipy.stats import chi2

Floats = NDArray[np.float64]


def penalised(beta: Floats, x: Floats, y: Floats, *, penalty: float = 0.5) -> float:
    """Log likelihood and penalty at coefficients `beta`; columns of `x` are the variables, `y` is 0 or 1."""
    eta = x @ beta
    p = expit(eta)
    told = float(np.where(y == 1, log_expit(eta), log_expit(-eta)).sum())
    sign, log_det = np.linalg.slogdet((x * (p * (1 - p))[:, None]).T @ x)
    return told + penalty * float(log_det) if sign > 0 or penalty == 0 else -np.inf


def fit(x: Floats, y: Floats) -> Floats:
    """The coefficients of greatest penalised likelihood."""
    found = minimize(lambda b: -penalised(b, x, y), np.zeros(x.shape[1]), method="Nelder-Mead", options=TIGHT)
    return np.asarray(found.x)


TIGHT = {"xatol": 1e-10, "fatol": 1e-12, "maxiter": 20_000, "maxfev": 20_000}


def score(beta: Floats, x: Floats, y: Floats) -> Floats:
    """Firth's modified score, which is 0 at the fit: each outcome is drawn to a half by its leverage."""
    p = expit(x @ beta)
    root = x * np.sqrt(p * (1 - p))[:, None]
    leverage = np.einsum("ij,jk,ik->i", root, np.linalg.inv(root.T @ root), root)
    return np.asarray(x.T @ (y - p + leverage * (0.5 - p)))


def odds_interval(celsius: float, t: Floats, y: Floats, *, level: float = 0.95) -> tuple[float, float]:
    """Profile interval of the log odds of injury at one temperature: those that cost less than the level allows."""
    x = np.column_stack([np.ones_like(t), t - celsius])  # the first coefficient is the log odds there
    best = fit(x, y)

    def worth(odds: float) -> float:
        return _best(lambda s: penalised(np.array([odds, s]), x, y), best[1])

    return _interval(worth, float(best[0]), penalised(best, x, y), level)


def half_interval(t: Floats, y: Floats, *, level: float = 0.95) -> tuple[float, float]:
    """Profile interval of the temperature at which injury is as likely as not."""
    x = np.column_stack([np.ones_like(t), t])
    best = fit(x, y)

    def worth(half_c: float) -> float:
        return _best(lambda s: penalised(np.array([-s * half_c, s]), x, y), best[1])

    return _interval(worth, float(-best[0] / best[1]), penalised(best, x, y), level)


def _best(worth: Callable[[float], float], guess: float) -> float:
    """The greatest value over slopes; from two sides, since a profile may have two tops."""
    starts = (guess, 4 * guess)
    return max(
        -float(minimize(lambda s: -worth(float(s[0])), [s], method="Nelder-Mead", options=TIGHT).fun) for s in starts
    )


def _interval(worth: Callable[[float], float], at: float, best: float, level: float) -> tuple[float, float]:
    allowed = best - float(chi2.ppf(level, 1)) / 2

    def edge(way: float) -> float:
        step = 1.0
        while worth(at + way * step) > allowed:
            step *= 2
            if step > 1e4:
                return way * math.inf
        return at + way * float(brentq(lambda d: worth(at + way * d) - allowed, 0.0, step, xtol=1e-4))

    return edge(-1.0), edge(1.0)
