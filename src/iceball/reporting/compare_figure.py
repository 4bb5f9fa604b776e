"""Plans side by side in one picture: each in the plane of its least margin, and two curves of all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from iceball.plan.search.compare import Compared
from iceball.reporting import figures as fig
from iceball.reporting.drawing import Overlays, draw
from iceball.reporting.figures_planes import view_size_mm
from iceball.reporting.flags import all_flags, stamp
from iceball.reporting.planes import three_planes
from iceball.tissue import TARGET

WIDTH_IN = 3.6
COLDEST_C, WARMEST_C = -160.0, 40.0


def draw_comparison(found: tuple[Compared, ...], to: Path, *, flags: Sequence[str] = ()) -> Path:
    """Draw plans beside each other as a PNG.

    Args:
        found: the plans with their runs.
        to: the file to write.
        flags: of the case, written into each plane.
    """
    count = len(found)
    figure = fig.new_figure(WIDTH_IN * max(count, 2), WIDTH_IN + 3.2)
    for column, one in enumerate(found):
        left = column / count
        axes = figure.add_axes((left + 0.01, 0.47, 1 / count - 0.02, 0.46))
        where = one.verdict.margins_mm["0"].where_lps_mm
        low, high = one.patient.target.shape.bounds_mm()
        at = where if where is not None else tuple(float(v) for v in (low + high) / 2)
        structures = tuple(s for s in one.patient.structures.values() if s.name != TARGET)
        overlays = Overlays(
            one.patient, one.history, one.plan, structures, stamp(all_flags(flags, one.plan, one.patient))
        )
        size = max(view_size_mm(Overlays(c.patient, c.history, c.plan, (), ""), at) for c in found)
        draw(axes, three_planes(at, size, pixel_mm=size / 300)[0], overlays, cross=where is not None)
        least = one.verdict.margins_mm["0"].min_mm
        said = "no margin" if least is None else f"margin {least:.1f} mm"
        fig.title(axes, f"{one.name}: {said}", fontsize=9, color=fig.INK, pad=3)
    _curves(figure, found)
    figure.text(
        0.01, 0.008, "Research use only. Planes: axial through the least margin at 0 °C of each plan.", fontsize=6.5
    )
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_bytes(fig.picture(figure, "compare", kind="png", alt="", caption="").data)
    return to


def _curves(figure: object, found: tuple[Compared, ...]) -> None:
    add = figure.add_axes  # type: ignore[attr-defined]
    left, right = add((0.07, 0.09, 0.4, 0.29)), add((0.57, 0.09, 0.4, 0.29))
    for n, one in enumerate(found):
        colour = fig.NEEDLE_COLOURS[n % len(fig.NEEDLE_COLOURS)]
        pairs = np.array(one.verdict.histogram[TARGET], float)
        left.plot(pairs[:, 0], 100 * pairs[:, 1], color=colour, label=one.name, linewidth=1.6)
        drawn = one.verdict.margin_map
        if drawn is not None:
            values = np.sort(drawn.margin_mm)
            right.plot(values, 100 * np.linspace(0, 1, len(values)), color=colour, label=one.name, linewidth=1.6)
    left.set(xlim=(COLDEST_C, WARMEST_C), ylim=(0, 102))
    left.set_xlabel("lowest temperature, °C", fontsize=8)
    left.set_ylabel("target at or below it, %", fontsize=8)
    right.set_xlabel("margin at 0 °C, mm", fontsize=8)
    right.set_ylabel("target's surface points with less, %", fontsize=8)
    right.axvline(0, color="#999999", linewidth=0.8)
    right.axvline(5, color="#999999", linewidth=0.8, linestyle=":")
    for axes in (left, right):
        fig.tidy(axes)
    handles, labels = left.get_legend_handles_labels()
    fig.legend(left, handles, labels, fontsize=7.5, frameon=False, loc="upper left")
