"""Temperature fields at chosen times, found inside the steps: the run is the same with and without them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.errors import SceneError
from iceball.kernels import compiled
from iceball.solve.hermite import along, limited
from iceball.solve.history import Field
from iceball.solve.record import Record
from iceball.solve.schedule import SAME_S
from iceball.solve.step import Step
from iceball.space import Grid

Take = Callable[[float, Field, Grid], None]


@dataclass(frozen=True)
class Moments:
    """Times at which fields are handed out while a run goes on.

    Args:
        times_s: counted from the first freeze, rising.
        take: called with the time, the temperatures (°C, float32, NaN in gas) and their grid; a run whose box was
            enlarged hands out all of them anew, on the larger grid.

    Raises:
        SceneError: for times that do not rise from above 0.
    """

    times_s: tuple[float, ...]
    take: Take

    def __post_init__(self) -> None:
        if any(not after > before for before, after in zip((0.0, *self.times_s), self.times_s, strict=False)):
            raise SceneError("must rise from above 0", where="Moments.times_s")

    def follow(self, step: Step, record: Record, grid: Grid) -> None:
        """Hand out what lies in a step."""
        for time_s in self.times_s:
            if step.start_s + SAME_S < time_s <= step.end_s + SAME_S:
                self.take(time_s, record.celsius(_within(step, time_s)), grid)


def _within(step: Step, time_s: float) -> NDArray[Any]:
    """Enthalpies at a time inside a step."""
    out = step.after.copy()
    ends = (step.before, step.after, step.rate_before, step.rate_after)
    rows = np.stack(np.divmod(step.rows, step.before.shape[1] - 2), axis=1) + 1
    _fill(
        *ends,
        step.dt,
        min(1.0, (time_s - step.start_s) / step.dt),
        rows,
        step.low[step.rows],
        step.high[step.rows],
        out,
    )
    return out


@compiled(nogil=True, error_model="numpy")
def _fill(before, after, rate_before, rate_after, dt, share, rows, low, high, out):  # type: ignore[no-untyped-def]
    for n in range(rows.shape[0]):
        i, j = rows[n]
        for k in range(low[n] + 1, high[n] + 1):
            u, v = before[i, j, k], after[i, j, k]
            d0, d1 = limited(u, v, dt * rate_before[i, j, k], dt * rate_after[i, j, k])
            out[i, j, k] = along(share, u, v, d0, d1)
