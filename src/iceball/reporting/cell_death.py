"""The table of competing hypotheses of cell death, beside the isotherms."""

from __future__ import annotations

from iceball.assessment.assessment import Assessment, Death, Margin, Range
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
)
BELOW_MM = ("0", "3", "5", "10")
MARGIN_HEAD = (
    "To where",
    "Smallest, mm",
    "Its range",
    "5th percentile",
    "Without capsule",
    *(f"Below {mm} mm" for mm in BELOW_MM),
)
NOTE = (
    "Modelled, not observed: the hypotheses contradict each other, and none is proven for a patient. In brackets: all "
    "numbers of a hypothesis at their unfavourable and favourable ends together; the doubt of the temperatures (flow, "
    "needles, grid) comes on top. A threshold or a rim knows no probability: alive or dead."
)
MARGIN_NOTE = (
    "Signed distances from the target's surface, positive where cold or death reaches beyond it; the last columns are "
    "shares of the surface. A rim's is the ice margin less the rim. “Without capsule”: without the target's face at "
    "its organ's capsule, beyond which no tissue of the organ lies; empty where there is no such face."
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
    words = (display.minus(f"{t} °C or colder"), "isotherm", volume, "", "", share, "", "")
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
    )


def death_margins_table(verdict: Assessment) -> Table | None:
    """The margin to each isotherm and to where each hypothesis has death likely and sure; None without hypotheses."""
    if not verdict.kill:
        return None
    rows = [_measured(display.minus(f"{t} °C or colder"), m, "") for t, m in verdict.margins_mm.items()]
    for d in verdict.kill:
        for p, m in d.margins_mm.items():
            if d.form == "logistic":
                rows.append(_measured(f"{d.label}, P ≥ {p}", m, _ends(d, p)))
            elif p == "0.5":
                rows.append(_measured(d.label, m, _ends(d, p)))
    return Table("Margins: isotherms and modelled cell death", MARGIN_HEAD, tuple(rows), MARGIN_NOTE, wide=(0,))


def _measured(words: str, m: Margin, ends: str) -> tuple[Cell, ...]:
    rest = "" if m.without_capsule is None else _or_none(m.without_capsule.min_mm)
    shares = (f"{display.up(100 * m.area_below[mm], 0)} %" if mm in m.area_below else "" for mm in BELOW_MM)
    return tuple(Cell(w) for w in (words, _or_none(m.min_mm), ends, _or_none(m.p05_mm), rest, *shares))


def _ends(d: Death, p: str) -> str:
    """The smallest margin at the ends of a hypothesis' numbers; "" where they make no difference."""
    low, high = d.margin_ends_mm[p]
    return "" if low == high else f"{_or_none(low)} to {'none' if high is None else display.up(high)}"


def _or_none(mm: float | None) -> str:
    return "none" if mm is None else display.down(mm)


def _spread(r: Range, digits: int = 1) -> str:
    value = display.down(r.value, digits)
    return value if r.low == r.high else f"{value} ({display.down(r.low, digits)} to {display.up(r.high, digits)})"


def _percent(r: Range) -> str:
    if r.low == r.high:
        return display.percent_down(r.value)
    return f"{display.percent_down(r.value)} ({display.down(100 * r.low, 0)} to {display.up(100 * r.high, 0)})"
