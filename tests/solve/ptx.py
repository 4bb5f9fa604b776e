"""Run as a program: compiles every kernel and every cell function for an H200 (compute capability 9.0) without a GPU.

Told as JSON: of each, its PTX's lines with float64 arithmetic and the functions it wants from outside. numba-cuda asks
the device, and a compiler that is not needed here, what they are able to: both are answered for them. These are private
names; if they move, the tests say so.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numba.cuda.api
import numba.cuda.dispatcher
import numpy as np
from numba import cuda, types
from numba.core.dispatcher import Dispatcher
from numba.cuda import cuda_paths
from numba.cuda.cudadrv import nvrtc
from numba.np.numpy_support import from_dtype

from iceball.solve import gpu, gpu_cell
from iceball.solve.rows import ROW

CAPABILITY = (9, 0)


class Device:
    """What numba-cuda asks of a device when it compiles."""

    compute_capability = CAPABILITY


def vector(kind: Any) -> Any:
    """The type of a flat array."""
    return types.Array(kind, 1, "C")


REAL, WHOLE, INDEX, BYTES, LONG = (
    vector(kind) for kind in (types.float32, types.int32, types.int64, types.uint8, types.float64)
)
F4, F8, I8 = types.float32, types.float64, types.int64
ROWS = types.Array(from_dtype(np.dtype((np.record, np.dtype(ROW.descr, align=True)))), 1, "C", aligned=True)
FIELDS = types.NamedTuple([REAL] * 9, gpu.Fields)
GROUND = types.NamedTuple([BYTES, REAL, ROWS, REAL, WHOLE, WHOLE, REAL, REAL, I8, I8, F4, F4, F4, I8], gpu_cell.Ground)
NEEDLES = types.NamedTuple([WHOLE, LONG, LONG, LONG], gpu.Needles)
SHAPE = types.UniTuple(I8, 2)

KERNELS: dict[str, tuple[Any, ...]] = {
    "step": (I8, FIELDS, GROUND, NEEDLES, LONG, F8, LONG),
    "hold": (REAL, GROUND, NEEDLES, LONG, F8, F8, LONG),
    "follow": (types.UniTuple(REAL, 4), SHAPE, BYTES, ROWS, REAL, LONG, F8, F8, types.UniTuple(REAL, 5),
               types.UniTuple(BYTES, 2), types.Tuple([INDEX, REAL, REAL])),
    "gather": (types.UniTuple(REAL, 4), INDEX, REAL),
    "fill": (LONG, SHAPE, BYTES, ROWS, REAL),
    "temperatures": (REAL, SHAPE, BYTES, ROWS, REAL),
}  # fmt: skip
CELLS: dict[str, tuple[Any, ...]] = {
    "cell_potential": (F4, I8, REAL),
    "cell_rate": (I8, REAL, F4, GROUND),
    "cell_opening": (I8, REAL, F4, GROUND),
    "cell_advance": (F4,) * 9,
}


def told(function: Any, given: tuple[Any, ...], *, device: bool) -> dict[str, Any]:
    """Compile one."""
    ptx, _ = cuda.compile(function.py_func, given, cc=CAPABILITY, output="ptx", device=device, abi="numba")
    lines = ptx.splitlines()
    return {
        "lines": len(lines),
        "float64": sum(".f64" in line for line in lines),
        "outside": sorted(line.split()[-1] for line in lines if line.startswith(".extern .func")),
    }


def main() -> None:
    """Compile all, or say why that cannot be."""
    numba.cuda.api.get_current_device = numba.cuda.dispatcher.get_current_device = Device
    nvrtc.get_supported_ccs = lambda: (CAPABILITY,)
    cuda_paths._get_nvrtc_path = lambda: None
    try:
        from numba.cuda.cudadrv.nvvm import NVVM

        NVVM()
    except Exception as reason:
        sys.exit(f"no NVVM: {reason}")
    kernels = {name: told(getattr(gpu, name), given, device=False) for name, given in KERNELS.items()}
    cells = {name: told(getattr(gpu_cell, name), given, device=True) for name, given in CELLS.items()}
    missing = [n for n, v in vars(gpu_cell).items() if isinstance(v, Dispatcher) and n[0] != "_" and n not in CELLS]
    print(json.dumps({"kernels": kernels, "cells": cells, "missing": missing}))


if __name__ == "__main__":
    main()
