"""Bone: a lesion in a vertebra, and the spinal cord behind it. How near does the cold come to the cord?"""

import numpy as np

import iceball as ib
from iceball.plan.defaults import default_goals, default_protocol
from iceball.space.shapes import Ellipsoid, Polyline, Sphere
from iceball.tissue.phantom import Part, phantom

SPACING_MM = 3.0
CORD = Polyline(np.array([(22.0, 51.0, -45.0), (22.0, 51.0, 45.0)]), 6.0)


def case() -> tuple[ib.Anatomy, ib.Plan]:
    """The patient of shapes, and the plan."""
    patient = phantom(
        (90, 96, 90),
        SPACING_MM,
        [
            Part("bone_cortical", Ellipsoid((0, 54, 0), (50, 44, 36))),
            Part("bone_cancellous", Ellipsoid((0, 54, 0), (42, 36, 30)), "vertebrae_L3"),
            Part("nerve", CORD, "spinal_cord"),
        ],
        target=Sphere((0, 51, 0), 12),
        organ="bone",
        base="muscle",
        layers=[("skin", 3), ("fat", 9)],
        air_above_mm=15,
    )
    plan = ib.Plan(
        probes=(ib.Placement("generic-17g-short", tip_mm=(0, 66, 0), entry_mm=(0, 0, 0)),),
        protocol=default_protocol("bone"),
        goals=default_goals("bone"),
    )
    return patient, plan


def main() -> float:
    """The cord's lowest temperature, °C."""
    patient, plan = case()
    verdict = ib.assess(ib.simulate(plan, patient, spacing_mm=SPACING_MM, doubt=False), plan.goals, patient)
    print(verdict)
    return next(s.min_temperature_c for s in verdict.structures if s.name == "spinal_cord")


if __name__ == "__main__":
    print(f"Coldest at the spinal cord: {main():.1f} °C")
