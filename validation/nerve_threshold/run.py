"""What fourteen dogs say of the temperature that injures nerve roots."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

from firth import fit, half_interval, odds_interval, penalised, score
from scipy.special import expit

from iceball.plan.stopping.limits import protection_of

INJURED_C = (-37.0, -30.0, -27.0, -8.0)
UNHURT_C = (-3.0, -2.0, 0.0, 1.0, 4.0, 8.0, 16.0, 18.0, 20.0, 25.0)
CURVE_C = (-20, -8, -5, -3, 0, 5, 10)


def run() -> dict[str, float]:
    t = np.array(INJURED_C + UNHURT_C)
    y = np.array([1.0] * len(INJURED_C) + [0.0] * len(UNHURT_C))
    x = np.column_stack([np.ones_like(t), t])
    beta = fit(x, y)
    half_c = -beta[0] / beta[1]
    ones = np.ones((14, 1))
    half_low, half_high = half_interval(t, y)
    nerve, cord = protection_of("nerve"), protection_of("spinal_cord")
    assert nerve is not None
    assert cord is not None
    out = {
        "gap_low_c": max(INJURED_C),
        "gap_high_c": min(UNHURT_C),
        # without a penalty a step explains all: its likelihood is 1, and no slope is the best
        "log_likelihood_of_a_step": penalised(np.array([-5.5, -1.0]) * 16, x, y, penalty=0.0),
        "intercept_alone": float(fit(ones, y)[0] - np.log(4.5 / 10.5)),
        "score": float(np.abs(score(beta, x, y)).max()),
        "half_c": float(half_c),
        "half_low_c": half_low,
        "half_high_c": half_high,
        "gap_above_half_low_k": max(INJURED_C) - half_low,
        "half_high_above_gap_k": half_high - min(UNHURT_C),
        "slope": float(-beta[1]),
        "nerve_stop_above_gap_k": nerve.stop_c.value - min(UNHURT_C),
        "cord_stop_above_gap_k": cord.stop_c.value - min(UNHURT_C),
        "nerve_alarm_c": nerve.alarm_c.value,
        "cord_alarm_c": cord.alarm_c.value,
    }
    for celsius in CURVE_C:
        low, high = odds_interval(float(celsius), t, y)
        out[f"p_{celsius}.value"] = float(expit(beta[0] + beta[1] * celsius))
        out[f"p_{celsius}.low"], out[f"p_{celsius}.high"] = float(expit(low)), float(expit(high))
    return out


if __name__ == "__main__":
    for name, value in run().items():
        print(f"{name:28s} {value:.6g}")
