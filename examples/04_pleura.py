"""Pleura: a needle along a plaque on the inner chest wall, three cycles; how cold does the skin become?"""

import numpy as np

import iceball as ib
from iceball.plan.defaults import default_goals, default_protocol
from iceball.space.box import Box
from iceball.space.shapes import Ellipsoid, Polyline
from iceball.tissue.phantom import Part, phantom

SPACING_MM = 3.0
NERVE = Polyline(np.array([(-60.0, 22.0, 9.0), (60.0, 22.0, 9.0)]), 1.0)


def case() -> tuple[ib.Anatomy, ib.Plan]:
    """The patient of shapes, and the plan."""
    patient = phantom(
        (204, 81, 90),
        SPACING_MM,
        [
            Part("lung_aerated", Box((-110, 27, -50), (110, 81, 50)), "lung_lower_lobe_right"),
            Part("bone_cortical", Box((-110, 15, 12), (110, 24, 24)), "rib_right_8"),
        ],
        target=Ellipsoid((0, 27, 0), (36, 9, 24)),
        organ="pleura",
        base="muscle",
        layers=[("skin", 3), ("fat", 6)],
        structures={"intercostal_nerve": NERVE},
        air_above_mm=15,
    )
    plan = ib.Plan(
        probes=(ib.Placement("generic-17g-long", tip_mm=(26, 33, 0), entry_mm=(-100, 0, 0)),),
        protocol=default_protocol("pleura"),
        goals=default_goals("pleura"),
    )
    return patient, plan


def main() -> float:
    """The skin's lowest temperature, °C."""
    patient, plan = case()
    verdict = ib.assess(ib.simulate(plan, patient, spacing_mm=SPACING_MM, doubt=False), plan.goals, patient)
    print(verdict)
    return next(s.min_temperature_c for s in verdict.structures if s.name == "skin")


if __name__ == "__main__":
    print(f"Coldest skin: {main():.1f} °C")
