"""The library of tissues: the shipped ones, the user's own, and those of published parameter sets."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, get_args

from iceball.errors import TissueError
from iceball.own_files import Files, OwnFiles
from iceball.sources import DataFile, Sourced, SourceError, data_file
from iceball.tissue.closure import PARTS, Composition, Freezing, tissue_of
from iceball.tissue.tissue import GASES, UNITS, Curve, Tissue

OWN_TISSUES = OwnFiles("ICEBALL_TISSUES", "tissue", "tissue", "[tissue.my-tumour] and its fields", TissueError)
MOST = 200
"""A cell's tissue is one byte; gases, published sets and what a run adds need some of its values too."""
TEXTS = ("curve", "floods_to")
RESTS = ("perfusion", "metabolism", "stasis_c")
"""What its make-up does not say of a tissue."""


def tissues() -> dict[str, Tissue]:
    """All tissues by name: the shipped ones, then those of the files named in ICEBALL_TISSUES.

    Raises:
        TissueError, SourceError: naming file, tissue and field of what is refused.
    """
    return dict(_library(OWN_TISSUES.files()))


def tissue(name: str) -> Tissue:
    """The tissue of that name, of the body or of a published set; raises TissueError with the known names."""
    known = {**tissues(), **published_tissues()}
    if name not in known:
        raise TissueError(f"no tissue called '{name}'.", where="tissue", remedy=f"Known tissues: {', '.join(known)}.")
    return known[name]


@cache
def shipped() -> dict[str, Tissue]:
    """The rows of tissues.toml."""
    return read_tissues(data_file("tissue", "tissues.toml"))


@cache
def published_tissues() -> dict[str, Tissue]:
    """The rows of published parameter sets, by name; see `iceball.tissue.presets`."""
    data = data_file("tissue", "presets.toml")
    return {name: _published(data, name, record) for name, record in data.records("tissue").items()}


def read_tissues(data: DataFile) -> dict[str, Tissue]:
    """All tissues of one file: each with its numbers in full, or with what it is made of.

    Raises:
        TissueError, SourceError: naming file, tissue and field.
    """
    found = {}
    for name, record in data.records("tissue").items():
        if not isinstance(record, Mapping):
            raise TissueError("is not a table.", where=f"{data.where}: tissue.{name}")
        try:
            found[name] = (_made if "made_of" in record else _row)(data, name, record)
        except TissueError as refusal:
            where = refusal.where if refusal.where.startswith(data.where) else f"{data.where}: {refusal.where}"
            raise TissueError(refusal.what, where=where, remedy=refusal.remedy) from None
    return found


def _row(data: DataFile, name: str, record: Mapping[str, Any]) -> Tissue:
    _only(data, name, record, {*UNITS, *TEXTS})
    curve = record.get("curve", "linear")
    if curve not in get_args(Curve):
        raise TissueError(f"is '{curve}'.", where=f"tissue {name}.curve", remedy=f"Use {' or '.join(get_args(Curve))}.")
    numbers: dict[str, Any] = {n: data.number(record, n, name=name, unit=unit) for n, unit in UNITS.items()}
    return Tissue(name, **numbers, curve=curve, floods_to=str(record.get("floods_to", "")))


def _made(data: DataFile, name: str, record: Mapping[str, Any]) -> Tissue:
    """A tissue given by what it is made of."""
    _only(data, name, record, {"made_of", "freezing", *RESTS})
    made_of, where = record["made_of"], f"tissue {name}.made_of"
    if not isinstance(made_of, Mapping) or set(made_of) - {*PARTS, "air"} or not {"water", "protein"} <= set(made_of):
        raise TissueError("needs water and protein, and takes fat, ash and air.", where=where)
    freezing = record.get("freezing", "soft")
    if freezing not in get_args(Freezing):
        known = ", ".join(get_args(Freezing))
        raise TissueError(f"is '{freezing}'.", where=f"tissue {name}.freezing", remedy=f"Use one of {known}.")
    rest: dict[str, Any] = {n: data.number(record, n, name=name, unit=UNITS[n]) for n in RESTS}
    parts = {p: data.number(made_of, p, name=f"{name}.made_of", unit=_unit_of_part(p)) for p in made_of}
    citations = "; ".join(dict.fromkeys(n.source.citation for n in parts.values()))
    try:
        made = Composition(**{part: number.value for part, number in parts.items()})
    except TissueError as refusal:
        part = refusal.where.rpartition(".")[2]
        raise TissueError(refusal.what, where=f"{where}.{part}", remedy=refusal.remedy) from None
    return tissue_of(name, made, **rest, freezing=freezing, why=f"the make-up given in {data.where}: {citations}")


def _unit_of_part(part: str) -> str:
    return "m3/m3" if part == "air" else "kg/kg"


def _only(data: DataFile, name: str, record: Mapping[str, Any], known: set[str]) -> None:
    unknown = set(record) - known
    if unknown:
        raise TissueError("is not a field of a tissue.", where=f"{data.where}: tissue {name}.{sorted(unknown)[0]}")


def _published(data: DataFile, name: str, record: Mapping[str, Any]) -> Tissue:
    idle = ("water_fraction", "dry_heat_capacity", "frozen_conductivity_share")
    numbers: dict[str, Any] = {n: data.number(record, n, name=name, unit=u) for n, u in UNITS.items() if n not in idle}
    k = data.number(record, "frozen_conductivity", name=name, unit="W/m/K")
    c = data.number(record, "frozen_heat_capacity", name=name, unit="J/kg/K")
    # What decides nothing in such a row is filled with what decides it.
    one = Sourced(1.0, 1.0, 1.0, "1", k.source)
    filled: dict[str, Any] = {"water_fraction": one, "dry_heat_capacity": c, "frozen_conductivity_share": one}
    return Tissue(name, **numbers, **filled, frozen_conductivity=k, frozen_heat_capacity=c)


@cache
def _library(files: Files) -> dict[str, Tissue]:
    found = OWN_TISSUES.with_own(shipped(), files, read_tissues, taken=[*published_tissues(), *GASES])
    for name, row in found.items():
        if row.floods_to and row.floods_to not in found:
            raise SourceError(f"there is no tissue '{row.floods_to}'", where=f"tissue.{name}.floods_to")
    if len(found) > MOST:
        raise TissueError(
            f"are {len(found)}, more than {MOST}.", where=OWN_TISSUES.variable, remedy="Name fewer files."
        )
    return found
