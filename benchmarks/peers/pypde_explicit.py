"""Explicit steps in py-pde: the equation written as expressions, compiled by it with Numba, float64."""

from __future__ import annotations

import worker  # isort: skip  (sets the threads before anything else is imported)

from itertools import groupby

import numpy as np
import problem as p
from numba.extending import register_jitable
from pde import PDE, CartesianGrid, EulerSolver, FieldCollection, ScalarField

SLOPE = (p.FROZEN_K - p.WARM_K) / (p.LIQUIDUS_C - p.SOLIDUS_C)


@register_jitable
def k(t):
    """Conductivity, W/m/K."""
    ice = np.minimum(np.maximum((p.LIQUIDUS_C - t) / (p.LIQUIDUS_C - p.SOLIDUS_C), 0.0), 1.0)
    return p.WARM_K + (p.FROZEN_K - p.WARM_K) * ice + p.FROZEN_K_PER_K * np.minimum(t - p.SOLIDUS_C, 0.0)


@register_jitable
def k_slope(t):
    """Its derivative."""
    return np.where(t < p.SOLIDUS_C, p.FROZEN_K_PER_K, np.where(t < p.LIQUIDUS_C, -SLOPE, 0.0))


@register_jitable
def c(t):
    """Apparent heat capacity, J/m3/K."""
    frozen = p.DENSITY * (p.FROZEN_C + p.FROZEN_C_PER_K * (t - p.SOLIDUS_C))
    mushy = np.where(t < p.LIQUIDUS_C, p.DENSITY * p.MUSHY_C, p.DENSITY * p.WARM_C)
    return np.where(t < p.SOLIDUS_C, frozen, mushy)


LAWS = {"k": k, "k_slope": k_slope, "c": c}
HEAT = (
    f"k(T) * laplace(T) + k_slope(T) * gradient_squared(T) + live * ({p.PERFUSION} * ({p.BODY_C} - T) + {p.METABOLISM})"
)


class PyPdeExplicit:
    """A rate of 1 / dt brings a needle's node to its wall, and ends the perfusion of a frozen cell, in one step."""

    name, explicit, compiles_lengths = "py-pde (float64, explicit, Numba)", True, False

    def __init__(self, block: p.Block, celsius: p.Field) -> None:
        half = block.spacing_mm * block.n * 0.5e-3
        grid = CartesianGrid([[-half, half]] * 3, [block.n] * 3)
        names = {"T": celsius, "live": celsius >= 0, "needle": block.needles}
        self.state = FieldCollection([ScalarField(grid, v.astype(float), label=k) for k, v in names.items()])
        self.steppers: dict[tuple[float, float], object] = {}

    def advance(self, dts: p.Field, walls: p.Field) -> None:
        """Steps of `dts` seconds. A new length or temperature is compiled anew."""
        for (dt, wall), steps in groupby(zip(dts.tolist(), walls.tolist(), strict=True)):
            self._stepper(dt, wall)(self.state, 0.0, dt * len(list(steps)))

    def _stepper(self, dt: float, wall: float) -> object:
        if (dt, wall) not in self.steppers:
            tied = "" if np.isnan(wall) else f" + needle * ({wall} - T) / {dt}"
            free = "1" if np.isnan(wall) else "(1 - needle)"
            rates = {"T": f"{free} * ({HEAT}) / c(T){tied}", "live": f"-live * heaviside(-T, 0) / {dt}", "needle": "0"}
            equation = PDE(rates, bc={"value": p.BODY_C}, user_funcs=LAWS)
            self.steppers[dt, wall] = EulerSolver(equation, backend="numba").make_stepper(self.state, dt)
        return self.steppers[dt, wall]

    def celsius(self) -> p.Field:
        """The field now."""
        return self.state[0].data


if __name__ == "__main__":
    worker.main(PyPdeExplicit)
