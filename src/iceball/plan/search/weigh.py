"""A layout weighed: the margin that nine of ten draws keep, by full runs of those draws that may be among the worst.

The sketch says which of the draws are bad for a layout, and is right about that more often than about how bad they are:
over 48 draws of nine layouts in the kidney, sarcoma and liver of `validation/search_cases` its margins went with those
of full runs (correlation 0.73 to 0.97), 4 of the 6 worst were among the first 7 that it named, and its tenth percentile
was 0.4 to 2.5 mm too hopeful, once 4.9 (calculated on 2026-11-22). So the worst are run, and the others are corrected
by what those runs show. They are other draws than those for which needles were polished: a layout fits those too well.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FIRST, MOST = 12, 20
"""Full runs of a layout: so many at least, of the draws that the sketch finds worst, and at most."""
SPARE = 2
"""One needs the draws up to the percentile, and so many more, run in full."""


@dataclass(frozen=True, eq=False)
class Weighed:
    """The margin of a layout in each draw.

    Attributes:
        kept_mm: shape (draws,); of a full run, or sketched and corrected by the runs.
        run: which were run in full.
        off_mm: what is left between runs and corrected sketches, one a run; the others are as uncertain.
        bias_mm: how much too hopeful the sketch was where a run told.
    """

    kept_mm: Floats
    run: NDArray[np.bool_]
    off_mm: Floats
    bias_mm: float

    def keeps(self, share: float) -> float:
        """The margin that all but a share of the draws keep.

        A draw that was not run counts as all that it may be: the sketch passes over some that are worse than it says.
        """
        others = (self.kept_mm[~self.run, None] + self.off_mm).ravel()
        values = np.concatenate([self.kept_mm[self.run], others])
        weights = np.concatenate([np.ones(self.run.sum()), np.full(len(others), 1 / len(self.off_mm))])
        order = np.argsort(values, kind="stable")
        rank = np.cumsum(weights[order]) - weights[order] / 2
        return float(np.interp(share * (len(self.run) - 1) + 0.5, rank, values[order]))


def weighed(
    sketched_mm: Floats,
    made: Callable[[int], float],
    *,
    share: float,
    workers: int,
    over: Callable[[], bool],
    first: int = FIRST,
    most: int = MOST,
    least_mm: float = -math.inf,
) -> Weighed | None:
    """Run the draws that may be among the worst; None where time ends before the first of them are run.

    Args:
        sketched_mm: the margin of each draw by the sketch, shape (draws,).
        made: runs a draw in full and says its margin.
        share: of the draws that may be below the number sought.
        workers: runs at once.
        over: asked between runs; True ends.
        first, most: so many runs at least and at most.
        least_mm: what keeps less than this after the first of them is not looked at more closely.
    """
    found = np.full(len(sketched_mm), np.nan)
    told = sketched_mm
    need = int(share * (len(sketched_mm) - 1)) + SPARE

    def run(some: Sequence[int]) -> None:
        for start in range(0, len(some), workers):
            if over():
                return
            now = some[start : start + workers]
            found[now] = list(pool.map(made, now))

    with ThreadPoolExecutor(workers) as pool:
        run(np.argsort(sketched_mm, kind="stable")[:first].tolist())
        done = np.isfinite(found)
        if done.sum() < min(first, len(found)):
            return None
        while True:
            done = np.isfinite(found)
            bias = float(np.mean(sketched_mm[done] - found[done]))
            told = np.where(done, found, sketched_mm - bias)
            heavy = Weighed(told, done, found[done] - (sketched_mm[done] - bias), bias)
            left = [i for i in np.argsort(told, kind="stable")[:need].tolist() if not done[i]]
            if not left or done.sum() >= most or over() or heavy.keeps(share) < least_mm:
                return heavy
            run(left[:workers])
