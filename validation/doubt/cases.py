"""Scenes whose true isotherms are known, in poses drawn by lot: what the numerical doubt is tried on."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from iceball.physics.ice import frozen_conductivity_of_ice, frozen_heat_capacity_of_ice
from iceball.solve import Line, LineStep, Material, Scene, Wall
from iceball.space import Grid

Floats = NDArray[np.float64]

KIDNEY = Material(
    "kidney", 1066.0, 3763.0, 0.535, 233e3, -0.5, -8.0,
    frozen_conductivity_of_ice(0.7, 632.0, 0.38, -0.00197), frozen_heat_capacity_of_ice(0.78, 1700.0, 185.0, 6.89),
    perfusion=0.0155, metabolism=5000.0, stasis_c=-15.0,
)  # fmt: skip
LIVER = replace(KIDNEY, name="liver", conductivity=0.52, perfusion=0.0036, latent_heat=240e3)
GEL = Material("gel", 1000.0, 3900.0, 0.55, 300e3, 0.0, -2.0, (2.3, -0.008, 0.0), (2000.0, 6.0))
FAT = Material(
    "fat", 911.0, 2348.0, 0.211, 30e3, -5.0, -15.0, (0.25, 0.0, 0.0), (1900.0, 2.0), perfusion=0.0005, metabolism=400.0
)
CONSTANT = Material("constant", 1050.0, 3600.0, 0.52, 250e3, -1.0, -8.0, (2.0, 0.0, 0.0), (1800.0, 0.0))
RADIUS_MM = 0.75


@dataclass(frozen=True)
class OneDimension:
    """A problem of depth or radius alone: its truth is a fine line of cells."""

    name: str
    material: Material
    power: int
    wall_c: float
    seconds: float
    reach_mm: float
    h: float = math.inf
    watts_per_m: float = math.nan
    at_mm: tuple[float, float] = (0.0, 0.0)

    def scene(self, spacing_mm: float) -> Scene:
        """Four cells thick along the axes that do not matter, which are closed."""
        if self.power == 0:
            grid = Grid.box((0, 0, 0), (self.reach_mm, 4 * spacing_mm, 4 * spacing_mm), spacing_mm)
            outer = (self.wall_c, 37.0, None, None, None, None)
            lines: tuple[Line, ...] = ()
        else:
            half = self.reach_mm
            grid = Grid.box((-half, -half, 0), (half, half, 4 * spacing_mm), spacing_mm)
            outer = (37.0, 37.0, 37.0, 37.0, None, None)
            step = LineStep(0.0, self.seconds, self.wall_c, h=self.h, watts_per_m=self.watts_per_m)
            top = (*self.at_mm, 4 * spacing_mm)
            lines = (Line("needle", (*self.at_mm, 0.0), top, RADIUS_MM, (step,)),)
        return Scene(
            grid, np.zeros(grid.shape, np.uint8), (self.material,), self.seconds, lines=lines, outer_c=outer,
            initial_c=37.0,
        )  # fmt: skip


@dataclass(frozen=True)
class ThreeDimensions:
    """Needles in a block; its truth is the same scene on fine cells."""

    name: str
    materials: tuple[Material | None, ...]
    lines: tuple[Line, ...]
    seconds: float
    half_mm: tuple[float, float, float]
    label: Callable[[Floats], NDArray[np.uint8]] | None = None
    walls: tuple[Wall, ...] = ()

    def scene(self, spacing_mm: float) -> Scene:
        """The block on cells of that size, the same box whatever their size."""
        half = np.array(self.half_mm)
        grid = Grid.box(-half, half, spacing_mm)
        labels = np.zeros(grid.shape, np.uint8) if self.label is None else self.label(grid.centres_mm())
        return Scene(grid, labels, self.materials, self.seconds, lines=self.lines, walls=self.walls)


def needle(
    middle: Floats, along: Floats, active_mm: float, steps: tuple[LineStep, ...], *, name: str = "needle"
) -> Line:
    """A needle around its middle."""
    a, b = (middle + sign * 0.5 * active_mm * along for sign in (-1, 1))
    return Line(name, (a[0], a[1], a[2]), (b[0], b[1], b[2]), RADIUS_MM, steps)


def freeze(seconds: float, *, h: float = 2000.0) -> tuple[LineStep, ...]:
    """Cooling-limited, reached gradually, as needles are."""
    return (LineStep(0.0, seconds, -140.0, h=h, time_constant_s=10.0),)


def freeze_thaw_freeze(seconds: float) -> tuple[LineStep, ...]:
    """Two freezes of 40 % each with a rest between."""
    first, *_ = freeze(0.4 * seconds)
    return first, replace(first, start_s=0.6 * seconds)


def one_dimension(seed: int) -> list[OneDimension]:
    """Planar freezing, endless needles held at a temperature or given their watts; the seed places them."""
    draw = np.random.default_rng(seed)

    def lot() -> tuple[float, float]:
        x, y = draw.uniform(-1.5, 1.5, 2)
        return float(x), float(y)

    return [
        OneDimension("plane, constant, -150", CONSTANT, 0, -150.0, 300.0, 72.0),
        OneDimension("plane, kidney, -100", KIDNEY, 0, -100.0, 600.0, 48.0),
        OneDimension("plane, gel, -60", GEL, 0, -60.0, 600.0, 72.0),
        OneDimension("endless needle, kidney, held", KIDNEY, 1, -140.0, 600.0, 30.0, at_mm=lot()),
        OneDimension("endless needle, liver, film", LIVER, 1, -140.0, 480.0, 36.0, h=2000.0, at_mm=lot()),
        OneDimension("endless needle, fat, held", FAT, 1, -140.0, 600.0, 30.0, at_mm=lot()),
        OneDimension("endless needle, gel, held", GEL, 1, -120.0, 300.0, 36.0, at_mm=lot()),
        OneDimension("endless needle, kidney, at rest", KIDNEY, 1, -140.0, 1800.0, 30.0, at_mm=lot()),
        OneDimension("line sink, constant, 500 W/m", CONSTANT, 1, -140.0, 600.0, 48.0, watts_per_m=500.0, at_mm=lot()),
        OneDimension("line sink, constant, 800 W/m", CONSTANT, 1, -140.0, 300.0, 48.0, watts_per_m=800.0, at_mm=lot()),
    ]


def three_dimensions(seed: int) -> list[ThreeDimensions]:
    """Finite needles in any pose that the seed gives: one, two, three; then fat, an organ and gas beside them."""
    draw = np.random.default_rng(seed)

    def pose() -> tuple[Floats, Floats]:
        along = draw.normal(size=3)
        return draw.uniform(-1.0, 1.0, 3), along / np.linalg.norm(along)

    def one(name: str, material: Material, active: float, steps: tuple[LineStep, ...], half: float) -> ThreeDimensions:
        middle, along = pose()
        end = max(s.start_s + s.duration_s for s in steps)
        return ThreeDimensions(name, (material,), (needle(middle, along, active, steps),), end, (half,) * 3)

    def several(
        name: str, material: Material, places: list[tuple[float, float]], seconds: float, half: float, *, tilt: float
    ) -> ThreeDimensions:
        shift = draw.uniform(-1.0, 1.0, 3)
        lines = []
        for n, (x, y) in enumerate(places):
            along = np.array([0.0, 0.0, 1.0]) + tilt * draw.uniform(-1, 1, 3)
            along /= np.linalg.norm(along)
            lines.append(needle(shift + np.array([x, y, 0.0]), along, 15.0, freeze(seconds), name=f"needle {n + 1}"))
        return ThreeDimensions(name, (material,), tuple(lines), seconds, (half,) * 3)

    middle, along = pose()
    slanted = needle(middle - np.array([4.0, 0.0, 0.0]), along, 15.0, freeze(240.0))
    upright = needle(np.array([3.3, 0.4, 0.2]), np.array([0.0, 0.0, 1.0]), 15.0, freeze(240.0))
    return [
        one("needle, kidney", KIDNEY, 15.0, freeze(300.0), 18.0),
        one("needle, liver", LIVER, 12.0, freeze(240.0), 21.0),
        one("needle, gel", GEL, 15.0, freeze(180.0), 21.0),
        one("needle, kidney, strong", KIDNEY, 20.0, freeze(240.0, h=20000.0), 21.0),
        one("needle, liver, two freezes", LIVER, 12.0, freeze_thaw_freeze(360.0), 21.0),
        one("needle, constant, short", CONSTANT, 9.0, freeze(240.0), 21.0),
        several("two needles, kidney", KIDNEY, [(-6.0, 0.0), (6.0, 0.0)], 240.0, 21.0, tilt=0.0),
        several("two needles, liver, slanted", LIVER, [(-5.0, 0.0), (5.0, 0.0)], 200.0, 24.0, tilt=0.3),
        several("three needles, kidney", KIDNEY, [(-6.0, -4.0), (6.0, -4.0), (0.0, 6.0)], 240.0, 24.0, tilt=0.0),
        several("three needles, liver, slanted", LIVER, [(-5, -4), (5, -4), (0, 5)], 150.0, 24.0, tilt=0.25),
        ThreeDimensions(
            "kidney beside fat", (KIDNEY, FAT), (slanted,), 240.0, (18.0,) * 3,
            lambda at: (at[..., 0] > 0).astype(np.uint8),
        ),
        ThreeDimensions(
            "kidney beside air", (KIDNEY, None), (upright,), 240.0, (18.0,) * 3,
            lambda at: (at[..., 0] > 6).astype(np.uint8), (Wall("air", 1, 10.0, 23.0),),
        ),
        ThreeDimensions(
            "ball of liver in fat", (FAT, LIVER), (slanted,), 240.0, (18.0,) * 3,
            lambda at: (np.linalg.norm(at, axis=-1) < 11.0).astype(np.uint8),
        ),
    ]  # fmt: skip
