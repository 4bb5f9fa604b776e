"""Explicit steps over the whole grid in Numba, float64: what a careful user writes first."""

from __future__ import annotations

import worker  # isort: skip  (sets the threads before anything else is imported)

import numpy as np
import problem as p
from numba import njit


@njit(cache=True)
def advance(celsius, fresh, k, live, needles, dts, walls, dx):
    """Steps one after another; returns the newest field and the one before."""
    n = celsius.shape[0]
    for step in range(dts.size):
        for i in range(n):
            for j in range(n):
                for m in range(n):
                    t = celsius[i, j, m]
                    if t >= p.LIQUIDUS_C:
                        k[i, j, m] = p.WARM_K
                    elif t >= p.SOLIDUS_C:
                        ice = (p.LIQUIDUS_C - t) / (p.LIQUIDUS_C - p.SOLIDUS_C)
                        k[i, j, m] = p.WARM_K + (p.FROZEN_K - p.WARM_K) * ice
                    else:
                        k[i, j, m] = p.FROZEN_K + p.FROZEN_K_PER_K * (t - p.SOLIDUS_C)
        share = 0.5 / dx**2
        dt = dts[step]
        for i in range(1, n - 1):
            for j in range(1, n - 1):
                for m in range(1, n - 1):
                    t, own = celsius[i, j, m], k[i, j, m]
                    heat = share * (
                        (own + k[i - 1, j, m]) * (celsius[i - 1, j, m] - t)
                        + (own + k[i + 1, j, m]) * (celsius[i + 1, j, m] - t)
                        + (own + k[i, j - 1, m]) * (celsius[i, j - 1, m] - t)
                        + (own + k[i, j + 1, m]) * (celsius[i, j + 1, m] - t)
                        + (own + k[i, j, m - 1]) * (celsius[i, j, m - 1] - t)
                        + (own + k[i, j, m + 1]) * (celsius[i, j, m + 1] - t)
                    )
                    if live[i, j, m]:
                        heat += p.PERFUSION * (p.BODY_C - t) + p.METABOLISM
                    if t >= p.LIQUIDUS_C:
                        c = p.DENSITY * p.WARM_C
                    elif t >= p.SOLIDUS_C:
                        c = p.DENSITY * p.MUSHY_C
                    else:
                        c = p.DENSITY * (p.FROZEN_C + p.FROZEN_C_PER_K * (t - p.SOLIDUS_C))
                    t += dt * heat / c
                    fresh[i, j, m] = t
                    if t < 0.0:
                        live[i, j, m] = False
        if not np.isnan(walls[step]):
            for q in range(needles.shape[0]):
                fresh[needles[q, 0], needles[q, 1], needles[q, 2]] = walls[step]
                if walls[step] < 0.0:
                    live[needles[q, 0], needles[q, 1], needles[q, 2]] = False
        celsius, fresh = fresh, celsius
    return celsius, fresh


class NaiveNumba:
    """Two loops a step: conductivities, then temperatures."""

    name, explicit, compiles_lengths = "naive Numba (float64, explicit)", True, False

    def __init__(self, block: p.Block, celsius: p.Field) -> None:
        self.now, self.spare = celsius.astype(float), celsius.astype(float)
        self.k = np.empty_like(self.now)
        self.live = self.now >= 0
        self.needles = np.argwhere(block.needles)
        self.dx = block.spacing_mm * 1e-3

    def advance(self, dts: p.Field, walls: p.Field) -> None:
        """Steps of `dts` seconds."""
        self.now, self.spare = advance(self.now, self.spare, self.k, self.live, self.needles, dts, walls, self.dx)

    def celsius(self) -> p.Field:
        """The field now."""
        return self.now


if __name__ == "__main__":
    worker.main(NaiveNumba)
