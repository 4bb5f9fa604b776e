"""P1 as plain numbers: what every peer solves. NumPy only, so that any Python can run it.

A cube of 96 mm of perfused tissue around six parallel needles. A peer has no needle model: a needle is the column of
nodes nearest to it, held at the wall's temperature while it is on and left alone while it is off. Latent heat enters as
an apparent heat capacity over -8 to -1 °C; perfusion and metabolism end for ever where tissue falls below 0 °C.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.floating]

SIDE_MM, ACTIVE_MM = 96.0, 40.0
PLACES_MM = tuple((x, y) for y in (-7.5, 7.5) for x in (-15.0, 0.0, 15.0))
BODY_C, SOLIDUS_C, LIQUIDUS_C = 37.0, -8.0, -1.0
DENSITY = 1050.0
WARM_K, WARM_C = 0.52, 3600.0
FROZEN_K, FROZEN_K_PER_K = 2.0, -2.0 / 142.0
FROZEN_C, FROZEN_C_PER_K = 1800.0, 5.0
"""Frozen conductivity and heat capacity at the solidus, and their slopes."""
MUSHY_C = 250e3 / 7.0 + 2700.0
PERFUSION, METABOLISM = 40e3, 5e3
"""W/m3/K and W/m3."""
DURATION_S, FREEZE_ENDS_S = 1800.0, (600.0, 1680.0)
IMPLICIT_DT_S, PICARD = 5.0, 3
"""Step of the implicit peers and sweeps a step. Longer than accuracy allows, which favours them."""
SAFETY = 0.95
CHUNK, CHUNK_S = 10, 2.0
"""The explicit step is chosen anew after so many steps, or so many seconds of the procedure."""


def wall_c(time_s: float) -> float:
    """Temperature of every needle's wall; NaN where the needles are off."""
    if time_s <= 600.0:
        return max(-140.0, 37.0 - 177.0 * time_s / 60.0)
    if time_s <= 1080.0:
        return math.nan
    if time_s <= 1680.0:
        return max(-140.0, -10.0 - 130.0 * (time_s - 1080.0) / 60.0)
    return 20.0


@dataclass(frozen=True)
class Block:
    """The cube as `n` nodes along each edge, at the centres of its cells; the outermost are held at 37 °C."""

    spacing_mm: float

    @property
    def n(self) -> int:
        """Nodes along an edge."""
        return round(SIDE_MM / self.spacing_mm)

    @property
    def axis_mm(self) -> Field:
        """Where the nodes lie, from the centre of the cube."""
        return (np.arange(self.n) + 0.5) * self.spacing_mm - SIDE_MM / 2

    @property
    def needles(self) -> NDArray[np.bool_]:
        """Nodes that stand for a needle, (n, n, n)."""
        nodes = np.zeros((self.n,) * 3, bool)
        along = np.abs(self.axis_mm) <= ACTIVE_MM / 2
        for x, y in PLACES_MM:
            i, j = (int((v + SIDE_MM / 2) // self.spacing_mm) for v in (x, y))
            nodes[i, j] = along
        return nodes

    @property
    def edge(self) -> NDArray[np.bool_]:
        """The outermost nodes."""
        nodes = np.ones((self.n,) * 3, bool)
        nodes[1:-1, 1:-1, 1:-1] = False
        return nodes

    def start(self) -> Field:
        """The body before the procedure, °C."""
        return np.full((self.n,) * 3, BODY_C)

    def mid_freeze(self) -> Field:
        """A field like the one in the middle of the first freeze, °C: what the time of a step is measured on."""
        x, y, z = np.meshgrid(self.axis_mm, self.axis_mm, self.axis_mm, indexing="ij")
        beyond = np.maximum(np.abs(z) - ACTIVE_MM / 2, 0.0)
        distance = np.min([np.sqrt((x - a) ** 2 + (y - b) ** 2 + beyond**2) for a, b in PLACES_MM], axis=0)
        frozen = -140.0 * np.log(12.0 / np.clip(distance, 0.75, 12.0)) / np.log(12.0 / 0.75)
        celsius = np.where(distance < 12.0, frozen, 37.0 * -np.expm1(-(distance - 12.0) / 8.0))
        return np.where(self.edge, BODY_C, celsius)

    def longest_step(self, celsius: Field) -> float:
        """The explicit step that stays stable for a chunk: dx² / (6 D) at the coldest free node, less 5 %."""
        coldest = float(celsius[~self.needles].min()) - 10.0
        diffusivity = WARM_K / (DENSITY * WARM_C)
        if coldest <= SOLIDUS_C:
            cold = coldest - SOLIDUS_C
            diffusivity = (FROZEN_K + FROZEN_K_PER_K * cold) / (DENSITY * (FROZEN_C + FROZEN_C_PER_K * cold))
        return SAFETY / (6 * diffusivity / (self.spacing_mm * 1e-3) ** 2 + PERFUSION / (DENSITY * WARM_C))

    def volume_ml(self, celsius: Field, level_c: float) -> float:
        """Volume at or below a level; the front within a cell from its distance to the level over the gradient."""
        gradient = np.sqrt(sum(g**2 for g in np.gradient(celsius)))
        share = np.clip(0.5 + (level_c - celsius) / np.maximum(gradient, 1e-9), 0.0, 1.0)
        return float(share.sum()) * self.spacing_mm**3 / 1000.0


def conductivity(celsius: Field, xp: object = np) -> Field:
    """W/m/K, with the array module `xp`."""
    mixed = WARM_K + (FROZEN_K - WARM_K) * xp.clip((LIQUIDUS_C - celsius) / (LIQUIDUS_C - SOLIDUS_C), 0.0, 1.0)
    return mixed + FROZEN_K_PER_K * xp.minimum(celsius - SOLIDUS_C, 0.0)


def heat_capacity(celsius: Field, xp: object = np) -> Field:
    """Apparent, J/m3/K, with the array module `xp`."""
    frozen = DENSITY * (FROZEN_C + FROZEN_C_PER_K * (celsius - SOLIDUS_C))
    mushy = xp.where(celsius < LIQUIDUS_C, DENSITY * MUSHY_C, DENSITY * WARM_C)
    return xp.where(celsius < SOLIDUS_C, frozen, mushy)
