"""What a look of the sketch spends its time on, compiled: potentials, how they rise, and the margins of all draws.

A look is made some hundred times a layout; with arrays of NumPy it took 5 ms for three needles and 10 for seven, most
of it exponentials and a sum over draws, normals and needles.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from iceball.kernels import compiled

Floats = NDArray[np.float64]

kernel = compiled(nogil=True, error_model="numpy")
within = compiled(nogil=True, error_model="numpy", forceinline=True)


@within
def _faded(x: float) -> float:
    """exp(-x), to 4e-6 of 1 for x of 0 or more: a polynomial squared six times, which vector instructions can do."""
    y = -(x if x < 40.0 else 40.0) / 64.0
    y = 1.0 + y * (1.0 + y * (0.5 + y * (1.0 / 6.0 + y * (1.0 / 24.0 + y * (1.0 / 120.0)))))
    y = y * y
    y = y * y
    y = y * y
    y = y * y
    y = y * y
    return y * y


@kernel
def felt(points: Floats, places: Floats, lengths: Floats, reach_mm: float, nearest_mm: float, out: Floats) -> None:
    """Add the potential of each needle at strength 1.

    Args:
        points: shape (3, points).
        places: of the sinks, shape (sinks, needles, 3).
        lengths: of what each stands for, shape (sinks, needles).
        reach_mm: how far cold comes.
        nearest_mm: closer than this the potential no longer rises.
        out: shape (needles, points).
    """
    xs, ys, zs = points[0], points[1], points[2]
    count = points.shape[1]
    least, per_mm = nearest_mm * nearest_mm, 1.0 / reach_mm
    for sink in range(places.shape[0]):
        for needle in range(places.shape[1]):
            x, y, z = places[sink, needle, 0], places[sink, needle, 1], places[sink, needle, 2]
            length, row = lengths[sink, needle], out[needle]
            for i in range(count):
                a, b, c = xs[i] - x, ys[i] - y, zs[i] - z
                far = math.sqrt(a * a + b * b + c * c + least)
                row[i] += length * _faded(far * per_mm) / far


@kernel
def rising(points: Floats, places: Floats, lengths: Floats, reach_mm: float, nearest_mm: float, out: Floats) -> None:
    """Add how each needle's potential at strength 1 rises along x, y and z per mm.

    Args:
        points, places, lengths, reach_mm, nearest_mm: as of `felt`.
        out: shape (needles, 3, points).
    """
    xs, ys, zs = points[0], points[1], points[2]
    count = points.shape[1]
    least, per_mm = nearest_mm * nearest_mm, 1.0 / reach_mm
    for sink in range(places.shape[0]):
        for needle in range(places.shape[1]):
            x, y, z = places[sink, needle, 0], places[sink, needle, 1], places[sink, needle, 2]
            length = lengths[sink, needle]
            along_x, along_y, along_z = out[needle, 0], out[needle, 1], out[needle, 2]
            for i in range(count):
                a, b, c = xs[i] - x, ys[i] - y, zs[i] - z
                square = a * a + b * b + c * c + least
                far = math.sqrt(square)
                rise = -length * _faded(far * per_mm) * (per_mm + 1.0 / far) / square
                along_x[i] += rise * a
                along_y[i] += rise * b
                along_z[i] += rise * c


@kernel
def moved(off_mm: Floats, pulls: Floats, colder: Floats, per_sd: Floats, most_mm: float, out: Floats) -> None:
    """Add to each margin what needles off their marks and a colder or warmer day do to it.

    Args:
        off_mm: of each draw and needle, shape (draws, needles, 3).
        pulls: how far each margin goes with each needle, shape (needles, 3, normals).
        colder: of each draw, in standard deviations.
        per_sd: what one of those does to each margin, mm.
        most_mm: what cold does at most, either way.
        out: shape (draws, normals).
    """
    normals = pulls.shape[2]
    for draw in range(off_mm.shape[0]):
        row, cold = out[draw], colder[draw]
        for i in range(normals):
            by = cold * per_sd[i]
            by = by if by < most_mm else most_mm
            row[i] += by if by > -most_mm else -most_mm
        for needle in range(off_mm.shape[1]):
            x, y, z = off_mm[draw, needle, 0], off_mm[draw, needle, 1], off_mm[draw, needle, 2]
            along_x, along_y, along_z = pulls[needle, 0], pulls[needle, 1], pulls[needle, 2]
            for i in range(normals):
                row[i] += x * along_x[i] + y * along_y[i] + z * along_z[i]


@kernel
def crossed(celsius: Floats, offsets_mm: Floats, out: Floats) -> None:
    """Along each normal, where 0 °C is passed first from the inside; a little below the least where it never is ice.

    Args:
        celsius: shape (offsets, normals); NaN, gas beside the target, needs no ice.
        offsets_mm: rising evenly, shape (offsets,).
        out: shape (normals,).
    """
    last = offsets_mm.shape[0] - 1
    for i in range(celsius.shape[1]):
        before, out[i] = -1.0, offsets_mm[last]
        for n in range(last + 1):
            now = celsius[n, i]
            if now > 0.0:
                if n == 0:
                    out[i] = offsets_mm[0] - 0.1 * now
                else:
                    rise = now - before
                    share = -before / (rise if rise > 1e-6 else 1e-6)
                    out[i] = offsets_mm[n - 1] + share * (offsets_mm[n] - offsets_mm[n - 1])
                break
            before = now if now == now else -1.0


@kernel
def apart(tips: Floats, outs: Floats, length_mm: float, out: Floats) -> None:
    """How near the axes of each pair of needles come to each other between their tips and so far out.

    Args:
        tips, outs: and unit vectors outwards, shape (needles, 3).
        length_mm: from each tip.
        out: shape (pairs,), in the order of `np.triu_indices`.
    """
    pair = 0
    for i in range(tips.shape[0]):
        for j in range(i + 1, tips.shape[0]):
            a, b, c = tips[i, 0] - tips[j, 0], tips[i, 1] - tips[j, 1], tips[i, 2] - tips[j, 2]
            x, y, z = outs[i, 0], outs[i, 1], outs[i, 2]
            u, v, w = outs[j, 0], outs[j, 1], outs[j, 2]
            along, mine, other = x * u + y * v + z * w, x * a + y * b + z * c, u * a + v * b + w * c
            square = 1.0 - along * along
            first = 0.0
            if square > 1e-12:
                first = min(max((along * other - mine) / square, 0.0), length_mm)
            second = along * first + other
            if second < 0.0 or second > length_mm:
                second = min(max(second, 0.0), length_mm)
                first = min(max(along * second - mine, 0.0), length_mm)
            a, b, c = a + first * x - second * u, b + first * y - second * v, c + first * z - second * w
            out[pair] = math.sqrt(a * a + b * b + c * c)
            pair += 1


def every_kernel() -> None:
    """Call each of them, so that all are compiled and kept."""
    points, places = np.zeros((3, 2)), np.ones((1, 1, 3))
    felt(points, places, np.ones((1, 1)), 15.0, 0.75, np.zeros((1, 2)))
    rising(points, places, np.ones((1, 1)), 15.0, 0.75, np.zeros((1, 3, 2)))
    moved(np.zeros((1, 1, 3)), np.zeros((1, 3, 2)), np.zeros(1), np.zeros(2), 1.0, np.zeros((1, 2)))
    crossed(np.zeros((2, 2)), np.array([0.0, 1.0]), np.zeros(2))
    apart(np.eye(3), np.eye(3), 1.0, np.zeros(3))
