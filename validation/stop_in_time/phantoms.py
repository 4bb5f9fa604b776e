"""Small random phantoms: tissue, needles, protocol, and a structure beside them that must not become too cold."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from iceball.applicator import probe
from iceball.assessment.goals import Spare
from iceball.plan.compose import material_of
from iceball.solve.scene import ADIABATIC, Line, LineStep, Scene
from iceball.space import Grid
from iceball.space.shapes import Ellipsoid, Polyline, Shape, Sphere
from iceball.tissue import tissue
from iceball.tissue.model import model

SIDE_MM = 48.0
TISSUES = ("kidney", "liver", "muscle", "fat", "prostate", "soft_tissue", "tumour")
LIMITS_C = (0.0, 0.0, 5.0, 10.0, 15.0, -5.0)
DISTANCES_MM = (0.0, 0.0, 2.0, 5.0)


@dataclass(frozen=True)
class Phantom:
    """One case, on cells of any size."""

    number: int
    labels: tuple[str, str]
    face_mm: float
    lines: tuple[Line, ...]
    thaw: tuple[LineStep, ...]
    duration_s: float
    shape: Shape
    goal: Spare

    def scene(self, spacing_mm: float) -> Scene:
        """The phantom on cells of that size: one tissue, and another beyond a plane."""
        half = SIDE_MM / 2
        grid = Grid.box((-half,) * 3, (half,) * 3, spacing_mm)
        beyond = grid.centres_mm()[..., 0] > self.face_mm
        constants = model()
        body_c = constants.body_c.value
        return Scene(
            grid,
            beyond.astype(np.uint8),
            tuple(material_of(tissue(name)) for name in self.labels),
            self.duration_s,
            lines=self.lines,
            outer_c=(body_c,) * 6,
            body_c=body_c,
            blood_heat=constants.blood_density.value * constants.blood_heat_capacity.value,
        )


def phantoms(count: int, *, seed: int) -> Iterator[Phantom]:
    """Phantoms drawn by lot; the same for the same seed."""
    for number in range(count):
        yield _drawn(number, np.random.default_rng([seed, number]))


def _drawn(number: int, rng: np.random.Generator) -> Phantom:
    kind = probe("generic-17g-short")
    clock = _clock(rng)
    duration = sum(s for _, s in clock)
    lines, thaw = [], []
    axis = _direction(rng)
    for n in range(int(rng.integers(1, 4))):
        middle = np.zeros(3) if n == 0 else rng.uniform(-8, 8, 3)
        way = axis + 0.2 * _direction(rng)
        way /= np.linalg.norm(way)
        ends = middle - way * kind.active_mm.value / 2, middle + way * kind.active_mm.value / 2
        steps, now = [], 0.0
        for what, seconds in clock:
            steps.append(_step(what, now, seconds, kind))
            now += seconds
        lines.append(Line(f"n{n}", tuple(ends[0]), tuple(ends[1]), kind.radius_mm.value, tuple(steps)))
        thaw.append(_step("active_thaw", 0.0, 60.0, kind))
    goal = Spare("structure", float(rng.choice(LIMITS_C)), float(rng.choice(DISTANCES_MM)))
    return Phantom(
        number,
        (str(rng.choice(TISSUES)), str(rng.choice(TISSUES))),
        float(rng.uniform(-20, 30)),
        tuple(lines),
        tuple(thaw),
        duration,
        _structure(rng, lines[0], goal.distance_mm),
        goal,
    )


def _clock(rng: np.random.Generator) -> list[tuple[str, float]]:
    """One or two freezes, with passive or active thaw between them."""
    first = float(rng.uniform(180, 720))
    if rng.random() < 0.4:
        return [("freeze", first)]
    between = str(rng.choice(["thaw", "active_thaw"]))
    return [("freeze", first), (between, float(rng.uniform(60, 480))), ("freeze", float(rng.uniform(180, 720)))]


def _step(what: str, start_s: float, seconds: float, kind) -> LineStep:  # type: ignore[no-untyped-def]
    ramp = kind.time_constant_s.value
    if what == "thaw":
        return LineStep(start_s, seconds, ADIABATIC)
    if what == "active_thaw":
        return LineStep(start_s, seconds, kind.thaw_c.value, time_constant_s=ramp)
    return LineStep(start_s, seconds, kind.coolant_c.value, kind.h.value, ramp)


def _structure(rng: np.random.Generator, line: Line, distance_mm: float) -> Shape:
    """A ball, an ellipsoid, or a line, which with its distance lies 5 to 12 mm from the first needle."""
    start, end = np.array(line.start_mm), np.array(line.end_mm)
    along = (end - start) / np.linalg.norm(end - start)
    side = np.cross(along, _direction(rng))
    side /= np.linalg.norm(side)
    foot = start + rng.uniform(0, 1) * (end - start)
    gap = distance_mm + float(rng.uniform(5, 12))
    form = rng.integers(3)
    if form == 0:
        r = float(rng.uniform(2.5, 6))
        return Sphere(tuple(foot + side * (gap + r)), 2 * r)
    if form == 1:
        radii = rng.uniform(3, 7, 3)
        return Ellipsoid(tuple(foot + side * (gap + radii.max())), tuple(2 * radii))
    across = np.cross(side, _direction(rng))
    across /= np.linalg.norm(across)
    middle = foot + side * gap
    return Polyline(np.array([middle - 12 * across, middle, middle + 12 * across]))


def _direction(rng: np.random.Generator) -> np.ndarray:
    v = rng.normal(size=3)
    return np.asarray(v / math.sqrt(v @ v))
