"""A pack: all that Iceball knows of one organ, read from a data file and checked whole."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from iceball.errors import PackError
from iceball.sources import Constant, DataFile, Source, Sourced
from iceball.tissue.library import tissues
from iceball.tissue.protection import Protection, read_protection
from iceball.tissue.tissue import GASES
from iceball.tissue.vocabulary import groups, label_tissues, structures_in_group

TARGET = "tumour"
NOBODY = "none"
"""As reviewer: no clinician has looked at the pack."""
APPLICATORS = ("needle", "contact", "spray")
STEPS = ("freeze", "thaw", "active_thaw", "hold")
LIMITS = ("stop", "alarm")
TABLES = {
    "sources": (),
    "limit": (),
    "pack": ("label", "applicators", "reviewer", "read", "note"),
    "organ": ("parenchyma", "tissue", "target_tissue", "labels", "tissues", "expected"),
    "limits": (),
    "cover": ("below", "margin_mm"),
    "spare": (),
    "margin": ("preferred_mm",),
    "protocol": ("reason", "steps"),
    "surface": ("dwell_s", "thaw_s", "cycles"),
}
"""The tables of a pack and their fields; () where the fields are names."""
MAY_LACK = {"limit", "cover", "margin", "surface", "spare", "sources", "note", "steps"}


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


@dataclass(frozen=True)
class Ice:
    """A goal: the target and `margin_mm` around it as cold as `below`, °C."""

    below: Sourced
    margin_mm: Sourced


@dataclass(frozen=True)
class Surface:
    """What a spray or contact applicator does on a surface: how long each time, the thaw between, and how often."""

    dwell_s: Sourced
    thaw_s: Sourced
    cycles: Sourced


@dataclass(frozen=True)
class Proposal:
    """What is proposed for a target: the ice over it, and the clock.

    Args:
        name: the organ's, "unknown" where none is named.
        ice: goals on the target.
        steps: kind and length of each step; () where no clock was read or sources disagree.
        reason: why the clock is as it is, or why there is none.
        preferred_mm: the ice margin to prefer where the goal asks for less; None where there is none.
    """

    name: str
    ice: tuple[Ice, ...]
    steps: tuple[tuple[str, Sourced], ...]
    reason: str
    preferred_mm: Sourced | None = None

    def constants(self) -> tuple[Constant, ...]:
        """Every number under its full name."""
        head, found = f"pack.{self.name}", []
        for i, ice in enumerate(self.ice, 1):
            found += [Constant(f"{head}.cover{i}.below", ice.below)]
            found += [Constant(f"{head}.cover{i}.margin_mm", ice.margin_mm)]
        found += [Constant(f"{head}.protocol.{i}_{kind}_s", n) for i, (kind, n) in enumerate(self.steps, 1)]
        if self.preferred_mm is not None:
            found.append(Constant(f"{head}.margin.preferred_mm", self.preferred_mm))
        return tuple(found)


@dataclass(frozen=True)
class Pack:
    """All that is known of one organ.

    Args:
        organ: its tissues, labels and expected structures.
        label: in words.
        applicators: what it is meant for: "needle", "contact", "spray".
        reviewer: who reviewed it clinically; "none" where nobody did.
        read: the day its sources were read.
        note: what else a reader must know.
        tissues: all that is met there.
        limits: of structures and groups, by name.
        spare: which limit of a structure is a goal: "stop" or "alarm".
        proposal: ice over the target, and the clock.
        surface: for spray or contact; None without.
        sources: every source that it cites.
    """

    organ: Organ
    label: str
    applicators: tuple[str, ...]
    reviewer: str
    read: str
    note: str
    tissues: tuple[str, ...]
    limits: Mapping[str, Protection]
    spare: Mapping[str, str]
    proposal: Proposal
    surface: Surface | None
    sources: tuple[Source, ...]

    @property
    def name(self) -> str:
        """Its name: the organ's."""
        return self.organ.name

    @property
    def reviewed(self) -> bool:
        """Whether a clinician has looked at it."""
        return self.reviewer != NOBODY

    def constants(self) -> tuple[Constant, ...]:
        """Every number of the pack under its full name."""
        found = list(self.proposal.constants())
        for protection in self.limits.values():
            found += [c for c in protection.constants() if c not in found]
        if self.surface is not None:
            head = f"pack.{self.name}.surface"
            found += [Constant(f"{head}.{f}", getattr(self.surface, f)) for f in TABLES["surface"]]
        return tuple(found)


