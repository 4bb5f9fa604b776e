"""CT numbers as they may be: nothing is thinner than air."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# The lowest value of a 12-bit CT; real air is -1000.
AIR_FLOOR_HU = -1024
# Far below air lies only what was not measured: the padding beyond the scanner's field of view. One value marks it.
PADDING_BELOW_HU, NOT_IMAGED_HU = -1500, -2000


def air_floor(data: NDArray[Any], padded: NDArray[np.bool_] | None = None) -> tuple[NDArray[Any], str]:
    """Data with air at -1024 HU or above and padding at -2000 HU, and the note that says so ("" if nothing changed).

    The array is changed in place where it can be: a whole CT is large.
    """
    beyond = data < PADDING_BELOW_HU
    if padded is not None:
        # A padding value that equals the floor cannot be told from air.
        beyond |= padded & (data != AIR_FLOOR_HU)
    low = (data < AIR_FLOOR_HU) & ~beyond
    changed = int(np.count_nonzero(low) + np.count_nonzero(beyond & (data != NOT_IMAGED_HU)))
    if not changed:
        return data, ""
    lowest = float(data.min())
    data = data if data.flags.writeable else data.copy()
    data[low] = AIR_FLOOR_HU
    data[beyond] = NOT_IMAGED_HU
    return data, (
        f"{changed} voxels ({100 * changed / data.size:.2g} %) below {AIR_FLOOR_HU} HU (lowest {lowest:g}) were set to "
        f"{AIR_FLOOR_HU} HU (air), or to {NOT_IMAGED_HU} HU where they are padding beyond the field of view."
    )


def smallest_type(data: NDArray[Any]) -> NDArray[Any]:
    """int16 where whole numbers fit into it, else float32."""
    limits = np.iinfo(np.int16)
    if data.dtype.kind in "iu" and data.min() >= limits.min and data.max() <= limits.max:
        return data.astype(np.int16, copy=False)
    return data.astype(np.float32, copy=False)
