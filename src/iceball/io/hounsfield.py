"""CT numbers as they may be: nothing is thinner than air."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# The lowest value of a 12-bit CT; real air is -1000. Below lies only what was not measured.
AIR_FLOOR_HU = -1024


def air_floor(data: NDArray[Any], padded: NDArray[np.bool_] | None = None) -> tuple[NDArray[Any], str]:
    """Data with everything below -1024 HU, and all padding, set to -1024 HU; and the note that says so ("" if none)."""
    low = data < AIR_FLOOR_HU
    if padded is not None:
        low |= padded & (data != AIR_FLOOR_HU)
    changed = int(np.count_nonzero(low))
    if not changed:
        return data, ""
    lowest = float(data[low].min())
    data = np.where(low, data.dtype.type(AIR_FLOOR_HU), data)
    return data, (
        f"{changed} voxels ({100 * changed / data.size:.2g} %) that were padding or below {AIR_FLOOR_HU} HU "
        f"(lowest {lowest:g}) were set to {AIR_FLOOR_HU} HU (air)."
    )


def smallest_type(data: NDArray[Any]) -> NDArray[Any]:
    """int16 where whole numbers fit into it, else float32."""
    limits = np.iinfo(np.int16)
    if data.dtype.kind in "iu" and data.min() >= limits.min and data.max() <= limits.max:
        return data.astype(np.int16, copy=False)
    return data.astype(np.float32, copy=False)
