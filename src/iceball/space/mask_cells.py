"""A mask between its voxels: most cells lie wholly inside or outside, so only those at its surface are interpolated."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.kernels import compiled
from iceball.space.grid import Floats

kernel = compiled(nogil=True, error_model="numpy")


def on_cells(voxels: NDArray[np.bool_], scale: Floats, first: Floats, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Trilinear interpolation of a 0/1 mask, 0 beyond it.

    Args:
        voxels: the mask.
        scale: voxels per cell along each axis.
        first: index among the voxels of the first cell's centre.
        shape: of the cells.
    """
    out = np.empty(shape, np.float32)
    # one order of axes for all, or the compiler makes one loop for each
    padded = np.ascontiguousarray(np.pad(voxels, 1))
    _interpolate(padded, np.asarray(scale, float), np.asarray(first, float) / scale, out)
    return out


@kernel
def _interpolate(padded: NDArray[np.bool_], scale: Floats, shift: Floats, out: NDArray[np.float32]) -> None:
    x, right = _places(padded.shape[0], scale[0], shift[0], out.shape[0])
    y, back = _places(padded.shape[1], scale[1], shift[1], out.shape[1])
    z, up = _places(padded.shape[2], scale[2], shift[2], out.shape[2])
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            for k in range(out.shape[2]):
                a, b, c = x[i], y[j], z[k]
                if a < 0 or b < 0 or c < 0:
                    out[i, j, k] = 0.0
                    continue
                count = 0
                for n in range(8):
                    count += padded[a + (n >> 2), b + (n >> 1 & 1), c + (n & 1)]
                if count == 0 or count == 8:
                    out[i, j, k] = count / 8
                    continue
                total = 0.0
                for n in range(8):
                    if padded[a + (n >> 2), b + (n >> 1 & 1), c + (n & 1)]:
                        total += right[i, n >> 2] * back[j, n >> 1 & 1] * up[k, n & 1]
                out[i, j, k] = min(max(total, 0.0), 1.0)


@kernel
def _places(voxels: int, scale: float, shift: float, cells: int) -> Any:
    """Between which voxels each cell lies along one axis, -1 beyond them, and how much either counts."""
    at, weights = np.empty(cells, np.int64), np.empty((cells, 2))
    for n in range(cells):
        place = (n + shift) * scale
        below = math.floor(place)
        at[n] = below + 1 if -1 <= below < voxels - 2 else -1
        weights[n, 0] = 1.0 - (place - below)
        weights[n, 1] = 1.0 - weights[n, 0]
    return at, weights
