"""Flags: what a reader must know before the first number."""

from __future__ import annotations

from collections.abc import Sequence

from iceball.plan.plan import STARTER_WARNING, Plan
from iceball.plan.pocket import MODEL_NOT_IMAGE
from iceball.tissue import Anatomy
from iceball.tissue.phantom import SYNTHETIC_PHANTOM

STALE = "STALE: the inputs changed after this result was made"
SYNTHETIC = "SYNTHETIC LESION ON A REAL CT"
STARTER = f"STARTER: {STARTER_WARNING}"
SYNTHETIC_PARTS = "SYNTHETIC STRUCTURES: drawn by rule, not of a patient"
MOVED = f"ORGAN MOVED: {MODEL_NOT_IMAGE}"
AS_PLACED = "AS PLACED: needles where a control image shows them"
AUTOMATIC = "AUTOMATIC LABELS, UNREVIEWED"


def all_flags(flags: Sequence[str], plan: Plan, anatomy: Anatomy) -> tuple[str, ...]:
    """The caller's flags, and those that plan and anatomy carry in themselves; each once."""
    found = list(flags)
    if plan.stage == "as placed":
        found.insert(0, AS_PLACED)
    if anatomy.phantom:
        found.insert(0, SYNTHETIC_PHANTOM)
    if plan.review == "starter" and not any(f.upper().startswith("STARTER") for f in found):
        found.append(STARTER)
    if anatomy.moved:
        found.append(MOVED)
    origins = [s.origin.lower() for s in anatomy.structures.values()]
    if any("automatic" in o and "unreviewed" in o for o in origins) and not any(
        "AUTOMATIC" in f.upper() for f in found
    ):
        found.append(AUTOMATIC)
    if any("synthetic" in o for o in origins) and not any("SYNTHETIC" in f.upper() for f in found):
        found.append(SYNTHETIC_PARTS)
    return tuple(dict.fromkeys(found))


def stamp(flags: Sequence[str]) -> str:
    """What is written into every picture: a picture may travel without its report."""
    told = ("SYNTHETIC", "STALE", "AUTOMATIC", "ORGAN MOVED", "AS PLACED")
    words = [f.split(":")[0] for f in flags if any(k in f.upper() for k in told)]
    return " · ".join(["RESEARCH USE ONLY", *words])
