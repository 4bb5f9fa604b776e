"""What is asked of a displacement, and what came of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from iceball.errors import SegmentationError

Point = tuple[float, float, float]


@dataclass(frozen=True)
class Move:
    """A pocket of fluid that opens in front of a structure and pushes it away.

    Args:
        structure: what is moved: a drawn structure or a group ("bowel").
        fluid: the tissue that fills the pocket; "gas" for a gas.
        thickness_mm: of the pocket, at its thickest.
        start_c: of the fluid before the first freeze, °C.
        away_from: the structure that it is moved away from.
        direction: LPS, of any length; None for the shortest way from there to the structure.
        footprint_mm: diameter over which the pocket has its full thickness, about the shortest way; None for wherever
            the structure would otherwise stay nearer than the moved part.
    """

    structure: str
    fluid: str
    thickness_mm: float
    start_c: float
    away_from: str = "tumour"
    direction: Point | None = None
    footprint_mm: float | None = None

    def __post_init__(self) -> None:
        if not self.structure:
            raise SegmentationError(
                "moves nothing: fluid only has a place where an organ makes room for it",
                where="Pocket.structure",
                remedy="Name the structure to move. Fat is never relabelled as fluid.",
            )
        if self.structure == self.away_from:
            raise SegmentationError("is to be moved away from itself", where="Pocket.structure")
        if not (math.isfinite(self.thickness_mm) and self.thickness_mm > 0):
            raise SegmentationError(f"{self.thickness_mm} mm is not above 0", where="Pocket.thickness_mm")
        if self.footprint_mm is not None and not (math.isfinite(self.footprint_mm) and self.footprint_mm > 0):
            raise SegmentationError(f"{self.footprint_mm} mm is not above 0", where="Pocket.footprint_mm")
        if self.direction is not None and not (all(map(math.isfinite, self.direction)) and any(self.direction)):
            raise SegmentationError(f"{self.direction} is no direction", where="Pocket.direction")


@dataclass(frozen=True)
class Moved:
    """A displacement that was carried out.

    Attributes:
        move: what was asked.
        label: of the pocket's cells.
        name: of the pocket among the structures.
        direction: unit vector, LPS.
        opened_mm: thickness in whole cells: what was asked, right to half a cell along the direction.
        pocket_ml: volume of the pocket; by as much the body bulges (or a gas is squeezed: `squeezed_ml`).
        squeezed_ml: of the pocket's volume, what bowel gas gave way by.
        before_mm, after_mm: distance of the structure from what it was moved away from.
    """

    move: Move
    label: int
    name: str
    direction: Point
    opened_mm: float
    pocket_ml: float
    squeezed_ml: float
    before_mm: float
    after_mm: float

    def __str__(self) -> str:
        return (
            f"{self.move.structure} moved {self.opened_mm:.1f} mm away from {self.move.away_from} by a pocket of "
            f"{self.pocket_ml:.0f} mL: {self.before_mm:.1f} mm before, {self.after_mm:.1f} mm after"
        )
