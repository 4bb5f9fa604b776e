"""Blood: it warms what is not frozen."""

from __future__ import annotations

from iceball.physics.law import law


@law
def open_share(theta: float, theta_liquidus: float, spread: float, least: float) -> float:
    """Share of a cell that is not frozen, 0 to 1, from its potential and the potential's spread across it.

    Cutting perfusion for whole cells pins the front: the next cell must be cooled against its full blood flow. The
    potential is smooth across a resting front, so the unfrozen share is where a linear potential exceeds the liquidus'.
    `least` keeps the share a continuous function where there is no gradient.
    """
    share = 0.5 + (theta - theta_liquidus) / (spread + least)
    return 0.0 if share < 0.0 else (1.0 if share > 1.0 else share)


@law
def open_temperature(
    theta: float, theta_liquidus: float, liquidus: float, share: float, spread: float, warm_k: float
) -> float:
    """Mean temperature of the unfrozen share of a cell, °C."""
    part = 0.5 * share * spread
    above = theta - theta_liquidus
    return liquidus + (above if above > part else part) / warm_k
