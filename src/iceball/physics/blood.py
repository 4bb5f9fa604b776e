"""Blood: it warms what is not frozen."""

from __future__ import annotations

from iceball.physics.law import law


@law
def open_share(psi: float, psi_stop: float, spread: float, least: float) -> float:
    """Share of a cell that blood still reaches, 0 to 1, from its potential and the potential's spread across it.

    Cutting perfusion for whole cells pins the front: the next cell must be cooled against its full blood flow. The
    potential is smooth across a resting front, so the open share is where a linear potential exceeds that at which
    flow stops. `least` keeps the share a continuous function where there is no gradient. All in K (potential over
    unfrozen conductivity).
    """
    share = 0.5 + (psi - psi_stop) / (spread + least)
    return 0.0 if share < 0.0 else (1.0 if share > 1.0 else share)


@law
def open_psi(psi: float, share: float, spread: float, least: float) -> float:
    """Mean potential of a cell's open share, which is its warm end, K."""
    return psi + 0.5 * (1.0 - share) * (spread + least)
