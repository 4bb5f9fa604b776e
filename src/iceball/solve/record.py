"""What is remembered of every cell while the run goes on: extremes, times and rates."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.physics.freezing import temperature
from iceball.solve.layout import Layout
from iceball.solve.needle import loop
from iceball.solve.team import Team

Field = NDArray[np.float32]
MINIMUM, BELOW_20, BELOW_40, FIRST_FROZEN, AT_LIQUIDUS, RATE = range(6)
THAWED_C = 0.2
"""A cell counts as thawed above this, so that a cell resting at 0 °C is not counted as frozen many times."""


@loop
def _remember(rows, ny, h, labels, table, start_s, dt, now, fields, cycles, ice, blood, fuel):  # type: ignore[no-untyped-def]
    """Follow each cell through a step, its temperature taken as a straight line in time."""
    for r in rows:
        i, j = r // ny, r % ny
        lab, hs, on, of = labels[i + 1, j + 1], h[i + 1, j + 1], blood[i + 1, j + 1], fuel[i + 1, j + 1]
        t, f, c, frozen = now[r], fields[r], cycles[r], ice[r]
        for x in range(t.size):
            if lab[x + 1] == 255:
                continue
            m = table[lab[x + 1]]
            a, b = t[x], temperature(hs[x + 1], m)
            t[x] = b
            if b < f[MINIMUM, x]:
                f[MINIMUM, x] = b
            if b > THAWED_C and a > THAWED_C and b > m.liquidus and frozen[x] == 0:
                continue
            for n in range(2):
                level = -20.0 if n == 0 else -40.0
                if a <= level and b <= level:
                    f[BELOW_20 + n, x] += dt
                elif a <= level or b <= level:
                    share = (level - a) / (b - a)
                    f[BELOW_20 + n, x] += dt * (share if a <= level else 1.0 - share)
            if frozen[x] == 0 and b < 0.0:
                frozen[x] = 1
                if a >= 0.0:
                    c[x] += 1
                if np.isnan(f[FIRST_FROZEN, x]):
                    f[FIRST_FROZEN, x] = start_s + (dt * a / (a - b) if a > 0.0 else 0.0)
            elif frozen[x] == 1 and b > THAWED_C:
                frozen[x] = 0
            if np.isnan(f[RATE, x]):
                if a > m.liquidus and b <= m.liquidus:
                    f[AT_LIQUIDUS, x] = start_s + dt * (a - m.liquidus) / (a - b)
                if a > m.solidus and b <= m.solidus and not np.isnan(f[AT_LIQUIDUS, x]):
                    at = start_s + dt * (a - m.solidus) / (a - b)
                    f[RATE, x] = 60.0 * (m.liquidus - m.solidus) / (at - f[AT_LIQUIDUS, x])


class Record:
    """The remembered fields; `follow` takes one accepted step."""

    def __init__(self, lay: Layout, celsius: NDArray[np.float64], flow: Any) -> None:
        self.lay, self.flow = lay, flow
        self.now = celsius.reshape(lay.rows, -1).astype(np.float32)
        self.start = self.now.copy()
        self.fields = np.zeros((lay.rows, 6, lay.shape[2]), np.float32)
        self.fields[:, MINIMUM] = self.now
        self.fields[:, FIRST_FROZEN] = np.where(self.now < 0, 0.0, np.nan)
        self.fields[:, AT_LIQUIDUS:] = np.nan
        self.cycles = np.zeros(self.now.shape, np.uint8)
        self.ice = (self.now < 0).astype(np.uint8)
        self.drift_k = 0.0
        self._tissue = lay.inner(lay.labels) != 255

    def follow(
        self, h: NDArray[Any], table: NDArray[Any], start_s: float, dt: float, team: Team, rows: NDArray[np.int64]
    ) -> None:
        """Take the step from `start_s` that ended with the enthalpies `h`."""
        team.run(
            lambda part: _remember(
                part,
                self.lay.shape[1],
                h.reshape(self.lay.padded),
                self.lay.labels,
                table,
                start_s,
                dt,
                self.now,
                self.fields,
                self.cycles,
                self.ice,
                self.flow.blood.reshape(self.lay.padded),
                self.flow.fuel.reshape(self.lay.padded),
            ),
            rows,
        )
        self._watch_outer()

    def _watch_outer(self) -> None:
        now, start = self.celsius, self.start.reshape(self.lay.shape)
        for side, held in enumerate(self.lay.held_values):
            if not np.isnan(held):
                axis, last = side // 2, side % 2
                layer = [slice(None)] * 3
                layer[axis] = slice(-1, None) if last else slice(0, 1)
                at = tuple(layer)
                change = np.abs(now[at] - start[at])[self._tissue[at]]
                self.drift_k = max(self.drift_k, float(change.max(initial=0.0)))

    @property
    def celsius(self) -> Field:
        """Temperature now (a view; meaningless in gas)."""
        return self.now.reshape(self.lay.shape)

    def snapshot(self, field: NDArray[Any] | None = None) -> Field:
        """A kept copy of a field (temperature now), NaN in gas."""
        values = self.now if field is None else field
        return np.where(self._tissue, values.reshape(self.lay.shape), np.float32(np.nan)).astype(np.float32)

    def field(self, which: int) -> Field:
        """A kept copy of one of the remembered fields."""
        return self.snapshot(np.ascontiguousarray(self.fields[:, which]))
