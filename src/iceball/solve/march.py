"""From one time to the next: the two methods, and how long a step may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from iceball.errors import SolverError
from iceball.physics.freezing import heat_capacity
from iceball.solve import cpu
from iceball.solve.control import Control
from iceball.solve.layout import Layout
from iceball.solve.machine import FIXED, CpuMachine
from iceball.solve.needle import Sinks
from iceball.solve.rkl2 import count, stages

Method = Literal["rkl2", "euler"]

FLOOR = 8 * 4e8
"""The least stored heat the error is compared with: eight cells frozen, J/m3 added up over cells."""
FIRST_S, SHORTEST_S, GROWTH = 0.25, 1e-5, 2.0
NEEDLES = 0.9
"""The bound of the spectral radius is reached only if tissue is as cold as at a needle everywhere; it is not."""
UNDERSHOOT_K = 15.0
"""How far a cell may pass the coldest or warmest thing in the scene before a step is taken back. Not 0: a needle
switched on at once takes its heat as if the field around it had formed already, and for a second some cells beside it
stray by some degrees."""
WIDER_CELLS = 4
"""How much the cold spans grow when a step finds ice outside them."""

FIELDS = ("state", "begin", "psi", "rate")
SAVED = (*FIELDS, "time_s", "dt", "steps", "stages", "rejected", "low_c", "fall")
"""What of a march decides its next steps."""


@dataclass
class Taken:
    """An accepted step: its length, the heat it moved and what of it each wall brought (J, into the tissue)."""

    dt: float
    joules: NDArray[np.float64]
    walls_j: NDArray[np.float64]


@dataclass
class March:
    """Carries the state through time on one machine.

    After a step `before` and `rate_before` hold enthalpy and rate at its start, `state` and `rate` at its end, and
    `moved` is the window of cells that it moved.
    """

    machine: CpuMachine
    state: Any
    method: Method
    bounds_c: tuple[float, float]
    control: Control
    time_s: float = 0.0
    dt: float = FIRST_S
    steps: int = 0
    stages: int = 0
    rejected: int = 0

    def __post_init__(self) -> None:
        m = self.machine
        self.begin, self.before, self.spare = (m.renew(m.field(), self.state) for _ in range(3))
        self.psi, self.psi_spare = m.potential_field(), m.potential_field()
        self.rate, self.rate_before = m.field(), m.field()
        self.fall = 0.0
        self.far_radius = warm_radius(m)
        self.moved = m.window
        self.refresh()

    def refresh(self) -> None:
        """The right-hand side anew, everywhere: at the start and after the needles were switched."""
        m = self.machine
        m.look_everywhere()
        m.potentials(self.state, self.psi)
        m.rates(self.state, self.psi, self.time_s, self.rate)
        self.fall = 0.0
        marks = self._look()
        self.low_c = float(np.nanmin(marks[:, cpu.LOW_C]))
        self._move_window(marks)

    def take_up(self, lay: Layout, needles: Sinks) -> None:
        """Go on with other tissues in the same cells; enthalpies stay."""
        m = self.machine
        m.take_up(lay, needles)
        for psi in (self.psi, self.psi_spare):  # what stands beyond held faces reads otherwise in another tissue
            m.renew(psi, lay.edge_psi.reshape(-1))
        self.far_radius = warm_radius(m)
        self.moved = m.window
        self.refresh()

    def walls_turned(self) -> None:
        """Go on with what the layout's walls do now."""
        self.machine.walls_turned()
        for psi in (self.psi, self.psi_spare):
            self.machine.renew_gas(psi)
        self.refresh()

    def step(self, until_s: float) -> Taken:
        """One accepted step, at most to `until_s`.

        Raises:
            SolverError: if no step, however short, gives a trustworthy answer.
        """
        m, room, wider = self.machine, until_s - self.time_s, 0
        while True:
            radius = spectral_radius(m, max(self.bounds_c[0], self.low_c - 5.0 + 1.5 * min(0.0, self.fall * self.dt)))
            dt = min(self.dt, 1.9 / radius if self.method == "euler" else self.control.longest_s)
            number = max(1, int(np.ceil(room / dt - 1e-9)))
            # the last steps before a landing share what is left, so that no sliver remains
            dt = room / number if number <= 2 else dt
            joules = self._try(dt, radius)
            marks = m.judge(self.before, self.state, self.rate_before, self.rate, self.begin, self.psi, dt,
                            self.control.still_k, dt)  # fmt: skip
            low, high = float(marks[:, cpu.LOW_C].min(initial=np.inf)), float(marks[:, cpu.HIGH_C].max(initial=-np.inf))
            if not marks.size:
                low = high = self.low_c
            error = float(marks[:, cpu.ERROR].sum()) / max(float(marks[:, cpu.STORED].sum()), FLOOR)
            sound = (
                np.isfinite(error)
                and self.bounds_c[0] - UNDERSHOOT_K <= low
                and high <= self.bounds_c[1] + UNDERSHOOT_K
            )
            breach = bool(marks[:, cpu.BREACH].any())
            ratio = error / self.control.tolerance if self.method == "rkl2" else 0.0
            if sound and ratio <= 1.0 and not breach:
                break
            self.rejected += 1
            wider += WIDER_CELLS if breach and sound else 0
            self._take_back(wider=wider)
            if not np.isfinite(error):  # what is not finite would stay so, even with no weight
                self.spare = m.renew(self.spare, self.state)
            self.dt = 0.5 * dt
            if self.dt < SHORTEST_S:
                raise SolverError(
                    f"at {self.time_s:.3f} s no step gives a finite answer between {self.bounds_c[0]:.0f} and "
                    f"{self.bounds_c[1]:.0f} °C (found {low:.1f} to {high:.1f} °C)", where="Simulation",
                    remedy="Check the materials and needles of the scene.")  # fmt: skip
        self.time_s = until_s if number == 1 else self.time_s + dt
        self.fall, self.low_c = (low - self.low_c) / dt, low
        self.steps += 1
        m.latch(self.psi)
        changed, given = m.hold(self.state, self.time_s, dt)
        if changed:
            joules = joules + np.concatenate([np.zeros(FIXED), given])
            m.potentials(self.state, self.psi)
            m.rates(self.state, self.psi, self.time_s, self.rate)
        if self.method == "rkl2":
            self.dt = max(self.dt, dt) if number <= 2 and ratio < 0.5 else dt
            self.dt = min(
                self.control.longest_s, self.dt * min(GROWTH, max(0.5, 0.8 * max(ratio, 1e-6) ** (-1.0 / 3.0)))
            )
        else:
            self.dt = min(self.control.longest_s, 1.5 * max(self.dt, dt))
        self.moved = m.window
        self._move_window(marks)
        return Taken(dt, joules, m.walls_j)

    def start_again(self, before: Any, time_s: float) -> None:
        """Go back to an earlier state."""
        self.state[...] = before
        self.time_s = time_s
        self.refresh()

    def save(self) -> dict[str, Any]:
        """Everything that decides the next steps: the state and the controller's memory."""
        saved = {name: getattr(self, name) for name in SAVED}
        return saved | {f"machine.{name}": value for name, value in self.machine.save().items()}

    def load(self, saved: Mapping[str, Any]) -> None:
        """Take up what `save` gave."""
        m = self.machine
        for name in SAVED:
            value = saved[name]
            setattr(self, name, m.renew(getattr(self, name), value) if name in FIELDS else value)
        self.before, self.spare = m.renew(self.before, self.state), m.renew(self.spare, self.state)
        self.psi_spare = m.renew(self.psi_spare, self.psi)
        m.load({n.removeprefix("machine."): v for n, v in saved.items() if n.startswith("machine.")})

    def _try(self, dt: float, radius: float) -> NDArray[np.float64]:
        """A trial step; returns the heat it moves."""
        m = self.machine
        self.before, self.state = self.state, self.before
        self.rate_before, self.rate = self.rate, self.rate_before
        m.align(self.before, self.psi, self.state, self.spare, self.psi_spare)
        if self.method == "euler":
            joules = m.euler(self.before, self.rate_before, dt, self.state, self.psi)
            self.stages += 1
        else:
            number = count(dt, radius)
            h, psi = [self.state, self.spare], [self.psi, self.psi_spare]
            near, far = stages(number), stages(count(dt, self.far_radius))
            # the rate to come is free until it is reckoned
            joules = m.climb(near, far, self.time_s, dt, self.before, self.rate_before, h, psi, self.rate)
            self.state, self.spare = h
            self.psi, self.psi_spare = psi
            self.stages += number
        m.rates(self.state, self.psi, self.time_s + dt, self.rate)
        return joules

    def _take_back(self, *, wider: int) -> None:
        """Undo a trial step."""
        m = self.machine
        self.before, self.state = self.state, self.before
        self.rate_before, self.rate = self.rate, self.rate_before
        m.potentials(self.state, self.psi)
        marks = self._look()
        self._move_window(marks, wider=wider)
        m.rates(self.state, self.psi, self.time_s, self.rate)

    def _look(self) -> Any:
        """What the state looks like, without a step."""
        h, rate = self.state, self.rate
        return self.machine.judge(h, h, rate, rate, self.begin, self.psi, 0.0, self.control.still_k, self.dt)

    def _move_window(self, marks: Any, *, wider: int = 0) -> None:
        altered = self.machine.choose(marks, wider=wider)
        if altered.size:
            self.machine.rates(self.state, self.psi, self.time_s, self.rate, altered)


