"""Plans side by side in one picture: each in two planes of one scale, and two curves of all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from iceball.assessment.goals import Cover
from iceball.plan.search.compare import Compared
from iceball.reporting import figures as fig
from iceball.reporting.drawing import Overlays, draw
from iceball.reporting.figures_planes import target_and_isotherms, view_size_mm
from iceball.reporting.flags import all_flags, stamp
from iceball.reporting.planes import three_planes
from iceball.tissue import TARGET

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH_IN, CURVES_IN, TITLE_IN, FOOT_IN = 3.6, 2.7, 0.42, 0.62
GAP_IN = 0.22
"""Over each plane, for its title."""
LEAST_SHARE = 0.002
"""Temperatures that less of the target has are left out of the curve's ends."""


def draw_comparison(found: tuple[Compared, ...], to: Path, *, flags: Sequence[str] = ()) -> Path:
    """Draw plans beside each other as a PNG: the target's middle, the place of the least margin, and curves.

    All planes have one scale. The upper row shows the same plane of every plan.

    Args:
        found: the plans with their runs.
        to: the file to write.
        flags: of the case, written into each plane.
    """
    count = len(found)
    width = WIDTH_IN * max(count, 2)
    side = width / count - 0.08
    side = min(side, WIDTH_IN)
    height = TITLE_IN + 2 * (side + GAP_IN) + CURVES_IN + FOOT_IN
    figure = fig.new_figure(width, height)
    size = max(view_size_mm(Overlays(c.patient, c.history, c.plan, (), ""), _middle(c)) for c in found)
    for column, one in enumerate(found):
        left = (column + 0.5) / count - side / width / 2
        for row, (at, cross) in enumerate(((_middle(one), False), (_worst(one), True))):
            bottom = 1 - (TITLE_IN + (row + 1) * (side + GAP_IN)) / height
            axes = figure.add_axes((left, bottom, side / width, side / height))
            structures = tuple(s for s in one.patient.structures.values() if s.name != TARGET)
            said = stamp(all_flags(flags, one.plan, one.patient))
            plane = three_planes(at, size, pixel_mm=size / 300)[0]
            status = {s.name: one.verdict.status_of(s) for s in one.verdict.structures}
            overlays = Overlays(one.patient, one.history, one.plan, structures, said, status=status)
            draw(axes, plane, overlays, cross=cross)
            where = "least margin" if cross else "target's middle"
            fig.title(axes, f"{where}, z {at[2]:.0f} mm", fontsize=7.5, color=fig.INK, pad=2)
        how: dict[str, Any] = {"ha": "center", "va": "top", "color": fig.INK, "parse_math": False}
        for line, (text, weight) in enumerate(((one.name, "bold"), (_numbers(one), "normal"))):
            top = 1 - (0.08 + 0.18 * line) / height
            figure.text((column + 0.5) / count, top, fig.drawable(text), fontsize=9, fontweight=weight, **how)
    _curves(figure, found, (FOOT_IN + 0.42) / height, (CURVES_IN - 0.62) / height)
    fig.dark_legend(figure, target_and_isotherms("target"))
    how = {"ha": "left", "va": "bottom", "fontsize": 6.5}
    figure.text(
        0.01, 0.4 / height, "Research use only. Axial planes, one scale; cross: the least margin at 0 °C.", **how
    )
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_bytes(fig.picture(figure, "compare", kind="png", alt="", caption="").data)
    return to


def _numbers(one: Compared) -> str:
    least = one.verdict.margins_mm["0"].min_mm
    margin = "no margin" if least is None else f"margin {least:.1f} mm"
    needles = len(one.plan.probes)
    broken = f", {len(one.errors)} RULES BROKEN" if one.errors else ""
    return f"{needles} needle{'s' * (needles != 1)}, {margin}{broken}"


def _middle(one: Compared) -> tuple[float, float, float]:
    x, y, z = (float(v) for v in np.mean(one.patient.target.shape.bounds_mm(), axis=0))
    return x, y, z


def _worst(one: Compared) -> tuple[float, float, float]:
    where = one.verdict.margins_mm["0"].where_lps_mm
    return _middle(one) if where is None else where


def _curves(figure: Figure, found: tuple[Compared, ...], bottom: float, height: float) -> None:
    first = 0.6 / float(figure.get_figwidth())
    left, right = (figure.add_axes((first + half, bottom, 0.48 - first, height)) for half in (0.0, 0.5))
    ends = []
    for n, one in enumerate(found):
        colour = fig.NEEDLE_COLOURS[n % len(fig.NEEDLE_COLOURS)]
        pairs = np.array(one.verdict.histogram[TARGET], float)
        changing = (pairs[:, 1] > LEAST_SHARE) & (pairs[:, 1] < 1 - LEAST_SHARE)
        ends += pairs[changing, 0].tolist()
        left.plot(pairs[:, 0], 100 * pairs[:, 1], color=colour, label=one.name, linewidth=1.6)
        drawn = one.verdict.margin_map
        if drawn is not None:
            values = np.sort(drawn.margin_mm)
            right.plot(values, 100 * np.linspace(0, 1, len(values)), color=colour, label=one.name, linewidth=1.6)
    low, high = (min(ends), max(ends)) if ends else (-100.0, 0.0)
    left.set(xlim=(low - 5, max(high, 0.0) + 5), ylim=(0, 102))
    left.set_xlabel("lowest temperature, °C", fontsize=8)
    left.set_ylabel("target at or below it, %", fontsize=8)
    for celsius in (-40.0, -20.0, 0.0):
        left.axvline(celsius, color="#BBBBBB", linewidth=0.8, linestyle=":")
    right.set(ylim=(0, 102))
    right.set_xlabel("margin at 0 °C, mm", fontsize=8)
    right.set_ylabel("target's surface with less, %", fontsize=8)
    asked = [g.margin_mm for g in found[0].plan.goals if isinstance(g, Cover) and g.structure == TARGET and g.margin_mm]
    right.axvline(0, color="#999999", linewidth=0.8)
    for margin_mm in asked:
        right.axvline(margin_mm, color="#999999", linewidth=0.8, linestyle=":")
        right.annotate(" asked", (margin_mm, 101), fontsize=6.5, va="top", color="#666666")
    for axes in (left, right):
        fig.tidy(axes)
    handles, labels = left.get_legend_handles_labels()
    fig.legend(left, handles, labels, fontsize=7.5, frameon=False, loc="upper left")
