"""Eye: a small disc cooled by carbon dioxide on the sclera over a retinoblastoma. How far does the ice go beyond it?"""

import iceball as ib
from iceball.plan.defaults import default_goals, protocol_reason
from iceball.plan.spray.spot import Spot
from iceball.space.shapes import Ellipsoid, Sphere
from iceball.tissue.phantom import Part, phantom

SPACING_MM = 0.75


def case() -> tuple[ib.Anatomy, ib.Plan]:
    """The patient of shapes, and the plan."""
    patient = phantom(
        (24, 16, 24),
        0.5,
        [Part("lens", Sphere((8, 13, 0), 5), "lens")],
        target=Ellipsoid((0, 2, 0), (2.5, 1.0, 2.5)),
        organ="eye",
        base="vitreous",
        layers=[("sclera", 1.0), ("retina", 0.5)],
        air_above_mm=3,
    )
    disc = Spot("generic-co2-disc", centre_mm=(0, 0, 0), dwell_s=60, thaw_s=60, cycles=2, radius_mm=2.5)
    plan = ib.Plan(spots=(disc,), goals=default_goals("eye"))
    return patient, plan


def main() -> float:
    """The smallest margin of ice around the tumour, mm. A flat piece of the eye: its curvature is left out."""
    patient, plan = case()
    print(protocol_reason("eye"))
    verdict = ib.assess(ib.simulate(plan, patient, spacing_mm=SPACING_MM, doubt=False), plan.goals, patient)
    print(verdict)
    return verdict.margins_mm["0"].min_mm


if __name__ == "__main__":
    print(f"Smallest margin of ice: {main():.1f} mm")
