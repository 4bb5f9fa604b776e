"""From a wish to a job: options with their defaults, the key, and the job that has it already."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from iceball.errors import CaseError
from iceball.io.case import Case
from iceball.store import Job
from iceball.web.answers import Missing
from iceball.web.plans import standing
from iceball.web.workspace import Workspace


def ask(space: Workspace, case: str, kind: str, options: dict[str, Any]) -> Job:
    """The job of that kind for the case's plan as it stands; one that has the key already is given back.

    Raises:
        Missing: for a kind or case that is not there.
        CaseError: for a draft, which has no target yet; for an option that is unknown or of another type.
        IceballError: what the kind refuses.
    """
    if kind not in space.crew.kinds:
        known = ", ".join(sorted(space.crew.kinds)) or "none"
        raise Missing(f"There is no job called '{kind}'.", where="kind", remedy=f"Known: {known}.")
    space.case(case).refuse_draft()
    module: Any = import_module(space.crew.kinds[kind])
    full = filled(module.DEFAULTS, options)
    at = standing(space, case)
    key = str(module.key(at.plan, space.patient(case), full))
    with space.turn("jobs"):
        job, new = space.jobs.ask(case, kind, key, full, at.revision.document)
        if job.state == "done" and not _there(module, space.case(case), job.result):
            space.jobs.set_aside(job.id)
            job, new = space.jobs.ask(case, kind, key, full, at.revision.document)
    if new:
        space.audit.add(kind, case=case, job=job.id, key=key, revision=at.revision.number, options=full)
        _let_go(space, job, getattr(module, "REPLACES", ()))
        space.crew.wake()
    return space.crew.told(job)


def filled(defaults: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Options with every default; an unknown one, or one of another type than its default, is refused."""
    for name, value in given.items():
        if name not in defaults:
            known = ", ".join(sorted(defaults)) or "none"
            raise CaseError("is not an option of this job.", where=f"options.{name}", remedy=f"Known: {known}.")
        default = defaults[name]
        number = isinstance(default, int | float) and not isinstance(default, bool)
        fits = (
            isinstance(value, int | float) and not isinstance(value, bool)
            if number
            else default is None or value is None or isinstance(value, type(default))
        )
        if not fits:
            raise CaseError(
                f"is not {_words(default)}.", where=f"options.{name}", remedy=f"Its default is {default!r}."
            )
    return {**defaults, **given}


def _words(default: Any) -> str:
    names = {bool: "true or false", str: "a text", list: "a list", dict: "a table", int: "a number", float: "a number"}
    return names.get(type(default), type(default).__name__)


def _there(module: Any, case: Case, result: Any) -> bool:
    return bool(module.there(case, result)) if hasattr(module, "there") else True


def _let_go(space: Workspace, newest: Job, kinds: tuple[str, ...]) -> None:
    """Older work of some kinds on the plan of the same case, which nobody waits for any more."""
    for job in space.jobs.of(newest.case):
        older = job.id != newest.id and job.state in ("queued", "running") and not job.options.get("as_placed")
        if older and job.kind in kinds:
            space.crew.cancel(job.id)
