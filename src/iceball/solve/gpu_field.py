"""A field on an NVIDIA GPU as a march sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from iceball.solve import gpu

if TYPE_CHECKING:
    from iceball.solve.gpu_machine import GpuMachine

Array = NDArray[Any]


class DeviceField:
    """An array on the device, as far as a march and those who look at it need one."""

    def __init__(self, machine: GpuMachine, values: Any) -> None:
        self.machine, self.values = machine, values

    def copy(self) -> DeviceField:
        """Another with the same numbers."""
        made = gpu.room(self.values.size, self.values.dtype)
        self.machine.settle()
        made.copy_to_device(self.values)
        return DeviceField(self.machine, made)

    def host(self) -> Array:
        """A copy on the host."""
        self.machine.settle()
        return np.asarray(self.values.copy_to_host())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return self.host() if dtype is None else self.host().astype(dtype)

    def __setitem__(self, where: Any, values: Any) -> None:
        self.machine.settle()
        self.values.copy_to_device(values.values if isinstance(values, DeviceField) else np.ascontiguousarray(values))

    def reshape(self, *shape: Any) -> DeviceField:
        """Itself: it is flat on the device, whatever its shape is called."""
        return self

    def gathered(self, cells: Array, others: tuple[DeviceField, DeviceField, DeviceField]) -> tuple[Array, ...]:
        """This and three other fields in some cells, given by flat padded index."""
        self.machine.settle()
        places, out = self.machine.room_for(cells)
        fields = (self.values, *(other.values for other in others))
        self.machine.launch["gather"](cells.size, fields, places, out)
        return tuple(out.copy_to_host().reshape(4, cells.size))

    @property
    def nbytes(self) -> int:
        """Memory on the device."""
        return int(self.values.nbytes)
