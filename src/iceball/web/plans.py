"""A plan's life in the workbench: every change is a revision, and nothing is overwritten unseen.

The order of a change is: plan.toml (temporary file, sync, rename), then the revision (one transaction), then the
answer. Killed in between, the file is ahead of the database; the next look finds that and makes it a revision.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter

from iceball.errors import PlanError
from iceball.io.case import Case
from iceball.io.text import from_table, write_whole
from iceball.plan.plan import Plan
from iceball.store import Revision
from iceball.store.revisions import as_text
from iceball.web.answers import Conflict
from iceball.web.difference import difference
from iceball.web.workspace import Workspace

CHANGED_ON_DISK = "Changed on disk"
MOST_WORDS = 200
_tables = TypeAdapter(Plan)


@dataclass(frozen=True)
class Standing:
    """A plan as it stands, and the revision that it is."""

    plan: Plan
    revision: Revision


def tables_of(plan: Plan) -> dict[str, Any]:
    """A plan as plain tables, every field written out."""
    return dict(_tables.dump_python(plan, mode="json"))


def plan_of(document: dict[str, Any]) -> Plan:
    """The plan that tables are; raises CaseError or PlanError naming the field that cannot be."""
    plan = from_table(document, Plan, where="plan")
    if plan.stage != "planned":
        raise PlanError("here the plan as planned is kept.", where="plan.stage", remedy='Leave it "planned".')
    return plan


def standing(space: Workspace, name: str) -> Standing:
    """How the plan of a case stands. A plan.toml that another hand changed becomes a revision of its own.

    Raises:
        Missing: if there is no such case.
        CaseError: if its plan.toml cannot be read.
    """
    with space.turn(name):
        case = space.case(name)
        image = space.image_key(name)
        at = space.revisions.current(name, image)
        file = case.folder / "plan.toml"
        if at is not None and not file.exists():
            case.save_plan(plan_of(at.document))
        plan = case.plan()
        document = tables_of(plan)
        if at is None or as_text(document) != as_text(at.document):
            what = "Opened" if at is None else CHANGED_ON_DISK
            with space.database.transaction():
                at = space.revisions.add(name, image, document, what)
                space.audit.add(
                    "open plan" if what == "Opened" else "plan changed on disk", case=name, revision=at.number
                )
            if what == CHANGED_ON_DISK:
                told(space, name, at)
        return Standing(plan, at)


def change(space: Workspace, name: str, made_from: int, document: dict[str, Any], what: str) -> Standing:
    """Save a changed plan as a new revision.

    Args:
        space: the workspace.
        name: the case.
        made_from: the revision that was changed.
        document: the changed plan.
        what: what was done, in a few words.

    Raises:
        Conflict: if the plan was changed elsewhere since, with the difference.
        CaseError, PlanError: if the plan cannot be.
    """
    with space.turn(name):
        now = standing(space, name)
        must_stand_at(now, made_from, document)
        plan = reviewed(plan_of(document), now.plan)
        if plan.review == "starter" != now.plan.review:
            raise PlanError("only a machine makes a starter.", where="plan.review", remedy='Say "edited".')
        if tables_of(plan) == now.revision.document:
            return now
        return save(space, name, plan, what or "Changed")


def save(space: Workspace, name: str, plan: Plan, what: str) -> Standing:
    """Put a plan in the place of the one that stands, as a new revision, whatever was there."""
    with space.turn(name):
        standing(space, name)  # what another hand wrote meanwhile is a revision before it is replaced
        image = space.image_key(name)
        document = tables_of(plan)
        return _write(
            space, name, plan, "change plan", lambda: space.revisions.add(name, image, document, what[:MOST_WORDS])
        )


def undo(space: Workspace, name: str, made_from: int) -> Standing:
    """Go back one revision; raises PlanError where there is none."""
    return _step(space, name, made_from, "undo", space.revisions.back)


def redo(space: Workspace, name: str, made_from: int) -> Standing:
    """Take back an undo; raises PlanError where there is none to take back."""
    return _step(space, name, made_from, "redo", space.revisions.forward)


def must_stand_at(now: Standing, made_from: int, document: dict[str, Any] | None = None) -> None:
    """Refuse what was made from another revision than the one that stands; raises Conflict with the difference."""
    if now.revision.number == made_from:
        return
    theirs = now.revision.document
    raise Conflict(
        f"The plan was changed elsewhere: it stands at revision {now.revision.number}, this was made from {made_from}.",
        where="plan",
        remedy="Look at the difference, then take theirs or save yours on top of it.",
        told={"difference": [] if document is None else difference(document, theirs)},
    )


def reviewed(plan: Plan, before: Plan) -> Plan:
    """A changed plan is no more what a machine made or a person accepted, unless the change says so."""
    same = replace(before, review=plan.review) == plan
    if not same and plan.review == before.review and plan.review != "edited":
        return replace(plan, review="edited")
    return plan


def told(space: Workspace, name: str, at: Revision) -> None:
    """Tell every page where the plan stands, and whoever sees that its verdict is made again."""
    space.events.publish({"type": "plan", "case": name, "revision": at.number})
    space.judge.look_at(name)


def _step(
    space: Workspace, name: str, made_from: int, verb: str, look: Callable[[str, str], Revision | None]
) -> Standing:
    with space.turn(name):
        must_stand_at(standing(space, name), made_from)
        image = space.image_key(name)
        goal = look(name, image)
        if goal is None:
            raise PlanError(f"There is nothing to {verb}.", where="plan")
        plan = plan_of(goal.document)
        return _write(space, name, plan, verb, lambda: space.revisions.stand(name, image, goal.number))


def _write(space: Workspace, name: str, plan: Plan, verb: str, keep: Callable[[], Revision]) -> Standing:
    """plan.toml first, then the database; where the database refuses, the file is put back."""
    case: Case = space.case(name)
    file = case.folder / "plan.toml"
    before = file.read_bytes()
    case.save_plan(plan)
    try:
        with space.database.transaction():
            at = keep()
            space.audit.add(verb, case=name, revision=at.number, what=at.what)
    except BaseException:
        with suppress(OSError):
            write_whole(file, before)
        raise
    told(space, name, at)
    return Standing(plan, at)
