"""What happened: the kept fields, extremes, sensors and the heat balance of one run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from iceball.solve.scene import Scene

Field = NDArray[np.float32]


class Result(Enum):
    """How a run ended, as a sentence."""

    finished = "Finished: the whole protocol was simulated."
    stopped_early = "Stopped: cancelled before the end of the protocol."


@dataclass(frozen=True)
class HeatBalance:
    """Joules over the whole run; each exchange counts as positive into the tissue.

    `residual` is |change - sum| / exchanged.
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


@dataclass(frozen=True, eq=False)
class History:
    """The record of one run. All fields are float32 °C on `scene.grid`, NaN in gas.

    `end_of_freeze_c[n]` is the temperature at `scene.freeze_ends_s[n]`; `minimum_c` the lowest of the whole protocol;
    `time_below_s["-20"]` seconds at or below -20 °C; `first_frozen_s` when a cell first fell below 0 °C (NaN: never);
    `cycles_frozen` how often it went from above 0 °C to below; `cooling_rate` the mean rate through the freezing range
    in °C/min at the first freeze (NaN: never frozen through).
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
    result: Result
    kept: Mapping[float, Field] = field(default_factory=dict)
    stats: Mapping[str, float] = field(default_factory=dict)
    made_by: Mapping[str, str | float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
