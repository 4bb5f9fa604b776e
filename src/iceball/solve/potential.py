"""The potential of point sinks on a grid's cells, read from a table: what a run is carried along with."""

from __future__ import annotations

from iceball.kernels import compiled


@compiled(nogil=True, error_model="numpy")
def add_sinks(x, y, z, places, weights, table, per_mm2, out):  # type: ignore[no-untyped-def]
    """Add weight times table(distance squared) of every sink to every cell.

    Args:
        x, y, z: where cells lie along each axis, mm, float64.
        places: of the sinks, mm, float64, shape (n, 3).
        weights: of each, float32.
        table: value at each step of the distance squared, float32; nothing is added beyond its end.
        per_mm2: steps of the table per mm squared.
        out: float32, shape (x, y, z).
    """
    last = table.size - 2
    for n in range(places.shape[0]):
        for i in range(x.size):
            dx = (x[i] - places[n, 0]) ** 2
            for j in range(y.size):
                dxy = dx + (y[j] - places[n, 1]) ** 2
                for k in range(z.size):
                    square = (dxy + (z[k] - places[n, 2]) ** 2) * per_mm2
                    step = int(square)
                    if step < last:
                        value = table[step] + (square - step) * (table[step + 1] - table[step])
                        out[i, j, k] += weights[n] * value
