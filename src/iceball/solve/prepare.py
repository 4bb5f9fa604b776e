"""Compile every kernel once, on scenes of a few cells that together touch all of them."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numba.core import config
from numba.core.dispatcher import Dispatcher

from iceball.kernels import say_prepared
from iceball.solve.bioheat import Bioheat
from iceball.solve.depth import depth
from iceball.solve.history import History
from iceball.solve.keep import Keep
from iceball.solve.moments import Moments
from iceball.solve.potential import add_sinks
from iceball.solve.rows import property_rows
from iceball.solve.rule import Rule
from iceball.solve.scene import Line, LineStep, Material, Scene
from iceball.solve.share import cells_within
from iceball.solve.simulation import Simulation
from iceball.solve.wall import Wall, WallStep
from iceball.solve.watch import StopWhen, reaches
from iceball.space import Grid

SIDE_MM, SPACING_MM, DURATION_S = 24.0, 3.0, 3.0
TISSUE = Material(
    "soft", 1050.0, 3600.0, 0.5, 250e3, -1.0, -8.0, (2.0, 0.0, 0.0), (1800.0, 0.0), perfusion=0.004, metabolism=500.0
)
OTHER = Material("dry", 920.0, 2300.0, 0.2, 50e3, -1.0, -8.0, (0.3, 0.0, 0.0), (1700.0, 0.0))


@dataclass(frozen=True)
class Prepared:
    """What was compiled, what was there already, how long it took, and where it is kept."""

    kernels: int
    compiled: int
    seconds: float
    folder: str

    def __str__(self) -> str:
        there = self.kernels - self.compiled
        return (
            f"{self.compiled} kernels compiled, {there} were there already; {self.seconds:.1f} s; kept in {self.folder}"
        )


def prepare(assess: Callable[[History], object]) -> Prepared:
    """Run the small scenes on every backend and method, watch one, and measure what they froze.

    Args:
        assess: touches the kernels of those above, given a run of each scene.
    """
    began = time.perf_counter()
    moments = Moments((1.2,), lambda time_s, celsius, grid: None)
    for scene in _scenes():
        watch = [StopWhen(reaches("watched", -100.0))]
        for settings in (
            {"method": "rkl2", "keep": Keep(every_s=1.0), "moments": moments},
            {"method": "euler"},
            {"backend": "reference"},
        ):
            history = Simulation(scene, threads=1, watch=watch, **settings).run()
        assess(history)
        _measure(scene)
    compiled, loaded = kernels()
    say_prepared()
    return Prepared(compiled + loaded, compiled, time.perf_counter() - began, config.CACHE_DIR or "the package")


def _measure(scene: Scene) -> None:
    """Find a volume of ice as an assessment does; the temperature may be a kept one or one made of it."""
    counts, rows = np.ones(scene.grid.shape, bool), property_rows(scene, Bioheat())
    labels = np.zeros(scene.grid.shape, np.uint8)
    for kind in (np.float32, np.float64):
        below = depth(np.full(scene.grid.shape, -5.0, kind), labels, rows, 0.0)
        cells_within(counts, below, below)
    at, point = np.arange(3.0), np.zeros((1, 3))
    add_sinks(at, at, at, point, np.ones(1, np.float32), np.ones(9, np.float32), 1.0, np.zeros((3, 3, 3), np.float32))


def kernels() -> tuple[int, int]:
    """How many kernels (a function for one set of types) this process has compiled, and loaded from earlier runs."""
    found = {
        id(value): value
        for name, module in list(sys.modules.items())
        if name.startswith("iceball.")
        for value in vars(module).values()
        if isinstance(value, Dispatcher)
    }
    told = [dispatcher.stats for dispatcher in found.values()]
    return sum(sum(s.cache_misses.values()) for s in told), sum(sum(s.cache_hits.values()) for s in told)


def _scenes() -> list[Scene]:
    """One tissue; two with gas that blows, a source, a resting start and all that is recorded; one that floods."""
    half = SIDE_MM / 2
    grid = Grid.box((-half,) * 3, (half,) * 3, SPACING_MM)
    steps = (LineStep(0.0, 0.5 * DURATION_S, -140.0, h=2000.0, time_constant_s=1.0), LineStep(2.0, 1.0, 20.0))
    line = Line("needle", (0.3, 0.2, -6.0), (1.5, 1.0, 6.0), 0.75, steps)
    plain = Scene(
        grid,
        np.zeros(grid.shape, np.uint8),
        (TISSUE,),
        DURATION_S,
        lines=(line,),
        initial_c=37.0,
        freeze_ends_s=(1.5,),
        regions={"watched": np.ones(grid.shape, bool)},
    )
    labels = np.zeros(grid.shape, np.uint8)
    labels[-3:] = 1
    labels[:, -2:] = 2
    blows = WallStep(1.0, 1.0, 500.0, -150.0)
    mixed = replace(
        plain,
        labels=labels,
        materials=(TISSUE, OTHER, None),
        walls=(Wall("air", 2, 10.0, 22.0, (blows,), closes_c=-90.0),),
        outer_c=(37.0, None, 37.0, 37.0, 37.0, None),
        initial_c=None,
        sensors={"near": (3.0, 0.0, 0.0)},
    )
    floods = replace(plain, materials=(TISSUE, OTHER), rules=(Rule(0, 1, "colder", 0.0),))
    return [plain, mixed, replace(mixed, initial_c=37.0, source=np.full(grid.shape, 100.0)), floods]
