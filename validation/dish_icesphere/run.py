"""A real argon probe in a dish: fitted on two near thermocouples within a minute, then predicted."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from dishes import EDGE_MM, FREEZING_C, WATER, Floats, line_in_distance, mae, traces

from iceball.applicator import probe
from iceball.plan.fit.calibrate import Fit, fit
from iceball.plan.fit.dish import dish, readings
from iceball.solve import LineStep

HERE = Path(__file__).resolve().parent
DISTANCES_MM, RADIUS_MM, AXIS_MM = (1.1, 2.0, 4.0, 6.0), 0.75, (1.8, 2.8, 4.8, 6.8)
COOLANT_C = probe("generic-17g-short").coolant_c.value
FREEZE_S, COOLER_K = 360.0, 0.6
RAYS_MM = tuple(np.arange(1.0, 8.01, 0.25))


def clock(p: Mapping[str, float], seconds: float) -> list[LineStep]:
    """One freeze."""
    return [LineStep(0.0, seconds, p.get("coolant_c", COOLANT_C), h=p["h"], time_constant_s=p["time_constant_s"])]


def predict(
    p: Mapping[str, float], steps: Sequence[LineStep], at_mm: Sequence[float], times_s: Floats, start_c: float, *,
    spacing_mm: float = 0.5,
) -> Floats:  # fmt: skip
    scene = dish(WATER, steps, radius_mm=RADIUS_MM, at_mm=at_mm, start_c=start_c, half_mm=EDGE_MM,
                 spacing_mm=spacing_mm, exchange=p.get("exchange", 0.0))  # fmt: skip
    return readings(scene, times_s)


def front_mm(celsius: Floats) -> Floats:
    """Distance of the freezing temperature from the probe's surface, at each time."""
    return np.array([np.interp(FREEZING_C, row, RAYS_MM) for row in celsius]) - RADIUS_MM


def calibrate(times: Floats, measured: Floats, sem: Floats, start_c: float, guess: dict[str, float]) -> Fit:
    near = (times > 0) & (times <= 60)

    def model(p: Mapping[str, float]) -> Floats:
        return predict(p, clock(p, 60.0), AXIS_MM, times[near], start_c)[:, :2].ravel()

    return fit(model, measured[near, :2].ravel(), start=guess, sigma=sem[near, :2].ravel())


def run() -> dict[str, float]:
    """Errors of what was predicted, those of the baselines, and the fronts of two freezes."""
    times, measured, sem = traces(HERE / "Fig1d_IceSphere_thermal_traces.csv", DISTANCES_MM)
    start_c = float(measured[0].mean())
    early, late = (times > 0) & (times <= 60), times >= 350

    def errors(p: Mapping[str, float], spacing_mm: float = 0.5) -> tuple[float, float, Floats]:
        ours = predict(p, clock(p, 367.0), AXIS_MM, times, start_c, spacing_mm=spacing_mm)
        return mae(ours[early, 2:], measured[early, 2:]), mae(ours[late], measured[late]), ours

    found = calibrate(times, measured, sem, start_c, {"h": 1500.0, "time_constant_s": 3.0, "exchange": 1e5})
    p = found.values
    far, later, ours = errors(p)
    values = {"fit.rms_c": found.misfit, "fit.h": p["h"], "fit.time_constant_s": p["time_constant_s"],
              "fit.exchange": p["exchange"], "far.mae_c": far, "late.mae_c": later}  # fmt: skip
    _, _, fine = errors(p, 0.25)
    values["grid.mae_c"] = mae(np.vstack([fine[early], fine[late]]), np.vstack([ours[early], ours[late]]))

    first = calibrate(times, measured, sem, start_c, {"h": 2000.0, "time_constant_s": 5.0, "coolant_c": -100.0})
    values["first_model.far_mae_c"], values["first_model.late_mae_c"], _ = errors(first.values)

    still = np.broadcast_to(measured[0], measured.shape)
    straight = line_in_distance(DISTANCES_MM, measured[early], start_c)
    rate = (measured[times == 60] - measured[times == 50]) / 10.0
    onward = measured[times == 60] + rate * (times[late, None] - 60.0)
    baselines = {
        "far": {"no_cooling": mae(still[early, 2:], measured[early, 2:]), "line": mae(straight, measured[early, 2:])},
        "late": {"no_cooling": mae(still[late], measured[late]), "line": mae(onward, measured[late])},
    }
    for what, error in (("far", far), ("late", later)):
        for name, theirs in baselines[what].items():
            values |= {f"{what}.{name}_mae_c": theirs, f"{what}.better_than_{name}_c": theirs - error}

    with (HERE / "Fig1g_iceball_front_2x6_crossings.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    looks = 60.0 * np.array([float(r["time_min"]) for r in rows if r["series"] == "Cycle 1"])
    ours_of = []
    for begin_c in (start_c, start_c - COOLER_K):
        steps = clock(p, FREEZE_S)
        ours_of.append(front_mm(predict(p, steps, RAYS_MM, looks, begin_c)))
    ours_mm = np.array(ours_of)
    theirs_mm = np.array([float(r["measured_front_mm"]) for r in rows]).reshape(2, -1)
    shift = float((ours_mm[1] - ours_mm[0]).mean())
    same = float((theirs_mm[1] - theirs_mm[0]).mean())
    for n, minute in enumerate((1, 2, 3)):
        values |= {f"front.cycle_{c + 1}_{minute}_min_mm": float(ours_mm[c, n]) for c in (0, 1)}
    values |= {"front.worst_mm": float(np.abs(ours_mm - theirs_mm).max()), "front.shift_mm": shift,
               "front.measured_shift_mm": same, "front.shift_error_mm": abs(shift - same)}  # fmt: skip
    return values
