"""What happens: a Simulation turns a Scene into a History. The solver has never heard of a patient."""

from typing import Any

from iceball.solve.bioheat import Bioheat
from iceball.solve.control import Control
from iceball.solve.history import HeatBalance, History, Result
from iceball.solve.keep import Keep
from iceball.solve.rule import Rule
from iceball.solve.scene import ADIABATIC, Line, LineStep, Material, Scene
from iceball.solve.wall import Wall, WallStep

__all__ = [
    "ADIABATIC", "Bioheat",
    "Control", "HeatBalance", "History", "Keep", "Line", "LineStep", "Material", "Result", "Rule", "Scene",
    "Simulation", "Wall", "WallStep",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Simulation is imported when first asked for: it brings the compiler along."""
    if name == "Simulation":
        from iceball.solve.simulation import Simulation

        return Simulation
    raise AttributeError(name)
