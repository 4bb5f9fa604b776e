"""Published parameter sets: a patient or a block by the numbers of another model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from iceball.errors import TissueError
from iceball.sources import data_file
from iceball.tissue.anatomy import Anatomy
from iceball.tissue.library import tissue


@dataclass(frozen=True)
class Preset:
    """One published set: which tissues it replaces by which of its rows, and what of its law ours cannot say."""

    name: str
    label: str
    replaces: Mapping[str, str]
    differs: str

    def __post_init__(self) -> None:
        for row in (*self.replaces, *self.replaces.values()):
            tissue(row)


@cache
def presets() -> dict[str, Preset]:
    """All published sets, by name."""
    return {
        name: Preset(name, r["label"], r["replaces"], r["differs"])
        for name, r in data_file("tissue", "presets.toml").records("preset").items()
    }


def preset(name: str) -> Preset:
    """The published set of that name; raises TissueError with the known names."""
    known = presets()
    if name not in known:
        raise TissueError(f"no preset called '{name}'.", where="preset", remedy=f"Known presets: {', '.join(known)}.")
    return known[name]


def with_preset(anatomy: Anatomy, name: str) -> Anatomy:
    """The same anatomy by a published set: the tissues it has become its own, the others stay, and a note says so.

    Raises:
        TissueError: for an unknown set, or one that has none of the tissues present.
    """
    chosen = preset(name)
    tissues = {label: chosen.replaces.get(kind, kind) for label, kind in anatomy.tissues.items()}
    present = {int(v) for v in np.unique(anatomy.labels.data)}
    own = sorted({anatomy.tissues[v] for v in present if tissues[v] != anatomy.tissues[v]})
    if not own:
        raise TissueError(
            f"has none of the tissues present; it has {', '.join(chosen.replaces)}.",
            where=f"preset {name}",
            remedy="Leave --preset out.",
        )
    kept = sorted({anatomy.tissues[v] for v in present} - set(own))
    note = f"Preset {chosen.label}: {', '.join(own)} by its numbers; {', '.join(kept) or 'nothing'} by Iceball's."
    return replace(anatomy, tissues=tissues, notes=(*anatomy.notes, note, f"What differs: {chosen.differs}"))
