"""The equation on this machine: enthalpies in, rates out; what a time-stepping method needs and nothing more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, minimum_filter1d

from iceball.kernels import compiled
from iceball.physics.freezing import enthalpy
from iceball.physics.heat import potential
from iceball.solve import cpu
from iceball.solve.layout import GAS, TISSUE, WALL, Layout
from iceball.solve.needle import Sinks
from iceball.solve.needle_heat import draw, hold, wall_potentials, work_for
from iceball.solve.rkl2 import Stages
from iceball.solve.rows import ENTRIES, film_fluxes, inverse_potential, table, translations
from iceball.solve.schedule import Schedule
from iceball.solve.team import Team
from iceball.units import MM_PER_M

Array = NDArray[Any]
FIXED = cpu.SUMS
"""Entries of the powers before the needles: walls, outer faces, blood, metabolism, source, window's edge."""
SPREAD_MM = 3.0
"""What changes is followed this far ahead: cold creeps through warm tissue by about that within the longest step."""
COLD_CELLS = 2


class CpuMachine:
    """float32 fields, tables for the potential, all cores."""

    name = "cpu"
    kind: type[np.floating[Any]] = np.float32

    def __init__(self, lay: Layout, rows: Array, needles: Sinks, schedule: Schedule, *, coldest_c: float,
                 threads: int | None) -> None:  # fmt: skip
        self.lay, self.rows, self.needles, self.schedule = lay, rows, needles, schedule
        self.team = Team(threads, int(np.prod(lay.shape)))
        self.all_rows = np.arange(lay.rows, dtype=np.int64)
        self.active = self.all_rows
        self.ground = self._ground(coldest_c)
        self.flow = cpu.Flow(self._of_label("blood").reshape(-1), self._of_label("metabolism").reshape(-1))
        self.window = self._whole()
        tables = needles.tables
        i, j, _ = np.unravel_index(tables.cells, lay.padded)
        starts = np.searchsorted((i - 1) * lay.shape[1] + j - 1, np.arange(lay.rows + 1))
        self.sink = cpu.Sink(starts.astype(np.int64), tables.cells, np.zeros(tables.cells.size))
        self.made = np.zeros(tables.cells.size)
        self.work = work_for(tables, len(schedule.lines))
        self.sums = np.zeros((lay.rows, cpu.SUMS))
        self.watts = np.zeros(len(schedule.lines))
        self._touch()
        self.tissues = rows[[n for n in np.unique(lay.labels) if n != GAS]]
        self.evaluations = 0
        self.cell_updates = 0

    # --- what stays ---------------------------------------------------------------------------------------------

    def _of_label(self, name: str) -> Array:
        of = np.append(np.nan_to_num(self.rows[name][:255]), 0.0).astype(self.kind)
        return np.asarray(of[self.lay.labels])

    def _ground(self, coldest_c: float) -> cpu.Ground:
        lay = self.lay

        def flat(slots: Array) -> Array:
            return np.ascontiguousarray(slots).reshape(-1).astype(np.int64)

        pair, words, scale = _dictionary(lay, self.rows, coldest_c)
        return cpu.Ground(
            lay.shape[1], np.array(lay.strides, np.uint64), lay.labels.reshape(-1), lay.run_start, lay.runs,
            lay.piece_start, lay.pieces, flat(lay.slot[1:-1, 1:-1]), flat(lay.slot[:-2, 1:-1]),
            flat(lay.slot[1:-1, :-2]), lay.conduct.reshape(-1), lay.inverse_squares,
            table(self.rows, coldest_c=coldest_c), self.rows, lay.source.reshape(-1),
            lay.face_start, lay.face_cell, lay.face_there, lay.face_kind, lay.face_k, pair, words, scale,
        )  # fmt: skip

    def _whole(self) -> cpu.Window:
        low = np.zeros(self.lay.rows, np.int32)
        high = np.full(self.lay.rows, self.lay.shape[2], np.int32)
        faces = self.lay.face_cell.size
        window = cpu.Window(low, high, low.copy(), high.copy(), np.zeros(faces, np.int32),
                            np.zeros(self.lay.rows, np.int32))  # fmt: skip
        cpu.cold_faces(self.all_rows, window, self.ground)
        return window

    # --- fields -------------------------------------------------------------------------------------------------

    def field(self) -> Array:
        """An empty field with its frame, flat."""
        return np.zeros(int(np.prod(self.lay.padded)), self.kind)

    def potential_field(self) -> Array:
        """A field of potentials: gas and ghosts at their temperature."""
        return self.lay.edge_psi.astype(self.kind).reshape(-1)

    def enthalpies(self, celsius: NDArray[np.float64]) -> Array:
        """The state at given temperatures."""
        h = self.field()
        _fill(h.reshape(self.lay.padded), np.ascontiguousarray(celsius), self.lay.labels, self.rows)
        return h

    # --- the equation -------------------------------------------------------------------------------------------

    def _draw(self, h: Array, psi: Array, setting: Array) -> None:
        """Let the needles take their heat: fills the sink."""
        if len(self.schedule.lines):
            draw(psi, h, self.ground.labels, self.rows, setting, self.needles.tables, self.work, self.made,
                 self.sink.value, self.watts)  # fmt: skip

    def potentials(self, h: Array, psi: Array) -> None:
        """All potentials anew."""
        self.team.run(lambda part: cpu.potentials(part, h, psi, self.ground), self.all_rows)

    def rates(self, h: Array, psi: Array, time_s: float, rate: Array, rows: Array | None = None) -> None:
        """dH/dt of the window's cells into `rate`, W/m3; `sums` and `watts` hold the powers.

        Given some rows only, those alone, with the needles' heat as it was drawn last.
        """
        if rows is None:
            rows = self.active
            self._draw(h, psi, self.schedule.settings(time_s))
        self.team.run(
            lambda part: cpu.rates(part, psi, self.flow, self.sink, self.window, self.ground, self.sums, 1.0, rate),
            rows,
        )
        self._count(1)

    def euler(self, start: Array, rate: Array, dt: float, h: Array, psi: Array) -> NDArray[np.float64]:
        """`h` = start + dt rate, with its potentials; returns the heat moved, J."""
        joules = dt * self._powers()
        self.team.run(
            lambda part: cpu.first_stage(part, start, rate, dt, h, psi, self.window, self.ground), self.active
        )
        return joules

    def climb(self, stages: Stages, time_s: float, dt: float, start: Array, rate: Array, h: list[Array],
              psi: list[Array]) -> NDArray[np.float64]:  # fmt: skip
        """All stages of one step from `start` with `rate`; `h` and `psi` are two buffers each, `h` holding `start`.

        `h[0]` and `psi[0]` hold the end afterwards. Returns the heat moved, J.
        """
        joules = stages.shares[0] * dt * self._powers()
        self.sums[self.active] = 0.0
        self.team.run(
            lambda part: cpu.first_stage(part, start, rate, stages.first * dt, h[0], psi[0], self.window, self.ground),
            self.active,
        )
        settings = self.schedule.settings_at(time_s + dt * stages.times[:-1])
        taken = np.zeros_like(self.watts)
        for n, row in enumerate(stages.rows):
            self._draw(h[0], psi[0], settings[n])
            weights = np.array([row[0], row[1], row[2] * dt, row[3] * dt, stages.shares[n + 1] * dt])
            self._next(weights, start, rate, h, psi)
            taken += weights[4] * self.watts
            h.reverse()
            psi.reverse()
        self._count(len(stages.rows))
        moved = self.sums[self.active].sum(axis=0) * self.lay.cell_m3
        return np.asarray(joules + np.concatenate([moved, -taken]))

    def _next(self, weights: Array, start: Array, rate: Array, h: list[Array], psi: list[Array]) -> None:
        def work(rows: Array) -> None:
            cpu.next_stage(rows, psi[0], h[0], h[1], psi[1], start, rate, weights, self.flow, self.sink, self.window,
                           self.ground, self.sums, np.empty(self.lay.padded[2], np.float32))  # fmt: skip

        self.team.run(work, self.active)

    def _powers(self) -> NDArray[np.float64]:
        return np.asarray(np.concatenate([self.sums[self.active].sum(axis=0) * self.lay.cell_m3, -self.watts]))

    def _count(self, times: int) -> None:
        self.evaluations += times
        self.cell_updates += times * self.moved

    # --- steps --------------------------------------------------------------------------------------------------

    def judge(self, start: Array, end: Array, rate_start: Array, rate_end: Array, begin: Array, psi: Array, dt: float,
              still_k: float, ahead_s: float) -> Array:  # fmt: skip
        """What a trial step looks like, per active row (see `cpu.judge`)."""
        marks = np.zeros((self.lay.rows, cpu.MARKS))
        self.team.run(
            lambda part: cpu.judge(part, start, end, rate_start, rate_end, begin, psi, dt, still_k, ahead_s,
                                   self.window, self.ground, marks),
            self.active,
        )  # fmt: skip
        return marks[self.active]

    def latch(self, psi: Array) -> None:
        """Stop the flow for good where it has been too cold."""
        self.team.run(lambda part: cpu.latch(part, psi, self.flow, self.window, self.ground), self.active)

    def hold(self, h: Array, time_s: float, dt: float) -> tuple[bool, NDArray[np.float64]]:
        """Bring cells that a needle cooled below its coolant back to it; whether any, and heat given, J a needle."""
        joules = np.zeros(len(self.schedule.lines))
        if not joules.size:
            return False, joules
        changed = hold(h, self.ground.labels, self.rows, self.schedule.settings(time_s), self.needles.tables, self.work,
                       self.sink.value, dt, joules)  # fmt: skip
        return bool(changed), joules

    def wall_potentials(self) -> NDArray[np.float64]:
        """The potential at the wall of each piece of the needles in the last evaluation, W/m."""
        out = np.zeros(self.needles.tables.line.size)
        wall_potentials(self.needles.tables, self.work, out)
        return out

    # --- a run that goes on later -------------------------------------------------------------------------------

    def save(self) -> dict[str, Any]:
        """All that changes during a run, as arrays and numbers."""
        saved: dict[str, Any] = {"active": self.active, "sums": self.sums, "watts": self.watts,
                                 "sink": self.sink.value, "evaluations": self.evaluations,
                                 "cell_updates": self.cell_updates}  # fmt: skip
        for name, group in self._groups():
            saved |= {f"{name}.{field}": value for field, value in group._asdict().items()}
        return saved

    def load(self, saved: Mapping[str, Any]) -> None:
        """Take up what `save` gave."""
        self.active, self.sums[...], self.watts[...] = saved["active"], saved["sums"], saved["watts"]
        self.sink.value[...] = saved["sink"]
        self.evaluations, self.cell_updates = saved["evaluations"], saved["cell_updates"]
        for name, group in self._groups():
            setattr(self, name, group._replace(**{field: saved[f"{name}.{field}"] for field in group._fields}))
        self._touch()

    def _groups(self) -> tuple[tuple[str, Any], ...]:
        return (("flow", self.flow), ("window", self.window), ("work", self.work))

    # --- the window ---------------------------------------------------------------------------------------------

    @property
    def moved(self) -> int:
        """Cells of the window."""
        return int((self.window.high[self.active] - self.window.low[self.active]).sum())

    def align(self, h: Array, psi: Array, h_a: Array, h_b: Array, psi_a: Array) -> None:
        """Make the buffers of the next step equal to the state wherever the last two windows moved."""
        low = np.minimum(self.window.low, self.touched[0])
        high = np.maximum(self.window.high, self.touched[1])
        rows = np.flatnonzero(low < high)
        self.team.run(lambda part: cpu.align(part, low, high, h, psi, h_a, h_b, psi_a, self.ground), rows)
        self._touch()

    def _touch(self) -> None:
        self.touched = (self.window.low.copy(), self.window.high.copy())

    def look_everywhere(self) -> None:
        """Move and suspect every cell."""
        self.window = self._whole()
        self.active = self.all_rows

    def choose(self, marks: Array, *, wider: int = 0) -> Array:
        """A new window around what changes, and cold spans around what may freeze; returns the rows that it alters."""
        lay, old = self.lay, self.window
        margin = np.ceil(SPREAD_MM / (MM_PER_M * np.array(lay.spacing_m))).astype(int) + wider
        low, high = self._around(marks[:, cpu.BUSY_LOW], marks[:, cpu.BUSY_HIGH], margin)
        chilled, thawed = marks[:, cpu.COLD_LOW].copy(), marks[:, cpu.COLD_HIGH].copy()
        cold_low, cold_high = self._around(chilled, thawed, np.full(3, COLD_CELLS + wider))
        cold_low, cold_high = np.maximum(cold_low, low), np.minimum(cold_high, high)
        none = cold_low >= cold_high
        cold_low[none], cold_high[none] = lay.shape[2], 0
        idle = low >= high
        low[idle], high[idle] = lay.shape[2], 0
        self.window = cpu.Window(low, high, cold_low, cold_high, old.faces, old.face_count)
        self.active = np.flatnonzero(~idle)
        self.team.run(lambda part: cpu.cold_faces(part, self.window, self.ground), self.active)
        altered = ((old.low != low) | (old.high != high)).reshape(lay.shape[:2])
        altered = maximum_filter1d(maximum_filter1d(altered, 3, 0), 3, 1).reshape(-1)
        return np.flatnonzero(altered & ~idle)

    def _around(self, low: Array, high: Array, margin: Array) -> tuple[Array, Array]:
        length = self.lay.shape[2]
        lows, highs = np.full(self.lay.rows, length, np.int32), np.zeros(self.lay.rows, np.int32)
        lows[self.active], highs[self.active] = low, high
        first, last = self.sink.start[:-1], self.sink.start[1:]
        sunk, column = first < last, self.sink.cell % self.lay.padded[2]
        lows[sunk] = np.minimum(lows[sunk], column[first[sunk]] - 1)
        highs[sunk] = np.maximum(highs[sunk], column[last[sunk] - 1])
        lows, highs = lows.reshape(self.lay.shape[:2]), highs.reshape(self.lay.shape[:2])
        for axis in (0, 1):
            size = 2 * int(margin[axis]) + 1
            lows = minimum_filter1d(lows, size, axis, mode="nearest")
            highs = maximum_filter1d(highs, size, axis, mode="nearest")
        empty = lows >= highs
        lows, highs = np.maximum(lows - margin[2], 0), np.minimum(highs + margin[2], length)
        lows[empty], highs[empty] = length, 0
        return lows.reshape(-1).astype(np.int32), highs.reshape(-1).astype(np.int32)


