"""The equation on this machine: enthalpies in, rates out; what a time-stepping method needs and nothing more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.kernels import compiled
from iceball.physics.freezing import enthalpy
from iceball.solve import cpu, cpu_looks, cpu_rates, cpu_stages
from iceball.solve.dictionary import Dictionary
from iceball.solve.films import Films, chilling
from iceball.solve.layout import GAS, WALL, Layout
from iceball.solve.needle import Sinks
from iceball.solve.needle_heat import draw, hold, wall_potentials, work_for
from iceball.solve.rkl2 import Stages
from iceball.solve.rows import bends, table
from iceball.solve.schedule import Schedule
from iceball.solve.team import Team
from iceball.solve.window import Cut, altered, whole, window

Array = NDArray[Any]
FIXED = cpu.SUMS
"""Entries of the powers before the needles: walls, outer faces, blood, metabolism, source, window's edge."""
FIELDS = 9
"""Fields of a run: four of enthalpies, two of potentials, two of rates, and the blood that is left."""
LARGE_PAGE, WORTH_A_PAGE = 2**21, 2**20
"""Bytes of a large page of memory, as Linux gives them for blocks of some MB, and of a field that is worth one."""
PER_HALO_ROW, PER_CUT = 10, 8000
"""What it costs at each near stage to keep near and far cells together, in cells moved: a row of those that touch each
other, and the rest of it."""


