"""What was published of a probe: isotherm sizes after a protocol in a medium."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from iceball.errors import ProbeError
from iceball.sources import Constant, DataFile, Sourced

STEP_KINDS = ("freeze", "thaw", "active_thaw")


@dataclass(frozen=True)
class Isotherm:
    """Size of one isotherm: width across the needle, length along it (None where none was given), mm."""

    at_c: Sourced
    width_mm: Sourced
    length_mm: Sourced | None


@dataclass(frozen=True)
class Published:
    """One table: what a probe did in a medium.

    Attributes:
        medium: name of a tissue of the data file ("gel").
        start_c: temperature of the medium at the start.
        steps: pairs of step kind and duration in s.
        isotherms: sizes at the end of the last freeze, one for each temperature.
    """

    medium: str
    start_c: Sourced
    steps: tuple[tuple[str, Sourced], ...]
    isotherms: tuple[Isotherm, ...]

    @property
    def was_read(self) -> bool:
        """True where every size was read at its source; a remembered table is shown, but nothing rests on it."""
        sizes = [n for i in self.isotherms for n in (i.width_mm, i.length_mm) if n is not None]
        return not any(n.assumed for n in sizes)

    @property
    def citation(self) -> str:
        """Where its sizes come from."""
        return "; ".join(dict.fromkeys(i.width_mm.source.citation for i in self.isotherms))

    def constants(self, prefix: str) -> tuple[Constant, ...]:
        """Every number under its full name."""
        found = [Constant(f"{prefix}.start_c", self.start_c)]
        found += [Constant(f"{prefix}.{i + 1}_{kind}_s", seconds) for i, (kind, seconds) in enumerate(self.steps)]
        for row in self.isotherms:
            at = f"{prefix}.{row.at_c.value:g}_c"
            found.append(Constant(f"{at}.width_mm", row.width_mm))
            found += [Constant(f"{at}.length_mm", row.length_mm)] if row.length_mm else []
        return tuple(found)


def read_published(data: DataFile, record: Mapping[str, Any], name: str) -> Published:
    """A published table from a card.

    Raises:
        ProbeError, SourceError: naming file, card and field.
    """
    where = f"{data.where}: {name}"
    unknown = set(record) - {"medium", "start_c", "steps", "isotherms"}
    if unknown:
        raise ProbeError("is not a field of a published table.", where=f"{where}.{sorted(unknown)[0]}")
    for part in ("medium", "steps", "isotherms"):
        if not record.get(part):
            raise ProbeError("is missing.", where=f"{where}.{part}", remedy="Give medium, start_c, steps, isotherms.")
    steps = []
    for i, step in enumerate(record["steps"]):
        if step.get("kind") not in STEP_KINDS:
            raise ProbeError(f"is none of {', '.join(STEP_KINDS)}.", where=f"{where}.steps[{i}].kind")
        steps.append((str(step["kind"]), _checked(data, step, "duration_s", f"{name}.steps[{i}]", "s", 1.0, 86400.0)))
    if not any(kind == "freeze" for kind, _ in steps):
        raise ProbeError("never freezes.", where=f"{where}.steps")
    rows = []
    for i, row in enumerate(record["isotherms"]):
        at = f"{name}.isotherms[{i}]"
        length = _checked(data, row, "length_mm", at, "mm", 0.1, 300.0) if "length_mm" in row else None
        cold = _checked(data, row, "at_c", at, "°C", -150.0, 0.0)
        rows.append(Isotherm(cold, _checked(data, row, "width_mm", at, "mm", 0.1, 300.0), length))
    start = _checked(data, record, "start_c", name, "°C", 0.5, 60.0)
    return Published(str(record["medium"]), start, tuple(steps), tuple(rows))


def _checked(
    data: DataFile, record: Mapping[str, Any], field: str, name: str, unit: str, low: float, high: float
) -> Sourced:
    number = data.number(record, field, name=name)
    where = f"{data.where}: {name}.{field}"
    if number.unit != unit:
        raise ProbeError(f"is in '{number.unit}', not in {unit}.", where=where, remedy=f"Give it in {unit}.")
    if not low <= number.value <= high:
        raise ProbeError(f"{number.value:g} {unit} is outside {low:g} to {high:g} {unit}", where=where)
    return number