def read_pack(data: DataFile, name: str, shared: DataFile, common: Mapping[str, Protection]) -> Pack:
    """A pack from its data file.

    Args:
        data: the file.
        name: the organ's: the file's name without its ending.
        shared: the file whose sources it may cite.
        common: limits that it may name besides its own.

    Raises:
        PackError, SourceError: naming file and field of what is missing, unknown or contradicts itself.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise PackError(
            f"'{name}' is no name of an organ.", where=data.where, remedy="Use letters and _ : spleen.toml."
        )
    _check_fields(data)
    data.sources = {**shared.sources, **data.sources}
    own = {key: read_protection(data, key, record) for key, record in data.records("limit").items()}
    about, organ = data.table["pack"], data.table["organ"]
    applicators = _texts(data, "pack.applicators", about["applicators"])
    _known(data, "pack.applicators", applicators, APPLICATORS)
    if not applicators:
        raise PackError("is empty.", where=f"{data.where}: pack.applicators", remedy='Write ["needle"].')
    read = str(about["read"])
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", read):
        raise PackError(f"'{read}' is no date.", where=f"{data.where}: pack.read", remedy="Write 2026-11-22.")
    found = tuple(dict.fromkeys((*_texts(data, "organ.tissues", organ["tissues"]), organ["tissue"])))
    _known(data, "organ.tissues", (*found, organ["target_tissue"]), (*tissues(), *GASES))
    expected = _texts(data, "organ.expected", organ["expected"])
    for structure in expected:
        _name(data, "organ.expected", structure)
    if not isinstance(organ["parenchyma"], bool):
        raise PackError("is neither true nor false.", where=f"{data.where}: organ.parenchyma")
    limits = _limits(data, expected, {**common, **own})
    proposal = read_proposal(data, name)
    surface = data.table.get("surface")
    pack = Pack(
        Organ(
            name,
            organ["tissue"],
            organ["target_tissue"],
            expected,
            _texts(data, "organ.labels", organ["labels"]),
            organ["parenchyma"],
        ),
        label=_text(data, "pack.label", about["label"]),
        applicators=applicators,
        reviewer=_text(data, "pack.reviewer", about["reviewer"]),
        read=read,
        note=str(about.get("note", "")),
        tissues=found,
        limits=limits,
        spare=_spare(data, expected, limits),
        proposal=proposal,
        surface=None if surface is None else _surface(data, surface),
        sources=(),
    )
    cited = dict.fromkeys(c.number.source for c in pack.constants())
    return Pack(**{**vars(pack), "sources": tuple(cited)})


def read_proposal(data: DataFile, name: str) -> Proposal:
    """Ice and clock of a data file; raises as `read_pack`."""
    ice, clock = data.table.get("cover", ()), data.table["protocol"]
    if not isinstance(ice, list) or not ice:
        raise PackError(
            "says nothing of the ice over the target.", where=f"{data.where}: cover", remedy="Write [[cover]]."
        )
    covers = tuple(
        Ice(
            data.number(part, "below", name=f"cover[{i}]", unit="°C"),
            data.number(part, "margin_mm", name=f"cover[{i}]", unit="mm"),
        )
        for i, part in enumerate(ice)
    )
    steps = []
    for i, part in enumerate(clock.get("steps", ())):
        if not isinstance(part, Mapping):
            raise PackError("is not a table.", where=f"{data.where}: protocol.steps[{i}]")
        _known(data, f"protocol.steps[{i}].kind", (part.get("kind", ""),), STEPS)
        steps.append((part["kind"], data.number(part, "duration_s", name=f"protocol.steps[{i}]", unit="s")))
    margin = data.table.get("margin")
    preferred = None if margin is None else data.number(margin, "preferred_mm", name="margin", unit="mm")
    return Proposal(name, covers, tuple(steps), _text(data, "protocol.reason", clock["reason"]), preferred)


def _check_fields(data: DataFile) -> None:
    """Every table and field is known, and none is missing."""
    for table, given in data.table.items():
        if table not in TABLES:
            raise PackError(
                "is no table of a pack.", where=f"{data.where}: {table}", remedy=f"Known: {', '.join(TABLES)}."
            )
        rows = given if table == "cover" and isinstance(given, list) else [given]
        for row in rows:
            if not isinstance(row, Mapping):
                raise PackError("is not a table.", where=f"{data.where}: {table}")
            unknown = sorted(set(row) - set(TABLES[table])) if TABLES[table] else []
            if unknown:
                raise PackError("is not a field of a pack.", where=f"{data.where}: {table}.{unknown[0]}")
    for table, fields in TABLES.items():
        if table not in data.table:
            if table in MAY_LACK:
                continue
            raise PackError("is missing.", where=f"{data.where}: {table}", remedy=f"Write [{table}].")
        if table != "cover":
            for field in fields:
                if field not in data.table[table] and field not in MAY_LACK:
                    raise PackError("is missing.", where=f"{data.where}: {table}.{field}")


def _limits(data: DataFile, expected: tuple[str, ...], known: Mapping[str, Protection]) -> dict[str, Protection]:
    found = {}
    for structure, limit in data.table["limits"].items():
        _name(data, "limits", structure, also=expected)
        _known(data, f"limits.{structure}", (limit,), tuple(known))
        found[structure] = known[limit]
    return found


def _spare(data: DataFile, expected: tuple[str, ...], limits: Mapping[str, Protection]) -> dict[str, str]:
    """Goals on structures: each on an expected one, or on a group of expected ones, that has that limit."""
    found = {}
    for structure, which in data.table.get("spare", {}).items():
        where = f"{data.where}: spare.{structure}"
        if structure not in expected and not structures_in_group(structure, expected):
            raise PackError(
                "is a goal on a structure that is not expected.", where=where, remedy="Add it to organ.expected."
            )
        _known(data, f"spare.{structure}", (which,), LIMITS)
        if structure not in limits:
            raise PackError("is a goal on a structure without limits.", where=where, remedy="Add it to [limits].")
        try:
            limits[structure].asked(which)
        except PackError as refusal:
            raise PackError(refusal.what, where=f"{where} ({refusal.where})", remedy=f"Give {which}_c.") from None
        found[structure] = which
    return found


def _surface(data: DataFile, record: Mapping[str, Any]) -> Surface:
    units = {"dwell_s": "s", "thaw_s": "s", "cycles": "1"}
    return Surface(**{field: data.number(record, field, name="surface", unit=unit) for field, unit in units.items()})


def _name(data: DataFile, field: str, name: str, *, also: tuple[str, ...] = ()) -> None:
    """Refuse a name that is neither a group, a member of one, a label, nor `also` known."""
    listed = (*groups(), *also, *(m for members in groups().values() for m in members), *label_tissues(), *PARTS)
    if not any(name == k or (k.endswith("*") and name.startswith(k[:-1])) for k in listed):
        raise PackError(
            f"there is no structure called '{name}'.",
            where=f"{data.where}: {field}",
            remedy=f"Groups: {', '.join(groups())}; single ones: {', '.join(PARTS)}; or a label of the vocabulary.",
        )


PARTS = (
    "skin", "sphincter", "pericardium", "optic_nerve", "macula", "growth_plate", "neurovascular_bundle",
    "pancreatic_duct", "vagina",
)  # fmt: skip
"""Structures that are drawn and have no label of their own."""


def _known(data: DataFile, field: str, names: tuple[str, ...], known: tuple[str, ...]) -> None:
    for name in names:
        if name not in known:
            raise PackError(
                f"'{name}' is unknown.", where=f"{data.where}: {field}", remedy=f"Known: {', '.join(known)}."
            )


def _text(data: DataFile, field: str, value: object) -> str:
    if not (isinstance(value, str) and value.strip()):
        raise PackError("is empty, or no text.", where=f"{data.where}: {field}")
    return value


def _texts(data: DataFile, field: str, value: object) -> tuple[str, ...]:
    if not (isinstance(value, list) and all(isinstance(v, str) for v in value)):
        raise PackError("is no list of names.", where=f"{data.where}: {field}")
    return tuple(value)
