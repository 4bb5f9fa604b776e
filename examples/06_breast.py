"""Breast: a tumour under the skin. How far does the ice stay from the skin while it covers the tumour?"""

import iceball as ib
from iceball.plan.defaults import default_goals, protocol_reason
from iceball.space.shapes import Ellipsoid, Sphere
from iceball.tissue.phantom import Part, phantom
from iceball.units import minutes

SPACING_MM = 3.0


def case() -> tuple[ib.Anatomy, ib.Plan]:
    """The patient of shapes, and the plan."""
    patient = phantom(
        (102, 90, 90),
        SPACING_MM,
        [Part("breast_gland", Ellipsoid((0, 39, 0), (76, 50, 60)), "breast")],
        target=Sphere((0, 39, 0), 10),
        organ="breast",
        base="breast_fat",
        layers=[("skin", 3)],
        air_above_mm=15,
    )
    plan = ib.Plan(
        # from the side, as under ultrasound
        probes=(ib.Placement("generic-24-ln2", tip_mm=(16, 52, 0), entry_mm=(-48, 0, 0)),),
        protocol=ib.freeze(8 * minutes).thaw(8 * minutes).freeze(8 * minutes),
        goals=default_goals("breast"),
    )
    return patient, plan


def main() -> float:
    """From the skin to the ice, mm."""
    patient, plan = case()
    print(protocol_reason("breast"))
    verdict = ib.assess(ib.simulate(plan, patient, spacing_mm=SPACING_MM, doubt=False), plan.goals, patient)
    print(verdict)
    return next(s.distance_to_0c_mm for s in verdict.structures if s.name == "skin")


if __name__ == "__main__":
    print(f"From the skin to the ice: {main():.1f} mm")
