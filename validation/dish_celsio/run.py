"""A real small probe in a dish: fitted on two near thermocouples, predicted at two farther ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from dishes import EDGE_MM, WATER, Floats, line_in_distance, mae, traces

from iceball.plan.fit.calibrate import fit
from iceball.plan.fit.dish import dish, readings
from iceball.solve import ADIABATIC, LineStep

HERE = Path(__file__).resolve().parent
DISTANCES_MM, RADIUS_MM, AXIS_MM = (0.95, 1.25, 1.55, 1.95), 0.85, (1.8, 2.1, 2.4, 2.8)
FREEZE_S, END_S = 10.0, 24.0


def predict(p: Mapping[str, float], times_s: Floats, start_c: float, *, spacing_mm: float = 0.25) -> Floats:
    freeze = LineStep(0.0, FREEZE_S, p["coolant_c"], h=p["h"], time_constant_s=p["time_constant_s"])
    steps = (freeze, LineStep(FREEZE_S, END_S - FREEZE_S, ADIABATIC))
    scene = dish(WATER, steps, radius_mm=RADIUS_MM, at_mm=AXIS_MM, start_c=start_c, half_mm=EDGE_MM,
                 spacing_mm=spacing_mm, exchange=p["exchange"])  # fmt: skip
    return readings(scene, times_s)


def run() -> dict[str, float]:
    """Errors of what was predicted and those of the baselines."""
    times, measured, sem = traces(HERE / "Fig1c_Celsio_thermal_traces.csv", DISTANCES_MM)
    start_c = float(measured[0].mean())
    on = times > 0

    def model(p: Mapping[str, float]) -> Floats:
        return predict(p, times[on], start_c)[:, :2].ravel()

    guess = {"h": 2000.0, "coolant_c": -80.0, "time_constant_s": 3.0, "exchange": 1e5}
    found = fit(model, measured[on, :2].ravel(), start=guess, sigma=sem[on, :2].ravel())
    ours, fine = (predict(found.values, times[on], start_c, spacing_mm=s) for s in (0.25, 0.125))
    outer = measured[on, 2:]
    error = mae(ours[:, 2:], outer)
    still = mae(np.broadcast_to(measured[0, 2:], outer.shape), outer)
    line = mae(line_in_distance(DISTANCES_MM, measured[on], start_c), outer)
    return {
        "fit.rms_c": found.misfit,
        **{f"fit.{name}": value for name, value in found.values.items()},
        "predicted.mae_c": error,
        "predicted.at_1.55_mm_mae_c": mae(ours[:, 2], outer[:, 0]),
        "predicted.at_1.95_mm_mae_c": mae(ours[:, 3], outer[:, 1]),
        "no_cooling_mae_c": still,
        "line_mae_c": line,
        "better_than_no_cooling_c": still - error,
        "better_than_line_c": line - error,
        "grid.mae_c": mae(ours, fine),
    }
