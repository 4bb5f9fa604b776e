"""Organs: the vocabulary of labels, groups of structures, and what is expected near a target in each organ."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from iceball.errors import TissueError
from iceball.sources import data_file


@dataclass(frozen=True)
class Organ:
    """An organ that a target can lie in. `labels` are the structures that count as the organ itself."""

    name: str
    tissue: str
    target_tissue: str
    expected: tuple[str, ...]
    labels: tuple[str, ...]
    parenchyma: bool
    """Whether unlabelled soft tissue around a target there is better taken as this organ than as muscle."""


@cache
def organs() -> dict[str, Organ]:
    """All organs of the data file, by name."""
    return {
        name: Organ(name, r["tissue"], r["target_tissue"], tuple(r["expected"]), tuple(r["labels"]), r["parenchyma"])
        for name, r in data_file("tissue", "organs.toml").records("organ").items()
    }


def organ_of(name: str) -> Organ:
    """The organ of that name; raises TissueError with the known names."""
    known = organs()
    if name not in known:
        raise TissueError(f"no organ called '{name}'.", where="organ", remedy=f"Known organs: {', '.join(known)}.")
    return known[name]


@cache
def groups() -> dict[str, tuple[str, ...]]:
    """Group name to its members; a trailing * stands for any ending ("rib_*")."""
    return {name: tuple(r["members"]) for name, r in data_file("tissue", "organs.toml").records("group").items()}


def structures_in_group(group: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of `names` that belong to the group."""
    patterns = groups().get(group, ())
    return tuple(n for n in names if any(n == p or (p.endswith("*") and n.startswith(p[:-1])) for p in patterns))


@cache
def label_tissues() -> dict[str, str]:
    """Label name (TotalSegmentator's vocabulary) or pattern with * to tissue."""
    return dict(data_file("tissue", "organs.toml").table["label_tissue"])


def tissue_of_label(name: str) -> str | None:
    """The tissue of a labelled organ, or None where the CT number decides; "bone" and "lung" leave it their kind."""
    table = label_tissues()
    if name in table:
        return table[name] or None
    # The longest pattern wins: "kidney_cyst_*" before "kidney_*".
    patterns = sorted((p for p in table if p.endswith("*") and name.startswith(p[:-1])), key=len, reverse=True)
    return (table[patterns[0]] or None) if patterns else None
