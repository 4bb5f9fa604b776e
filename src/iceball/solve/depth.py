"""How deep in the cold a cell lies, in heat: the quantity that isotherms are found in.

Temperature has a kink at the edge of the ice: a straight line drawn across it puts the isotherm too far in, always to
the same side. The potential (the integral of k dT) bends far less there, and not at all where the ice is at rest or
where two tissues meet, since its gradient is the heat flux.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.physics.heat import potential
from iceball.solve.rows import kernel


def depth(
    celsius: NDArray[np.floating], labels: NDArray[np.uint8], rows: NDArray[Any], level_c: float
) -> NDArray[np.float32]:
    """Integral of each cell's own k from its temperature up to a level, W/m: at least 0 at or below the level.

    Args:
        celsius: temperature of each cell.
        labels: tissue of each cell, the same shape.
        rows: property row of each tissue, as `property_rows` gives them.
        level_c: the temperature of the isotherm.
    """
    out = np.empty(celsius.shape, np.float32)
    # arrays that cannot be written are another kind to the compiler, which would compile once more for them
    cells, of = (np.require(a, requirements=("C", "W")).reshape(-1) for a in (celsius, labels))
    _depths(cells, of, rows, float(level_c), out.reshape(-1))
    return out


@kernel
def _depths(celsius, labels, rows, level_c, out):  # type: ignore[no-untyped-def]
    for n in range(out.size):
        m = rows[labels[n]]
        out[n] = potential(level_c, m) - potential(celsius[n], m)
