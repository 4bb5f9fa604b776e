"""The best weighed layout made to keep more: given needles where its ice fails first, turned a little on fine cells,
or with one needle of another kind.

Each proposal is polished by a sketch that has learnt from the draws run so far, run, and weighed by the same draws as
all others; it ends where nothing near is better, or the runs or the time are used up. Until one keeps enough, needles
are added on coarse cells, where a run takes as long as two draws; then all is run on fine ones, which tell its goals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from iceball.applicator import Probe
from iceball.plan.search.coarse import FINE_MM
from iceball.plan.search.found import Candidate
from iceball.plan.search.layout import Layout
from iceball.plan.search.mixed import mixed
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
    """Weigh the best layout and better it; why it ended.

    Args:
        work: a search that has looked around.
        kinds: cards to choose from.
        most_needles: at most so many.
    """
    best = work.settle()
    work.looking = False
    climbed: set[int] = set()
    swapped = False
    radius = NEAR
    while not (ended := work.ended):
        layout, numbers = work.origin[best.probes]
        before = best
        if len(best.probes) not in climbed and (work.short(best) or radius < NEAR):
            climbed.add(len(best.probes))
            best = _climbed(work, best, most_needles)
        elif not best.draws_run:
            best = work.settle(best)
        elif best.cells_mm > FINE_MM:
            work.finer()
            fine = work.run(layout, numbers, best.answer)
            lost = fine is not None and bool(fine.price.missed)
            best = _turned(work, layout, numbers, NEAR, tries=TRIES) if lost else work.settle()
        elif radius >= LEAST:
            best = _turned(work, layout, numbers, radius)
            radius /= 2
        elif not swapped and (other := mixed(work, kinds, layout, numbers)) is not None:
            swapped = True
            best = _turned(work, other, numbers, NEAR, tries=TRIES)
        else:
            return "Nothing that keeps more was found near the best plans."
        if best.probes != before.probes:
            radius, swapped = NEAR, False
    return ended


def _climbed(work: Work, best: Candidate, most_needles: int) -> Candidate:
    """The best after needles were added one by one: one more, or as many as it takes to keep more than at first."""
    layout, numbers = work.origin[best.probes]
    while layout.needles < most_needles and not work.ended:
        layout, free = _with_one_more(work, layout, numbers)
        made = _run(work, layout, layout.start, free, tries=TRIES)
        if made is None:
            break
        best, numbers = _weighed(work, made, new=True), work.origin[made.probes][1]
        if not work.short(work.told_of(made.probes)):
            break
    return best


def _turned(work: Work, layout: Layout, numbers: Floats, radius: float, *, tries: int = 1) -> Candidate:
    """The best after a layout was turned a little."""
    made = _run(work, layout, numbers, radius, tries=tries)
    return work.leading if made is None else _weighed(work, made, new=tries > 1)


def _weighed(work: Work, made: Candidate, *, new: bool = False) -> Candidate:
    """The best, once a layout is weighed that leads by its sketch, or has other needles than all before."""
    return work.settle(made) if not made.price.missed and (new or made is work.leading) else work.leading


def _run(work: Work, layout: Layout, numbers: Floats, radius: Floats | float, *, tries: int = 1) -> Candidate | None:
    """What the sketch likes best around a layout, run, and again from there where it misses a goal or breaks a rule.

    None where nothing else is open.
    """
    made = None
    for again in range(tries):
        for found in work.polished(layout, numbers, radius, again=again):
            if made is None and tries == 1 and np.abs(found.numbers - numbers).max() < SAME:
                continue
            if (candidate := work.run(layout, found.numbers, found.answer)) is not None:
                made = min((made or candidate, candidate), key=work.expected)
                numbers = work.origin[made.probes][1]
                break
        if (made is not None and not made.price.missed) or work.ended:
            break
    return made


def _with_one_more(work: Work, layout: Layout, numbers: Floats) -> tuple[Layout, Floats]:
    """A layout with one needle more where the ice of bad draws fails first, and how far each number may go."""
    there = work.weakest_mm(layout, numbers)
    inward = work.terrain.ground.target_mm.mean(axis=0) - there
    place = there + INWARD_MM * inward / max(float(np.linalg.norm(inward)), INWARD_MM)
    more = replace(layout, start=numbers).joined(layout.kinds[0], place)
    return more, np.concatenate([np.full(len(numbers), NEAR), np.full(len(more.start) - len(numbers), ADDED)])
