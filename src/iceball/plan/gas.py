"""What a plan's sprays spend, and the gas it becomes."""

from __future__ import annotations

import math

from iceball.assessment.assessment import Range
from iceball.assessment.vented import Vented
from iceball.plan.plan import Plan
from iceball.plan.spot import Spot

ML_PER_L = 1000.0


def vented(plan: Plan) -> Vented | None:
    """Liquid and gas of all freezes of all sprays of a plan; None where nothing is sprayed.

    It is a volume at room conditions and no pressure: how fast a cavity fills and empties is not modelled.
    """
    used = [
        (_seconds(spot), flow, times)
        for spot in plan.spots
        if (flow := spot.card.liquid_ml_per_s) is not None and (times := spot.card.expansion) is not None
    ]
    if not used:
        return None

    def liquid(end: str) -> float:
        return math.fsum(seconds * getattr(flow, end) for seconds, flow, _ in used)

    def gas(end: str) -> float:
        each = (seconds * getattr(flow, end) * getattr(times, end) for seconds, flow, times in used)
        return math.fsum(each) / ML_PER_L

    ends = ("value", "low", "high")
    return Vented(Range(*map(liquid, ends)), Range(*map(gas, ends)), plan.vent)


def _seconds(spot: Spot) -> float:
    return math.fsum(end - start for start, end in spot.freezes_s)
