"""Organs that a target can lie in, each as its pack describes it."""

from __future__ import annotations

from iceball.errors import TissueError
from iceball.tissue.pack import Organ
from iceball.tissue.packs import packs
from iceball.tissue.vocabulary import groups, label_tissues, structures_in_group, tissue_of_label

__all__ = ["Organ", "groups", "label_tissues", "organ_of", "organs", "structures_in_group", "tissue_of_label"]


def organs() -> dict[str, Organ]:
    """The organs of all packs, by name."""
    return {name: pack.organ for name, pack in packs().items()}


def organ_of(name: str) -> Organ:
    """The organ of that name; raises TissueError with the known names."""
    known = organs()
    if name not in known:
        raise TissueError(f"no organ called '{name}'.", where="organ", remedy=f"Known organs: {', '.join(known)}.")
    return known[name]
