"""The library of packs: the shipped ones, and the user's own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from iceball.errors import PackError
from iceball.own_files import Files, OwnFiles
from iceball.sources import DataFile, data_file
from iceball.tissue.library import OWN_TISSUES
from iceball.tissue.pack import Pack, Proposal, read_pack, read_proposal
from iceball.tissue.protection import Protection, read_protection
from iceball.tissue.vocabulary import structures_in_group

OWN_PACKS = OwnFiles("ICEBALL_PACKS", "pack", "pack", "a pack, spleen.toml for one", PackError)
COMMON = "common.toml"
UNKNOWN = "unknown"


def packs() -> dict[str, Pack]:
    """All packs by the name of their organ: the shipped ones, then those that ICEBALL_PACKS names.

    Raises:
        PackError, SourceError: naming file and field of a pack that is refused.
    """
    return dict(_library(OWN_PACKS.files(), OWN_TISSUES.files()))


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


@cache
def _library(own: Files, _tissues: Files) -> Mapping[str, Pack]:
    found = dict(_shipped())
    for path, _ in own:
        if path.stem in found:
            raise PackError(
                f"there is a pack called '{path.stem}' already.", where=str(path), remedy="Give the file another name."
            )
        found[path.stem] = read_pack(DataFile.at(path), path.stem, data_file("packs", COMMON), shared_limits())
    return found
