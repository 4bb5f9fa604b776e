"""What a person leaves free beside the needles' places: how long freezes may last, and which settings may change."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, get_args

from iceball.errors import PlanError
from iceball.plan.plan import Plan
from iceball.plan.protocol import Protocol
from iceball.tissue.packs import pack
from iceball.units import minutes

Free = Literal["times", "duty", "pullback"]
WHERE = "--free"


@dataclass(frozen=True)
class Minutes:
    """How long each freeze may last, s: lowest and highest, one pair a freeze; and who says so."""

    low_s: tuple[float, ...]
    high_s: tuple[float, ...]
    said: str

    @classmethod
    def given(cls, protocol: Protocol, low_min: float, high_min: float) -> Minutes:
        """The same range for every freeze, as a person gives it."""
        if not 0 < low_min <= high_min <= 60:
            raise PlanError(
                f"{low_min:g} to {high_min:g} min is no range of a freeze.", where="--minutes", remedy="Write 8,15."
            )
        count = sum(s.kind == "freeze" for s in protocol.steps)
        return cls((low_min * minutes,) * count, (high_min * minutes,) * count, "as given")

    @classmethod
    def of_pack(cls, protocol: Protocol, organ: str) -> Minutes:
        """The range that the organ's pack cites for each freeze.

        Raises:
            PlanError: where the pack has no range, or the plan's clock has other steps.
        """
        steps = pack(organ).proposal.steps if organ else ()
        same = tuple(kind for kind, _ in steps) == tuple(s.kind for s in protocol.steps)
        freezes = [number for kind, number in steps if kind == "freeze"] if same else []
        if not any(n.low < n.high for n in freezes):
            why = f"the pack of {organ or 'an unknown organ'} gives no range of freeze times for this clock"
            raise PlanError(
                f"{why}: nothing says how long a freeze may be.",
                where=f"{WHERE} times",
                remedy="Give one: --minutes 8,15.",
            )
        return cls(tuple(n.low for n in freezes), tuple(n.high for n in freezes), f"by the pack of {organ}")

    def allow(self, protocol: Protocol) -> bool:
        """Whether every freeze lies within its range."""
        lasts = [s.duration_s for s in protocol.steps if s.kind == "freeze"]
        return len(lasts) == len(self.low_s) and all(
            low - 1e-6 <= s <= high + 1e-6 for low, s, high in zip(self.low_s, lasts, self.high_s, strict=True)
        )


@dataclass(frozen=True)
class Freedom:
    """What may change after the needles' places, as words name it.

    Args:
        words: of `Free`; none leaves the clock as it is.
        limits: how long a freeze may last, where that may change.
    """

    words: tuple[str, ...] = ()
    limits: Minutes | None = None

    @classmethod
    def read(cls, words: str, range_min: str, plan: Plan, organ: str) -> Freedom:
        """From words such as "times,duty" and "8,15"; raises PlanError for what cannot be read or has no range."""
        free = tuple(dict.fromkeys(word.strip() for word in words.split(",") if word.strip()))
        if range_min and "times" not in free:
            raise PlanError("a range of minutes needs free times.", where="--minutes", remedy="Add --free times.")
        if not free:
            return cls()
        must_be_known(free)
        if "times" not in free:
            return cls(free)
        if not range_min:
            return cls(free, Minutes.of_pack(plan.protocol, organ))
        try:
            low, high = (float(word) for word in range_min.split(","))
        except ValueError:
            raise PlanError(f"cannot read '{range_min}'.", where="--minutes", remedy="Write 8,15.") from None
        return cls(free, Minutes.given(plan.protocol, low, high))


def must_be_known(free: Collection[str]) -> None:
    """Refuse a word that names nothing that could be free, or none at all."""
    unknown = sorted(set(free) - set(get_args(Free)))
    if unknown or not free:
        known = ", ".join(get_args(Free))
        raise PlanError(f"nothing called '{', '.join(unknown)}' may be free.", where=WHERE, remedy=f"Known: {known}.")
