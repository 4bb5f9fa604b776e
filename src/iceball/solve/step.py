"""One accepted step as those see it who remember, watch and measure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.solve.march import March, Taken


def values_in(cells: NDArray[np.int64], *fields: Any) -> tuple[tuple[Any, Any, Any, Any], NDArray[np.int64]]:
    """Four fields by flat padded index, and the places of some cells in them.

    Of fields on a device only these cells are brought here, one after the other.
    """
    if isinstance(fields[0], np.ndarray):
        a, b, c, d = (field.reshape(-1) for field in fields)
        return (a, b, c, d), cells
    a, b, c, d = fields[0].gathered(cells, fields[1:])
    return (a, b, c, d), np.arange(cells.size).reshape(cells.shape)


@dataclass(frozen=True, eq=False)
class Step:
    """From `start_s` for `dt` seconds; fields are padded and belong to the march: valid until its next step.

    Args:
        start_s: when it began.
        dt: its length, s.
        before: enthalpies at its start, J/m3.
        after: enthalpies at its end.
        rate_before: dH/dt at its start, W/m3.
        rate_after: dH/dt at its end.
        rows: rows with cells that may have changed.
        low: of every row the first cell that may have changed.
        high: one past the last.
    """

    start_s: float
    dt: float
    before: NDArray[Any]
    after: NDArray[Any]
    rate_before: NDArray[Any]
    rate_after: NDArray[Any]
    rows: NDArray[np.int64]
    low: NDArray[np.int32]
    high: NDArray[np.int32]

    @property
    def end_s(self) -> float:
        """When it ended."""
        return self.start_s + self.dt

    def values_in(self, cells: NDArray[np.int64]) -> tuple[tuple[Any, Any, Any, Any], NDArray[np.int64]]:
        """Enthalpies at start and end and their rates, and the places of some cells in them."""
        return values_in(cells, self.before, self.after, self.rate_before, self.rate_after)


def last_step(march: March, start_s: float, taken: Taken) -> Step:
    """The step that `march` has just taken."""
    shape, moved = march.machine.lay.padded, march.moved
    fields = (march.before, march.state, march.rate_before, march.rate)
    before, after, rate_before, rate_after = (field.reshape(shape) for field in fields)
    rows = np.flatnonzero(moved.low < moved.high)
    return Step(start_s, taken.dt, before, after, rate_before, rate_after, rows, moved.low, moved.high)
