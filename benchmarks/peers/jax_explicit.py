"""Explicit steps over the whole grid in JAX, float32: one compiled scan."""

from __future__ import annotations

import worker  # isort: skip  (sets the threads before anything else is imported)

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import problem as p


@partial(jax.jit, static_argnames="dx")
def advance(celsius, live, needles, dts, walls, dx):
    """Steps one after another; the newest field and what is still perfused."""
    inner = (slice(1, -1),) * 3

    def step(state, now):
        t, live = state
        dt, wall = now
        k = p.conductivity(t, jnp)
        heat = jnp.where(live[inner], p.PERFUSION * (p.BODY_C - t[inner]) + p.METABOLISM, 0.0)
        for axis in range(3):
            low, high = [slice(1, -1)] * 3, [slice(1, -1)] * 3
            low[axis], high[axis] = slice(None, -1), slice(1, None)
            a, b = tuple(low), tuple(high)
            heat += jnp.diff(0.5 / dx**2 * (k[a] + k[b]) * (t[b] - t[a]), axis=axis)
        t = t.at[inner].add(dt * heat / p.heat_capacity(t[inner], jnp))
        t = jnp.where(needles & ~jnp.isnan(wall), wall, t)
        return (t, live & (t >= 0)), None

    return jax.lax.scan(step, (celsius, live), (dts, walls))[0]


class JaxExplicit:
    """One call for all steps asked for."""

    name, explicit = "JAX (float32, explicit, jit and scan)", True

    def __init__(self, block: p.Block, celsius: p.Field) -> None:
        self.now = jnp.asarray(celsius, jnp.float32)
        self.live = self.now >= 0
        self.needles = jnp.asarray(block.needles)
        self.dx = block.spacing_mm * 1e-3

    def advance(self, dts: p.Field, walls: p.Field) -> None:
        """Steps of `dts` seconds."""
        times = jnp.asarray(dts, jnp.float32), jnp.asarray(walls, jnp.float32)
        self.now, self.live = advance(self.now, self.live, self.needles, *times, dx=self.dx)
        self.now.block_until_ready()

    def celsius(self) -> p.Field:
        """The field now."""
        return np.asarray(self.now)


if __name__ == "__main__":
    worker.main(JaxExplicit)
