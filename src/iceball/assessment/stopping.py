"""The latest safe stop of one structure, as a noun: found by `iceball.plan.stopping.stop`, shown beside the goals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Thaw = Literal["passive", "active"]


@dataclass(frozen=True)
class Stop:
    """When all needles must stop to spare one structure, and what it does after that.

    `latest_s` counts on the protocol's clock; it is None where no stop is needed, and where none is early enough
    (`needed`). Temperatures are the lowest of the structure, dilated by the goal's distance, until it has turned.
    """

    goal: str
    structure: str
    limit_c: float
    thaw: Thaw
    needed: bool
    latest_s: float | None = None
    lowest_c: float | None = None
    """When stopped at `latest_s`; without one, after the whole protocol. None if not assessed."""
    reached_s: float | None = None
    """When the limit is just reached if nobody stops; None if it is not while the protocol runs."""
    coasts_k: float | None = None
    """How much colder than its limit it becomes when all is stopped only at `reached_s`."""
    falls_k: float = 0.0
    """How much colder it becomes after the end of the whole protocol."""
    allowance_k: float = 0.0
    """Demanded on top of the limit for the error of the cells."""
    alarm_c: float | None = None
    """Of a structure with a shipped alarm: the temperature."""
    alarm_s: float | None = None
    """And when it is reached if nobody stops; None if it is not."""
    reason: str = ""

    @property
    def sentence(self) -> str:
        """What to do, in words."""
        if self.lowest_c is None:
            return self.reason
        if not self.needed:
            return "not needed: safe to the end of the protocol"
        if self.latest_s is None:
            return "no stop is early enough" + (f": {self.reason}" if self.reason else "")
        return f"stop by {clock(self.latest_s)}"


def clock(seconds: float) -> str:
    """Minutes and seconds, rounded to the earlier second: "6:35"."""
    whole = math.floor(seconds)
    return f"{whole // 60}:{whole % 60:02d}"
