"""Liver: how much ice does a portal branch beside the tumour take away, compared with the same vein clamped?"""

from dataclasses import replace

import numpy as np

import iceball as ib
from iceball.plan import Vessel
from iceball.plan.defaults import default_goals, default_protocol
from iceball.space.shapes import Polyline, Sphere
from iceball.tissue.phantom import Part, phantom

SPACING_MM = 3.0
VEIN = Polyline(np.array([(12.0, 42.0, -45.0), (12.0, 42.0, 45.0)]), 4.0)


def case() -> tuple[ib.Anatomy, ib.Plan]:
    """The patient of shapes, and the plan."""
    patient = phantom(
        (90, 90, 90),
        SPACING_MM,
        [Part("blood", VEIN, "portal_vein_and_splenic_vein")],
        target=Sphere((0, 42, 0), 12),
        organ="liver",
        base="liver",
        layers=[("skin", 3), ("fat", 6), ("muscle", 6)],
        air_above_mm=15,
    )
    vein = Vessel(structure="portal_vein_and_splenic_vein", diameter_mm=8)
    plan = ib.Plan(
        probes=(ib.Placement("generic-17g-short", tip_mm=(0, 57, 0), entry_mm=(0, 0, 0)),),
        protocol=default_protocol("liver"),
        goals=default_goals("liver"),
        vessels=(vein,),
    )
    return patient, plan


def main() -> float:
    """Ice that the flowing vein costs, % of the ice beside a clamped one."""
    patient, flowing = case()
    vein = flowing.vessels[0]
    clamped = replace(flowing, vessels=(replace(vein, share=0.0),))
    ice = []
    for plan in (flowing, clamped):
        verdict = ib.assess(ib.simulate(plan, patient, spacing_mm=SPACING_MM, doubt=False), plan.goals, patient)
        print(verdict)
        ice.append(verdict.volumes_ml["0"])
    return 100 * (1 - ice[0] / ice[1])


if __name__ == "__main__":
    print(f"The flowing vein costs {main():.0f} % of the ice")
