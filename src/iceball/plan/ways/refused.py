"""Why no way is open, in a sentence: which rule blocks, and what would free the target."""

from __future__ import annotations

from collections import Counter

import numpy as np

from iceball.errors import PlanError
from iceball.plan.ways.survey import CROSSES, ICE_AT_SKIN, IN_BORE, IN_TABLE, NO_HANDLE, NO_SKIN, TOO_DEEP, UNDER_RIB
from iceball.plan.ways.trajectory import Trajectories

REMEDIES = {
    NO_SKIN: "take an image that shows the skin around the target",
    NO_HANDLE: "move what the handle meets out of the way, or take a needle with a shorter handle",
    ICE_AT_SKIN: "take a needle with a shorter active zone, or lift the skin off with a pocket of fluid",
    IN_TABLE: "turn the patient (procedure_position)",
    IN_BORE: "take a scanner with a wider opening (--bore-mm) or turn the patient",
    UNDER_RIB: "turn the patient or let them breathe in, so that another space between ribs lies in the way",
}
"""What would lift each rule; those of bone, organs and depth depend on the patient."""


def no_way(found: Trajectories) -> PlanError:
    """The refusal of a target that no straight way reaches."""
    reasons = ", ".join(f"{name} on {100 * share:.0f} %" for name, share in list(found.closed_by().items())[:5])
    return PlanError(
        f"no needle reaches the target: no way from the skin is open among {len(found.ways)} directions: {reasons}.",
        where="search",
        remedy=freed(found),
    )


def freed(found: Trajectories) -> str:
    """What would open a way: the rules that alone close the most directions, each with its remedy and their share."""
    closed = found.ways.closed
    alone = np.flatnonzero(closed.sum(axis=1) == 1)
    counts = Counter(found.first_reason(i) for i in alone.tolist())
    if not counts:
        first = next(iter(found.closed_by()))
        number = next(int(closed[i].argmax()) for i in range(len(closed)) if found.first_reason(i) == first)
        return f"{_capital(_remedy(found, number, first))}; other rules close every way besides."
    said = []
    for name, count in counts.most_common(2):
        number = int(closed[next(i for i in alone.tolist() if found.first_reason(i) == name)].argmax())
        share = 100 * count / len(closed)
        said.append(f"{_remedy(found, number, name)} (this alone closes {share:.{0 if share >= 1 else 2}f} % of them)")
    return f"{_capital(', or '.join(said))}."


def _remedy(found: Trajectories, number: int, name: str) -> str:
    if number == TOO_DEEP:
        shortest, usable = float(np.nanmin(found.ways.depth_mm)), found.kind.usable_mm.value
        if shortest > usable:
            return f"take a needle longer than {usable:g} mm: the shortest way is {shortest:.0f} mm deep"
        return f"take a needle longer than {usable:g} mm"
    if number != CROSSES:
        return REMEDIES[number]
    if name == "bone":
        return "declare a coaxial or drill access through bone (--through-bone; bone_access in the plan)"
    if name == "gas in the body":
        return "draw what holds the gas and move it aside, or turn the patient"
    return f"move {name} aside with a pocket of fluid where it can be moved (iceball pocket), or turn the patient"


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]
