"""Kidney: how far does the ice of one needle reach beyond a small tumour, and what does the colon feel of it?"""

import iceball as ib
from iceball.plan.defaults import default_goals, default_protocol
from iceball.space.shapes import Ellipsoid, Sphere
from iceball.tissue.phantom import Part, phantom

SPACING_MM = 3.0


def case() -> tuple[ib.Anatomy, ib.Plan]:
    """The patient of shapes, and the plan."""
    patient = phantom(
        (90, 90, 90),
        SPACING_MM,
        [
            Part("kidney", Ellipsoid((0, 52, 0), (55, 50, 90)), "kidney_left"),
            Part("bowel_wall", Sphere((34, 40, 0), 22), "colon"),
        ],
        target=Sphere((0, 42, 0), 11),
        organ="kidney",
        base="fat",
        layers=[("skin", 3), ("fat", 6), ("muscle", 9)],
        air_above_mm=15,
    )
    plan = ib.Plan(
        probes=(ib.Placement("generic-17g-short", tip_mm=(0, 57, 0), entry_mm=(0, 0, 0)),),
        protocol=default_protocol("kidney"),
        goals=default_goals("kidney"),
    )
    return patient, plan


def main() -> float:
    """The smallest margin of ice around the tumour, mm."""
    patient, plan = case()
    verdict = ib.assess(ib.simulate(plan, patient, spacing_mm=SPACING_MM, doubt=False), plan.goals, patient)
    print(verdict)
    return verdict.margins_mm["0"].min_mm


if __name__ == "__main__":
    print(f"Smallest margin of ice: {main():.1f} mm")
