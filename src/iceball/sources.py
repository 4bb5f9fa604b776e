"""Where each number comes from: values with a unit, a range and a citation, read from the data files."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from iceball.errors import IceballError


class SourceError(IceballError):
    """A constant without a value, a unit, a date or a source."""

    code = "source"


SHORTEST = 12
"""Letters of a citation: fewer name nothing that anybody could find."""


@dataclass(frozen=True)
class Source:
    """One citation. `kind` is "read" (seen at the source), "calculated" or "assumed" (says who and why)."""

    key: str
    kind: str
    citation: str
    date: str

    def __post_init__(self) -> None:
        if self.kind not in ("read", "calculated", "assumed"):
            raise SourceError(
                f"kind is '{self.kind}'", where=f"source {self.key}", remedy="Use read, calculated or assumed."
            )
        if len(self.citation.strip()) < SHORTEST or len(self.date) != len("YYYY-MM-DD"):
            raise SourceError(
                f"needs a citation of at least {SHORTEST} letters and a date (YYYY-MM-DD)", where=f"source {self.key}"
            )


@dataclass(frozen=True)
class Sourced:
    """A number with its unit, the range it may lie in, and its source. `float(x)` is the nominal value."""

    value: float
    low: float
    high: float
    unit: str
    source: Source

    def __post_init__(self) -> None:
        if not all(math.isfinite(v) for v in (self.value, self.low, self.high)):
            raise SourceError("is not a finite number", where=str(self))
        if not self.low <= self.value <= self.high:
            raise SourceError(
                f"value {self.value} lies outside its range {self.low} to {self.high}", where=self.source.key
            )
        if not self.unit:
            raise SourceError("has no unit (write '1' for a pure number)", where=self.source.key)

    def __float__(self) -> float:
        return self.value

    def as_json(self) -> dict[str, Any]:
        """Value, range, unit and source in one flat object."""
        source = self.source
        return {
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "unit": self.unit,
            "kind": source.kind,
            "source": source.citation,
            "date": source.date,
        }

    @property
    def assumed(self) -> bool:
        """True where no source was read."""
        return self.source.kind == "assumed"


ENDINGS = {"_c": "°C", "_mm": "mm", "_s": "s"}
"""What the last letters of a field's name say of its unit."""


@dataclass(frozen=True)
class Constant:
    """One named number of a run, as `iceball sources` lists it."""

    name: str
    number: Sourced


class DataFile:
    """A TOML data file of the package: a `[sources]` table and records whose numbers cite it.

    A number is written `{value = 0.52, low = 0.48, high = 0.57, unit = "W/m/K", source = "itis5"}`; low and high may be
    left out (then they equal the value).
    """

    def __init__(self, room: str, name: str) -> None:
        text = files("iceball").joinpath(room).joinpath(name).read_text(encoding="utf-8")
        self._take(f"{room}/{name}", text)

    @classmethod
    def at(cls, path: Path) -> DataFile:
        """A data file of the user's own, of the same form; raises SourceError where it cannot be read."""
        data = cls.__new__(cls)
        try:
            data._take(str(path), path.read_text(encoding="utf-8-sig"))
        except (OSError, ValueError) as fault:
            raise SourceError(f"could not be read: {fault}", where=str(path)) from None
        return data

    def _take(self, where: str, text: str) -> None:
        self.where = where
        self.table: dict[str, Any] = tomllib.loads(text)
        self.sources = {}
        for key, s in _mapping(self.table.get("sources", {}), where, "sources").items():
            lacks = {"kind", "citation", "date"} - set(_mapping(s, where, f"sources.{key}"))
            if lacks:
                raise SourceError(f"lacks {', '.join(sorted(lacks))}", where=f"{where}: sources.{key}")
            self.sources[key] = Source(key, s["kind"], s["citation"], str(s["date"]))

    def number(self, record: Mapping[str, Any], field: str, *, name: str, unit: str = "") -> Sourced:
        """The number `field` of a record; `name` is the record's name, for messages.

        Its unit must be `unit`, or the one that the field's own name ends in ("_c", "_mm", "_s").
        """
        where = f"{self.where}: {name}.{field}"
        raw = record.get(field)
        if not isinstance(raw, Mapping):
            raise SourceError("is missing, or a bare number without unit and source", where=where)
        missing = {"value", "unit", "source"} - set(raw)
        if missing:
            raise SourceError(f"lacks {', '.join(sorted(missing))}", where=where)
        if raw["source"] not in self.sources:
            raise SourceError(f"cites unknown source '{raw['source']}'", where=where)
        wanted = unit or _unit_of(field, raw["unit"])
        if raw["unit"] != wanted:
            raise SourceError(
                f"is given in '{raw['unit']}', not in {wanted}", where=where, remedy=f"Give it in {wanted}."
            )
        value = raw["value"]
        given = [value, raw.get("low", value), raw.get("high", value)]
        if not all(isinstance(v, int | float) and math.isfinite(v) for v in given):
            raise SourceError("is not a finite number", where=where)
        if not given[1] <= value <= given[2]:
            raise SourceError(f"{value:g} lies outside its range {given[1]:g} to {given[2]:g}", where=where)
        low, high = float(given[1]), float(given[2])
        return Sourced(float(value), low, high, raw["unit"], self.sources[raw["source"]])

    def records(self, kind: str) -> dict[str, dict[str, Any]]:
        """All records under the table `kind`, by name."""
        return _mapping(self.table.get(kind, {}), self.where, kind)


def _mapping(part: Any, where: str, name: str) -> dict[str, Any]:
    if not isinstance(part, Mapping):
        raise SourceError("is not a table", where=f"{where}: {name}")
    return dict(part)


def _unit_of(field: str, given: str) -> str:
    """The unit that a field's name ends in, or the given one where it ends in none or is a ratio."""
    if "_per_" in field:
        return given
    return next((unit for end, unit in ENDINGS.items() if field.endswith(end)), given)


@cache
def data_file(room: str, name: str) -> DataFile:
    """The package's data file `room/name`, read once."""
    return DataFile(room, name)


class Numbers:
    """The numbers of a data file whose records under one table are sections: `numbers("path", "rim_mm")`.

    Args:
        room: of the file.
        name: of the file.
        kind: the table; also the beginning of each number's full name.
    """

    def __init__(self, room: str, name: str, kind: str) -> None:
        self._file, self._kind = (room, name), kind
        self._read: dict[tuple[str, str], Sourced] = {}

    def __call__(self, section: str, name: str) -> Sourced:
        """One number; raises SourceError where it is not written as one."""
        if (section, name) not in self._read:
            data = data_file(*self._file)
            self._read[section, name] = data.number(data.records(self._kind)[section], name, name=section)
        return self._read[section, name]

    def constants(self) -> tuple[Constant, ...]:
        """Every number under its full name."""
        records = data_file(*self._file).records(self._kind)
        return tuple(Constant(f"{self._kind}.{s}.{n}", self(s, n)) for s, numbers in records.items() for n in numbers)
