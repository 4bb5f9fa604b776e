"""Files around a probe's card: measured tables and traces in, a fitted card out."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from iceball.applicator import Probe
from iceball.applicator.library import shipped
from iceball.applicator.probe import MAY_BE_UNKNOWN, NUMBERS, UNKNOWN, WORDS
from iceball.applicator.published import Published, read_published
from iceball.errors import ProbeError
from iceball.io.text import write_whole
from iceball.plan.fit.calibrate import Fit
from iceball.plan.fit.probe_fit import Traces
from iceball.sources import DataFile, Sourced

COLUMN = re.compile(r"(\d+(?:\.\d+)?)mm(_sem)?")
MOST_ROWS = 100_000


def read_table_file(path: Path) -> Published:
    """A table of isotherms: a TOML file with `[sources]` and `[published]` as on a card.

    Raises:
        ProbeError, SourceError: naming file and field.
    """
    data = DataFile.at(path)
    if not isinstance(data.table.get("published"), dict):
        raise ProbeError(
            "has no table called [published].",
            where=str(path),
            remedy="Write [published] with medium, start_c, steps, isotherms.",
        )
    return read_published(data, data.table["published"], "published")


def read_traces(path: Path) -> Traces:
    """Thermocouple traces: a CSV with `time_s` and one column a distance from the needle's surface, such as `1.1mm`;
    `1.1mm_sem` is its standard error.

    Raises:
        ProbeError: naming file, line and column.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = [row for row in csv.reader(stream) if row]
    except (OSError, ValueError, csv.Error) as fault:
        raise ProbeError(f"could not be read: {fault}", where=str(path)) from None
    if not 2 <= len(rows) <= MOST_ROWS or rows[0][0].strip() != "time_s":
        raise ProbeError(
            f"needs a first column 'time_s' and 1 to {MOST_ROWS} readings.", where=str(path), remedy="time_s,1.1mm,2mm"
        )
    header = [name.strip() for name in rows[0]]
    found = [COLUMN.fullmatch(name) for name in header[1:]]
    for name, match in zip(header[1:], found, strict=True):
        if match is None:
            raise ProbeError(
                f"column '{name}' is no distance.", where=str(path), remedy="Name it by its distance: 1.1mm, 1.1mm_sem."
            )
    names = [(float(m[1]), bool(m[2])) for m in found if m]
    if len(set(names)) != len(names):
        raise ProbeError("has a distance twice.", where=str(path))
    numbers = np.array([_numbers(row, len(header), f"{path}: line {n}") for n, row in enumerate(rows[1:], 2)])
    distances = tuple(d for d, sem in names if not sem)
    if not distances:
        raise ProbeError("has no temperature column.", where=str(path), remedy="Name it by its distance: 1.1mm.")
    columns = {name: numbers[:, i + 1] for i, name in enumerate(names)}
    sems = [columns.get((d, True)) for d in distances]
    known = [s for s in sems if s is not None]
    if known and len(known) != len(sems):
        raise ProbeError("gives a standard error for some distances only.", where=str(path))
    if not (np.diff(numbers[:, 0]) > 0).all() or numbers[0, 0] < 0:
        raise ProbeError("times must rise, from 0 on.", where=f"{path}: time_s")
    celsius = np.stack([columns[(d, False)] for d in distances], axis=1)
    return Traces(numbers[:, 0], distances, celsius, np.stack(known, axis=1) if known else None)


def _numbers(row: Sequence[str], width: int, where: str) -> list[float]:
    if len(row) != width:
        raise ProbeError(f"has {len(row)} columns, the first line {width}.", where=where)
    try:
        values = [float(v) for v in row]
    except ValueError as fault:
        raise ProbeError(f"{fault}.", where=where) from None
    if not all(math.isfinite(v) for v in values):
        raise ProbeError("has a number that is not finite.", where=where)
    return values


def write_card(path: Path, kind: Probe, fit: Fit, *, name: str, citation: str) -> Path:
    """A fitted card as a TOML file that `ICEBALL_PROBES` can name.

    Args:
        path: the file to make.
        kind: the card that was fitted; everything else is taken from it.
        fit: its new numbers, with their range.
        name: of the new card; no shipped name.
        citation: what it was fitted to.

    Raises:
        ProbeError: if the name is a shipped card's.
    """
    if name in shipped():
        raise ProbeError("is the name of a shipped card.", where=f"probe.{name}", remedy="Give another with --name.")
    sources: dict[str, dict[str, str]] = {}
    told = f"iceball probe-fit of {kind.name} to {citation}; misfit {fit.misfit:.2g} (root mean square)."
    if fit.at_bound:
        told += f" Not determined, at a bound: {', '.join(fit.at_bound)}."
    sources["fit"] = {"kind": "calculated", "citation": told, "date": f"{datetime.now(UTC):%Y-%m-%d}"}
    card: dict[str, Any] = {"label": f"{kind.label}, fitted", "printed": UNKNOWN, "gauge": kind.gauge}
    card |= {"cryogen": kind.cooled_by, **{word: getattr(kind, word) for word in WORDS}}
    for field, (unit, least, most) in NUMBERS.items():
        number: Sourced | None = getattr(kind, field)
        if field in fit.values:
            low, high = max(fit.low[field], least), min(fit.high[field], most)
            card[field] = {"value": fit.values[field], "low": low, "high": high, "unit": unit, "source": "fit"}
        elif number is None:
            assert field in MAY_BE_UNKNOWN
            card[field] = UNKNOWN
        else:
            card[field] = _number(number, sources)
    if kind.profile:
        card["profile"] = [
            {"length_mm": _number(length, sources), "share": _number(share, sources)} for length, share in kind.profile
        ]
    text = tomli_w.dumps({"sources": sources, "probe": {name: card}})
    return write_whole(path, text.encode())


def _number(number: Sourced, sources: dict[str, dict[str, str]]) -> dict[str, Any]:
    source = number.source
    sources[source.key] = {"kind": source.kind, "citation": source.citation, "date": source.date}
    return {
        "value": number.value,
        "low": number.low,
        "high": number.high,
        "unit": number.unit,
        "source": source.key,
    }
