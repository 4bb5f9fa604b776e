"""A proposal taken: of the search, or of what was tried. It becomes the next revision of the plan."""

from __future__ import annotations

from iceball.errors import StaleError
from iceball.web import plans
from iceball.web.answers import Missing
from iceball.web.jobs import whatif
from iceball.web.kept import kept
from iceball.web.searches import search_of
from iceball.web.workspace import Workspace


def take_search(space: Workspace, name: str, which: str, made_from: int) -> plans.Standing:
    """Take a proposal of the last search.

    Args:
        space: the workspace.
        name: the case.
        which: its number from 1, or "best": the best so far of a search that goes on or was stopped.
        made_from: the revision that it takes the place of.

    Raises:
        Conflict: if the plan was changed elsewhere since.
        Missing: if there is no such proposal.
        StaleError: if goals, setting or patient changed since the search.
    """
    with space.turn(name):
        now = plans.standing(space, name)
        plans.must_stand_at(now, made_from)
        found = search_of(space.case(name), now.plan, space.patient(name).anatomy)
        plan = found.plan(which)
        if which != "best" and found.status != "valid":
            raise StaleError(
                "is STALE: goals, setting or patient changed since.", where="search", remedy="Search again."
            )
        words = "the best plan so far of the search" if which == "best" else f"plan {which} of the search"
        return plans.save(space, name, plan, f"Took {words}")


def take_change(space: Workspace, name: str, number: int, made_from: int) -> plans.Standing:
    """Take one of the changes that were tried.

    Args:
        space: the workspace.
        name: the case.
        number: of the change, from 1.
        made_from: the revision that it takes the place of.

    Raises:
        Conflict: if the plan was changed elsewhere since.
        Missing: if there is no such change, or it could not be made.
        StaleError: if they were changes of another plan.
    """
    with space.turn(name):
        now = plans.standing(space, name)
        plans.must_stand_at(now, made_from)
        patient = space.patient(name)
        found = kept(space.case(name), whatif.KIND, lambda options: whatif.key(now.plan, patient, options))
        changed = (found.result or {}).get("plans", [])
        if not 1 <= number <= len(changed) or changed[number - 1] is None:
            raise Missing(
                "is not among the changes that were made.", where=f"change {number}", remedy="Try them again."
            )
        if found.status != "valid":
            raise StaleError("is STALE: it was a change of another plan.", where="what if", remedy="Try them again.")
        what = found.result["changes"][number - 1]["change"]
        return plans.save(space, name, plans.plan_of(changed[number - 1]), f"Took “{what}”")
