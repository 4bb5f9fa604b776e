"""Which terms of the bioheat equation are on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Bioheat:
    """Pennes' bioheat equation in enthalpy form.

    Args:
        freezing: phase change and frozen properties; off: the unfrozen properties at every temperature.
        blood: perfusion and metabolic heat.
    """

    freezing: bool = True
    blood: bool = True
