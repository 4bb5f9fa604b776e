"""Explicit steps over the whole grid with NumPy alone, float32."""

from __future__ import annotations

import worker  # isort: skip  (sets the threads before anything else is imported)

import numpy as np
import problem as p


class NumpyExplicit:
    """Fluxes through the faces of each axis, from whole-array operations."""

    name, explicit, compiles_lengths = "NumPy (float32, explicit)", True, False

    def __init__(self, block: p.Block, celsius: p.Field) -> None:
        self.now = celsius.astype(np.float32)
        self.live = self.now >= 0
        self.needles = block.needles
        self.dx = block.spacing_mm * 1e-3

    def advance(self, dts: p.Field, walls: p.Field) -> None:
        """Steps of `dts` seconds."""
        t, live, inner = self.now, self.live, (slice(1, -1),) * 3
        for dt, wall in zip(dts, walls, strict=True):
            k = p.conductivity(t)
            heat = np.where(live[inner], p.PERFUSION * (p.BODY_C - t[inner]) + p.METABOLISM, np.float32(0.0))
            for axis in range(3):
                low, high = [slice(1, -1)] * 3, [slice(1, -1)] * 3
                low[axis], high[axis] = slice(None, -1), slice(1, None)
                a, b = tuple(low), tuple(high)
                heat += np.diff(np.float32(0.5 / self.dx**2) * (k[a] + k[b]) * (t[b] - t[a]), axis=axis)
            t[inner] += np.float32(dt) * heat / p.heat_capacity(t[inner])
            if not np.isnan(wall):
                t[self.needles] = wall
            live &= t >= 0

    def celsius(self) -> p.Field:
        """The field now."""
        return self.now


if __name__ == "__main__":
    worker.main(NumpyExplicit)
