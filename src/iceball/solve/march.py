"""From one time to the next: the two methods, and how long a step may be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from iceball.errors import SolverError
from iceball.solve.machine import FIXED, CpuMachine
from iceball.solve.rkl2 import stages, weights

Method = Literal["rkl2", "euler"]

TOLERANCE = 1e-2
"""Error of one step, as a share of all cold (and warmth) stored in the tissue so far."""
FLOOR = 8 * 4e8
"""The least stored heat the error is compared with: eight cells frozen, J/m3 added up over cells."""
LONGEST_S, FIRST_S, SHORTEST_S = 30.0, 0.25, 1e-5
UNDERSHOOT_K = 15.0
"""How far a cell may pass the coldest or warmest thing in the scene before a step is taken back. Not 0: a needle
switched on at once takes its heat as if the field around it had formed already, and for a second some cells beside it
stray by some degrees."""
IDLE_K_PER_S = 3e-5
"""Rows that change more slowly, and their neighbours too, are left alone for a step."""
MARGIN_ROWS = 4


@dataclass
class Taken:
    """An accepted step: its length, the heat it moved (J, into the tissue) and whether anything is left to do."""

    dt: float
    joules: NDArray[np.float64]


@dataclass
class March:
    """Carries the state through time on one machine."""

    machine: CpuMachine
    state: Any
    method: Method
    bounds_c: tuple[float, float]
    time_s: float = 0.0
    dt: float = FIRST_S
    steps: int = 0
    stages: int = 0
    rejected: int = 0
    _scratch: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        m = self.machine
        self.begin = self.state.copy()
        self.spare = self.state.copy()
        self.other = self.state.copy()
        self.theta = m.field()
        self.theta_other = m.field()
        self.rate, self.rate_end = m.rate_field(), m.rate_field()
        self.low_c = self.fall = 0.0
        self.refresh()
        marks = m.judge(self.state, self.state, self.rate, self.rate, self.begin, 0.0)
        self.low_c = float(marks[:, 2].min())
        self._choose_rows(marks)

    def refresh(self) -> None:
        """The right-hand side anew: after the needles were switched."""
        self.machine.potentials(self.state, self.theta)
        self.heat_w = self.machine.rates(self.state, self.theta, self.time_s, self.rate)
        self.fall = 0.0
        marks = self.machine.judge(self.state, self.state, self.rate, self.rate, self.begin, 0.0)
        self._choose_rows(marks)

    def step(self, until_s: float) -> Taken:
        """One accepted step, at most to `until_s`.

        Raises:
            SolverError: if no step, however short, gives a trustworthy answer.
        """
        room = until_s - self.time_s
        while True:
            radius = spectral_radius(
                self.machine, max(self.bounds_c[0], self.low_c - 5.0 + 1.5 * min(0.0, self.fall * self.dt))
            )
            limit = 1.9 / radius if self.method == "euler" else LONGEST_S
            dt = min(self.dt, limit)
            count = max(1, int(np.ceil(room / dt - 1e-9)))
            # the last steps before a landing share what is left, so that no sliver remains
            dt = room / count if count <= 2 else dt
            joules = self._try(dt, stages(dt, radius))
            marks = self.machine.judge(self.state, self.spare, self.rate, self.rate_end, self.begin, dt)
            sums = marks[np.isfinite(marks[:, 2]) | np.isnan(marks[:, 2])]
            low, high = float(sums[:, 2].min()), float(sums[:, 3].max())
            error = float(marks[:, 0].sum()) / max(float(marks[:, 1].sum()), FLOOR)
            sound = (
                np.isfinite(error)
                and self.bounds_c[0] - UNDERSHOOT_K <= low
                and high <= self.bounds_c[1] + UNDERSHOOT_K
            )
            ratio = error / TOLERANCE if self.method == "rkl2" else 0.0
            if sound and ratio <= 1.0:
                break
            self.rejected += 1
            self.dt = 0.5 * dt
            if self.dt < SHORTEST_S:
                raise SolverError(
                    f"at {self.time_s:.3f} s no step gives a finite answer between {self.bounds_c[0]:.0f} and "
                    f"{self.bounds_c[1]:.0f} °C (found {low:.1f} to {high:.1f} °C)", where="Simulation",
                    remedy="Check the materials and needles of the scene.")  # fmt: skip
        self.state, self.spare = self.spare, self.state
        self.rate, self.rate_end = self.rate_end, self.rate
        self.time_s = until_s if count == 1 else self.time_s + dt
        self.fall, self.low_c = (low - self.low_c) / dt, low
        self.steps += 1
        changed, given = self.machine.hold(self.state, self.time_s, dt)
        if changed:
            joules = joules + np.concatenate([np.zeros(FIXED), given])
            self.machine.potentials(self.state, self.theta)
            self.heat_end = self.machine.rates(self.state, self.theta, self.time_s, self.rate)
        if self.method == "rkl2":
            self.dt = max(self.dt, dt) if count <= 2 and ratio < 0.5 else dt
            self.dt = min(LONGEST_S, self.dt * min(1.5, max(0.5, 0.8 * max(ratio, 1e-6) ** (-1.0 / 3.0))))
        else:
            self.dt = min(LONGEST_S, 1.5 * max(self.dt, dt))
        self._choose_rows(marks)
        return Taken(dt, joules)

    def _try(self, dt: float, count: int) -> NDArray[np.float64]:
        """A trial step into `spare`, its rate into `rate_end`; returns the heat it moves."""
        m = self.machine
        end = self.time_s + dt
        if self.method == "euler":
            m.first_stage(self.state, self.rate, dt, self.spare, self.theta)
            joules = dt * self.heat_w
            self.stages += 1
        else:
            first, rows, times = weights(count)
            now, back, theta, theta_back = self.spare, self.other, self.theta, self.theta_other
            now[...] = self.state
            back[...] = self.state
            theta_back[...] = theta
            m.first_stage(self.state, self.rate, first * dt, now, theta)
            theta_back_ready = theta_back
            z0, z2, z1 = 0.0 * self.heat_w, 0.0 * self.heat_w, first * dt * self.heat_w
            for n in range(count - 1):
                mu, nu, w_now, w_start = rows[n]
                scaled = np.array([mu, nu, w_now * dt, w_start * dt])
                power = m.next_stage(
                    now, theta, self.time_s + times[n] * dt, back, theta_back_ready, self.state, self.rate, scaled
                )
                z2, z1 = z1, mu * z1 + nu * z2 + (1 - mu - nu) * z0 + w_now * dt * power + w_start * dt * self.heat_w
                now, back = back, now
                theta, theta_back_ready = theta_back_ready, theta
            self.spare, self.other, self.theta, self.theta_other = now, back, theta, theta_back_ready
            joules = z1
            self.stages += count
        self.heat_end = m.rates(self.spare, self.theta, end, self.rate_end)
        return joules

    def _choose_rows(self, marks: NDArray[np.float64]) -> None:
        busy = (marks[:, 4] > IDLE_K_PER_S).reshape(self.machine.lay.shape[:2])
        for axis in (0, 1):
            wide = busy.copy()
            for shift in range(1, MARGIN_ROWS + 1):
                ahead = [slice(None)] * 2
                behind = [slice(None)] * 2
                ahead[axis], behind[axis] = slice(shift, None), slice(None, -shift)
                wide[tuple(ahead)] |= busy[tuple(behind)]
                wide[tuple(behind)] |= busy[tuple(ahead)]
            busy = wide
        self.machine.active = np.flatnonzero(busy).astype(np.int64)


def spectral_radius(machine: CpuMachine, coldest_c: float) -> float:
    """Upper bound of the stiffest rate in 1/s, with tissue as cold as `coldest_c` somewhere."""
    lay = machine.lay
    present = [n for n in np.unique(lay.labels) if n != 255]
    rows = machine.rows[present]
    celsius = np.linspace(coldest_c, 0.0, 24)[:, None]
    frozen = celsius < rows["solidus"]
    cold_k = rows["k0"] + rows["k1"] * celsius + rows["k2"] / (celsius + 273.15)
    k = np.where(frozen, cold_k, np.maximum(rows["warm_k"], 0.0))
    c = np.where(frozen, rows["c0"] + rows["c1"] * celsius, rows["warm_c"])
    # the solidus itself and the unfrozen state
    k = np.vstack([k, rows["warm_k"]])
    c = np.vstack([c, rows["warm_c"]])
    other = k.max(axis=1, keepdims=True)
    diffusivity = float((2 * k * other / (k + other) / c).max())
    open_axes = np.array(
        [n > 1 or not np.isnan(lay.held_values[2 * a : 2 * a + 2]).all() for a, n in enumerate(lay.shape)]
    )
    conduction = 4.0 * diffusivity * float(lay.inverse_squares[open_axes].sum())
    # sinks of needles couple a ring of cells to the needle; they raise the radius by a few per cent
    needles = 1.15 if len(machine.schedule.lines) else 1.0
    return needles * conduction + float((rows["blood"] / rows["warm_c"]).max())
