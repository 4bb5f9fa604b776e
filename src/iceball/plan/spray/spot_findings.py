"""What the check of a plan has to say of its spots."""

from __future__ import annotations

from iceball.errors import PlanError
from iceball.plan.finding import Finding
from iceball.plan.plan import Plan
from iceball.plan.spray.gas import vented
from iceball.plan.spray.spots import on_surface
from iceball.tissue import Anatomy


def check_surface(plan: Plan, anatomy: Anatomy) -> list[Finding]:
    """Spots off every surface, and gas whose way out nobody has calculated."""
    found = []
    for i, name in enumerate(plan.name_of_spot):
        try:
            on_surface(plan, i, anatomy)
        except PlanError as refusal:
            found.append(Finding("error", f"{refusal.what}. {refusal.remedy}", f"{name}: centre_mm"))
    gas = vented(plan)
    if gas is not None:
        what = (
            f"does the {gas.vent} vent carry off {gas.gas_l.value:.1f} L of gas ({gas.gas_l.low:.1f} to "
            f"{gas.gas_l.high:.1f})? No pressure is modelled."
        )
        found.append(Finding("not checked", what, "vent"))
    return found
