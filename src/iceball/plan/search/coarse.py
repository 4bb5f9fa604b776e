"""What a search uses of a run: the lowest temperatures and where their cells lie. A run may come from a store."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from iceball.assessment.cold import ColdMap, Isotherm
from iceball.plan.compose import Conditions, compose
from iceball.plan.drawn import Drawn, varied_scene
from iceball.plan.plan import Plan
from iceball.plan.pulled import moves_s, must_be_free_to_move
from iceball.plan.search.asked import WARMEST_C, Floats
from iceball.solve import History, Keep, Simulation
from iceball.solve.control import Control
from iceball.solve.scene import Scene
from iceball.solve.team import available
from iceball.space import Grid
from iceball.space.distance import interpolate
from iceball.tissue import Anatomy

LEAST_K = 0.05
"""Nearer to 0 °C than this a cell's potential and temperature no longer tell its conductivity."""

COARSE_MM, FINE_MM = 4.0, 2.0
"""Cells of the runs that look around and of all draws, and of the runs closer to the best plans.

Of 14 planted plans of random bodies, tumours of 11 to 30 mm, the margin on 4 mm cells was 0.7 mm at most off that on
1.5 mm cells, on 3 mm cells 0.7 too (a fifteenth of 11 mm apart: 0.7 and 1.7). What 32 draws leave of the planned margin
on 4 mm cells went with what they leave on 3 mm cells: correlation 0.99 on the bundled kidney and sarcoma, 0.1 and
0.5 mm off in their tenth percentile (calculated on 2026-11-23).
"""


@dataclass(frozen=True, eq=False)
class Coarse:
    """A run as a search sees it.

    Attributes:
        minimum_c: lowest temperature of each cell over the protocol, °C, float32; NaN in gas and in flowing blood.
        grid: of the cells.
        warmth: integral of each cell's own k from 0 °C up to that temperature, W/m, float32; in gas and in flowing
            blood that of the nearest tissue, as an assessment has it.
        seconds: of the clock, when it was made.
        drift_k: by how much it grew warmer or colder at the faces of its box.
    """

    minimum_c: NDArray[np.float32]
    grid: Grid
    warmth: NDArray[np.float32]
    seconds: float = 0.0
    drift_k: float = 0.0

    @classmethod
    def of(cls, history: History, *, seconds: float = 0.0) -> Coarse:
        """That part of a whole history."""
        warmth = -Isotherm(ColdMap.of(history.minimum_c, history), 0.0).depth
        return cls(history.minimum_c, history.scene.grid, warmth, seconds, history.outer_drift_k)

    def at(self, points_mm: Floats) -> Floats:
        """Lowest temperature at points (n, 3), °C; 37 °C beyond the box.

        Between cells the potential is followed, not the temperature, which has a kink at the edge of the ice: 0 °C
        lies where an assessment finds it, and at cells' middles every temperature is the run's.
        """
        warmth = interpolate(self.warmth, self.grid, points_mm, outside=WARMEST_C)
        return np.asarray(warmth / interpolate(self._per_k, self.grid, points_mm, outside=1.0))

    @cached_property
    def _per_k(self) -> NDArray[np.float32]:
        """Potential per kelvin from 0 °C of each cell."""
        from scipy.ndimage import distance_transform_edt

        solved = np.isfinite(self.minimum_c)
        told = solved & (np.abs(self.minimum_c) > LEAST_K)
        per_k = np.divide(self.warmth, self.minimum_c, out=np.ones_like(self.warmth), where=told)
        if told.all():
            return per_k
        nearest = distance_transform_edt(
            ~told, sampling=self.grid.spacing_mm, return_distances=False, return_indices=True
        )
        return np.asarray(per_k[tuple(nearest)])


class Simulated(Protocol):
    """The run of a plan on cells of so many mm, made or read back; with a draw as that draw has it."""

    def __call__(self, plan: Plan, spacing_mm: float, draw: Drawn | None = None, /) -> Coarse:
        """The run."""
        ...


Scenes = Callable[[Plan, float, Drawn | None], Scene]
"""The scene of a plan on cells of so many mm, with a draw as that draw has it."""


class Helper(Protocol):
    """Who may run a draw while this process runs another (`beside.Beside`)."""

    def run(self, scene: Scene) -> Coarse | None:
        """The run, or None where it is busy."""
        ...


def simulated_in(
    anatomy: Anatomy, *, threads: int | None = None, scenes: Scenes | None = None, helper: Helper | None = None
) -> Simulated:
    """Runs of the full model in a patient, in half as many steps as a run that is shown, made whenever asked.

    Args:
        anatomy: the patient as treated.
        threads: cores of a run; None takes all of the machine's. A draw and what runs on coarse cells have one.
        scenes: of its plans, where whoever asks has them too (`scenes_in`).
        helper: asked first to run a draw.
    """
    cores = threads or available()
    scene_of = scenes or scenes_in(anatomy)

    def run(plan: Plan, spacing_mm: float, draw: Drawn | None = None) -> Coarse:
        began, scene = time.perf_counter(), scene_of(plan, spacing_mm, draw)
        if draw is not None:
            return (helper.run(scene) if helper else None) or drawn_run(scene, began)
        # needles that are drawn back must be free then: asked of the planned run alone
        keep, team = Keep(times_s=moves_s(plan)), cores if spacing_mm < COARSE_MM else 1
        history = Simulation(scene, backend="cpu", threads=team, control=Control.preview(), keep=keep).run()
        must_be_free_to_move(plan, history.kept, scene.grid)
        return Coarse.of(history, seconds=time.perf_counter() - began)

    return run


def drawn_run(scene: Scene, began: float) -> Coarse:
    """The run of a draw's scene on one core, its time counted from `began`."""
    history = Simulation(scene, backend="cpu", threads=1, control=Control.preview(), keep=Keep()).run()
    return Coarse.of(history, seconds=time.perf_counter() - began)


def scenes_in(anatomy: Anatomy) -> Scenes:
    """Scenes of a patient's plans, with a draw as that draw has it: laid on its grid once for all draws of a plan.

    Args:
        anatomy: the patient as treated.
    """

    @lru_cache(maxsize=2 * available())
    def planned(plan: Plan, spacing_mm: float) -> Scene:
        return compose(plan, anatomy, conditions=Conditions(spacing_mm=spacing_mm))

    def scene_of(plan: Plan, spacing_mm: float, draw: Drawn | None) -> Scene:
        scene = planned(plan, spacing_mm)
        return scene if draw is None else varied_scene(scene, plan, draw)

    return scene_of
