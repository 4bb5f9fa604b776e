"""Ice that was seen, as the page tells of it and as it comes from the page."""

from __future__ import annotations

import gzip
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import Field

from iceball.desk.observing import assumed, made_for
from iceball.errors import CaseError, StaleError
from iceball.guide.seen import Observation, Seen
from iceball.io.case import Case
from iceball.io.observed import RECORD, Observed, observed, observed_one, remove_observed, save_observed
from iceball.io.placed import placed_plan
from iceball.web import plans
from iceball.web.answers import Missing
from iceball.web.boxes import occupancy_box
from iceball.web.drawing import ShapeTold
from iceball.web.kept import hashed
from iceball.web.patient import stamp
from iceball.web.shown import LEVEL
from iceball.web.workspace import Workspace

KEPT = 8


class SeenTold(ShapeTold):
    """A shape with who saw it as ice, on which image and at which minute."""

    at_min: float
    by: str = Field(max_length=200)
    on: str = Field(max_length=200)


def told(space: Workspace, name: str) -> dict[str, Any]:
    """Every observation of a case, with how it stands to the plan as it was carried out."""
    case, patient = space.case(name), space.patient(name)
    plan = plans.standing(space, name).plan
    with suppress(CaseError, StaleError):
        plan = placed_plan(case)
    found = observed(case)
    now = made_for(plan, patient.treated(plan)) if found else ""
    rows = []
    for one in found:
        held = one.beside
        rows.append({
            "name": one.name, "key": key_of(one), "words": one.seen.words, **vars(one.seen), "beside": held,
            "status": "none" if held is None else "valid" if held["made_for"] == now else "stale",
        })  # fmt: skip
    return {"stage": plan.stage, "observed": rows, "assumed": assumed()}


def keep(space: Workspace, name: str, given: SeenTold) -> str:
    """Keep what somebody saw; its name. No key changes, and nothing goes stale."""
    seen = Seen(given.at_min, given.by, given.on, given.how)
    with space.turn(name):
        one = save_observed(Case.open(space.case_folder(name)), Observation(seen, given.shape()))
        space.audit.add("observed ice", case=name, name=one.name, at_min=seen.at_min, by=seen.by, on=seen.on)
    space.events.publish({"type": "results", "case": name})
    return one.name


def remove(space: Workspace, name: str, which: str) -> None:
    """Take an observation away."""
    with space.turn(name):
        remove_observed(_there(space, name, which), which)
        space.audit.add("observed ice removed", case=name, name=which)
    space.events.publish({"type": "results", "case": name})


def key_of(one: Observed) -> str:
    """What an observation is: a name may be given again once its first bearer was taken away."""
    return hashed("observed ice", str(one.folder), stamp(one.folder / RECORD))


def ice_box(space: Workspace, name: str, which: str) -> tuple[bytes, str]:
    """How much of each cell of the planning image is observed ice, packed, and the key of the observation."""
    case = _there(space, name, which)
    key = key_of(observed_one(case, which))
    return _box(case.folder, which, f"{key} {space.image_key(name)}"), key


def _there(space: Workspace, name: str, which: str) -> Case:
    case = space.case(name)
    if which not in {one.name for one in observed(case)}:
        raise Missing("is not here (any more).", where=f"observation '{which}'")
    return case


@lru_cache(maxsize=KEPT)
def _box(folder: Path, which: str, key: str) -> bytes:
    case = Case.open(folder)
    ice = observed_one(case, which).observation().ice
    return gzip.compress(occupancy_box(ice, case.image().grid), LEVEL, mtime=0)
