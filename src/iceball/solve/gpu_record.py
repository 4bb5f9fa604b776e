"""What is remembered of every cell, kept on the device until the run is over."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.solve import gpu
from iceball.solve.gpu_field import DeviceField
from iceball.solve.gpu_machine import GpuMachine
from iceball.solve.record import Field, Record
from iceball.solve.step import Step
from iceball.solve.team import Team

KEPT = ("minimum", "below_20", "below_40", "first_frozen", "cooling")
COUNTS = ("cycles", "ice")


class GpuRecord(Record):
    """A `Record` that follows a `GpuMachine`: one launch a step, nothing comes back before it is asked for.

    Args:
        machine: what is followed.
        h: enthalpies at the start.
        coldest_c: the coldest thing in the scene: within a step no cell gets colder.
    """

    def __init__(self, machine: GpuMachine, h: DeviceField, coldest_c: float = -math.inf) -> None:
        super().__init__(machine.lay, machine.rows, h.host(), coldest_c)
        self.machine = machine
        self._levels = gpu.sent(self.levels.astype(np.float32).reshape(-1))
        self._span = gpu.sent(self.span)
        self._edges = (gpu.sent(self._edge), gpu.sent(self._edge_start))
        self._send()

    def _send(self) -> None:
        kept = {name: gpu.sent(getattr(self, name).reshape(-1)) for name in (*KEPT, *COUNTS)}
        self._kept = tuple(kept[name] for name in KEPT)
        self._counts = tuple(kept[name] for name in COUNTS)
        self._drift = gpu.sent(np.full(self._edge.size, self.drift_k, np.float32))

    def _fetch(self) -> None:
        """Bring what is remembered to the host."""
        shape = self.minimum.shape
        for name, values in zip((*KEPT, *COUNTS), (*self._kept, *self._counts), strict=True):
            setattr(self, name, np.asarray(values.copy_to_host()).reshape(shape))
        if self._edge.size:
            self.drift_k = float(self._drift.copy_to_host().max())

    def follow(self, step: Step, team: Team) -> None:
        """Take a step."""
        machine = self.machine
        machine.settle()
        fields: tuple[Any, ...] = (step.before, step.after, step.rate_before, step.rate_after)
        machine.launch["follow"](
            max(self.minimum.size, self._edge.size), tuple(field.values for field in fields), self.lay.shape[1:],
            machine.ground.labels, machine.ground.rows, self._levels, self._span, step.start_s, step.dt, self._kept,
            self._counts, (*self._edges, self._drift),
        )  # fmt: skip

    def celsius(self, h: Any) -> Field:
        """Temperatures of a field of enthalpies, NaN in gas."""
        return self.machine.celsius(h)

    def results(self, h: Any, time_s: float) -> dict[str, NDArray[Any]]:
        """All that is remembered at the end of a run that came to the enthalpies `h`; no step can follow."""
        self._fetch()
        return super().results(h.host(), time_s)

    def save(self) -> dict[str, Any]:
        """All that changes, for a checkpoint."""
        self._fetch()
        return super().save()

    def load(self, saved: Mapping[str, Any]) -> None:
        """Take up what `save` gave."""
        super().load(saved)
        self._send()
