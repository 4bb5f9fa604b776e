"""Margin and coverage of shapes whose geometry is known, on fine, flat and masked voxels, and the time at 256^3."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import closed_form as exact
from closed_form import Exact, Floats
from scipy.spatial.transform import Rotation
from tests.assessment.made_by_hand import history, patient

from iceball.assessment import assess
from iceball.assessment.cold import ColdMap
from iceball.assessment.judge import covered
from iceball.assessment.margin import Skin, half_voxel_mm, margin
from iceball.assessment.part import Part
from iceball.space import Grid, Volume
from iceball.space.shapes import Ellipsoid, Mask, Polyline, Shape, Sphere

PLACES, SEED = 10, 1
K_PER_MM = 4.0
FLAT = (0.7, 0.7, 3.0)
WAYS = {"1_mm": ((1.0,) * 3, False), "flat": (FLAT, False), "flat_mask": ((1.0,) * 3, True)}
REACH_MM = 30.0
WITHIN_MM = 5.0
ORGAN = "liver"


@dataclass(frozen=True, eq=False)
class Set:
    """One place of one kind: the target as the package and as geometry know it, the ice, its field, the capsule."""

    kind: str
    shape: Shape
    target: Exact
    ice: Exact
    level: Callable[[Floats], Floats] | None = None
    """Where it is not the distance: any field that is 0 on the ice's surface."""
    capsule_z: float | None = None


def sets() -> Iterator[Set]:
    """All kinds at all places."""
    rng = np.random.default_rng(SEED)

    def off(most: float, least: float = 0.0) -> Floats:
        way = rng.normal(size=3)
        return way / np.linalg.norm(way) * rng.uniform(least, most)

    for _ in range(PLACES):
        at = rng.uniform(-1.5, 1.5, 3)  # so that no place lies well on the cells
        ball = (Sphere(tuple(at), 24.0), exact.sphere(at, 12.0))
        small = (Sphere(tuple(at), 20.0), exact.sphere(at, 10.0))
        yield Set("spheres", *ball, exact.sphere(at + off(5), 20.0))
        half, turn, middle = np.array([25.0, 20, 18]), Rotation.random(random_state=rng).as_matrix(), at + off(3)

        def form(p: Floats, half: Floats = half, turn: Floats = turn, middle: Floats = middle) -> Floats:
            return (np.linalg.norm((p - middle) @ turn / half, axis=-1) - 1) * half.min()

        inner = exact.ellipsoid(at, np.array([15.0, 11, 9]), np.eye(3))
        yield Set("ellipsoids", Ellipsoid(tuple(at), (30, 22, 18)), inner, exact.ellipsoid(middle, half, turn), form)
        along, centre = off(1, 1), at + off(4)
        yield Set("capsule", *small, exact.tube(centre - 15 * along, centre + 15 * along, 17.0))
        ends = at - 8 * along, at + 8 * along
        lie, centre = off(1, 1), at + off(2)
        outer = exact.cylinder(centre - 25 * lie, centre + 25 * lie, 18.0)
        yield Set("cylinder", Polyline(np.array(ends), 6.0), exact.tube(*ends, 6.0), outer)
        yield Set("short", *ball, exact.sphere(at + off(8, 5), 14.0))
        yield Set("within", *ball, exact.sphere(at + off(4), 6.0))
        lower = at - np.array([0.0, 0, 3])
        yield Set("cap", *small, exact.sphere(lower, 18.0), capsule_z=float(at[2] + 10 + rng.uniform(1, 4)))


def box(spacing: tuple[float, float, float], reach: float = REACH_MM) -> Grid:
    return Grid.box((-reach,) * 3, (reach,) * 3, spacing)


def masked(shape: Shape, image: Grid) -> Mask:
    """The shape as somebody draws it: the voxels whose centre lies inside."""
    return Mask(Volume(image, (shape.occupancy(image) >= 0.5).astype(np.uint8), "mask"))


