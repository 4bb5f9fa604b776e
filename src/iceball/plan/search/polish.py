"""The best layout that a sketch finds around one: CMA-ES on the numbers of the layout, within a region of trust."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from iceball.plan.rules import rule
from iceball.plan.search.asked import Answer
from iceball.plan.search.beside import Beside, Lent
from iceball.plan.search.layout import Layout
from iceball.plan.search.luck import Luck
from iceball.plan.search.near import Near
from iceball.plan.search.price import price_of
from iceball.plan.ways.survey import Room, Ways
from iceball.plan.ways.terrain import Terrain

Floats = NDArray[np.float64]

EVALUATIONS = 600
"""Looks of the sketch for one polish."""
BEYOND_MM = 10.0
"""Price of a number that lies one radius beyond the region of trust."""
AROUND = np.linspace(0.5, 2.0, 7)
"""Of the share of draws that may be worse: a single draw between others decides nothing while needles are fitted."""
KEPT = 3
"""Layouts handed back: the first may break a rule that only the closer look of `check` sees."""
APART = 0.05
"""Two layouts handed back differ by so much in at least one number."""


@dataclass(frozen=True, eq=False)
class Sought:
    """What a polish seeks.

    Attributes:
        terrain, room: the patient, the table and the bore.
        luck: the draws.
        share: of the draws whose margin may be smaller than the one that counts; None counts the nominal margin.
        floor_mm: what was kept at the beginning.
        doubt_k: how much a goal should be met by.
    """

    terrain: Terrain
    room: Room
    luck: Luck
    share: float | None
    floor_mm: float = float("nan")
    doubt_k: float = 0.0

    def total(self, near: Near, layout: Layout, ways: Ways) -> tuple[float, Answer]:
        """The price of a layout by the sketch, and what it says of the goals."""
        zones, sure = layout.zones_of(ways), float("nan")
        if self.share is None:
            answer = near.answer(zones)
        else:
            order = layout.order(ways)  # a draw belongs to a needle by its place in the plan
            answer, kept = near.both(zones[order], self.luck, levers=layout.levers(ways)[order])
            sure = float(np.quantile(kept, self.share * AROUND).mean())
        price = price_of(
            answer,
            near.asked.goals,
            ways,
            p10_mm=sure,
            floor_mm=self.floor_mm,
            nominal=self.share is None,
            doubt_k=max(self.doubt_k, float(rule("search", "sketch_doubt_k"))),
        )
        return price.total, answer


@dataclass(frozen=True, eq=False)
class Looking:
    """What is looked at again and again in one polish; it may be done by another process.

    Attributes:
        near: the sketch.
        sought: what makes one better than another.
        layout: the needles.
        start: numbers around which it looks.
        radius: how far a number may go from there, in its own unit; one for all, or one each.
    """

    near: Near
    sought: Sought
    layout: Layout
    start: Floats
    radius: Floats | float

    def __call__(self, many: list[Floats]) -> list[tuple[float, Answer | None]]:
        """The price of each, and what the sketch says of its goals where all its shafts are open."""
        found: list[tuple[float, Answer | None]] = []
        if not many:
            return found
        for numbers, ways in zip(many, self.layout.ways(many, self.sought.terrain, self.sought.room), strict=True):
            beyond = np.maximum(np.abs(numbers - self.start) / self.radius - 1.0, 0.0)
            price, answer = self.sought.total(self.near, self.layout, ways)
            found.append((price + BEYOND_MM * float((beyond**2).sum()), answer if ways.open.all() else None))
        return found

    def shared(self, many: list[Floats], other: Lent | None) -> list[tuple[float, Answer | None]]:
        """The same, the first half of them looked at by the other process."""
        half = len(many) // 2
        if other is not None:
            other.begin(many[:half])
        mine = self(many[half:])
        theirs = None if other is None else cast("list[tuple[float, Answer | None]] | None", other.ended())
        return [*(self(many[:half]) if theirs is None else theirs), *mine]


@dataclass(frozen=True, eq=False)
class Polished:
    """A layout that a sketch likes, and what the sketch says of it; None and 0 where there is none yet."""

    numbers: Floats
    answer: Answer | None = None
    price_mm: float = 0.0


def polished(
    looking: Looking, *, seed: int, over: Callable[[], bool], share: float = 1.0, helper: Beside | None = None
) -> tuple[list[Polished], int]:
    """The best open layouts found, best first, and how many looks it took.

    Args:
        looking: at what, and around what.
        seed: of CMA-ES.
        over: asked between looks; True ends it.
        share: of `EVALUATIONS`.
        helper: looks at half of them.
    """
    import cma

    best: list[tuple[float, Floats, Answer]] = []
    looked = 0

    def totals(many: list[Floats]) -> list[float]:
        found = looking.shared(many, other)
        for numbers, (price, answer) in zip(many, found, strict=True):
            if answer is not None:
                _keep(best, price, numbers, answer)
        return [price for price, _ in found]

    start = looking.start
    far = np.broadcast_to(np.asarray(looking.radius, float), start.shape)
    options = {"seed": seed + 1, "verbose": -9, "maxfevals": share * EVALUATIONS, "tolx": 0.01, "tolfun": 0.01,
               "CMA_stds": (far / far.max()).tolist()}  # fmt: skip
    strategy = cma.CMAEvolutionStrategy(start, 0.4 * float(far.max()), options)
    with nullcontext() if helper is None else helper.lent(looking) as other:
        looked += len(totals([start]))
        while not strategy.stop() and not over():
            many = [np.asarray(n) for n in strategy.ask()]
            strategy.tell(many, totals(many))
            looked += len(many)
    return [Polished(numbers, answer, price) for price, numbers, answer in best], looked


def _keep(best: list[tuple[float, Floats, Answer]], price: float, numbers: Floats, answer: Answer) -> None:
    """Put a layout among the best unless a better one lies beside it."""
    if len(best) == KEPT and price >= best[-1][0]:
        return
    beside = [i for i, (_, other, _) in enumerate(best) if np.abs(other - numbers).max() < APART]
    if any(best[i][0] <= price for i in beside):
        return
    for i in reversed(beside):
        best.pop(i)
    best.append((price, numbers, answer))
    best.sort(key=lambda row: row[0])
    del best[KEPT:]
