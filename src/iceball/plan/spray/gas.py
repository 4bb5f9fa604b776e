"""What a plan's sprays spend, and the gas it becomes."""

from __future__ import annotations

import math

from iceball.assessment.assessment import Range
from iceball.assessment.vented import Vented
from iceball.plan.plan import Plan
from iceball.plan.spray.spot import Spot
from iceball.plan.spray.spots import NAME
from iceball.solve.history import History

ML_PER_L, J_PER_KJ = 1000.0, 1000.0


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


def supply_note(plan: Plan, history: History) -> str:
    """The heat that tissue gave to the spots, against what the liquid takes to boil away; "" unless all are sprays."""
    if not plan.spots or not all(s.card.vents for s in plan.spots) or not history.heat.by_wall_j:
        return ""
    given = -sum(joule for name, joule in history.heat.by_wall_j.items() if name.startswith(NAME)) / J_PER_KJ
    boiled = math.fsum(
        _seconds(s) * flow.value * boiling.value / J_PER_KJ
        for s in plan.spots
        if (flow := s.card.liquid_ml_per_s) is not None and (boiling := s.card.boiling_j_per_ml) is not None
    )
    said = f"Tissue gave {given:.1f} kJ to the spots; the liquid that is spent takes {boiled:.1f} kJ to boil away"
    if given <= boiled:
        return f"{said}."
    return f"{said}: so little liquid cannot hold that h, and less freezes than is shown."


def _seconds(spot: Spot) -> float:
    return math.fsum(end - start for start, end in spot.freezes_s)