def spectral_radius(machine: CpuMachine, coldest_c: float) -> float:
    """Upper bound of the stiffest rate in 1/s, with tissue as cold as `coldest_c` somewhere."""
    rows = machine.tissues
    celsius = np.linspace(coldest_c, 0.0, 24)[:, None]
    frozen = celsius < rows["solidus"]
    cold_k = rows["k0"] + rows["k1"] * celsius + rows["k2"] / (celsius + 273.15)
    k = np.where(frozen, cold_k, np.maximum(rows["warm_k"], 0.0))
    c = np.where(frozen, rows["c0"] + rows["c1"] * celsius, rows["warm_c"])
    # the solidus itself, just frozen and nearly, and the unfrozen state
    solid_k = rows["k0"] + rows["k1"] * rows["solidus"] + rows["k2"] / (rows["solidus"] + 273.15)
    k = np.vstack([k, solid_k, rows["warm_k"]])
    mushy = rows["mushy_c"]
    if rows["ideal"].any():
        # an ideal solution releases least heat per degree where it is coldest
        coldest = np.array([heat_capacity(m["solidus"], m) for m in rows])
        mushy = np.where(rows["ideal"] > 0.0, coldest, mushy)
    c = np.vstack([c, mushy, rows["warm_c"]])
    return _radius(machine, k, c, NEEDLES if len(machine.schedule.lines) else 1.0)


def warm_radius(machine: CpuMachine) -> float:
    """The same where nothing is cold and no needle is felt."""
    rows = machine.tissues
    return _radius(machine, rows["warm_k"][None], rows["warm_c"][None], 1.0)


def _radius(machine: CpuMachine, k: NDArray[np.float64], c: NDArray[np.float64], share: float) -> float:
    lay = machine.lay
    other = k.max(axis=1, keepdims=True)
    diffusivity = float((2 * k * other / (k + other) / c).max())
    open_axes = np.array(
        [n > 1 or not np.isnan(lay.held_values[2 * a : 2 * a + 2]).all() for a, n in enumerate(lay.shape)]
    )
    conduction = 4.0 * diffusivity * float(lay.inverse_squares[open_axes].sum())
    return share * conduction + float((machine.tissues["blood"] / machine.tissues["warm_c"]).max())