@compiled(nogil=True, error_model="numpy")
def _fill(h, celsius, labels, rows):  # type: ignore[no-untyped-def]
    for i in range(celsius.shape[0]):
        for j in range(celsius.shape[1]):
            for k in range(celsius.shape[2]):
                label = labels[i + 1, j + 1, k + 1]
                if label != 255:
                    h[i + 1, j + 1, k + 1] = enthalpy(celsius[i, j, k], rows[label])


def _dictionary(lay: Layout, rows: Array, coldest_c: float) -> tuple[Array, Array, Array]:
    """For each listed face its two tables: translations between two tissues, or the flux through a film."""
    row = np.repeat(np.arange(lay.rows), np.diff(lay.face_start))
    i, j = np.divmod(row, lay.shape[1])
    own = lay.labels[i + 1, j + 1, lay.face_cell + 1].astype(np.int64)
    other = lay.labels.reshape(-1)[lay.face_there].astype(np.int64)
    kind, axis, which = lay.face_kind.T.astype(np.int64)
    tissue, wall = kind == TISSUE, kind == WALL
    pair = np.zeros((row.size, 2), np.int32)
    codes = np.unique(np.concatenate([own[tissue] * 256 + other[tissue], other[tissue] * 256 + own[tissue]]))
    words, scale = translations(rows, np.stack(np.divmod(codes, 256), axis=1).astype(np.uint8), coldest_c)
    pair[tissue, 0] = np.searchsorted(codes, own[tissue] * 256 + other[tissue])
    pair[tissue, 1] = np.searchsorted(codes, other[tissue] * 256 + own[tissue])
    films = np.unique((own[wall] * 256 + which[wall]) * 4 + axis[wall])
    pair[wall] = (len(codes) + np.searchsorted(films, (own[wall] * 256 + which[wall]) * 4 + axis[wall]))[:, None]
    flux, flux_scale = np.zeros((len(films), ENTRIES), np.float32), np.zeros((len(films), 2), np.float32)
    for n, code in enumerate(films):
        (label, number), d = divmod(int(code) // 4, 256), lay.spacing_m[int(code) % 4]
        h, ambient = lay.wall_values[number]
        m = rows.view(np.recarray)[label]
        top = max(m.liquidus, ambient, 40.0) + 60.0
        psi = np.linspace(potential(min(coldest_c, m.solidus - 1.0), m), potential(top, m), ENTRIES) / m.warm_k
        celsius = inverse_potential(psi * m.warm_k, rows[label])
        flux[n] = film_fluxes(celsius, ambient, h, 0.5 * d, rows[label]) / d
        flux_scale[n] = psi[0], (ENTRIES - 1) / (psi[-1] - psi[0])
    return pair, np.concatenate([words, flux]), np.concatenate([scale, flux_scale])
