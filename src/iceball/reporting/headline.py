"""The one line: smallest margin and where, how much the lethal isotherm covers, and the doubt."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from iceball.assessment.assessment import Assessment, Doubt, Margin
from iceball.plan.plan import Plan
from iceball.reporting import display
from iceball.tissue import Anatomy

MARGIN_DOUBT = "margins_mm.0.min"


def headline(verdict: Assessment, plan: Plan, anatomy: Anatomy) -> str:
    """For instance "Ice margin min 3.1 mm (P10 0.4) at the lateral face; −20 °C covers 97 %; doubt 1.2 to 4.0 mm".

    Behind the doubt stands its kind. Without a spread there is no P10.
    """
    margin = verdict.margins_mm.get("0")
    parts = []
    if margin is None or margin.min_mm is None:
        parts.append(f"No ice margin: {margin.reason if margin and margin.reason else 'no ice reaches the target'}")
    else:
        where = ""
        if margin.where_lps_mm is not None:
            offset = np.asarray(margin.where_lps_mm) - target_centre(anatomy)
            where = f" at the {display.face(offset.tolist(), side=plan.setting.side)} face"
        parts.append(f"Ice margin min {display.down(margin.min_mm)} mm{p10_words(verdict)}{where}")
        parts += [words] if (words := capsule_words(margin)) else []
        if margin.not_assessable_fraction > 0:
            parts.append(f"{display.up(margin.not_assessable_fraction * 100, 0)} % of the surface not assessable")
    if "-20" in verdict.coverage:
        parts.append(f"−20 °C covers {display.percent_down(verdict.coverage['-20'])}")
    parts.append(doubt_words(verdict))
    return "; ".join(parts)


def capsule_words(margin: Margin) -> str:
    """What the margin is without the target's face at its organ's capsule; "" where it has none."""
    if not margin.capsule_fraction:
        return ""
    share = f"the {display.up(margin.capsule_fraction * 100, 0)} % at the organ's capsule"
    rest = margin.without_capsule
    if rest is None or rest.min_mm is None:
        return f"no surface but {share}"
    return f"{display.down(rest.min_mm)} mm without {share}"


def p10_words(verdict: Assessment) -> str:
    """The smallest margin that one in ten draws falls short of; "" where no spread was made."""
    band = verdict.spread.bands.get(MARGIN_DOUBT) if verdict.spread else None
    if band is None:
        return ""
    return f" (P10 {'no ice' if band.p10 is None else display.down(band.p10)})"


def doubt_words(verdict: Assessment) -> str:
    """The range of the smallest margin; both ends are rounded down, so that neither promises too much."""
    doubt = margin_doubt(verdict)
    if doubt is None:
        return "doubt not assessed"
    return f"doubt {display.down(doubt.low)} to {display.down(doubt.high)} mm ({display.plain(doubt.kind)})"


def margin_doubt(verdict: Assessment) -> Doubt | None:
    """The assessment's own doubt of the smallest margin at 0 °C, else the spread over its flow variants."""
    if MARGIN_DOUBT in verdict.doubt:
        return verdict.doubt[MARGIN_DOUBT]
    runs = [verdict, *(v for k, v in verdict.variants.items() if k in ("low_flow", "high_flow"))]
    margins = [m.min_mm for r in runs if (m := r.margins_mm.get("0")) is not None and m.min_mm is not None]
    if len(margins) < 2 or len(margins) < len(runs):
        return None
    return Doubt(min(margins), max(margins), "flow")


def target_centre(anatomy: Anatomy) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The middle of the target's box, LPS mm."""
    low, high = anatomy.target.shape.bounds_mm()
    return np.asarray((low + high) / 2)


def worst_point(verdict: Assessment, anatomy: Anatomy) -> tuple[Sequence[float], str]:
    """Where the three planes are laid, and what that place is."""
    margin = verdict.margins_mm.get("0")
    if margin is not None and margin.where_lps_mm is not None:
        return margin.where_lps_mm, "the point of the smallest margin"
    return target_centre(anatomy).tolist(), "the centre of the target (there is no margin)"
