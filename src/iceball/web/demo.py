"""The bundled cases, made in the open folder."""

from __future__ import annotations

from iceball.io.bundled import bundled_case
from iceball.web.plans import standing
from iceball.web.workspace import Workspace


def make_demo(space: Workspace, which: str) -> str:
    """Make a bundled case under a free name; returns its id."""
    with space.turn("new cases"):
        names = (f"demo-{which}", *(f"demo-{which}-{n}" for n in range(2, 10_000)))
        name = next(n for n in names if not (space.folder / n).exists())
        bundled_case(which, space.folder / name)
    standing(space, name)
    space.audit.add("demo", case=name)
    space.events.publish({"type": "case", "case": name})
    return name
