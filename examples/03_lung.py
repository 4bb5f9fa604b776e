"""Lung: the first freeze stays small in air; lung that it floods conducts, and the third freeze grows."""

import iceball as ib
from iceball.plan.defaults import default_goals, protocol_reason
from iceball.space.shapes import Sphere
from iceball.tissue.phantom import phantom
from iceball.units import minutes

SPACING_MM = 3.0


def case() -> tuple[ib.Anatomy, ib.Plan]:
    """The patient of shapes, and the plan."""
    patient = phantom(
        (90, 90, 90),
        SPACING_MM,
        target=Sphere((0, 48, 0), 10),
        organ="lung",
        base="lung_aerated",
        layers=[("skin", 3), ("fat", 6), ("muscle", 9), ("connective_tissue", 3)],
        air_above_mm=15,
    )
    plan = ib.Plan(
        probes=(ib.Placement("generic-17g-short", tip_mm=(0, 63, 0), entry_mm=(0, 0, 0)),),
        # remembered of one group's practice: the pack proposes none
        protocol=ib.freeze(3 * minutes).thaw(3 * minutes).freeze(7 * minutes).thaw(7 * minutes).freeze(5 * minutes),
        goals=default_goals("lung"),
    )
    return patient, plan


def main() -> float:
    """Ice at the end of the third freeze over that at the end of the first."""
    patient, plan = case()
    print(protocol_reason("lung"))
    verdict = ib.assess(ib.simulate(plan, patient, spacing_mm=SPACING_MM, doubt=False), plan.goals, patient)
    print(verdict)
    freezes = [volumes["0"] for volumes in verdict.volumes_end_of_freeze_ml]
    return freezes[2] / freezes[0]


if __name__ == "__main__":
    print(f"Third freeze over first: {main():.1f}")
