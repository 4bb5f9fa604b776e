"""One needle in one tissue, said once and put both ways: as a case of the second solver and as a scene of Iceball."""

from __future__ import annotations

import math
from dataclasses import dataclass

from axisymmetric.solver import Case, Phase, Tissue
from common import needle_scene

from iceball.solve import LineStep, Material, Scene

BLOOD = 1050.0 * 3617.0


def of_ice(share: float, water: float) -> tuple[tuple[float, float, float], tuple[float, float]]:
    """Frozen k and c for a share of the conductivity of ice and a mass fraction of ice in dry matter of 1700 J/kg/K."""
    k = share * (0.38 - 0.00197 * 273.15), share * -0.00197, share * 632.0
    return k, (water * (185.0 + 6.89 * 273.15) + (1.0 - water) * 1700.0, water * 6.89)


@dataclass(frozen=True)
class Setting:
    """A needle's size in mm, its phases, its tissue, and the times (s) at which to look at the ice."""

    tissue: Tissue
    radius_mm: float
    active_mm: float
    phases: tuple[Phase, ...]
    looks_s: tuple[float, ...]
    side_mm: float
    beyond_mm: float

    def case(self) -> Case:
        """For the second solver: the needle ends in a cooled tip on one side and an insulated shaft on the other."""
        return Case(self.tissue, self.radius_mm * 1e-3, self.active_mm * 0.5e-3, self.phases, "tip", "shaft")

    def scene(self, spacing_mm: float) -> Scene:
        """For Iceball: half of the needle and its mirror."""
        m = self.tissue
        material = Material(
            "tissue",
            m.density,
            m.warm_c,
            m.warm_k,
            m.latent,
            m.liquidus,
            m.solidus,
            m.ice_k,
            m.ice_c,
            perfusion=m.blood / BLOOD,
            metabolism=m.metabolism,
            stasis_c=m.stasis if m.stasis > -300.0 else -math.inf,
        )
        steps = tuple(
            LineStep(p.start, p.end - p.start, p.coolant, p.h, p.tau, ramp_s=p.ramp, from_c=p.begin)
            for p in self.phases
        )
        return needle_scene(
            material,
            spacing_mm,
            radius_mm=self.radius_mm,
            active_mm=self.active_mm,
            steps=steps,
            side_mm=self.side_mm,
            beyond_mm=self.beyond_mm,
        )


CONSTANT = Tissue(1000.0, 3600.0, 0.5, 250e3, -8.0, -1.0, (2.0, 0.0, 0.0), (1800.0, 0.0))
GEL = Tissue(1000.0, 4100.0, 0.58, 317e3, -1.5, -0.1, *of_ice(0.94, 0.95))
SIX = Tissue(
    1050.0,
    3600.0,
    0.52,
    250e3,
    -8.0,
    -1.0,
    (2.0 - 16.0 / 142.0, -2.0 / 142.0, 0.0),
    (1840.0, 5.0),
    blood=40e3,
    metabolism=5e3,
    stasis=0.0,
)


def kidney(perfusion: float) -> Tissue:
    """Kidney-like tissue at a blood flow in 1/s."""
    return Tissue(1066.0, 3763.0, 0.535, 233e3, -8.0, -0.5, *of_ice(0.7, 0.78), blood=perfusion * BLOOD)


def film(*times_s: tuple[float, float]) -> tuple[Phase, ...]:
    """Freezes limited by a film of 2000 W/m2/K to a gas that falls to -140 °C with 10 s."""
    return tuple(Phase(a, b, -140.0, begin=37.0, tau=10.0, h=2000.0) for a, b in times_s)


SETTINGS = {
    "finite": Setting(CONSTANT, 1.0, 40.0, (Phase(0.0, 600.0, -140.0, begin=-140.0),), (600.0,), 46.0, 40.0),
    "perfused": Setting(kidney(0.0155), 0.75, 39.0, (Phase(0.0, 600.0, -140.0, ramp=60.0),), (600.0,), 42.0, 34.5),
    "film": Setting(kidney(0.0036), 0.75, 39.0, film((0.0, 600.0)), (600.0,), 42.0, 34.5),
    "twice": Setting(GEL, 0.75, 39.0, film((0.0, 600.0), (900.0, 1500.0)), (600.0, 900.0, 1500.0), 48.0, 40.5),
    "p1_needle": Setting(
        SIX,
        0.75,
        40.0,
        (Phase(0.0, 600.0, -140.0, ramp=60.0), Phase(1080.0, 1680.0, -140.0, begin=-10.0, ramp=60.0)),
        (600.0, 1080.0, 1680.0),
        44.0,
        36.0,
    ),
}
