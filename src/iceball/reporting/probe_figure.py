"""Cards drawn side by side: the needle to scale, its ice by our run, and its chart where it has one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse, Rectangle

from iceball.applicator import Probe
from iceball.plan.fit.chart import Compared

COLOURS = {0.0: "#7fb3d5", -20.0: "#2e86c1", -40.0: "#1b4f72"}
OTHER = "#566573"
METAL, COLD = "#95a5a6", "#c0392b"


def draw_cards(cards: Sequence[tuple[Probe, Mapping[str, Sequence[Compared]]]], to: Path) -> Path:
    """Draw cards beside each other as a PNG.

    Args:
        cards: each with its runs by name ("read chart" or "remembered chart"); a card without a chart has none.
        to: the file to write.
    """
    figure = Figure(figsize=(2.6 * max(len(cards), 2), 6.0), layout="constrained")
    FigureCanvasAgg(figure)
    all_axes = figure.subplots(1, max(len(cards), 1), sharey=True, squeeze=False)[0]
    for n, (axes, (kind, runs)) in enumerate(zip(all_axes, cards, strict=True)):
        _needle(axes, kind)
        for name, rows in runs.items():
            _ice(axes, kind, rows, name)
        words = [kind.name, f"{kind.gauge}, {kind.cryogen.label}", *_words(runs)]
        axes.set_title("\n".join(words), fontsize=6.5, loc="left")
        axes.set_aspect("equal")
        axes.set_xlim(-26, 26)
        axes.set_ylim(-14, 66)
        axes.tick_params(labelsize=7)
        axes.spines[["top", "right"]].set_visible(False)
        if n == 0:
            axes.set_ylabel("along the needle from its tip, mm", fontsize=8)
    note = "Across, mm. Filled: our run at finite power (0, -20, -40 °C). Dashed: the chart. Red: active zone. "
    figure.supxlabel(f"{note}\nIts ice drawn as ellipses. Research use only.", fontsize=7)
    to.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(to, dpi=150, format="png")
    return to


def _needle(axes: object, kind: Probe) -> None:
    add = axes.add_patch  # type: ignore[attr-defined]
    r, start, length = kind.radius_mm.value, kind.standoff_mm.value, kind.active_mm.value
    add(Rectangle((-r, 0.0), 2 * r, 90.0, color=METAL, zorder=5))
    add(Rectangle((-r, start), 2 * r, length, color=COLD, zorder=6))


def _ice(axes: object, kind: Probe, rows: Sequence[Compared], name: str) -> None:
    add = axes.add_patch  # type: ignore[attr-defined]
    centre = (0.0, kind.standoff_mm.value + kind.active_mm.value / 2)
    for row in sorted(rows, key=lambda r: -r.ours.at_c):
        colour = COLOURS.get(row.ours.at_c, OTHER)
        if row.ours.at_c in COLOURS:
            add(Ellipse(centre, row.ours.width_mm, row.ours.length_mm, facecolor=colour, alpha=0.45, edgecolor=colour))
        if row.width_mm is not None:
            height = row.length_mm or row.ours.length_mm
            add(Ellipse(centre, row.width_mm, height, fill=False, linestyle="--", edgecolor=colour, zorder=4))


def _words(runs: Mapping[str, Sequence[Compared]]) -> list[str]:
    words = []
    for name, rows in runs.items():
        words.append(f"{name}, width x length mm")
        for row in rows:
            length = "" if row.length_mm is None else f" x {row.length_mm:.0f}"
            chart = "" if row.width_mm is None else f" (chart {row.width_mm:.0f}{length})"
            words.append(f"{row.ours.at_c:.0f} °C: {row.ours.width_mm:.0f} x {row.ours.length_mm:.0f}{chart}")
    return words or ["no chart"]
