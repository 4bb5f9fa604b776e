"""Ice as somebody saw it: where, on which image, and at what minute. It is no part of the plan nor of the anatomy."""

from __future__ import annotations

import math
from dataclasses import dataclass

from iceball.errors import PlanError
from iceball.space.shapes import Shape

LONGEST = 200
MOST_MIN = 24 * 60.0


@dataclass(frozen=True)
class Seen:
    """What a person says of the ice that they saw.

    Args:
        at_min: minutes since the first freeze began.
        by: who says so.
        on: the image that it was seen on.
        how: how it was drawn, or which file it came in.

    Raises:
        PlanError: without who or where, or for a minute that cannot be.
    """

    at_min: float
    by: str
    on: str
    how: str = ""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.at_min) and 0 < self.at_min <= MOST_MIN):
            raise PlanError(
                f"minute {self.at_min:g} is none of a procedure",
                where="observed: at_min",
                remedy="Count minutes from the start of the first freeze.",
            )
        for name in ("by", "on", "how"):
            text = " ".join(str(getattr(self, name)).split())
            if (not text and name != "how") or len(text) > LONGEST:
                what = "is not given" if not text else f"has more than {LONGEST} letters"
                raise PlanError(what, where=f"observed: {name}", remedy="Say who saw it, and on which image.")
            object.__setattr__(self, name, text)

    @property
    def words(self) -> str:
        """ "observed at 12 min"."""
        return f"observed at {self.at_min:g} min"


@dataclass(frozen=True, eq=False)
class Observation:
    """Ice that was seen.

    Args:
        seen: who, where and when.
        ice: the ice, in the planning image's LPS mm.
    """

    seen: Seen
    ice: Shape
