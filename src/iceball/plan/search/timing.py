"""How long the steps of a search take, and what there is still time for."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import cached_property

from iceball.plan.search.coarse import COARSE_MM, FINE_MM
from iceball.plan.search.weigh import FIRST, MOST

FINE_POWER, WHOLE = 3.2, 1.3
"""A run on cells half as large takes 2 to this power as long; and one in all its steps, with its doubt and its
assessment, so much of one in half the steps: 1.2 (kidney), 0.9 (liver) and 1.6 (sarcoma) of it on two quiet cores, from
fine runs of 2.0, 3.3 and 2.8 s and confirmations on 1 mm cells of 23, 29 and 42 s (2026-11-23)."""
MOST_RESERVED, LEAST_LOOKED = 0.5, 0.3
"""Of the budget that is kept for the confirmation at most; and of what is left that is spent on looking at least."""
TO_WEIGH, RUNS_EACH = 4, 16
"""So many layouts are to be weighed after looking, with about so many full runs each."""
EARLY = 0.3
"""Of the time left that the first weighing may take at most."""
OF_A_RUN = 0.6
"""What a draw is taken to cost of a run and its bad day, before one was made."""
ENOUGH, OF_THE_RUNS = 6, 0.6
"""Layouts that are to be weighed by all draws; where time is not enough they are weighed by half of them, of which so
many in place of one are run in full. Chance then moves a tenth percentile by 0.43 mm in place of 0.35 (the bundled
kidney, resampled on 2026-11-23)."""


@dataclass(eq=False)
class Timing:
    """The clock of one search.

    Attributes:
        began: by `time.perf_counter`.
        budget_s: for all of it.
        confirm_mm: cells of the run that follows the search; None for none.
        workers: draws that run at once.
        fine_s, run_s, draw_s, polish_s: what a run on fine cells takes, one as they are made now with all that is asked
            of it, a draw, and a polish; 0 before the first.
    """

    began: float
    budget_s: float
    confirm_mm: float | None
    workers: int
    fine_s: float = 0.0
    run_s: float = 0.0
    draw_s: float = 0.0
    polish_s: float = 0.0
    _drawn: bool = False

    @property
    def until(self) -> float:
        """When the search must end, so that its plan can be confirmed within the budget."""
        ratio = 0.0 if self.confirm_mm is None else WHOLE * (FINE_MM / self.confirm_mm) ** FINE_POWER
        return self.began + self.budget_s - min(self.fine_s * ratio, MOST_RESERVED * self.budget_s)

    @property
    def look_until(self) -> float:
        """When looking must end, so that the best layouts can be weighed."""
        need = TO_WEIGH * (self.to_weigh_s(RUNS_EACH) + self.run_s)
        return max(self.until - need, self.began + LEAST_LOOKED * (self.until - self.began))

    @property
    def over(self) -> bool:
        """Whether no run may begin any more."""
        return time.perf_counter() > self.until

    @property
    def short(self) -> bool:
        """Whether a layout that is begun now would not be weighed in time."""
        need = self.polish_s + self.run_s + self.to_weigh_s(self.runs_each[0])
        return time.perf_counter() + need > self.until

    @property
    def used(self) -> float:
        """Share of the budget."""
        return min((time.perf_counter() - self.began) / self.budget_s, 1.0)

    @property
    def early(self) -> bool:
        """Whether what was there before can be weighed before all else."""
        return self.to_weigh_s(self.runs_each[1]) <= EARLY * (self.until - time.perf_counter())

    @cached_property
    def few(self) -> bool:
        """Whether layouts are weighed by fewer draws; the same for all."""
        return ENOUGH * self.to_weigh_s(MOST) > self.until - time.perf_counter()

    @property
    def runs_each(self) -> tuple[int, int]:
        """Of a layout's draws at least and at most so many are run in full."""
        share = OF_THE_RUNS if self.few else 1.0
        return math.ceil(share * FIRST), math.ceil(share * MOST)

    def to_weigh_s(self, runs: int) -> float:
        """How long so many draws take."""
        return runs / self.workers * self.draw_s

    def ran(self, cells_mm: float, alone_s: float, whole_s: float) -> None:
        """Learn from a run that took so long alone, and with its bad day."""
        self.run_s = whole_s
        self.fine_s = alone_s * (cells_mm / FINE_MM) ** FINE_POWER
        if cells_mm == COARSE_MM:
            self.fine_s /= self.workers
            self.draw_s = self.draw_s if self._drawn else OF_A_RUN * whole_s

    def drew(self, seconds: float) -> None:
        """Learn from a draw."""
        self.draw_s, self._drawn = seconds, True
