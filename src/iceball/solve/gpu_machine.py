"""The equation on an NVIDIA GPU: what `CpuMachine` gives to a march, with all fields on the device.

What the march asks for is written down and sent together: the latching of blood, the stages, the rates at their end and
their judgement are one launch, and the only wait is for the judgement's few numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from iceball.errors import SceneError, SolverError
from iceball.solve import cpu, gpu, gpu_tables
from iceball.solve.dictionary import Dictionary
from iceball.solve.films import Films
from iceball.solve.gpu import JUDGE, LATCH, MARKS, PER_STAGE, POTENTIALS, POWERS, RATES, STAGES, THREADS
from iceball.solve.gpu_cell import Ground
from iceball.solve.gpu_field import DeviceField
from iceball.solve.layout import GAS, WALL, Layout
from iceball.solve.machine import FIXED
from iceball.solve.needle import Sinks
from iceball.solve.needle_heat import wall_potentials, work_for
from iceball.solve.rkl2 import Stages
from iceball.solve.rows import ROW, table
from iceball.solve.schedule import Schedule
from iceball.solve.team import Team

Array = NDArray[Any]
PART_CELLS = 8 * THREADS
"""Cells of one part of the grid that is judged."""
MOST_PARTS = 1024
CELL_BYTES, FACE_BYTES = 75, 28
"""On the device, counted: eight fields of a march, the openings, the labels, a source, a record of 22 bytes, and eight
for temperatures on their way there; six whole numbers of a face and its conductance."""
AT_END = (0.0, 0.0, 0.0, 0.0, 1.0)
"""Weights of the rates at the end of a step: they move nothing and are counted once."""


class Everything(NamedTuple):
    """The window of a machine that moves every cell: first and one past the last cell of each row."""

    low: Array
    high: Array


@dataclass
class _Work:
    """What of the needles' solution others change."""

    able: DeviceField


@dataclass
class _Asked:
    """What will be done in the next launch."""

    ask: int
    fields: dict[str, DeviceField]
    stages: Array
    settings: list[Array]
    first_s: float = 0.0
    judged_s: float = 0.0


