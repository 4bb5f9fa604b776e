"""Prostate: a needle 10 mm beside the urethra. By how much does a warming catheter raise the urethra's minimum?"""

from dataclasses import replace

import numpy as np

import iceball as ib
from iceball.plan import Warming
from iceball.plan.defaults import default_goals
from iceball.space.shapes import Ellipsoid, Polyline, Sphere
from iceball.tissue.phantom import Part, phantom
from iceball.units import minutes

SPACING_MM = 3.0
URETHRA = Polyline(np.array([(-8.0, 18.0, 0.0), (-8.0, 78.0, 0.0)]), 4.0)


def case() -> tuple[ib.Anatomy, ib.Plan]:
    """The patient of shapes, and the plan."""
    patient = phantom(
        (90, 81, 90),
        SPACING_MM,
        [
            Part("prostate", Ellipsoid((0, 42, 0), (48, 45, 42)), "prostate"),
            Part("vessel_wall", URETHRA, "urethra"),
            Part("bowel_wall", Sphere((0, 45, 36), 24), "rectum"),
        ],
        target=Sphere((8, 42, 0), 9),
        organ="prostate",
        base="muscle",
        layers=[("skin", 3), ("fat", 9)],
        air_above_mm=15,
    )
    plan = ib.Plan(
        probes=(ib.Placement("generic-17g-short", tip_mm=(8, 56, 0), entry_mm=(8, 0, 0)),),
        protocol=ib.freeze(10 * minutes),
        goals=default_goals("prostate"),
        warmers=(Warming("urethral-warmer", structure="urethra"),),
    )
    return patient, plan


def main() -> float:
    """What the warmer adds to the lowest temperature of the urethra, K."""
    patient, warm = case()
    lowest = []
    for plan in (replace(warm, warmers=()), warm):
        verdict = ib.assess(ib.simulate(plan, patient, spacing_mm=SPACING_MM, doubt=False), plan.goals, patient)
        print(verdict)
        lowest.append(next(s.min_temperature_c for s in verdict.structures if s.name == "urethra"))
    return lowest[1] - lowest[0]


if __name__ == "__main__":
    print(f"The warmer adds {main():.1f} K")
