"""The table of competing hypotheses of cell death, beside the isotherms."""

from __future__ import annotations

from iceball.assessment.assessment import Assessment, Death, Range
from iceball.reporting import display
from iceball.reporting.content import Cell, Table

HEAD = (
    "Hypothesis",
    "Rests on",
    "P ≥ 0.5, mL",
    "P ≥ 0.9, mL",
    "P ≥ 0.99, mL",
    "Target, P ≥ 0.5",
    "Target, P ≥ 0.9",
    "Least P in target",
    "Margin, P ≥ 0.5, mm",
    "Margin, P ≥ 0.9, mm",
)
NOTE = (
    "Modelled, not observed: the hypotheses contradict each other, and none is proven for a patient. In brackets: all "
    "numbers of a hypothesis at their unfavourable and favourable ends together; the doubt of the temperatures (flow, "
    "needles, grid) comes on top. A threshold or a rim knows no probability: alive or dead. Margins are the smallest "
    "signed distances from the target's surface to where the probability is that high, as for an isotherm; for a rim "
    "the ice margin less the rim."
)


def deaths_table(verdict: Assessment) -> Table | None:
    """0, −20 and −40 °C, then every hypothesis, the leading one first; None where none was asked for."""
    if not verdict.kill:
        return None
    rows = [_isotherm(verdict, t) for t in verdict.volumes_ml]
    rows += [_row(d) for d in verdict.kill]
    return Table("Modelled cell death: competing hypotheses", HEAD, tuple(rows), NOTE, wide=(0, 0))


def _isotherm(verdict: Assessment, t: str) -> tuple[Cell, ...]:
    volume, share = display.down(verdict.volumes_ml[t]), display.percent_down(verdict.coverage[t])
    margin = verdict.margins_mm[t].min_mm
    words = (display.minus(f"{t} °C or colder"), "isotherm", volume, "", "", share, "", "", display.down(margin), "")
    return tuple(Cell(w) for w in words)


def _row(d: Death) -> tuple[Cell, ...]:
    graded = d.form == "logistic"
    volumes = [_spread(d.volumes_ml[p]) for p in ("0.5", "0.9", "0.99")]
    shares = [_percent(d.coverage[p]) for p in ("0.5", "0.9")]
    return (
        Cell(f"{d.label}{' (leads)' if d.leads else ''}"),
        Cell("assumed" if d.assumed else "read", "assumed" if d.assumed else ""),
        Cell(volumes[0]),
        *(Cell(v if graded else "") for v in volumes[1:]),
        Cell(shares[0]),
        Cell(shares[1] if graded else ""),
        Cell(_spread(d.lowest_in_target, 2) if graded and d.lowest_in_target else ""),
        Cell(_margin(d, "0.5")),
        Cell(_margin(d, "0.9") if graded else ""),
    )


def _margin(d: Death, p: str) -> str:
    """The smallest margin with its ends; "none" where no such surface exists."""
    value, (low, high) = d.margins_mm[p].min_mm, d.margin_ends_mm[p]
    if low == high:
        return _or_none(value)
    high_words = "none" if high is None else display.up(high)
    return f"{_or_none(value)} ({_or_none(low)} to {high_words})"


def _or_none(mm: float | None) -> str:
    return "none" if mm is None else display.down(mm)


def _spread(r: Range, digits: int = 1) -> str:
    value = display.down(r.value, digits)
    return value if r.low == r.high else f"{value} ({display.down(r.low, digits)} to {display.up(r.high, digits)})"


def _percent(r: Range) -> str:
    if r.low == r.high:
        return display.percent_down(r.value)
    return f"{display.percent_down(r.value)} ({display.down(100 * r.low, 0)} to {display.up(100 * r.high, 0)})"
