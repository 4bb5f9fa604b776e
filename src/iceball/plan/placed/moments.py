"""The temperatures of a plan at some moments of its protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from iceball.errors import PlanError
from iceball.plan.compose import Conditions, compose
from iceball.plan.plan import Plan
from iceball.plan.treated import as_treated
from iceball.solve import Keep, Simulation
from iceball.space import Grid
from iceball.tissue import Anatomy


def temperatures_at(
    plan: Plan, anatomy: Anatomy, times_s: Sequence[float], *, spacing_mm: float = 2.0
) -> tuple[Grid, tuple[NDArray[np.float32], ...]]:
    """The temperatures of a plan at some moments of its protocol, and the grid they lie on.

    Args:
        plan: needles and protocol.
        anatomy: the patient.
        times_s: moments, seconds from the first freeze, up to the protocol's end.
        spacing_mm: of the cells.

    Raises:
        PlanError: for a moment before the first freeze or after the end.
    """
    if not times_s or min(times_s) < 0 or max(times_s) > plan.duration_s:
        raise PlanError(
            f"{', '.join(f'{t:g}' for t in times_s)} s is not within the protocol's {plan.duration_s:g} s",
            where="time",
            remedy="Count seconds from the first freeze.",
        )
    scene = compose(plan, as_treated(plan, anatomy), conditions=Conditions(spacing_mm=spacing_mm))
    # nothing after the last moment is asked for
    end = max(*times_s, 1.0)
    short = replace(scene, duration_s=end, freeze_ends_s=tuple(t for t in scene.freeze_ends_s if t <= end))
    history = Simulation(short, keep=Keep(times_s=tuple(times_s))).run()
    return scene.grid, tuple(history.kept[float(t)] for t in times_s)
