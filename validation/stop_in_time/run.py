"""Stops at the advised time, held against runs on cells half as large."""

from __future__ import annotations

import argparse
import itertools
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

from phantoms import Phantom, phantoms

from iceball.assessment.stopping import Stop
from iceball.plan.stopping.coast import Coast
from iceball.plan.stopping.stop import Search

SEED, ADVISED = 13, 200
SPACING_MM = 2.4


def advice(phantom: Phantom) -> Stop:
    """The latest safe stop; phantoms of odd number thaw passively, the others actively."""
    (stop,) = Search(phantom.scene(SPACING_MM), ((phantom.goal, phantom.shape),), thaw(phantom)).stops()
    return stop


def thaw(phantom: Phantom):  # type: ignore[no-untyped-def]
    return () if phantom.number % 2 else phantom.thaw


def truth_c(phantom: Phantom, time_s: float) -> float:
    """The structure's lowest temperature on cells half as large, stopped at a time, until it has turned."""
    coast = Coast(phantom.scene(SPACING_MM / 2), [(phantom.shape, phantom.goal.distance_mm)], thaw(phantom))
    lowest = coast.lowest(0, time_s)
    assert lowest is not None
    return lowest.celsius


def run(*, seed: int = SEED, advised: int = ADVISED, out=None) -> dict[str, float]:  # type: ignore[no-untyped-def]
    spare: dict[str, list[float]] = {"passive": [], "active": []}
    unneeded, coasts, none = [], [], 0
    for phantom in itertools.takewhile(
        lambda _: sum(map(len, spare.values())) < advised, phantoms(10 * advised, seed=seed)
    ):
        stop = advice(phantom)
        if stop.needed and stop.latest_s is None:
            none += 1
            continue
        end = phantom.duration_s if stop.latest_s is None else stop.latest_s
        left = truth_c(phantom, end) - stop.limit_c
        if stop.needed:
            spare[stop.thaw].append(left)
            if stop.coasts_k is not None:
                coasts.append(stop.coasts_k)
        else:
            unneeded.append(left)
        if out is not None:
            what = f"{phantom.number} {phantom.labels[0]} {stop.goal}: {stop.thaw}, {stop.sentence}"
            print(f"{what}; left {left:.2f} K, allowance {stop.allowance_k:.2f} K", file=out, flush=True)
    every = np.array(spare["passive"] + spare["active"])
    return {
        "advised": float(every.size),
        "safe": float((every >= 0).sum()),
        "safe_passive_share": float((np.array(spare["passive"]) >= 0).mean()),
        "safe_active_share": float((np.array(spare["active"]) >= 0).mean()),
        "not_needed": float(len(unneeded)),
        "not_needed_unsafe": float((np.array(unneeded) < 0).sum()),
        "without_a_time": float(none),
        "least_spare_k": float(every.min()),
        "median_spare_k": float(np.median(every)),
        "coasts_mean_k": float(np.mean(coasts)),
        "coasts_most_k": float(np.max(coasts)),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--advised", type=int, default=ADVISED)
    chosen = parser.parse_args()
    print(run(seed=chosen.seed, advised=chosen.advised, out=sys.stdout))
