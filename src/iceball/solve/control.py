"""How carefully a run is made."""

from __future__ import annotations

from dataclasses import dataclass

from iceball.errors import SceneError


@dataclass(frozen=True)
class Control:
    """How carefully a run is made; the defaults serve, others are for proofs.

    Args:
        tolerance: error of one step, as a share of all cold (and warmth) stored in the tissue so far.
        longest_s: no step is longer.
        still_k: a cell stands still for a step while it would go no further than this, K: within ten minutes, or
            until blood brings as much as is lost. 0 moves all cells always.
    """

    tolerance: float = 0.02
    longest_s: float = 30.0
    still_k: float = 0.1

    def __post_init__(self) -> None:
        if not (self.tolerance > 0 and self.longest_s > 0 and self.still_k >= 0):
            raise SceneError("needs a positive tolerance and longest step, and still_k of at least 0", where="Control")

    @classmethod
    def preview(cls) -> Control:
        """For what follows a needle while it is dragged: half the stages. P1's volumes at 3 mm differ by 0.2 %."""
        return cls(tolerance=0.3, longest_s=60.0, still_k=1.0)
