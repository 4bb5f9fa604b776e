"""Cervix: a disc cooled by nitrous oxide, 3 min on, 5 min off, 3 min on. How deep is -20 °C?"""

import numpy as np

import iceball as ib
from iceball.plan.defaults import default_goals
from iceball.plan.spray.spot import Spot
from iceball.space.shapes import Ellipsoid, Sphere
from iceball.tissue.packs import pack
from iceball.tissue.phantom import Part, phantom

SPACING_MM = 2.0


def case() -> tuple[ib.Anatomy, ib.Plan]:
    """The patient of shapes, and the plan."""
    patient = phantom(
        (70, 60, 70),
        SPACING_MM,
        [Part("bowel_wall", Sphere((0, 50, 0), 16), "rectum")],
        target=Ellipsoid((0, 3, 0), (14, 5, 14)),
        organ="cervix",
        base="cervix",
        air_above_mm=34,
    )
    clock = pack("cervix").surface
    spot = Spot(
        "generic-n2o-disc",
        centre_mm=(0, 0, 0),
        dwell_s=clock.dwell_s.value,
        thaw_s=clock.thaw_s.value,
        cycles=int(clock.cycles.value),
    )
    plan = ib.Plan(spots=(spot,), goals=default_goals("cervix"))
    return patient, plan


def main() -> float:
    """Depth of -20 °C under the middle of the disc, mm."""
    patient, plan = case()
    history = ib.simulate(plan, patient, spacing_mm=SPACING_MM, doubt=False)
    print(ib.assess(history, plan.goals, patient))
    grid = history.scene.grid
    x, _, z = np.rint(grid.to_index((0.1, 0, 0.1))).astype(int)
    coldest = history.minimum_c[x, :, z]
    depth = grid.origin_mm[1] + grid.spacing_mm[1] * np.arange(grid.shape[1])
    tissue = np.isfinite(coldest) & (depth > 0)
    return float(np.interp(-20.0, coldest[tissue], depth[tissue]))


if __name__ == "__main__":
    print(f"Depth of -20 °C: {main():.1f} mm")