def block_below(z: float, image: Grid) -> Mask:
    """An organ that fills the image up to a flat capsule."""
    return Mask(Volume(image, (image.centres_mm()[..., 2] <= z).astype(np.uint8), "mask"))


def errors(one: Set, spacing: tuple[float, float, float], *, mask: bool) -> dict[str, float]:
    """What the assessment is off by, per quantity."""
    grid, image = box(spacing), box(FLAT, 45.0)
    centres = grid.centres_mm()
    field = K_PER_MM * (one.level or one.ice.distance)(centres)
    shapes: dict[str, Shape] = {"tumour": masked(one.shape, image) if mask else one.shape}
    if one.capsule_z is not None:
        # drawn 0.1 mm thin along z, so that the capsule is where it is said to be; as a mask on the image's own slices
        fine = Grid.box((-45, -45, -45), (45, 45, 45), (5.0, 5.0, 0.1))
        shapes[ORGAN] = block_below(one.capsule_z, image if mask else fine)
    anatomy = patient(shapes, image=image, organ=ORGAN)
    found = assess(history(grid, np.clip(field, -150, 37)), (), anatomy, kill=None)
    told = found.margins_mm["0"]
    points, values, areas = exact.margins(one.target, one.ice)
    out = {
        "min": abs(told.min_mm - values.min()),
        "p05": abs(told.p05_mm - exact.percentile(values, areas, 0.05)),
    }
    share, volume, area = exact.coverage(one.target, one.ice)
    out["coverage"] = abs(found.coverage["0"] - share) * volume / max(area, 1.0)
    if one.capsule_z is not None:
        centre = (one.target.low + one.target.high) / 2
        rise = (points - centre)[:, 2] / np.linalg.norm(points - centre, axis=1)
        with np.errstate(divide="ignore"):
            face = (rise > 0) & ((one.capsule_z - points[:, 2]) / rise <= WITHIN_MM)
        rest = told.without_capsule
        out["without_capsule"] = abs(rest.min_mm - values[~face].min()) if rest is not None else np.inf
        out["capsule_percent"] = 100 * abs(told.capsule_fraction - areas[face].sum() / areas.sum())
    return out


def seconds_at_256() -> float:
    """Processor's time of surface, margin and coverage at 0 °C, best of five."""
    grid = Grid.of((256,) * 3, np.diag([0.7, 0.7, 0.7, 1.0]))
    middle = np.array(grid.to_mm([128] * 3))
    axes = [grid.to_mm(np.eye(3)[a] * np.arange(256)[:, None])[:, a] - middle[a] for a in range(3)]
    away = np.sqrt(sum(np.float32(x**2).reshape([-1 if a == b else 1 for b in range(3)]) for a, x in enumerate(axes)))
    made = history(grid, np.minimum(np.float32(K_PER_MM) * (away - 40), 37))
    target = Sphere(tuple(middle + np.array([3.0, 2, -1])), 60.0)
    best = np.inf
    for _ in range(5):
        began = time.process_time()
        cold = ColdMap.of(made.minimum_c, made)
        margin(Skin.of(target, cold, grid), cold.isotherm(0.0))
        part = Part.of(target, cold)
        assert part is not None
        covered(part, cold, 0.0, half_voxel_mm(target, cold))
        best = min(best, time.process_time() - began)
    return best


def run() -> dict[str, float]:
    worst: dict[str, float] = {}
    for one in sets():
        for way, (spacing, mask) in WAYS.items():
            for what, error in errors(one, spacing, mask=mask).items():
                unit = "" if what.endswith("percent") else "_mm"
                for key in (f"{way}.{what}{unit}", f"{way}.{one.kind}.{what}{unit}"):
                    worst[key] = max(worst.get(key, 0.0), float(error))
    return {**worst, "seconds_at_256": seconds_at_256()}


if __name__ == "__main__":
    for name, value in run().items():
        print(f"{name:40s} {value:.4f}")
