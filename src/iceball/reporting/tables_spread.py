"""The spread in words and tables: percentiles, how often goals are met, what matters most."""

from __future__ import annotations

from iceball.assessment.assessment import Assessment
from iceball.assessment.spread import Band, Share, Spread, numbers_of
from iceball.plan.varied import INPUTS
from iceball.reporting import display
from iceball.reporting.content import Cell, Table
from iceball.reporting.number_words import number_words

NOT_MADE = (
    "The spread was not made, so no number says how far the patient may differ from the cards, and the needles from "
    "the plan. Type `iceball spread CASE`, or leave out `--members 0`."
)
SHOWN = 5
"""Inputs that are named per number."""


def spread_words(verdict: Assessment) -> str:
    """How the spread was made, or that it was not."""
    s = verdict.spread
    if s is None:
        return NOT_MADE
    place = "; ".join(
        f"{words} {s.inputs[name]:g} {unit}"
        for name, words, unit in (
            ("placement_mm", "needles off their marks by", "mm along each axis"),
            ("motion_mm", "organ and needles apart by", "mm along each axis"),
            ("contour_mm", "outline drawn too wide or narrow by", "mm"),
            ("slice_share", "its ends along the slices by up to", "slices"),
        )
        if s.inputs[name] > 0
    )
    return (
        f"{s.members} runs on cells of {s.spacing_mm:g} mm (seed {s.seed}), in each of which everything that is not "
        "known was drawn at once: blood flow, conductivities, latent heat and stasis of the tissues and power and gas "
        "temperature of the needles over their cards' ranges (low and high as 5th and 95th percentile); "
        f"{place or 'no places'} (standard deviations). Between P10 and P90 lie eight in ten of such patients and "
        "procedures, if the model and its ranges are right. The doubt above differs: it holds the range over four "
        "chosen runs, and the grid."
    )


def spread_table(verdict: Assessment, shown: set[str]) -> Table | None:
    """P10, P50 and P90 of the target's numbers and of the structures named; None where no spread was made."""
    s = verdict.spread
    if s is None:
        return None
    judged = numbers_of(verdict)
    rows = []
    for name, b in s.bands.items():
        what, _, which = name.partition(".")
        if what in ("distance_to_0c_mm", "min_temperature_c") and which not in shown:
            continue
        words = [_value(judged.get(name)), *(_value(v) for v in (b.p10, b.p50, b.p90)), _error(b)]
        rows.append((Cell(number_words(name)), *(Cell(w) for w in words)))
    note = (
        "The last column is the sampling error: where the P10 of endless many runs lies, in nine of ten ensembles of "
        "this size. “none” is a percentile that falls on runs without that isotherm. Structures without a "
        "limit that lie farther than 20 mm from the ice have no band."
    )
    head = ("Number", "Judged run", "P10", "P50", "P90", "P10 lies within")
    return Table("How sure: the spread", head, tuple(rows), note, wide=(0,))


def matters_table(verdict: Assessment) -> Table | None:
    """Which inputs explain most of a number's variance; None where nothing can be said."""
    s = verdict.spread
    if s is None or not s.matters:
        return None
    rows = tuple(
        (Cell(number_words(name)), Cell(_named(shares, certain=True)), Cell(_named(shares, certain=False)))
        for name, shares in s.matters.items()
    )
    note = (
        "Share of the variance of the runs' ranks that each input alone explains (first-order index, random balance "
        "designs). An input in the last column explains no more than chance gives to one in twenty."
    )
    return Table("What matters most", ("Number", "Matters", "Not told apart from chance"), rows, note, wide=(0, 1, 2))


def met_words(s: Spread | None, index: int) -> str:
    """In how many of the runs a goal is met."""
    share = None if s is None else s.goals[index]
    return "" if share is None else f"{display.percent_down(share)} of runs"


def _named(shares: tuple[Share, ...], *, certain: bool) -> str:
    chosen = [s for s in shares if s.certain == certain][:SHOWN]
    if not certain:
        return ", ".join(s.input.replace("_", " ") for s in shares if not s.certain)
    return (
        "; ".join(f"{INPUTS[s.input]} ({100 * s.share:.0f} %)" for s in chosen) or "none that can be told from chance"
    )


def _value(value: float | None) -> str:
    return "none" if value is None else display.down(value, 2)


def _error(b: Band) -> str:
    return "not known" if b.p10_low is None or b.p10_high is None else f"{_value(b.p10_low)} to {_value(b.p10_high)}"
