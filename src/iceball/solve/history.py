"""What happened: the kept fields, extremes, sensors and the heat balance of one run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from iceball.solve.scene import Scene

Field = NDArray[np.float32]


class Result(Enum):
    """How a run ended, as a sentence."""

    finished = "Finished: the whole protocol was simulated."
    stopped_early = "Stopped: cancelled before the end of the protocol."


@dataclass(frozen=True)
class StoppedToSpare:
    """How a run ended that a watched region stopped; it has a name and a sentence as a `Result` has."""

    region: str
    celsius: float
    time_s: float
    name: ClassVar[str] = "stopped_to_spare"

    @property
    def value(self) -> str:
        """The sentence."""
        return f"Stopped: {self.region} reached {self.celsius:g} °C at {self.time_s:.1f} s."


@dataclass(frozen=True)
class HeatBalance:
    """Joules over the whole run; each exchange counts as positive into the tissue.

    `residual` is |change - sum| over the heat exchanged with the needles (without any: with walls, outer faces, blood,
    metabolism or source, whichever exchanged most). Where nothing is exchanged, in a sealed box, it is over the sum of
    |H - H at body temperature| at the start. `by_wall_j` is `walls_j` by the walls' names; empty where a GPU had
    several walls and did not tell them apart.
    """

    enthalpy_change_j: float
    needles_j: float
    walls_j: float
    outer_j: float
    blood_j: float
    metabolism_j: float
    source_j: float
    window_j: float
    residual: float
    by_wall_j: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class History:
    """The record of one run. All fields are float32 °C on `scene.grid`, NaN in gas.

    `end_of_freeze_c[n]` is the temperature at `scene.freeze_ends_s[n]`; `minimum_c` the lowest of the whole protocol;
    `time_below_s["-20"]` seconds at or below -20 °C; `first_frozen_s` when a cell first fell below 0 °C (NaN: never);
    `cycles_frozen` how often it went from above 0 °C to below; `cooling_rate` the mean rate through the freezing range
    in °C/min at the first freeze (NaN: never frozen through). Extremes and times are found inside the solver's steps.
    """

    scene: Scene
    minimum_c: Field
    end_of_freeze_c: tuple[Field, ...]
    final_c: Field
    time_below_s: Mapping[str, Field]
    first_frozen_s: Field
    cycles_frozen: NDArray[np.uint8]
    cooling_rate: Field
    sensor_times_s: NDArray[np.float64]
    sensors_c: Mapping[str, NDArray[np.float64]]
    needle_watts: Mapping[str, NDArray[np.float64]]
    """Heat taken by each needle at `sensor_times_s`, positive out of the tissue."""
    heat: HeatBalance
    outer_drift_k: float
    """Largest change of temperature next to an outer face held at a temperature."""
    result: Result | StoppedToSpare
    kept: Mapping[float, Field] = field(default_factory=dict)
    stats: Mapping[str, float] = field(default_factory=dict)
    made_by: Mapping[str, str | float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    doubt: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Numerical doubt, by unit and isotherm: `["ml"]["0"]` ± mL of the volume at or below 0 °C, `["mm"]["-20"]` ± mm of
    the isotherm's place; empty until a run on coarser cells was held against this one."""

    @property
    def memory(self) -> Mapping[str, int]:
        """Bytes of each kept field."""
        fields = {"minimum_c": self.minimum_c, "final_c": self.final_c}
        fields |= {f"end_of_freeze_c[{n}]": f for n, f in enumerate(self.end_of_freeze_c)}
        fields |= {f"time_below_s[{name}]": f for name, f in self.time_below_s.items()}
        fields |= {"first_frozen_s": self.first_frozen_s, "cooling_rate": self.cooling_rate}
        fields |= {f"kept[{time:g}]": f for time, f in self.kept.items()}
        return {name: f.nbytes for name, f in fields.items()} | {"cycles_frozen": self.cycles_frozen.nbytes}

    def __str__(self) -> str:
        shape = " x ".join(str(n) for n in self.scene.grid.shape)
        spacing = " x ".join(f"{s:g}" for s in self.scene.grid.spacing_mm)
        millilitres = float(np.prod(self.scene.grid.spacing_mm)) / 1000.0
        colder = [f"{np.sum(self.minimum_c <= c) * millilitres:.1f} mL ever at or below {c} °C" for c in (0, -20, -40)]
        branches = [f"{shape} cells of {spacing} mm", f"lowest temperature {np.nanmin(self.minimum_c):.1f} °C"]
        branches += [f"{text} (whole cells)" for text in colder]
        branches += [
            f"doubt of {name}: " + ", ".join(f"{part} {value:g}" for part, value in doubt.items())
            for name, doubt in self.doubt.items()
        ]
        branches += [f"sensor {name}: {c[-1]:.1f} °C at the end" for name, c in self.sensors_c.items()]
        branches.append(f"heat balance closes to {self.heat.residual:.1e}")
        if "steps" in self.stats:
            branches.append(f"{self.stats['steps']:.0f} steps, {self.stats.get('stages', 0.0):.0f} stages")
        branches += self.notes
        kept = ", ".join(f"{name} {size / 1e6:.2f}" for name, size in self.memory.items())
        branches.append(f"kept fields, {sum(self.memory.values()) / 1e6:.2f} MB: {kept}")
        if "solver_bytes" in self.stats:
            solver, record = self.stats["solver_bytes"], self.stats["record_bytes"]
            cells = float(self.minimum_c.size)
            branches.append(
                f"while running, solver {solver / 1e6:.2f} MB ({solver / cells:.1f} bytes a cell), "
                f"record {record / 1e6:.2f} MB ({record / cells:.1f} bytes a cell)"
            )
        signs = ["├─"] * (len(branches) - 1) + ["└─"]
        tree = [f"{sign} {text}" for sign, text in zip(signs, branches, strict=True)]
        return "\n".join([f"History: {self.result.value}", *tree])
