"""The mark of a physical law: a pure function of scalars, compiled where numba is at hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from iceball.kernels import compiled

F = TypeVar("F", bound=Callable[..., Any])


def law(function: F) -> F:
    """Compile a law to machine code; the plain function where numba is absent.

    Division by zero follows the processor (inf, NaN) instead of raising: checks would stop vectorisation, and the
    solver tests every step for numbers that are not finite.
    """
    return compiled(error_model="numpy")(function)


class Row(Protocol):
    """The numbers of one tissue as the laws read them; per volume, °C, with the reference at body temperature."""

    warm_c: float
    """Unfrozen heat capacity, J/m3/K."""
    warm_k: float
    solidus: float
    liquidus: float
    k0: float
    k1: float
    k2: float
    """Frozen conductivity k0 + k1 T + k2 / T_kelvin."""
    c0: float
    c1: float
    """Frozen heat capacity c0 + c1 T, J/m3/K."""
    latent: float
    """Latent heat of all that freezes, J/m3."""
    ideal: float
    """1 where ice forms as in an ideal solution, 0 where it forms evenly over the freezing range."""
    mushy_c: float
    """Apparent heat capacity of the freezing range, latent heat included, J/m3/K."""
    h_solidus: float
    h_liquidus: float
    """Enthalpy at both ends of the freezing range, J/m3."""
    theta_solidus: float
    theta_liquidus: float
    """Conduction potential at both ends, W/m."""
    blood: float
    """Perfusion times heat capacity of blood, W/m3/K."""
    metabolism: float
    stasis: float
