"""The library of cards: those shipped in probes.toml, and the user's own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from iceball.applicator.probe import MAY_BE_UNKNOWN, NUMBERS, UNKNOWN, WORDS, Probe
from iceball.applicator.published import read_published
from iceball.errors import ProbeError
from iceball.own_files import Files, OwnFiles
from iceball.sources import DataFile, Sourced, data_file

OWN_CARDS = OwnFiles("ICEBALL_PROBES", "card", "probe", "[probe.my-needle] and its fields", ProbeError)
TEXTS = ("label", "printed", "gauge", "cryogen", *WORDS)
PARTS = ("profile", "published")


def probes() -> dict[str, Probe]:
    """All probes by name: the shipped ones, then those of the files named in ICEBALL_PROBES.

    Raises:
        ProbeError, SourceError: naming file, card and field of a card that is refused.
    """
    return dict(_library(OWN_CARDS.files()))


def probe(name: str) -> Probe:
    """The probe of that name; raises ProbeError with the known names."""
    known = probes()
    if name not in known:
        raise ProbeError(f"no probe called '{name}'.", where="probe", remedy=f"Known probes: {', '.join(known)}.")
    return known[name]


@cache
def shipped() -> dict[str, Probe]:
    """The cards of the package."""
    return read_cards(data_file("applicator", "probes.toml"))


def read_cards(data: DataFile) -> dict[str, Probe]:
    """All cards of one file.

    Raises:
        ProbeError, SourceError: naming file, card and field.
    """
    return {name: _card(data, name, record) for name, record in data.records("probe").items()}


@cache
def _library(files: Files) -> dict[str, Probe]:
    return OWN_CARDS.with_own(shipped(), files, read_cards)


def _card(data: DataFile, name: str, record: Any) -> Probe:
    where = f"{data.where}: probe.{name}"
    if not isinstance(record, Mapping):
        raise ProbeError("is not a table.", where=where)
    unknown = set(record) - {*TEXTS, *NUMBERS, *PARTS}
    if unknown:
        raise ProbeError("is not a field of a card.", where=f"{where}.{sorted(unknown)[0]}")
    for field in TEXTS:
        if not (isinstance(record.get(field), str) and record[field].strip()):
            raise ProbeError(
                "is missing, or no text.", where=f"{where}.{field}", remedy='Write "unknown" where it is not known.'
            )
    numbers: dict[str, Sourced | None] = {}
    for field in NUMBERS:
        if field in MAY_BE_UNKNOWN and record.get(field) == UNKNOWN:
            numbers[field] = None
        else:
            numbers[field] = data.number(record, field, name=f"probe.{name}")
    profile = tuple(
        tuple(data.number(piece, n, name=f"probe.{name}.profile[{i}]") for n in ("length_mm", "share"))
        for i, piece in enumerate(record.get("profile", ()))
    )
    published = tuple(
        read_published(data, table, f"probe.{name}.published[{i}]")
        for i, table in enumerate(record.get("published", ()))
    )
    texts = {field: record[field] for field in TEXTS if field != "cryogen"}
    try:
        return Probe(
            name,
            cooled_by=record["cryogen"],
            profile=profile,  # type: ignore[arg-type]
            published=published,
            **texts,
            **numbers,  # type: ignore[arg-type]
        )
    except ProbeError as refusal:
        raise ProbeError(refusal.what, where=f"{data.where}: {refusal.where}", remedy=refusal.remedy) from None