class CpuMachine:
    """float32 fields, tables for the potential, all cores."""

    name = "cpu"
    kind: type[np.floating[Any]] = np.float32

    def __init__(self, lay: Layout, rows: Array, needles: Sinks, schedule: Schedule, *, coldest_c: float,
                 threads: int | None) -> None:  # fmt: skip
        self.lay, self.rows, self.schedule, self.coldest_c = lay, rows, schedule, coldest_c
        self.team = Team(threads, int(np.prod(lay.shape)))
        self.all_rows = np.arange(lay.rows, dtype=np.int64)
        self.room = _room(int(np.prod(lay.padded)), np.dtype(self.kind))
        self.flow = cpu.Flow(self.renew(self.field(), 1.0), np.zeros(lay.rows, bool))
        self.cell_updates = 0
        self.tables = table(rows, coldest_c=coldest_c), *bends(rows)
        self.films = Films(lay, rows, coldest_c)
        self.dictionary = Dictionary(rows, self.films)
        self.take_up(lay, needles)

    def take_up(self, lay: Layout, needles: Sinks) -> None:
        """Work from now on with these tissues in the same cells; fields and blood stay as they are."""
        self.lay, self.needles = lay, needles
        self.active = self.all_rows
        self.films.lay_down(lay)
        self.ground = self._ground()
        self.chilled = chilling(lay, self.rows)
        self.window = whole(lay)
        cpu_looks.cold_faces(self.all_rows, self.window, self.ground)
        tables = needles.tables
        i, j, _ = np.unravel_index(tables.cells, lay.padded)
        starts = np.searchsorted((i - 1) * lay.shape[1] + j - 1, np.arange(lay.rows + 1))
        self.sink = cpu.Sink(starts.astype(np.int64), tables.cells, np.zeros(tables.cells.size))
        self.made = np.zeros(tables.cells.size)
        self.work = work_for(tables, len(self.schedule.lines))
        self.sums = np.zeros((lay.rows, 2 * cpu.SUMS))
        self.watts = np.zeros(len(self.schedule.lines))
        self.walls_j = np.zeros(len(lay.wall_values))
        self._touch()
        self.tissues = self.rows[[n for n in np.unique(lay.labels) if n != GAS]]
        self._split()

    def walls_turned(self) -> None:
        """Work from now on with what the layout's walls do now."""
        words, scale = self.films.tables(self.lay)
        self.ground.words[len(self.ground.words) - len(words) :] = words
        self.ground.word_scale[len(self.ground.words) - len(words) :] = scale
        self.chilled = chilling(self.lay, self.rows)

    # --- what stays ---------------------------------------------------------------------------------------------

    def _ground(self) -> cpu.Ground:
        lay = self.lay

        def flat(slots: Array) -> Array:
            return np.ascontiguousarray(slots).reshape(-1).astype(np.int64)

        pair, words, scale = self.dictionary.of(lay)
        at, film = np.flatnonzero(lay.face_kind[:, 0] == WALL), np.full(lay.face_cell.size, -1, np.int32)
        film[at] = np.arange(at.size)
        self.film_wall, self.film_row = (
            lay.face_kind[at, 2].astype(np.int64),
            np.searchsorted(lay.face_start, at, side="right") - 1,
        )
        return cpu.Ground(
            lay.shape[1], lay.base, np.array(lay.strides, np.uint64), lay.kin.reshape(-1),
            lay.run_start, lay.runs, lay.piece_start, lay.pieces, flat(lay.slot[1:-1, 1:-1]), flat(lay.slot[:-2, 1:-1]),
            flat(lay.slot[1:-1, :-2]), lay.conduct.reshape(-1), lay.inverse_squares,
            *self.tables, self.rows, lay.source.reshape(-1),
            lay.face_start, lay.face_cell, lay.face_there, lay.face_kind, lay.face_k, pair, words, scale,
            film, np.zeros((at.size, 2)),
        )  # fmt: skip

    # --- fields -------------------------------------------------------------------------------------------------

    def field(self) -> Array:
        """An empty field with its frame, flat."""
        place = next(self.room, None)
        return np.zeros(int(np.prod(self.lay.padded)), self.kind) if place is None else place

    def renew(self, field: Array, values: Array | float) -> Array:
        """The field with other values."""
        field[...] = values
        return field

    def potential_field(self) -> Array:
        """A field of potentials: gas and ghosts at their temperature."""
        return self.renew(self.field(), self.lay.edge_psi.reshape(-1))

    def renew_gas(self, psi: Array) -> None:
        """Give a field of potentials what its gas has now."""
        cells = self.lay.face_there[self.lay.face_kind[:, 0] == WALL]
        psi[cells] = self.lay.edge_psi.reshape(-1)[cells]

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
        self.team.run(lambda part: cpu_rates.potentials(part, h, psi, self.ground), self.all_rows)

    def rates(self, h: Array, psi: Array, time_s: float, rate: Array, rows: Array | None = None) -> None:
        """dH/dt of the window's cells into `rate`, W/m3; `sums` and `watts` hold the powers.

        Given some rows only, those alone, with the needles' heat as it was drawn last.
        """
        if rows is None:
            rows = self.active
            self._draw(h, psi, self.schedule.settings(time_s))
        self.team.run(
            lambda part: cpu_rates.rates(
                part, psi, self.flow, self.sink, self.window, self.ground, self.sums, 1.0, rate
            ),
            rows,
        )
        self.cell_updates += self.uncut.near_cells

    def euler(self, start: Array, rate: Array, dt: float, h: Array, psi: Array) -> NDArray[np.float64]:
        """`h` = start + dt rate, with its potentials; returns the heat moved, J."""
        joules = self._powers(dt, dt)
        self.walls_j = self._by_wall(dt, dt)
        self._first(self.uncut, False, start, rate, dt, h, psi)
        return joules

    def climb(self, near: Stages, far: Stages, time_s: float, dt: float, start: Array, rate: Array, h: list[Array],
              psi: list[Array], total: Array) -> NDArray[np.float64]:  # fmt: skip
        """All stages of one step from `start` with `rate`; `h` and `psi` are two buffers each, `total` is one more.

        `h[0]` and `psi[0]` hold the end afterwards. Near the ice the step has the stages `near`, far from it the fewer
        stages `far`: each far stage is taken as soon as the near ones have come to its time, and between two of them
        the near cells see their far neighbours on a straight line. At the end far cells settle up with near ones for
        what they have exchanged. Returns the heat moved, J.
        """
        saved = self.cut.far_cells * (1.0 - far.times.size / near.times.size)
        cut = self.cut if saved > PER_HALO_ROW * self.cut.halo.size + PER_CUT else self.uncut
        far = far if cut is self.cut else near
        joules = self._powers(near.shares[0] * dt, far.shares[0] * dt)
        walls_j = self._by_wall(near.shares[0] * dt, far.shares[0] * dt)
        self.sums[self.active] = 0.0
        self.ground.films[...] = 0.0
        self._weigh(cut, psi[0], dt * (near.shares[0] - far.shares[0]), total, anew=True)
        slow = [h[0], h[1]]
        self._first(cut, False, start, rate, near.first * dt, h[0], psi[0])
        self._first(cut, True, start, rate, far.first * dt, h[0], psi[0])
        settings = self.schedule.settings_at(time_s + dt * near.times[:-1])
        taken = np.zeros_like(self.watts)
        begun, done, times = start, 1, [0.0, *far.times]
        for n in range(1, near.times.size):
            time, coming = near.times[n - 1], near.times[n]
            while cut.far_cells and done < far.times.size and time >= times[done] - 0.5 * (coming - time):
                self._settle(cut, slow[0], psi[0])
                weights = far.weights(done, dt)
                self._weigh(cut, psi[0], -weights[4], total)
                self._next(cut, True, weights, start, rate, slow, psi)
                slow.reverse()
                begun, done = slow[1], done + 1
            at = (time - times[done - 1]) / (times[done] - times[done - 1])
            weights = near.weights(n, dt)
            self._bridge(cut, begun, slow[0], at, psi[0], weights[4], total)
            self._draw(h[0], psi[0], settings[n - 1])
            self._next(cut, False, weights, start, rate, h, psi)
            taken += weights[4] * self.watts
            h.reverse()
            psi.reverse()
        self.team.run(lambda part: cpu_stages.settle_up(part, total, slow[0], cut.window, self.ground), cut.halo)
        self._settle(cut, slow[0], psi[0])
        if slow[0] is not h[0]:
            self.team.run(lambda part: cpu_stages.hand_over(part, slow[0], h[0], cut.window, self.ground), cut.far)
        moved = self.sums[self.active].sum(axis=0) * self.lay.cell_m3
        self.walls_j = walls_j + self._by_wall(1.0, 1.0)
        return np.asarray(joules + np.concatenate([moved[:FIXED] + moved[FIXED:], -taken]))

    def _first(self, cut: Cut, far: bool, start: Array, rate: Array, dt: float, h: Array, psi: Array) -> None:
        self.team.run(lambda part: cpu_stages.first_stage(part, far, start, rate, dt, h, psi, cut.window, self.ground),
                      cut.far if far else cut.near)  # fmt: skip

    def _next(self, cut: Cut, far: bool, weights: Array, start: Array, rate: Array, h: list[Array],
              psi: list[Array]) -> None:  # fmt: skip
        def work(part: Array) -> None:
            cpu_stages.next_stage(part, far, psi[0], h[0], h[1], psi[1], start, rate, weights, self.flow, self.sink,
                           cut.window, self.ground, self.sums, np.empty(self.lay.padded[2], np.float32))  # fmt: skip

        self.team.run(work, cut.far if far else cut.near)
        self.cell_updates += cut.far_cells if far else cut.near_cells

    def _settle(self, cut: Cut, h: Array, psi: Array) -> None:
        self.team.run(lambda part: cpu_stages.settle(part, h, psi, cut.window, self.ground), cut.far)

    def _bridge(self, cut: Cut, earlier: Array, later: Array, at: float, psi: Array, share: float,
                total: Array) -> None:  # fmt: skip
        self.team.run(
            lambda part: cpu_stages.bridge(part, earlier, later, at, psi, share, total, cut.window, self.ground),
            cut.halo,
        )

    def _weigh(self, cut: Cut, psi: Array, share: float, total: Array, *, anew: bool = False) -> None:
        self.team.run(lambda part: cpu_stages.weigh(part, psi, share, anew, total, cut.window, self.ground), cut.halo)

    def _powers(self, near_s: float, far_s: float) -> NDArray[np.float64]:
        """Heat that the powers of the last rates bring within given times near the ice and far from it, J."""
        sums = self.sums[self.active].sum(axis=0) * self.lay.cell_m3
        return np.asarray(np.concatenate([near_s * sums[:FIXED] + far_s * sums[FIXED:], -near_s * self.watts]))

    def _by_wall(self, near_s: float, far_s: float) -> NDArray[np.float64]:
        """The same of each wall alone, J."""
        brought = self.ground.films @ (near_s, far_s)
        per_wall = np.bincount(self.film_wall, brought, minlength=len(self.lay.wall_values))
        return np.asarray(per_wall * self.lay.cell_m3, np.float64)

    # --- steps --------------------------------------------------------------------------------------------------

    def judge(self, start: Array, end: Array, rate_start: Array, rate_end: Array, begin: Array, psi: Array, dt: float,
              still_k: float, ahead_s: float) -> Array:  # fmt: skip
        """What a trial step looks like, per active row (see `cpu_looks.judge`)."""
        marks = np.zeros((self.lay.rows, cpu.MARKS))
        self.team.run(
            lambda part: cpu_looks.judge(part, start, end, rate_start, rate_end, begin, psi, dt, still_k, ahead_s,
                                   self.window, self.ground, marks),
            self.active,
        )  # fmt: skip
        return marks[self.active]

    def latch(self, psi: Array) -> None:
        """Stop the flow for good where it has been too cold."""
        self.team.run(lambda part: cpu_looks.latch(part, psi, self.flow, self.window, self.ground), self.active)

    def hold(self, h: Array, time_s: float, dt: float) -> tuple[bool, NDArray[np.float64]]:
        """Bring cells that a needle cooled below its coolant back to it; whether any, and heat given, J a needle."""
        joules = np.zeros(len(self.schedule.lines))
        if not joules.size:
            return False, joules
        changed = hold(h, self.ground.labels, self.rows, self.schedule.coldest(time_s, dt), self.needles.tables,
                       self.work, self.sink.value, dt, joules)  # fmt: skip
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
                                 "sink": self.sink.value, "films": self.ground.films,
                                 "cell_updates": self.cell_updates}  # fmt: skip
        for name, group in self._groups():
            saved |= {f"{name}.{field}": value for field, value in group._asdict().items()}
        return saved

    def load(self, saved: Mapping[str, Any]) -> None:
        """Take up what `save` gave."""
        self.active, self.sums[...], self.watts[...] = saved["active"], saved["sums"], saved["watts"]
        self.sink.value[...], self.ground.films[...] = saved["sink"], saved["films"]
        self.cell_updates = saved["cell_updates"]
        for name, group in self._groups():
            setattr(self, name, group._replace(**{field: saved[f"{name}.{field}"] for field in group._fields}))
        self._touch()
        self._split()

    def _groups(self) -> tuple[tuple[str, Any], ...]:
        return (("flow", self.flow), ("window", self.window), ("work", self.work))

    # --- the window ---------------------------------------------------------------------------------------------

    def align(self, h: Array, psi: Array, h_a: Array, h_b: Array, psi_a: Array) -> None:
        """Make the buffers of the next step equal to the state in what the last one moved and the next does not."""
        low, high = self.touched
        rows = np.flatnonzero((low < high) & ((low < self.window.low) | (high > self.window.high)))
        self.team.run(
            lambda part: cpu_stages.align(part, low, high, self.window, h, psi, h_a, h_b, psi_a, self.ground), rows
        )
        self._touch()

    def _touch(self) -> None:
        self.touched = (self.window.low.copy(), self.window.high.copy())

    def _split(self) -> None:
        """Cut the window; `uncut` is all near."""
        w = self.window
        self.cut = Cut.of(w)
        self.uncut = Cut.of(w._replace(near_low=w.low, near_high=w.high, halo_low=w.low, halo_high=w.high))

    def look_everywhere(self) -> None:
        """Move and suspect every cell."""
        self._take(whole(self.lay))

    def choose(self, marks: Array, *, wider: int = 0) -> Array:
        """A new window around what changes, and cold spans around what may freeze; returns the rows that it alters."""
        old = self.window
        low, high = (span[self.active] for span in self.chilled)
        for first, last in ((cpu.BUSY_LOW, cpu.BUSY_HIGH), (cpu.COLD_LOW, cpu.COLD_HIGH)):
            marks[:, first], marks[:, last] = np.minimum(marks[:, first], low), np.maximum(marks[:, last], high)
        self._take(window(self.lay, self.sink, self.active, marks, wider, old))
        return altered(self.lay, old, self.window)

    def _take(self, chosen: cpu.Window) -> None:
        """Make a window the machine's own."""
        self.window = chosen
        self.active = np.flatnonzero(chosen.low < chosen.high)
        self.ground.films[chosen.low[self.film_row] >= chosen.high[self.film_row]] = 0.0
        self._split()
        self.team.run(lambda part: cpu_looks.cold_faces(part, chosen, self.ground), self.active)


def _room(size: int, kind: np.dtype[Any]) -> Iterator[Array]:
    """Places for the fields of a run, side by side in large pages of memory: found a fifth faster there."""
    if size * kind.itemsize < WORTH_A_PAGE:
        return
    slack = LARGE_PAGE // kind.itemsize
    block = np.zeros(FIELDS * size + slack, kind)
    first = -block.ctypes.data % LARGE_PAGE // kind.itemsize
    for n in range(FIELDS):
        yield block[first + n * size : first + (n + 1) * size]


@compiled(nogil=True, error_model="numpy")
def _fill(h, celsius, labels, rows):  # type: ignore[no-untyped-def]
    for i in range(celsius.shape[0]):
        for j in range(celsius.shape[1]):
            for k in range(celsius.shape[2]):
                label = labels[i + 1, j + 1, k + 1]
                if label != 255:
                    h[i + 1, j + 1, k + 1] = enthalpy(celsius[i, j, k], rows[label])
