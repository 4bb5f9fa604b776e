"""Soft tissue: two needles in a desmoid beside a nerve. How much of the tumour comes to -20 °C?"""

import numpy as np

import iceball as ib
from iceball.plan.defaults import default_goals, default_protocol
from iceball.space.shapes import Ellipsoid, Polyline
from iceball.tissue.phantom import phantom

SPACING_MM = 3.0
NERVE = Polyline(np.array([(33.0, 45.0, -45.0), (33.0, 45.0, 45.0)]), 2.0)


def case() -> tuple[ib.Anatomy, ib.Plan]:
    """The patient of shapes, and the plan."""
    patient = phantom(
        (96, 90, 90),
        SPACING_MM,
        target=Ellipsoid((0, 42, 0), (36, 20, 16)),
        organ="soft_tissue",
        base="muscle",
        layers=[("skin", 3), ("fat", 9)],
        structures={"sciatic_nerve": NERVE},
        air_above_mm=15,
    )
    plan = ib.Plan(
        probes=(
            ib.Placement("generic-17g-short", tip_mm=(-9, 56, 0), entry_mm=(-9, 0, 0)),
            ib.Placement("generic-17g-short", tip_mm=(9, 56, 0), entry_mm=(9, 0, 0)),
        ),
        protocol=default_protocol("soft_tissue"),
        goals=default_goals("soft_tissue"),
    )
    return patient, plan


def main() -> float:
    """The tumour's coverage at -20 °C, %."""
    patient, plan = case()
    verdict = ib.assess(ib.simulate(plan, patient, spacing_mm=SPACING_MM, doubt=False), plan.goals, patient)
    print(verdict)
    return 100 * verdict.coverage["-20"]


if __name__ == "__main__":
    print(f"Tumour at -20 °C or colder: {main():.0f} %")
