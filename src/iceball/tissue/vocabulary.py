"""Names of structures: which belong to a group, and which tissue a labelled one is."""

from __future__ import annotations

from functools import cache

from iceball.sources import data_file


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