class GpuMachine:
    """float32 fields on the device; every cell is moved in every step."""

    name = "gpu"
    kind: type[np.floating[Any]] = np.float32

    def __init__(self, lay: Layout, rows: Array, needles: Sinks, schedule: Schedule, *, coldest_c: float,
                 threads: int | None) -> None:  # fmt: skip
        gpu.must_be_there()
        self.lay, self.rows, self.needles, self.schedule = lay, rows, needles, schedule
        self.device = gpu.name()
        self.team = Team(1, 0)
        self.lines = len(schedule.lines)
        self.tissues = rows[[n for n in np.unique(lay.labels) if n != GAS]]
        self.window = Everything(np.zeros(lay.rows, np.int32), np.full(lay.rows, lay.shape[2], np.int32))
        self.cells = int((lay.labels != GAS).sum())
        self.cell_updates = 0
        self.launch = {name: gpu.Launch(getattr(gpu, name), together=name == "step")
                       for name in ("step", "hold", "follow", "gather", "fill", "temperatures")}  # fmt: skip
        self._asked: _Asked | None = None
        self._ask_was, self._unread = 0, False
        self._setting = np.zeros((self.lines, 4))
        self._orders = np.zeros(0)
        self._rooms: dict[int, tuple[Array, Any, Any]] = {}
        self._moved = np.zeros(FIXED + self.lines)
        self._place(coldest_c)

    def _place(self, coldest_c: float) -> None:
        """Bring everything that stays to the device."""
        lay, tables = self.lay, self.needles.tables
        self.films = Films(lay, self.rows, coldest_c)
        self._tables = Dictionary(self.rows, self.films).of(lay)
        faces = gpu_tables.face_tables(lay, *self._tables)
        # aligned, or the device would read each number byte by byte
        records = self.rows.astype(np.dtype((np.record, np.dtype(ROW.descr, align=True))))
        size = int(np.prod(lay.padded))
        need, free = CELL_BYTES * size + FACE_BYTES * lay.face_cell.size, gpu.free_bytes()
        if need > free:
            raise SceneError(
                f"{size / 1e6:.3g} million cells need {need / 1e9:.3g} GB on the GPU; {free / 1e9:.3g} GB are free",
                where="Scene.grid",
                remedy="Take wider cells, or backend='cpu'.",
            )
        start, face, face_k, words = (gpu.sent(f) for f in faces)
        kx, ky, kz = (np.float32(s) for s in lay.inverse_squares)
        self.ground = Ground(
            gpu.sent(lay.labels.reshape(-1)), gpu.sent(table(self.rows, coldest_c=coldest_c).reshape(-1)),
            gpu.sent(records), gpu.sent(lay.source.reshape(-1)), start, face, face_k, words, lay.strides[0],
            lay.strides[1], kx, ky, kz, min(MOST_PARTS, -(-size // PART_CELLS)),
        )  # fmt: skip
        whole, real = gpu_tables.needle_tables(tables, self.lines)
        self.carried = DeviceField(self, gpu.sent(gpu_tables.needle_work(tables, self.lines)))
        self.work = _Work(DeviceField(self, gpu.sent(np.ones(tables.slot.size))))
        self.needle = gpu.Needles(gpu.sent(whole), gpu.sent(real), self.carried.values, self.work.able.values)
        self.open = DeviceField(self, gpu.sent(np.ones(size, np.float32)))
        self.joules = gpu.sent(np.zeros(self.lines + 1))
        fields = gpu.Fields._make([*[self.field().values] * 8, self.open.values])
        # with what it will be given the loops are compiled, and it shows how many blocks can wait for each other
        blocks = self.launch["step"].blocks(0, fields, self.ground, self.needle, self.joules, lay.cell_m3, self.joules)
        self._first_mark = 2 * self.lines + 2 * POWERS * blocks
        self.answer = gpu.sent(np.zeros(self._first_mark + MARKS * self.ground.parts))
        self.powers = np.zeros(FIXED + self.lines)
        self.marks = np.zeros((1, cpu.MARKS))
        self.held = False

    # --- fields -------------------------------------------------------------------------------------------------

    def field(self) -> DeviceField:
        """An empty field with its frame, flat."""
        return DeviceField(self, gpu.sent(np.zeros(int(np.prod(self.lay.padded)), self.kind)))

    def renew(self, field: DeviceField, values: DeviceField) -> DeviceField:
        """A field with other values: a new one, since device memory is not written in place."""
        return values.copy()

    def potential_field(self) -> DeviceField:
        """A field of potentials: gas and ghosts at their temperature."""
        return DeviceField(self, gpu.sent(self.lay.edge_psi.astype(self.kind).reshape(-1)))

    def enthalpies(self, celsius: NDArray[np.float64]) -> DeviceField:
        """The state at given temperatures."""
        h = self.field()
        flat = np.ascontiguousarray(celsius, np.float64).reshape(-1)
        ground = self.ground
        self.launch["fill"](flat.size, gpu.sent(flat), self.lay.shape[1:], ground.labels, ground.rows, h.values)
        return h

    def celsius(self, h: DeviceField) -> NDArray[np.float32]:
        """Temperatures of a field of enthalpies, NaN in gas, on the host."""
        self.settle()
        out = gpu.room(int(np.prod(self.lay.shape)), np.float32)
        self.launch["temperatures"](out.size, h.values, self.lay.shape[1:], self.ground.labels, self.ground.rows, out)
        return np.asarray(out.copy_to_host()).reshape(self.lay.shape)

    def walls_turned(self) -> None:
        """Work from now on with what the layout's walls do now."""
        self.settle()
        pair, words, scale = self._tables
        flux, flux_scale = self.films.tables(self.lay)
        words[len(words) - len(flux) :], scale[len(words) - len(flux) :] = flux, flux_scale
        _, _, face_k, lines = gpu_tables.face_tables(self.lay, pair, words, scale)
        self.ground = self.ground._replace(face_k=gpu.sent(face_k), words=gpu.sent(lines))

    def renew_gas(self, psi: DeviceField) -> None:
        """Give a field of potentials what its gas has now."""
        values, cells = psi.host(), self.lay.face_there[self.lay.face_kind[:, 0] == WALL]
        values[cells] = self.lay.edge_psi.reshape(-1)[cells]
        psi[...] = values

    # --- the equation -------------------------------------------------------------------------------------------

    def potentials(self, h: DeviceField, psi: DeviceField) -> None:
        """All potentials anew."""
        self._ask(POTENTIALS, now=h, psi=psi)

    def rates(self, h: DeviceField, psi: DeviceField, time_s: float, rate: DeviceField,
              rows: Array | None = None) -> None:  # fmt: skip
        """dH/dt of all cells into `rate`, W/m3. There are never some rows only: no window moves."""
        self._ask(RATES, now=h, psi=psi, rate=rate).settings.append(self.schedule.settings(time_s))
        self._count(1)

    def euler(self, start: DeviceField, rate: DeviceField, dt: float, h: DeviceField,
              psi: DeviceField) -> NDArray[np.float64]:  # fmt: skip
        """`h` = start + dt rate, with its potentials; the heat moved, J, is known after the next `judge`."""
        return self._step(dt, dt, np.zeros((0, PER_STAGE)), np.zeros((0, self.lines, 4)),
                          start=start, rate_start=rate, now=h, psi=psi)  # fmt: skip

    def climb(self, near: Stages, far: Stages, time_s: float, dt: float, start: DeviceField, rate: DeviceField,
              h: list[DeviceField], psi: list[DeviceField], total: DeviceField) -> NDArray[np.float64]:  # fmt: skip
        """All stages of one step from `start` with `rate`; `h` and `psi` are two buffers each.

        `h[0]` and `psi[0]` hold the end afterwards. Every cell takes the stages `near`: `far`, the fewer ones that warm
        tissue would need, save nothing here. The heat moved, J, is known after the next `judge`.
        """
        if len(near.rows) % 2:
            raise SolverError("a step on the GPU needs an odd number of stages", where="GpuMachine.climb")
        weights = np.array([near.weights(n, dt) for n in range(1, near.times.size)])
        settings = self.schedule.settings_at(time_s + dt * near.times[:-1])
        self._count(len(weights))
        return self._step(near.first * dt, near.shares[0] * dt, weights, settings, start=start, rate_start=rate,
                          now=h[0], other=h[1], psi=psi[0], psi_other=psi[1])  # fmt: skip

    def _step(self, first_s: float, share_s: float, weights: Array, settings: Array,
              **fields: DeviceField) -> NDArray[np.float64]:  # fmt: skip
        if self._asked is not None and self._asked.ask & RATES:
            self.settle()
        self._read()
        asked = self._ask(STAGES, **fields)
        asked.stages, asked.first_s = weights, first_s
        asked.settings += list(settings)
        self._moved = share_s * self.powers
        return self._moved

    def _count(self, times: int) -> None:
        self.cell_updates += times * self.cells

    # --- steps --------------------------------------------------------------------------------------------------

    def judge(self, start: DeviceField, end: DeviceField, rate_start: DeviceField, rate_end: DeviceField,
              begin: DeviceField, psi: DeviceField, dt: float, still_k: float, ahead_s: float) -> Array:  # fmt: skip
        """What a trial step looks like: one row of marks for the whole grid (see `cpu.judge`)."""
        fields = {"start": start, "rate_start": rate_start, "now": end, "rate": rate_end, "begin": begin, "psi": psi}
        self._ask(JUDGE, **fields).judged_s = dt
        self.settle()
        self._read()
        return self.marks

    def latch(self, psi: DeviceField) -> None:
        """Stop the flow for good where it has been too cold."""
        self._ask(LATCH, psi=psi)

    def hold(self, h: DeviceField, time_s: float, dt: float) -> tuple[bool, NDArray[np.float64]]:
        """Bring cells that a needle cooled below its coolant back to it; whether any, and heat given, J a needle.

        The judgement before has seen whether there is anything to do.
        """
        if not self.held:
            return False, np.zeros(self.lines)
        self.settle()
        setting = gpu.sent(self.schedule.coldest(time_s, dt).reshape(-1))
        self.launch["hold"](THREADS, h.values, self.ground, self.needle, setting, dt, self.lay.cell_m3, self.joules)
        told = self.joules.copy_to_host()
        return bool(told[-1] > 0), np.asarray(told[:-1])

    def wall_potentials(self) -> NDArray[np.float64]:
        """The potential at the wall of each piece of the needles in the last evaluation, W/m."""
        carried, work = self.carried.host(), work_for(self.needles.tables, self.lines)
        work.strength[...] = gpu_tables.part(carried, gpu_tables.STRENGTH)
        work.ring[...] = gpu_tables.part(carried, gpu_tables.RING)
        out = np.zeros(self.needles.tables.line.size)
        wall_potentials(self.needles.tables, work, out)
        return out

    @property
    def walls_j(self) -> NDArray[np.float64]:
        """What each wall brought in the last step, J; several are not told apart here, so they have no number."""
        count = len(self.lay.wall_values)
        return self._moved[[cpu.WALLS]].copy() if count == 1 else np.full(count, np.nan)

    # --- what a march needs of a window that never moves --------------------------------------------------------

    def align(self, h: DeviceField, psi: DeviceField, h_a: DeviceField, h_b: DeviceField, psi_a: DeviceField) -> None:
        """Nothing: a step writes every cell of its buffers before it reads it."""

    def look_everywhere(self) -> None:
        """Nothing: it always does."""

    def choose(self, marks: Array, *, wider: int = 0) -> Array:
        """No row is altered: all cells stay in the window."""
        return np.zeros(0, np.int64)

    # --- a run that goes on later -------------------------------------------------------------------------------

    def save(self) -> dict[str, Any]:
        """All that changes during a run, as arrays and numbers."""
        self.settle()
        self._read()
        return {"open": self.open.host(), "able": self.work.able.host(), "carried": self.carried.host(),
                "powers": self.powers, "held": self.held, "cell_updates": self.cell_updates}  # fmt: skip

    def load(self, saved: Mapping[str, Any]) -> None:
        """Take up what `save` gave."""
        self._asked, self._unread = None, False
        self.open[...], self.work.able[...], self.carried[...] = saved["open"], saved["able"], saved["carried"]
        self.powers, self.held = saved["powers"], saved["held"]
        self.cell_updates = saved["cell_updates"]

    def uploaded(self, saved: Mapping[str, Any]) -> dict[str, Any]:
        """A march's part of a checkpoint with its fields on the device."""
        return {
            name: DeviceField(self, gpu.sent(value))
            if isinstance(value, np.ndarray) and not name.startswith("machine.")
            else value
            for name, value in saved.items()
        }

    # --- launches -----------------------------------------------------------------------------------------------

    def _ask(self, what: int, **fields: DeviceField) -> _Asked:
        """Write down what is wanted; what cannot come after it in one launch is sent first."""
        asked = self._asked
        if asked is not None and (
            asked.ask >= what or any(asked.fields.get(name, field) is not field for name, field in fields.items())
        ):
            self.settle()
        if self._asked is None:
            self._asked = _Asked(0, {}, np.zeros((0, PER_STAGE)), [])
        self._asked.ask += what
        self._asked.fields |= fields
        return self._asked

    def settle(self) -> None:
        """Send what is written down."""
        asked, self._asked = self._asked, None
        if asked is None:
            return
        if not asked.ask & RATES:
            asked.settings.append(self._setting)
        self._setting = asked.settings[-1]
        self._order([(len(asked.stages), asked.first_s, asked.judged_s), asked.stages.reshape(-1), AT_END,
                     *(setting.reshape(-1) for setting in asked.settings)])  # fmt: skip
        blank = next(iter(asked.fields.values()))
        fields = gpu.Fields._make(
            [*(asked.fields.get(name, blank).values for name in gpu.Fields._fields[:-1]), self.open.values]
        )
        self.launch["step"](0, asked.ask, fields, self.ground, self.needle, self.orders, self.lay.cell_m3, self.answer)
        self._ask_was = asked.ask
        self._unread = True

    def _order(self, parts: list[Any]) -> None:
        """Bring the orders to the device, into one room that is made anew only where it is too small."""
        orders = np.concatenate(parts)
        if orders.size > self._orders.size:
            self._orders = np.zeros(2 * orders.size)
            self.orders = gpu.sent(self._orders)
        self._orders[: orders.size] = orders
        self.orders.copy_to_device(self._orders)

    def room_for(self, cells: Array) -> tuple[Any, Any]:
        """Some cells' places on the device, and room for four fields in them; made once for each array of cells."""
        if id(cells) not in self._rooms:
            flat = np.ravel(cells)
            self._rooms[id(cells)] = (cells, gpu.sent(flat), gpu.room(4 * flat.size, np.float32))
        return self._rooms[id(cells)][1:]

    def _read(self) -> None:
        """Take in the answer to the last launch, if that is still to be done."""
        if not self._unread:
            return
        self._unread = False
        answer, ask = self.answer.copy_to_host(), self._ask_was
        watts, taken = answer[: 2 * self.lines].reshape(2, self.lines)
        powers = answer[2 * self.lines : self._first_mark].reshape(-1, 2, POWERS).sum(axis=0) * self.lay.cell_m3
        if ask & STAGES:
            self._moved[:POWERS] += powers[0]
            self._moved[FIXED:] -= taken
        if ask & RATES:
            self.powers = np.zeros(FIXED + self.lines)
            self.powers[:POWERS], self.powers[FIXED:] = powers[1], -watts
        if ask & JUDGE:
            marks = answer[self._first_mark :].reshape(-1, MARKS)
            self.marks = np.zeros((1, cpu.MARKS))
            self.marks[0, [cpu.ERROR, cpu.STORED]] = marks[:, :2].sum(axis=0)
            self.marks[0, cpu.LOW_C], self.marks[0, cpu.HIGH_C] = marks[:, 2].min(), marks[:, 3].max()
            self.held = bool(marks[:, 4].sum() > 0)
