"""A run on its way: everything that moves, and how it is kept and taken up again."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from iceball.solve.checkpoint import Checkpoint, own
from iceball.solve.machine import FIXED, CpuMachine
from iceball.solve.march import March, Taken
from iceball.solve.record import Record
from iceball.solve.rows import inverse_potential
from iceball.solve.sensors import Curves
from iceball.solve.step import Step
from iceball.solve.wall_clock import Rims, WallClock
from iceball.solve.watch import Watch

if TYPE_CHECKING:
    from iceball.solve.gpu_machine import GpuMachine


@dataclass(eq=False)
class Run:
    """A run on its way: everything that moves."""

    machine: CpuMachine | GpuMachine
    march: March
    record: Record
    curves: Curves
    watch: Watch
    walls: WallClock
    rims: Rims
    begin_j: float
    stored_j: float
    """Sum of |H - H at body temperature| over the cells at the start."""
    kept: dict[float, Any]
    ends: list[Any]
    heat: NDArray[np.float64]
    walls_j: NDArray[np.float64]
    """What each wall has brought."""
    exchanged_j: float = 0.0
    became: list[int] = field(default_factory=list)
    """Cells that each rule has changed."""

    def follow(self, step: Step, taken: Taken) -> None:
        """Take in an accepted step."""
        self.heat += taken.joules
        self.walls_j += taken.walls_j
        self.exchanged_j += float(np.abs(taken.joules[FIXED:]).sum())
        self.record.follow(step, self.machine.team)
        self.curves.follow(step, -taken.joules[FIXED:])

    def total_j(self) -> float:
        """Heat in the tissue now, above that at body temperature."""
        return total_j(self.machine, self.march.state)

    def by_wall_j(self) -> dict[str, float]:
        """Heat that each wall has brought, by its name, where it is known."""
        out: dict[str, float] = {}
        for wall, joules in zip(self.walls.walls, self.walls_j.tolist(), strict=True):
            if not math.isnan(joules):
                out[wall.name] = out.get(wall.name, 0.0) + joules
        return out

    def save(self) -> dict[str, dict[str, Any]]:
        """Copies of all that changes."""
        fields = {"heat": self.heat, "walls_j": self.walls_j, "exchanged_j": self.exchanged_j}
        fields |= {f"kept/{time!r}": field for time, field in self.kept.items()}
        fields |= {f"end/{n}": field for n, field in enumerate(self.ends)}
        parts = {
            "march": self.march.save(),
            "schedule": self.machine.schedule.save(),
            "walls": self.walls.save(),
            "record": self.record.save(),
            "curves": self.curves.save(),
            "run": fields,
        }
        if self.became:
            inner = self.machine.lay.inner(self.machine.lay.labels)
            parts["rules"] = {"labels": np.ascontiguousarray(inner), "became": np.array(self.became)}
        return {name: own(part) for name, part in parts.items()}

    def load(self, checkpoint: Checkpoint) -> None:
        """Take up what `save` gave."""
        parts = {name: own(part) for name, part in checkpoint.parts.items()}
        self.machine.schedule.load(parts["schedule"])
        self.march.load(
            parts["march"] if isinstance(self.machine, CpuMachine) else self.machine.uploaded(parts["march"])
        )
        self.record.load(parts["record"])
        self.curves.load(parts["curves"])
        saved = parts["run"]
        self.heat, self.walls_j, self.exchanged_j = saved["heat"], saved["walls_j"], saved["exchanged_j"]
        self.kept = {float(n.removeprefix("kept/")): f for n, f in saved.items() if n.startswith("kept/")}
        self.ends = [saved[f"end/{n}"] for n in range(sum(name.startswith("end/") for name in saved))]


def total_j(machine: CpuMachine | GpuMachine, state: Any) -> float:
    """Heat in the tissue at some state, above that at body temperature."""
    return float(machine.lay.inner(np.asarray(state)).sum(dtype=np.float64)) * machine.lay.cell_m3


def needle_walls_c(machine: CpuMachine | GpuMachine) -> NDArray[np.float64]:
    """Mean wall temperature of each needle, where its film lets most heat through counting most."""
    pieces, theta = machine.needles.tables, machine.wall_potentials()
    each = np.zeros(theta.size)
    for label in np.unique(pieces.label):
        each[pieces.label == label] = inverse_potential(theta[pieces.label == label], machine.rows[label])
    walls = np.zeros(len(machine.schedule.lines))
    for line in range(walls.size):
        if (pieces.line == line).any():
            walls[line] = np.average(each[pieces.line == line], weights=pieces.share[pieces.line == line])
    return walls
