"""The best weighed layout made to keep more: turned a little, given one needle where its ice fails first, or one of
another kind.

Each proposal is polished by a sketch that has learnt from the draws run so far, run, and weighed by the same draws as
all others; it ends where nothing near is better, or the runs or the time are used up.
"""

from __future__ import annotations

from collections.abc import Sequence

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
ADDED = 0.8
"""The same where a needle was added."""
INWARD_MM = 6.0
"""From the surface where ice fails first to where a needle is added."""
SAME = 0.02


def bettered(work: Work, kinds: Sequence[Probe], most_needles: int) -> str:
    """Weigh the best layouts, and better the best of them; why it ended, or "" where it never began.

    Args:
        work: a search that has looked around.
        kinds: cards to choose from.
        most_needles: at most so many.
    """
    best = work.settle()
    added: set[int] = set()
    swapped: set[Swap] = set()
    radius = NEAR
    while best is not None:
        if work.cancelled():
            return "Stopped by the user; the best plan so far is kept."
        if work.late:
            return f"The budget of {work.budget_s:g} s is used up."
        if work.done:
            return f"{len(work.runs)} runs were made."
        more = len(best.probes) + 1
        if more <= most_needles and more not in added and (best.keeps_less or radius < NEAR):
            added.add(more)
            layout = _with_one_more(work, best)
            made = _proposed(work, layout, layout.start, ADDED, new=True)
        elif radius >= LEAST:
            layout, numbers = work.origin[best.probes]
            made = _proposed(work, layout, numbers, radius)
            radius /= 2
        elif len(kinds) > 1 and not swapped:
            layout, numbers = work.origin[best.probes]
            other = mixed(work, kinds, layout, numbers)
            assert other is not None, "a needle always has another kind where there are two"
            swapped.add(other[1])
            made = _proposed(work, other[0], numbers, NEAR, new=True)
        else:
            return "Nothing that keeps more was found near the best plans."
        if made:
            before, best = best, work.settle()
            if best is not None and best.probes != before.probes:
                radius = NEAR
                swapped.clear()
    return ""


def _proposed(work: Work, layout: Layout, numbers: Floats, radius: float, *, new: bool = False) -> bool:
    """Whether the sketch found another layout that is open, and it was run."""
    for found in work.polished(layout, numbers, radius):
        if not new and np.abs(found.numbers - numbers).max() < SAME:
            continue
        if work.run(layout, found.numbers, found.answer) is not None:
            return True
    return False


def _with_one_more(work: Work, candidate: Candidate) -> Layout:
    """A layout with one needle more where the ice of bad draws fails first, its own depth that of the others."""
    there = work.weakest_mm(candidate)
    inward = work.terrain.ground.target_mm.mean(axis=0) - there
    place = there + INWARD_MM * inward / max(float(np.linalg.norm(inward)), INWARD_MM)
    kind = candidate.probes[0].kind
    return Layout.like(work.terrain, candidate.probes, template=work.plan.template).joined(kind, place)
