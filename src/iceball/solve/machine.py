"""The equation on this machine: enthalpies in, rates out; what a time-stepping method needs and nothing more."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.physics.freezing import enthalpy
from iceball.solve import cpu
from iceball.solve.layout import Layout, warm_faces
from iceball.solve.needle import Sinks, hold, strengths, take
from iceball.solve.rows import table
from iceball.solve.schedule import Schedule
from iceball.solve.team import Team

Array = NDArray[Any]
FIXED = 5
"""Entries of the powers before the needles: walls, outer faces, blood, metabolism, source."""


class CpuMachine:
    """float32 fields, tables for the potential, all cores."""

    name = "cpu"
    kind: type[np.floating[Any]] = np.float32

    def __init__(self, lay: Layout, rows: Array, needles: Sinks, schedule: Schedule, *, coldest_c: float, body_c: float,
                 threads: int | None) -> None:  # fmt: skip
        self.lay, self.rows, self.needles, self.schedule = lay, rows, needles, schedule
        self.team = Team(threads, int(np.prod(lay.shape)))
        self.all_rows = np.arange(lay.rows, dtype=np.int64)
        self.active = self.all_rows
        self.lists = (lay.run_start, lay.runs, lay.face_start, lay.face_cell, lay.face_there, lay.face_kind,
                      lay.labels.reshape(-1), warm_faces(lay, rows))  # fmt: skip
        self.geometry = (lay.wall_values, lay.held_values, lay.inverse_squares, np.array(lay.spacing_m))
        self.tables = (self._table(coldest_c, body_c), rows)
        self.live = np.ones(lay.padded, self.kind)
        self.sink = np.zeros((lay.rows, lay.shape[2]), self.kind)
        self.sunk = needles.sunk
        if lay.source.size:
            self.sink[:] = lay.source
            self.sunk = np.ones(lay.rows, bool)
        self.source = self.sink[needles.row, needles.column]
        self.source_w = float(lay.source.sum()) * lay.cell_m3
        self.sums = np.zeros((lay.rows, 4))
        self.strength = np.zeros((needles.needle.size, 2))
        self.able = np.ones(needles.sink_cell.size)
        self.watts = np.zeros(len(schedule.lines))
        self.evaluations = 0
        self.cell_updates = 0

    def _table(self, coldest_c: float, body_c: float) -> Array:
        return table(self.rows, coldest_c=coldest_c, body_c=body_c)

    def field(self) -> Array:
        """An empty field with its frame."""
        return np.zeros(self.lay.padded, self.kind)

    def rate_field(self) -> Array:
        """An empty field of rates."""
        return np.zeros((self.lay.rows, self.lay.shape[2]), self.kind)

    def enthalpies(self, celsius: NDArray[np.float64]) -> Array:
        """The state at given temperatures."""
        h = self.field()
        inner = self.lay.inner(h)
        labels = self.lay.inner(self.lay.labels)
        for label in np.unique(labels):
            if label != 255:
                here = labels == label
                values, back = np.unique(celsius[here], return_inverse=True)
                inner[here] = np.array([enthalpy(float(c), self.rows[label]) for c in values])[back]
        return h

    def _draw(self, h: Array, theta: Array, time_s: float) -> None:
        """Let the needles take their heat: fills the sink."""
        n = self.needles
        if not len(self.schedule.lines):
            return
        strengths(theta, h, self.lay.labels, self.rows, self.schedule.settings(time_s), n.first, n.drop, n.label,
                  n.ring_start, n.ring_cell, n.ring_weight, self.strength)  # fmt: skip
        take(self.strength, n.needle, n.length_m, n.sink_start, n.sink_share, self.able, self.lay.cell_m3, n.row,
             n.column, self.source, self.sink, self.watts)  # fmt: skip

    def heat_w(self) -> NDArray[np.float64]:
        """Power of walls, outer faces, blood, metabolism, source and each needle in the last evaluation, W into the
        tissue."""
        return np.concatenate([self.sums.sum(axis=0) * self.lay.cell_m3, [self.source_w], -self.watts])

    def potentials(self, h: Array, theta: Array) -> None:
        """All potentials anew."""
        self.team.run(
            lambda part: cpu.potentials(part, self.lay.shape[1], h, theta, self.lists, self.tables), self.all_rows
        )

    def rates(self, h: Array, theta: Array, time_s: float, rate: Array) -> NDArray[np.float64]:
        """dH/dt of the whole grid into `rate`, W/m3; returns the powers."""
        self._draw(h, theta, time_s)
        self.team.run(
            lambda part: cpu.rates(part, self.lay.shape[1], theta, h, self.live, self.sink, self.sunk,
                                   self.lists, self.geometry, self.tables, self.sums, rate),
            self.all_rows,
        )  # fmt: skip
        self._count(self.all_rows)
        return self.heat_w()

    def first_stage(self, start: Array, rate: Array, dt: float, h: Array, theta: Array) -> None:
        """`h` = start + dt rate, with its potentials."""
        self.team.run(
            lambda part: cpu.first_stage(part, self.lay.shape[1], start, rate, dt, h, theta, self.lists, self.tables),
            self.active,
        )

    def next_stage(self, h: Array, theta: Array, time_s: float, h_to: Array, theta_to: Array, start: Array, rate: Array,
                   weights: NDArray[np.float64]) -> NDArray[np.float64]:  # fmt: skip
        """One stage of RKL2 from `h` into `h_to`; returns the powers at `h`."""
        self._draw(h, theta, time_s)
        self.team.run(
            lambda part: cpu.next_stage(part, self.lay.shape[1], theta, h, h_to, theta_to, start, rate, weights,
                                        self.live, self.sink, self.sunk, self.lists, self.geometry,
                                        self.tables, self.sums),
            self.active,
        )  # fmt: skip
        self._count(self.active)
        return self.heat_w()

    def judge(self, start: Array, end: Array, rate_start: Array, rate_end: Array, begin: Array, dt: float) -> Array:
        """Error, stored cold, lowest and highest temperature and activity, per row."""
        marks = np.zeros((self.lay.rows, 5))
        self.team.run(
            lambda part: cpu.judge(part, self.lay.shape[1], start, end, rate_start, rate_end, begin, dt,
                                   self.lay.labels, self.rows, marks),
            self.all_rows,
        )  # fmt: skip
        return marks

    def hold(self, h: Array, time_s: float, dt: float) -> tuple[bool, NDArray[np.float64]]:
        """Bring cells that a needle cooled below its coolant back to it; whether any, and heat given, J a needle."""
        n, joules = self.needles, np.zeros(len(self.schedule.lines))
        if not joules.size:
            return False, joules
        changed = hold(h, self.lay.labels, self.rows, self.schedule.settings(time_s), self.strength, n.needle,
                       n.sink_start, n.sink_cell, n.row, n.column, self.sink, dt, self.able, self.lay.cell_m3,
                       joules)  # fmt: skip
        return bool(changed), joules

    def _count(self, rows: Array) -> None:
        self.evaluations += 1
        self.cell_updates += rows.size * self.lay.shape[2]
