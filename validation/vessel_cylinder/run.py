"""A straight vessel in perfused tissue, laid on the grid as a plan lays it, against Bessel functions."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import k0, k1

from iceball.plan.ground import Ground
from iceball.plan.warm.lumen import Lumen
from iceball.plan.warm.vessel_wall import laid, lumen_cells
from iceball.solve import Material, Scene, Simulation
from iceball.space import Grid
from iceball.space.course import course_of
from iceball.space.shapes import Polyline

H, BLOOD_C, BODY_C = 1000.0, 5.0, 37.0
K, FLOW, BLOOD_HEAT = 0.5, 0.0036, 1050.0 * 3617.0
LENGTH_MM = math.sqrt(K / (FLOW * BLOOD_HEAT)) * 1000
HALF_MM, READ_MM = 24.0, 6.0
REST_S = 300.0
CASES = {"6mm_at_1mm": (6.0, 1.0), "6mm_at_1_5mm": (6.0, 1.5), "3mm_at_1_5mm": (3.0, 1.5)}
WAYS = (("along_axis", 0.0), ("at_45", 45.0))
Place = tuple[float, float, float]
PLACES: tuple[Place, ...] = ((0, 0.3, 0.2), (0, 0, 0), (0, 0.5, 0.5), (0, 0.25, 0.25), (0, 0.5, 0))


@dataclass(frozen=True, eq=False)
class Fixed(Lumen):
    """A vessel whose h is given instead of following from its flow."""

    def h(self, begin_mm: float, end_mm: float, flow: str = "nominal") -> float:
        """The same everywhere."""
        return H


def share(diameter_mm: float, spacing_mm: float, degrees: float, off: Place = PLACES[0]) -> float:
    """The vessel's heat over the exact one; its axis lies `off` cells from a corner of cells."""
    turn = math.radians(degrees)
    way, centre = np.array([math.cos(turn), math.sin(turn), 0.0]), np.array(off) * spacing_mm
    half = (READ_MM if degrees == 0 else HALF_MM, HALF_MM, HALF_MM)
    grid = Grid.box([-v for v in half], half, spacing_mm)
    line = Polyline(np.array([centre - 100 * way, centre + 100 * way]), diameter_mm / 2)
    speed = (0.2, 0.2, 0.2)
    vessel = Fixed("vessel", line, course_of(line), diameter_mm, False, speed, "", 1.0, BLOOD_C, True, "wall")
    ground = Ground(grid, np.zeros(grid.shape, np.uint8), {0: "tissue"})
    ground = laid(ground, vessel, lumen_cells(vessel, ground))
    walls = tuple(replace(w, closes_c=None, flow="") for w in ground.walls)
    # at rest heat capacity does not matter: a tenth of it comes to rest sooner; nothing freezes
    tissue = Material("tissue", 1000.0, 360.0, K, 3e3, -50.0, -60.0, (2.0, 0, 0), (180.0, 0), perfusion=FLOW)
    ends = (None, None) if degrees == 0 else (BODY_C, BODY_C)
    scene = Scene(grid, ground.labels, (tissue,), REST_S, walls=walls, initial_c=BODY_C,
                  outer_c=(*ends, BODY_C, BODY_C, BODY_C, BODY_C))  # fmt: skip
    celsius = Simulation(scene).run().final_c
    from_centre = grid.centres_mm() - centre
    along = from_centre @ way
    r = np.linalg.norm(from_centre - along[..., None] * way, axis=-1)
    radius = diameter_mm / 2
    read = (r > radius + 1.5 * spacing_mm) & (r < radius + READ_MM) & (abs(along) < READ_MM) & np.isfinite(celsius)
    found = float(((celsius[read] - BODY_C) / ((BLOOD_C - BODY_C) * k0(r[read] / LENGTH_MM))).mean())
    film = K / (H * LENGTH_MM / 1000)
    return found * float(k0(radius / LENGTH_MM) + film * k1(radius / LENGTH_MM))


def worst(diameter_mm: float, spacing_mm: float) -> float:
    """The largest deviation from 1 over places of the axis between the cells, in both directions."""
    shares = [share(diameter_mm, spacing_mm, degrees, off) for off in PLACES for _, degrees in WAYS]
    return max(abs(s - 1) for s in shares)


def run() -> dict[str, float]:
    """Shares by case and direction, the difference of both directions, and what unscaled faces would give."""
    out = {f"{name}.{word}": share(*case, degrees) for name, case in CASES.items() for word, degrees in WAYS}
    out["6mm_at_1mm.difference"] = out["6mm_at_1mm.along_axis"] - out["6mm_at_1mm.at_45"]
    out |= {f"{name}.worst_place": worst(*CASES[name]) for name in ("6mm_at_1_5mm", "3mm_at_1_5mm")}
    return out
