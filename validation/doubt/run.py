"""Whether the numerical doubt of a run holds the run's true error, and how much wider it is.

`python validation/doubt/run.py --seed 7` prints every value, the needles placed anew.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from doubt.cases import OneDimension, ThreeDimensions, one_dimension, three_dimensions
from doubt.fine_line import reach_mm

from iceball.assessment.assessment import ISOTHERMS_C
from iceball.assessment.cold import ColdMap
from iceball.assessment.margin import weighted_quantile
from iceball.assessment.numerical import ALMOST_ALL, numerical_doubt
from iceball.solve import Simulation
from iceball.solve.coarse import coarser
from iceball.units import MM3_PER_ML

SPACINGS_MM = (2.0, 1.5, 1.0)
TRUTH_MM = 0.5
SEED = 13
FEWEST_CELLS = 8
"""Isotherms that hold less than so many cells are not counted: no grid of that spacing tells anything of them."""


@dataclass(frozen=True)
class Trial:
    """One isotherm of one run: its doubt and its true error, in mL (`unit` "ml") or mm."""

    case: str
    spacing_mm: float
    celsius: int
    unit: str
    doubt: float
    error: float

    @property
    def held(self) -> bool:
        """Whether the truth lies within."""
        return self.error <= self.doubt


def trials(case: OneDimension | ThreeDimensions, *, threads: int | None = None) -> tuple[list[Trial], list[float]]:
    """The trials of one case on all spacings, and what share of its run's cell updates each doubt cost."""
    truth = None
    if isinstance(case, ThreeDimensions):
        fine = Simulation(case.scene(TRUTH_MM), threads=threads).run()
        truth = ColdMap.of(fine.minimum_c, fine)
    found, costs = [], []
    for spacing in SPACINGS_MM:
        scene = case.scene(spacing)
        history, coarse = (Simulation(s, threads=threads).run() for s in (scene, coarser(scene)))
        doubt = numerical_doubt(history, coarse)
        costs.append(coarse.stats["cell_updates"] / history.stats["cell_updates"])
        cold = ColdMap.of(history.minimum_c, history)
        for celsius in ISOTHERMS_C:
            surface = cold.isotherm(celsius).surface
            volume = cold.volume_ml(celsius)
            if surface is None or volume < FEWEST_CELLS * scene.grid.voxel_ml:
                continue
            points, weights = surface.points_mm, surface.point_areas_mm2
            if isinstance(case, OneDimension):
                reach = reach_mm(case, celsius)
                _, y, z = np.ptp(scene.grid.corners_mm, axis=0)
                true = (reach * y if case.power == 0 else np.pi * reach**2) * z / MM3_PER_ML
                place = points[:, 0] if case.power == 0 else np.hypot(*(points[:, :2] - case.at_mm).T)
                away = np.abs(place - reach)
            else:
                assert truth is not None
                nearest = truth.isotherm(celsius).nearest
                if nearest is None:
                    continue
                true, away = truth.volume_ml(celsius), nearest.distance_mm(points)
            errors = {"ml": abs(volume - true), "mm": weighted_quantile(away, weights, ALMOST_ALL)}
            found += [
                Trial(case.name, spacing, celsius, unit, doubt[unit][str(celsius)], float(error))
                for unit, error in errors.items()
            ]
    return found, costs


def summary(found: list[Trial], costs: list[float]) -> dict[str, float]:
    """Shares held, median widths over true errors, and the dearest and the median doubt."""
    out = {}
    for unit in ("ml", "mm"):
        own = [t for t in found if t.unit == unit]
        out[f"held_{unit}_share"] = float(np.mean([t.held for t in own]))
        out[f"width_over_error_{unit}"] = float(np.median([t.doubt / max(t.error, 1e-9) for t in own]))
        out[f"trials_{unit}"] = float(len(own))
        for spacing in SPACINGS_MM:
            held = [t.held for t in own if t.spacing_mm == spacing]
            out[f"held_{unit}_share_at_{spacing:g}_mm".replace(".", "_")] = float(np.mean(held))
    return out | {"cost_median": float(np.median(costs)), "cost_most": max(costs)}


def run(seed: int = SEED, *, threads: int | None = None, say: bool = False) -> dict[str, float]:
    """Every case on every spacing."""
    found: list[Trial] = []
    costs: list[float] = []
    for case in (*one_dimension(seed), *three_dimensions(seed)):
        own, shares = trials(case, threads=threads)
        found += own
        costs += shares
        for t in own if say else ():
            text = f"{t.case:30s} {t.spacing_mm:4g} mm {t.celsius:4d} °C {t.unit}"
            print(f"{text}  ± {t.doubt:.4f}  true error {t.error:.4f} {'' if t.held else 'NOT HELD'}", flush=True)
    return summary(found, costs)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--threads", type=int, default=None)
    arguments = parser.parse_args()
    for name, value in run(arguments.seed, threads=arguments.threads, say=True).items():
        print(f"{name:28s} {value:.4g}")
