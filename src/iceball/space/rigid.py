"""A rigid motion of space: a turn and a shift."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iceball.errors import GeometryError

Floats = NDArray[np.float64]
RIGID_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Rigid:
    """Where a point goes: `turn @ point + shift_mm`, LPS mm.

    Args:
        turn: rotation, 3 rows of 3.
        shift_mm: of the origin.

    Raises:
        GeometryError: if the turn is none: it stretches, shears or mirrors.
    """

    turn: tuple[tuple[float, float, float], ...]
    shift_mm: tuple[float, float, float]

    def __post_init__(self) -> None:
        turn, shift = np.asarray(self.turn, float), np.asarray(self.shift_mm, float)
        if turn.shape != (3, 3) or shift.shape != (3,) or not (np.isfinite(turn).all() and np.isfinite(shift).all()):
            raise GeometryError("needs 3 rows of 3 numbers and a shift of 3", where="Rigid")
        if np.abs(turn @ turn.T - np.eye(3)).max() > RIGID_TOLERANCE or np.linalg.det(turn) < 0:
            raise GeometryError(
                "stretches, shears or mirrors: it is not rigid",
                where="Rigid.turn",
                remedy="Give a rotation and a shift, in LPS millimetres.",
            )
        rows = tuple((float(a), float(b), float(c)) for a, b, c in turn)
        object.__setattr__(self, "turn", rows)
        object.__setattr__(self, "shift_mm", (float(shift[0]), float(shift[1]), float(shift[2])))

    @classmethod
    def of(cls, matrix: ArrayLike) -> Rigid:
        """From a 4x4 matrix."""
        m = np.asarray(matrix, float)
        if m.shape != (4, 4) or not np.allclose(m[3], (0, 0, 0, 1)):
            raise GeometryError("needs a 4x4 matrix whose last row is 0 0 0 1", where="Rigid")
        return cls(tuple(map(tuple, m[:3, :3])), tuple(m[:3, 3]))

    @classmethod
    def still(cls) -> Rigid:
        """The motion that leaves all where it is."""
        return cls.of(np.eye(4))

    @property
    def matrix(self) -> Floats:
        """As a 4x4 matrix."""
        m = np.eye(4)
        m[:3, :3], m[:3, 3] = self.turn, self.shift_mm
        return m

    def apply(self, points_mm: ArrayLike) -> Floats:
        """Where points go, shape (..., 3), LPS mm."""
        return np.asarray(np.asarray(points_mm, float) @ np.array(self.turn).T + np.array(self.shift_mm))

    def inverse(self) -> Rigid:
        """The motion back."""
        turn = np.array(self.turn).T
        back = -turn @ np.array(self.shift_mm)
        return Rigid(tuple(map(tuple, turn)), (float(back[0]), float(back[1]), float(back[2])))

    def then(self, after: Rigid) -> Rigid:
        """This motion, and another after it."""
        return Rigid.of(after.matrix @ self.matrix)

    @property
    def turned_deg(self) -> float:
        """By how much it turns."""
        return math.degrees(math.acos(min(1.0, max(-1.0, (float(np.trace(np.array(self.turn))) - 1) / 2))))

    def moved_mm(self, point_mm: ArrayLike) -> float:
        """How far a point goes."""
        return float(np.linalg.norm(self.apply(point_mm) - np.asarray(point_mm, float)))

    def differs_mm(self, other: Rigid, points_mm: ArrayLike) -> float:
        """How far apart two motions take points, the farthest of them."""
        return float(np.linalg.norm(self.apply(points_mm) - other.apply(points_mm), axis=-1).max())

    def __str__(self) -> str:
        x, y, z = self.shift_mm
        return f"turn of {self.turned_deg:.1f}°, shift of ({x:.1f}, {y:.1f}, {z:.1f}) mm"
