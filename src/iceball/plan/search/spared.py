"""What a run spares, judged as an assessment judges it: by every cell, surface and seed of what is to be spared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.ndimage import distance_transform_edt

from iceball.assessment.cold import ColdMap
from iceball.assessment.goals import Cover, Spare
from iceball.assessment.part import Part
from iceball.plan.search.asked import WARMEST_C, Answer
from iceball.plan.search.coarse import Coarse
from iceball.tissue import Anatomy


def as_assessed(answer: Answer, goals: tuple[Cover | Spare, ...], run: Coarse, anatomy: Anatomy) -> Answer:
    """The answer with what is spared held against the cells of the run as well as against the points asked.

    Where a needle leaves the body one cell of skin can be 10 K colder than the points beside it.

    Args:
        answer: at points.
        goals: that were asked.
        run: that answered.
        anatomy: the patient as treated.
    """
    cold: ColdMap | None = None
    lacks = list(answer.lacks_k)
    for n, goal in enumerate(goals):
        found = anatomy.find(goal.structure) if isinstance(goal, Spare) else None
        if found is None or not isinstance(goal, Spare):
            continue
        cold = cold or _map(run)
        colder = cold.block_below(goal.above)  # what is warmer breaks nothing
        part = colder and Part.of(found.shape, cold, dilation_mm=goal.distance_mm, window=colder)
        lowest = part.lowest(cold) if part else None
        if lowest is not None and lowest.celsius < goal.above:
            lacks[n] = max(lacks[n], goal.above - lowest.celsius)
    return replace(answer, lacks_k=tuple(lacks))


def _map(run: Coarse) -> ColdMap:
    """A map whose cells are looked at one by one: isotherms, for which tissues count, are not asked of it."""
    tissue, celsius = np.isfinite(run.minimum_c), run.minimum_c
    if not tissue.all():
        nearest = distance_transform_edt(
            ~tissue, sampling=run.grid.spacing_mm, return_distances=False, return_indices=True
        )
        celsius = celsius[tuple(nearest)]
    return ColdMap(run.grid, celsius, tissue, WARMEST_C, np.zeros(run.grid.shape, np.uint8), np.empty(0))
