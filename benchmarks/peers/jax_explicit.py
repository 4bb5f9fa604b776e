"""Explicit steps over the whole grid in JAX, float32: one compiled scan, neighbours by `roll`, as most write it."""

from __future__ import annotations

import worker  # isort: skip  (sets the threads before anything else is imported)

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import problem as p


@partial(jax.jit, static_argnames="dx")
def advance(celsius, live, needles, edge, dts, walls, dx):
    """Steps one after another; the newest field and what is still perfused."""

    def step(state, now):
        t, live = state
        dt, wall = now
        k = p.conductivity(t, jnp)
        heat = jnp.where(live, p.PERFUSION * (p.BODY_C - t) + p.METABOLISM, 0.0)
        for axis in range(3):
            for shift in (1, -1):
                heat += 0.5 / dx**2 * (k + jnp.roll(k, shift, axis)) * (jnp.roll(t, shift, axis) - t)
        t = jnp.where(edge, p.BODY_C, t + dt * heat / p.heat_capacity(t, jnp))
        t = jnp.where(needles & ~jnp.isnan(wall), wall, t)
        return (t, live & (t >= 0)), None

    return jax.lax.scan(step, (celsius, live), (dts, walls))[0]


class JaxExplicit:
    """One call for all steps asked for."""

    name, explicit, compiles_lengths = "JAX (float32, explicit, jit and scan)", True, True

    def __init__(self, block: p.Block, celsius: p.Field) -> None:
        self.now = jnp.asarray(celsius, jnp.float32)
        self.live = self.now >= 0
        self.nodes = jnp.asarray(block.needles), jnp.asarray(block.edge)
        self.advanced = partial(advance, dx=block.spacing_mm * 1e-3)

    def advance(self, dts: p.Field, walls: p.Field) -> None:
        """Steps of `dts` seconds. Another number of steps is compiled anew."""
        times = jnp.asarray(dts, jnp.float32), jnp.asarray(walls, jnp.float32)
        self.now, self.live = self.advanced(self.now, self.live, *self.nodes, *times)
        self.now.block_until_ready()

    def celsius(self) -> p.Field:
        """The field now."""
        return np.asarray(self.now)


if __name__ == "__main__":
    worker.main(JaxExplicit)
