"""A template seen from the patient's feet: which holes reach the target, how deep, which needles use them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from iceball.plan.plan import Plan
from iceball.plan.ways.template import hole_name, template_number
from iceball.plan.ways.through import Through

Floats = NDArray[np.float64]
OPEN, SHUT, MISSES = "#1b7837", "#d55e00", "#cccccc"


def draw_template(found: Through, target_mm: Floats, to: Path, *, plan: Plan) -> Path:
    """Draw the plate with the target behind it, as a PNG.

    Args:
        found: the holes that meet the target.
        target_mm: points of the target, LPS, shape (n, 3).
        to: the file to write.
        plan: whose needles are ringed.
    """
    t, step = found.template, template_number("spacing_mm").value
    columns, rows = (int(template_number(n).value) for n in ("columns", "rows"))
    flat = (target_mm - np.array(t.hole_a1_mm)) @ t.axes.T
    figure = Figure(figsize=(7.0, 7.4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.scatter(flat[:, 0], flat[:, 1], s=60, c="#fde0dd", linewidths=0, zorder=1)
    used = {t.seat(p).hole: name for name, p in zip(plan.name_of, plan.probes, strict=True) if t.seat(p).fits}
    for r in range(rows):
        for c in range(columns):
            name, place = hole_name(c, r), (c * step, r * step)
            i = found.holes.index(name) if name in found.holes else -1
            colour = MISSES if i < 0 else OPEN if found.ways.open[i] else SHUT
            axes.plot(*place, "o", ms=5 if i < 0 else 9, color=colour, zorder=2)
            if i >= 0 and found.ways.open[i]:
                axes.annotate(f"{found.depth_mm[i]:.0f}", place, (0, 6), textcoords="offset points", fontsize=6.5,
                              ha="center", zorder=4)  # fmt: skip
            if name in used:
                axes.plot(*place, "o", ms=15, mfc="none", mec="black", mew=1.6, zorder=3)
    axes.set_xticks([c * step for c in range(columns)], [hole_name(c, 0)[:-1] for c in range(columns)])
    axes.set_yticks([r * step for r in range(rows)], [hole_name(0, r)[1:] for r in range(rows)])
    axes.set_aspect("equal")
    axes.set_title("Template seen from the feet; the number at a hole is the depth from its face to the tip, mm",
                   fontsize=9, loc="left")  # fmt: skip
    axes.set_xlabel(
        "Green: open. Orange: reaches the target, but a rule closes the way. Grey: misses it. Ring: a needle.\n"
        "The target lies behind the shaded part. Research use only.",
        fontsize=8,
    )
    axes.text(0.01, 0.01, "patient's right", fontsize=8, transform=axes.transAxes)
    axes.text(0.99, 0.01, "patient's left", fontsize=8, ha="right", transform=axes.transAxes)  # fmt: skip
    to.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(to, dpi=130, format="png")
    return to
