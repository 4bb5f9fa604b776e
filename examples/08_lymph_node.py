"""Lymph node: bowel lies on it. How warm does 9 mm of dextrose keep it?"""

import iceball as ib
from iceball.plan.defaults import default_goals, protocol_reason
from iceball.plan.pocket import Pocket
from iceball.plan.treated import as_treated
from iceball.space.shapes import Sphere
from iceball.tissue.phantom import Part, phantom
from iceball.units import minutes

SPACING_MM = 3.0


def case() -> tuple[ib.Anatomy, ib.Plan]:
    """The patient of shapes, and the plan."""
    patient = phantom(
        (114, 90, 90),
        SPACING_MM,
        [
            Part("lymph_node", Sphere((0, 51, 0), 18), "lymph_node"),
            Part("bowel_wall", Sphere((6, 34, 0), 16), "small_bowel"),
        ],
        target=Sphere((0, 51, 0), 12),
        organ="lymph_node",
        base="fat",
        layers=[("skin", 3), ("muscle", 6)],
        air_above_mm=30,
    )
    plan = ib.Plan(
        probes=(ib.Placement("generic-17g-short", tip_mm=(11, 61, 0), entry_mm=(-50, 0, 0)),),
        protocol=ib.freeze(10 * minutes),
        goals=default_goals("lymph_node"),
        pockets=(Pocket("small_bowel", "dextrose", 9.0),),
    )
    return patient, plan


def main() -> float:
    """The bowel's lowest temperature once fluid has moved it, °C."""
    patient, plan = case()
    print(protocol_reason("lymph_node"))
    moved = as_treated(plan, patient)  # the bowel as the fluid leaves it
    verdict = ib.assess(ib.simulate(plan, moved, spacing_mm=SPACING_MM, doubt=False), plan.goals, moved)
    print(verdict)
    return next(s.min_temperature_c for s in verdict.structures if s.name == "small_bowel")


if __name__ == "__main__":
    print(f"Coldest bowel behind 9 mm of fluid: {main():.1f} °C")
