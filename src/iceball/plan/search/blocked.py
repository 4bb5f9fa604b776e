"""Why no needle reaches a target, and what would free a way: the sentences of a refusal."""

from __future__ import annotations

from iceball.errors import PlanError
from iceball.plan.ways.survey import (
    ICE_AT_SKIN,
    IN_BORE,
    IN_TABLE,
    NO_HANDLE,
    NO_SKIN,
    RULES,
    TOO_DEEP,
    UNDER_RIB,
)
from iceball.plan.ways.trajectory import Trajectories

FREES = {
    RULES[NO_SKIN]: "take an image that shows the skin around the target",
    RULES[NO_HANDLE]: "turn the patient, or take a needle with a shorter handle",
    RULES[TOO_DEEP]: "take a longer needle",
    RULES[ICE_AT_SKIN]: "take a needle with a shorter active zone, or lift the skin off with a pocket of fluid",
    RULES[IN_TABLE]: "turn the patient (procedure_position)",
    RULES[IN_BORE]: "turn the patient, or take a scanner with a wider opening (--bore-mm)",
    RULES[UNDER_RIB]: "go through the space below that rib, or turn the patient",
    "bone": "declare a coaxial or drill access through bone (bone_access), or turn the patient",
}
"""What opens a way that a rule closes; what is not here is a structure."""


def no_way(found: Trajectories) -> PlanError:
    """The refusal of a target that no straight way reaches: what closes the most, and what would free it."""
    closed = list(found.closed_by().items())[:3]
    reasons = ", ".join(f"{name} on {100 * share:.0f} %" for name, share in closed)
    ways = [FREES.get(name, f"move {name} aside with a pocket of fluid") for name, _ in closed[:2]]
    said = "; or ".join(dict.fromkeys(ways))
    return PlanError(
        f"no needle reaches the target: no way from the skin is open among {len(found.ways)} directions: {reasons}.",
        where="search",
        remedy=f"{said[0].upper()}{said[1:]}." if said else "",
    )
