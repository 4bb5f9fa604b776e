"""The library of packs: the shipped ones, and the user's own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

from iceball.errors import PackError
from iceball.sources import DataFile, data_file
from iceball.tissue.library import OWN_TISSUES
from iceball.tissue.pack import Pack, Proposal, read_pack, read_proposal
from iceball.tissue.protection import Protection, read_protection
from iceball.tissue.vocabulary import structures_in_group

OWN_PACKS = "ICEBALL_PACKS"
"""Environment variable: the user's own packs, files or folders of them, separated as in PATH."""
COMMON = "common.toml"
UNKNOWN = "unknown"


def packs() -> dict[str, Pack]:
    """All packs by the name of their organ: the shipped ones, then those that ICEBALL_PACKS names.

    Raises:
        PackError, SourceError: naming file and field of a pack that is refused.
    """
    own = [Path(p) for p in os.environ.get(OWN_PACKS, "").split(os.pathsep) if p.strip()]
    return dict(_library(tuple(_states(own)), os.environ.get(OWN_TISSUES, "")))


def pack(name: str) -> Pack:
    """The pack of that organ; raises PackError with the known names."""
    known = packs()
    if name not in known:
        raise PackError(f"no pack called '{name}'.", where="pack", remedy=f"Known packs: {', '.join(known)}.")
    return known[name]


@cache
def shared_limits() -> dict[str, Protection]:
    """The limits that every pack may name, the stricter before the wider."""
    data = data_file("packs", COMMON)
    return {name: read_protection(data, name, record) for name, record in data.records("limit").items()}


@cache
def unknown_organ() -> Proposal:
    """What is proposed where no organ is named."""
    return read_proposal(data_file("packs", COMMON), UNKNOWN)


def protection_of(structure: str, organ: str = "") -> Protection | None:
    """What a structure or group keeps by the organ's pack, or else anywhere; None where nothing is known.

    A name goes before a group, so that the spinal cord is not taken for any nerve.

    Raises:
        PackError: for an organ without a pack.
    """
    own = pack(organ).limits if organ else {}
    everywhere = {name: limit for limit in shared_limits().values() for name in limit.anywhere}
    for known in (own, everywhere):
        if structure in known:
            return known[structure]
    for known in (own, everywhere):
        for group, limit in known.items():
            if structures_in_group(group, (structure,)):
                return limit
    return None


@cache
def _shipped() -> dict[str, Pack]:
    names = sorted(f.name for f in files("iceball").joinpath("packs").iterdir() if f.name.endswith(".toml"))
    shared = data_file("packs", COMMON)
    return {
        name.removesuffix(".toml"): read_pack(
            data_file("packs", name), name.removesuffix(".toml"), shared, shared_limits()
        )
        for name in names
        if name != COMMON
    }


def _states(given: list[Path]) -> list[tuple[Path, int]]:
    """Every file and when it was last written, so that a changed file is read again."""
    found = []
    for path in given:
        try:
            named = sorted(path.glob("*.toml")) if path.is_dir() else [path]
            found += [(file, file.stat().st_mtime_ns) for file in named]
        except OSError as fault:
            raise PackError(
                f"cannot be read: {fault.strerror}.", where=f"{OWN_PACKS}: {path}", remedy="Name what exists."
            ) from None
        if not named:
            raise PackError("holds no pack.", where=f"{OWN_PACKS}: {path}", remedy="Put a spleen.toml there.")
    return found


@cache
def _library(own: tuple[tuple[Path, int], ...], _tissues: str) -> Mapping[str, Pack]:
    found = dict(_shipped())
    for path, _ in own:
        if path.stem in found:
            raise PackError(
                f"there is a pack called '{path.stem}' already.", where=str(path), remedy="Give the file another name."
            )
        found[path.stem] = read_pack(DataFile.at(path), path.stem, data_file("packs", COMMON), shared_limits())
    return found
