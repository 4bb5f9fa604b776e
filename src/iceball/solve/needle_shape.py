"""One needle on the grid: the shape of its sink and the rings around it, smooth in its position.

The needle is cut into pieces with soft borders: near a border two neighbours share, one fading out as the other fades
in. Every weight is a smooth function of where a cell lies from the needle and ends at zero with zero slope, so that a
needle moved by a hair changes every answer by a hair.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iceball.kernels import compiled
from iceball.physics.cooling import line_potential
from iceball.solve.layout import Layout
from iceball.solve.scene import Line, Scene
from iceball.units import MM_PER_M

Floats = NDArray[np.float64]

PIECE, PIECE_RADII = 1.0, 2.0
"""Length of a piece in cells, and in radii; the longer holds. Near its end a line takes more and more: pieces of this
length take as much there as a needle with a flat tip on one side and an idle shaft on the other."""
REACH, FADE = 2.5, 1.0
"""The sink ends two and a half cells from the needle, fading over the last one. The Laplacian has died out there."""
RING, RING_WIDTH = 1.5, 0.75
"""Distance of the ring from the axis and half its width, in cells."""
RIDGE = 1e-4
"""Least spread of a ring in squared cells."""
BLEND = 0.25
"""Half width, in radii, of the zone in which the potential around the wall is rounded off."""
IMAGE = 200.0
"""Endless, in cells: a needle between two closed faces."""
GAUSS = ((-math.sqrt(0.6), 5.0 / 18.0), (0.0, 8.0 / 18.0), (math.sqrt(0.6), 5.0 / 18.0))
"""Points between -1 and 1 and weights that integrate polynomials up to the fifth degree."""
ASIDE, WEIGHT = math.sqrt(3.0 / 7.0), 7.0 / 30.0
"""Three points, at 0 and on both sides, integrate over the slope of `rise`: the outer two with this weight each."""


@dataclass(frozen=True)
class Axis:
    """A needle's active zone in the grid's frame, m, and the cuts between its pieces."""

    start: Floats
    along: Floats
    length: float
    radius: float
    cuts: Floats
    mirrored: tuple[bool, bool]
    """Whether it stands upright on a closed outer face, at its start and its end."""
    image: float
    """How far it goes on beyond such a face: by its own length, or endlessly between two."""

    @property
    def pieces(self) -> int:
        """Number of pieces."""
        return len(self.cuts) - 1

    @property
    def soft(self) -> float:
        """Half the length over which two neighbours share."""
        return 0.5 * self.length / self.pieces

    def within(self) -> list[tuple[float, Floats]]:
        """Points along the needle, one of each piece, and their weight in the mean over a piece."""
        half = 0.5 * np.diff(self.cuts)
        return [(w, self.middles + half * x) for x, w in GAUSS]

    @property
    def middles(self) -> Floats:
        """Where along the needle each piece has its middle."""
        return np.asarray(0.5 * (self.cuts[1:] + self.cuts[:-1]))

    def place(self, points: Floats) -> tuple[Floats, Floats]:
        """Of points (n, 3): distance along the needle from its start, and from its axis."""
        away = points - self.start
        s = away @ self.along
        return s, np.linalg.norm(away - s[:, None] * self.along, axis=-1)

    def potential(self, s: Floats, across: Floats) -> Floats:
        """Potential of the whole needle with unit strength per length, with its images."""
        low, high = -self.image * self.mirrored[0], self.length + self.image * self.mirrored[1]
        return _potential(s, rounded(across, self.radius), low, high)

    def shares(self, s: Floats, *, ends: bool) -> Floats:
        """How much of a point at `s` belongs to each piece, shape (n, pieces).

        Where `ends` is false what lies beyond an end belongs to the last piece, else to none.
        """
        up = rise((s[:, None] - self.cuts) / self.soft)
        if not ends or self.mirrored[0]:
            up[:, 0] = 1.0
        if not ends or self.mirrored[1]:
            up[:, -1] = 0.0
        return np.asarray(up[:, :-1] - up[:, 1:])

    def potentials(self, s: Floats, across: Floats) -> Floats:
        """Potential of each soft piece with unit strength, shape (n, pieces). `across` is not rounded off."""
        low, high = -self.image * self.mirrored[0], self.length + self.image * self.mirrored[1]
        out = np.zeros((s.size, self.pieces))
        _soft_potentials(s, across, self.cuts, low, high, self.soft, out)
        return out


def axis_of(line: Line, scene: Scene, lay: Layout) -> Axis:
    """A line in metres, cut into pieces; their number depends on its length only, not on how it lies."""
    start, end = np.array(line.start_mm) / MM_PER_M, np.array(line.end_mm) / MM_PER_M
    length = float(np.linalg.norm(end - start))
    along = (end - start) / length
    radius, widest = line.radius_mm / MM_PER_M, max(lay.spacing_m)
    count = max(1, math.ceil(length / max(PIECE * widest, PIECE_RADII * radius) - 0.5 - 1e-6))
    mirrored = _on_closed_face(start, -along, scene, lay), _on_closed_face(end, along, scene, lay)
    image = length if not all(mirrored) else IMAGE * widest
    return Axis(start, along, length, radius, np.linspace(0.0, length, count + 1), mirrored, image)


def rise(x: Floats) -> Floats:
    """From 0 at -1 to 1 at 1, with zero slope at both."""
    x = np.clip(x, -1.0, 1.0)
    return np.asarray(0.5 + 0.75 * x - 0.25 * x**3)


def rounded(across: Floats, radius: float) -> Floats:
    """The larger of a distance and the radius, without a kink."""
    x = np.clip((across / radius - 1.0 + BLEND) / (2.0 * BLEND), 0.0, 1.0)
    return np.where(across > radius * (1.0 + BLEND), across, radius * (1.0 + BLEND * x**2))


@dataclass(frozen=True, eq=False)
class Shape:
    """Where a needle's heat is taken: of each cell its index (with the grid's first cell at 0) and W/m3 for 1 W/m."""

    index: NDArray[np.int64]
    s: Floats
    share: Floats


def shape_of(axis: Axis, origin: Floats, lay: Layout) -> Shape:
    """Minus the discrete Laplacian of the needle's potential: with it the grid reproduces the potential itself.

    Cells beyond the grid are listed too; beyond a closed face on which the needle stands they are its image's.
    """
    spacing, widest = np.array(lay.spacing_m), max(lay.spacing_m)
    reach = max(REACH * widest, axis.radius + (REACH - 0.5) * widest)
    looks = np.hypot(ring_radius(axis, widest) + RING_WIDTH * widest, axis.soft)
    index = _near(axis, origin, spacing, max(reach, looks))
    points = origin + index * spacing
    s, across = axis.place(points)
    distance = np.hypot(across, np.maximum(np.maximum(-s, s - axis.length), 0.0))
    inside = distance < max(reach, looks)
    if axis.mirrored[0]:
        inside &= s > 0.0
    if axis.mirrored[1]:
        inside &= s < axis.length
    index, points = index[inside], points[inside]
    s, across, distance = s[inside], across[inside], distance[inside]
    share = np.zeros(s.size)
    here = axis.potential(s, across)
    for n in range(3):
        for side in (-1.0, 1.0):
            step = np.zeros(3)
            step[n] = side * spacing[n]
            share += lay.inverse_squares[n] * (here - axis.potential(*axis.place(points + step)))
    share *= rise(2.0 * (reach - distance) / (FADE * widest) - 1.0)
    return Shape(index, s, share * axis.length / (share.sum() * lay.cell_m3))


def ring_weights(axis: Axis, origin: Floats, lay: Layout, index: NDArray[np.int64]) -> Floats:
    """Weights with which each piece looks at cells, shape (cells, pieces), not yet normalised."""
    widest = max(lay.spacing_m)
    s, across = axis.place(origin + index * np.array(lay.spacing_m))
    off = (across - ring_radius(axis, widest)) / (RING_WIDTH * widest)
    return np.asarray((np.clip(1.0 - off**2, 0.0, None) ** 2)[:, None] * axis.shares(s, ends=True))


def ring_radius(axis: Axis, widest: float) -> float:
    """Distance of the ring from the axis, m."""
    return max(RING * widest, axis.radius + widest)


def centred(weight: Floats, away: Floats) -> Floats:
    """Weights of pieces whose sum is 1 and whose mean place is the piece's own.

    So a slope of the potential across the ring is not taken for heat. Where tissue lies on one side only, the mean is
    left where it is.

    Args:
        weight: (cells, pieces), at least 0.
        away: (cells, pieces, 3), the cells' places from the middle of each piece, in cells.
    """
    w = weight / weight.sum(axis=0)
    mean = np.einsum("cp,cpk->pk", w, away)
    off = away - mean
    spread = np.transpose(w[..., None] * off, (1, 2, 0)) @ np.transpose(off, (1, 0, 2))
    # a grid one cell thick has no spread along that axis, and needs none
    spread += RIDGE * np.eye(3)
    trust = np.clip(1.0 - 4.0 * np.sum(mean**2, axis=1), 0.0, None) ** 2
    tilt = np.linalg.solve(spread, (-trust[:, None] * mean)[..., None])[..., 0]
    return np.asarray(w * (1.0 + np.einsum("cpk,pk->cp", off, tilt)))


def _near(axis: Axis, origin: Floats, spacing: Floats, reach: float) -> NDArray[np.int64]:
    """Every cell that may lie within reach, each once, in the order of the grid."""
    marks = np.linspace(0.0, axis.length, 2 + int(axis.length / spacing.min()))
    half = np.ceil(reach / spacing).astype(int) + 1
    middle = np.round((axis.start + marks[:, None] * axis.along - origin) / spacing).astype(int)
    low = middle.min(axis=0) - half
    shape = middle.max(axis=0) + half + 1 - low
    near = np.zeros(shape, bool)
    for at in middle - low:
        near[tuple(slice(m - n, m + n + 1) for m, n in zip(at, half, strict=True))] = True
    return np.asarray(np.argwhere(near) + low)


def _on_closed_face(end: Floats, outward: Floats, scene: Scene, lay: Layout) -> bool:
    """Whether a needle's end stands upright on an outer face that lets no heat pass."""
    for axis in range(3):
        if abs(outward[axis]) > 1.0 - 1e-9:
            side = 1 if outward[axis] > 0 else 0
            face = scene.grid.corners_mm[:, axis].max() if side else scene.grid.corners_mm[:, axis].min()
            near = abs(end[axis] * MM_PER_M - face) < 0.01 * scene.grid.spacing_mm[axis]
            return bool(near and math.isnan(lay.held_values[2 * axis + side]))
    return False


def _potential(s: Floats, across: Floats, low: float, high: float) -> Floats:
    out = np.empty(s.size)
    _line_potentials(s - 0.5 * (low + high), across, high - low, out)
    return out


@compiled(nogil=True, error_model="numpy")
def _line_potentials(along, across, length, out):  # type: ignore[no-untyped-def]
    for x in range(out.size):
        out[x] = line_potential(along[x], across[x], length)


@compiled(nogil=True, error_model="numpy")
def _soft_potentials(s, across, cuts, low, high, soft, out):  # type: ignore[no-untyped-def]
    last = cuts.size - 2
    for n in range(3):
        shift, weight = (n - 1) * ASIDE * soft, 1.0 - 2.0 * WEIGHT if n == 1 else WEIGHT
        for x in range(s.size):
            for piece in range(cuts.size - 1):
                a = low if piece == 0 else cuts[piece] + shift
                b = high if piece == last else cuts[piece + 1] + shift
                out[x, piece] += weight * line_potential(s[x] - 0.5 * (a + b), across[x], b - a)
