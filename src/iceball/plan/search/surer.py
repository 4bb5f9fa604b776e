"""The best weighed layout made to keep more: turned a little, given needles where its ice fails first, or one of
another kind.

Each proposal is polished by a sketch that has learnt from the draws run so far, run, and weighed by the same draws as
all others; it ends where nothing near is better, or the runs or the time are used up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from iceball.applicator import Probe
from iceball.plan.search.found import Candidate
from iceball.plan.search.layout import Layout
from iceball.plan.search.mixed import Swap, mixed
from iceball.plan.search.work import Work

Floats = NDArray[np.float64]

NEAR, LEAST = 0.5, 0.2
"""How far the numbers of a layout may go from the best one, at first and at last, in units of a layout."""
ADDED = 1.2
"""The same of a needle that was added."""
INWARD_MM = 6.0
"""From the surface where ice fails first to where a needle is added."""
SAME = 0.02
TRIES = 2
"""A layout that misses a goal is polished so often, since its run has told by how much."""


def bettered(work: Work, kinds: Sequence[Probe], most_needles: int) -> str:
    """Weigh the best layouts, and better the best of them; why it ended, or "" where it never began.

    Args:
        work: a search that has looked around.
        kinds: cards to choose from.
        most_needles: at most so many.
    """
    best = work.settle()
    work.looking = False
    climbed: set[int] = set()
    swapped: set[Swap] = set()
    radius = NEAR
    while best is not None:
        if work.cancelled():
            return "Stopped by the user; the best plan so far is kept."
        if work.late:
            return f"The budget of {work.budget_s:g} s is used up."
        if work.done:
            return f"{len(work.runs)} runs were made."
        layout, numbers = work.origin[best.probes]
        before = best
        if len(best.probes) not in climbed and (work.keeps_less(best) or radius < NEAR):
            climbed.add(len(best.probes))
            best = _climbed(work, best, most_needles)
        elif radius >= LEAST:
            made = _run(work, layout, numbers, radius)
            best = best if made is None else work.settle()
            radius /= 2
        elif not swapped and (other := mixed(work, kinds, layout, numbers)) is not None:
            swapped.add(other[1])
            made = _run(work, other[0], numbers, NEAR, new=True)
            best = best if made is None else work.settle()
        else:
            return "Nothing that keeps more was found near the best plans."
        if best is not None and best.probes != before.probes:
            radius = NEAR
            swapped.clear()
    return ""


def _climbed(work: Work, best: Candidate, most_needles: int) -> Candidate | None:
    """The best after needles were added one by one: one more, or as many as it takes to keep more than at first."""
    layout, numbers = work.origin[best.probes]
    now: Candidate | None = best
    while layout.needles < most_needles and not work.late and not work.done:
        layout, free = _with_one_more(work, layout, numbers)
        numbers = layout.start
        for _ in range(TRIES):
            made = _run(work, layout, numbers, free, new=True)
            if made is None:
                return now
            numbers = work.origin[made.probes][1]
            if not made.price.missed:
                break
        now = work.settle()
        if now is None or now.probes != best.probes or not work.keeps_less(now):
            break
    return now


def _run(work: Work, layout: Layout, numbers: Floats, radius: Floats | float, *, new: bool = False) -> Candidate | None:
    """What the sketch likes best around a layout, run; None where nothing else is open."""
    for found in work.polished(layout, numbers, radius):
        if not new and np.abs(found.numbers - numbers).max() < SAME:
            continue
        if (candidate := work.run(layout, found.numbers, found.answer)) is not None:
            return candidate
    return None


def _with_one_more(work: Work, layout: Layout, numbers: Floats) -> tuple[Layout, Floats]:
    """A layout with one needle more where the ice of bad draws fails first, and how far each number may go."""
    there = work.weakest_mm(layout, numbers)
    inward = work.terrain.ground.target_mm.mean(axis=0) - there
    place = there + INWARD_MM * inward / max(float(np.linalg.norm(inward)), INWARD_MM)
    more = replace(layout, start=numbers).joined(layout.kinds[0], place)
    return more, np.concatenate([np.full(len(numbers), NEAR), np.full(len(more.start) - len(numbers), ADDED)])
