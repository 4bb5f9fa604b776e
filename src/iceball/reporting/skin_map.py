"""The skin as needles find it: where a way to the target is open, what it costs, and what closes the rest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from iceball.plan.ways.trajectory import Trajectories
from iceball.plan.words import direction_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]

VIEWS = (
    ("from behind", (0.0, 1.0, 0.0), (1.0, 0.0, 0.0)),
    ("from the left", (1.0, 0.0, 0.0), (0.0, -1.0, 0.0)),
    ("from the front", (0.0, -1.0, 0.0), (-1.0, 0.0, 0.0)),
    ("from the right", (-1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
)
"""Words; direction towards the eye and to the right of the picture, LPS."""
COLOURS = ("#e69f00", "#cc79a7", "#d55e00", "#0072b2", "#f0e442", "#999999", "#000000", "#8c564b")
"""What closes a way, most common first; told apart by people who see fewer colours (Okabe and Ito)."""
OTHERS = "#d9d9d9"
SCALE = "price of an open way: mm of way, and what lung, liver, slant … cost beside it (dark is best)"
GREENS = matplotlib.colormaps["Greens_r"].resampled(256)
PRICES = ListedColormap(GREENS(np.linspace(0.0, 0.75, 256)))
FACING = 0.17
"""Skin seen at less than ten degrees is left out of a view."""


def draw_skin_map(found: Trajectories, to: Path, *, count: int = 5) -> Path:
    """Draw all ways where they meet the skin, seen from four sides, as a PNG.

    Args:
        found: the ways.
        to: the file to write.
        count: how many of the best ways are numbered.
    """
    ways = found.ways
    reasons = list(found.closed_by())[: len(COLOURS)]
    closed_by = np.array([_reason(found, i) for i in range(len(ways))])
    colour = np.full(len(ways), OTHERS, dtype=object)
    for name, c in zip(reasons, COLOURS, strict=False):
        colour[closed_by == name] = c
    figure = Figure(figsize=(11.0, 7.2), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(2, 3, width_ratios=(1, 1, 0.62))
    low, high = _limits(ways.price_mm[ways.open])
    entries, best = ways.entries_mm, found.best(count)
    shown = None
    for n, (words, eye, right) in enumerate(VIEWS):
        axes = figure.add_subplot(grid[n // 2, n % 2])
        seen = np.isfinite(ways.depth_mm) & (ways.outs @ np.array(eye) > FACING)
        x, y = entries @ np.array(right), entries[:, 2]
        shut, free = seen & ~ways.open, seen & ways.open
        axes.scatter(x[shut], y[shut], s=5, c=list(colour[shut]), linewidths=0)
        shown = axes.scatter(
            x[free], y[free], s=9, c=ways.price_mm[free], cmap=PRICES, vmin=low, vmax=high, linewidths=0
        )
        for rank, i in enumerate(best, start=1):
            if seen[i]:
                axes.annotate(
                    str(rank), (x[i], y[i]), fontsize=9, weight="bold", ha="center", va="center", zorder=9,
                    bbox={"boxstyle": "circle,pad=0.15", "fc": "white", "ec": "black", "lw": 0.8},
                )  # fmt: skip
        _finish(axes, words, right)
    if shown is not None:
        figure.colorbar(shown, ax=figure.axes, location="bottom", shrink=0.5, aspect=40, label=SCALE)
    _words(figure.add_subplot(grid[:, 2]), found, reasons, best)
    to.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(to, dpi=130, format="png")
    return to


def _reason(found: Trajectories, index: int) -> str:
    return "" if found.ways.open[index] else found.first_reason(index)


def _limits(prices: Floats) -> tuple[float, float]:
    if not len(prices):
        return 0.0, 1.0
    low, high = np.percentile(prices, (0, 95))
    return float(low), float(max(high, low + 1))


def _finish(axes: Axes, words: str, right: tuple[float, float, float]) -> None:
    axes.set_title(words, fontsize=9, loc="left")
    axes.set_aspect("equal")
    axes.tick_params(labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)
    letter = {(1, 0): "L", (-1, 0): "R", (0, 1): "P", (0, -1): "A"}[(int(right[0]), int(right[1]))]
    side = {"L": "patient's left", "R": "patient's right", "P": "back", "A": "front"}[letter]
    axes.set_xlabel(f"{side} \N{RIGHTWARDS ARROW}  ({letter}, mm)", fontsize=7)
    axes.set_ylabel("head \N{RIGHTWARDS ARROW}  (S, mm)", fontsize=7)


def _words(axes: Axes, found: Trajectories, reasons: list[str], best: tuple[int, ...]) -> None:
    axes.set_axis_off()
    ways = found.ways
    lines = [found.kind.label, f"{100 * found.open_share:.0f} % of {len(ways)} directions are open", ""]
    for rank, i in enumerate(best, start=1):
        lines.append(f"{rank}  {direction_words(ways.outs[i])}")
        lines.append(f"    {ways.depth_mm[i]:.0f} mm deep, price {ways.price_mm[i]:.0f} mm")
    y = 0.99
    for line in [*lines, "", "closed by (share of all directions):"]:
        axes.text(0.0, y, line, fontsize=7.5, va="top", transform=axes.transAxes)
        y -= 0.028
    shares = found.closed_by()
    for name, c in zip(reasons, COLOURS, strict=False):
        axes.plot([0.02], [y - 0.01], "o", color=c, ms=6, transform=axes.transAxes, clip_on=False)
        axes.text(
            0.07,
            y,
            f"{100 * shares[name]:.0f} % {name.replace('_', ' ')}",
            fontsize=7.5,
            va="top",
            transform=axes.transAxes,
        )
        y -= 0.03
    rest = sum(share for name, share in shares.items() if name not in reasons)
    if rest > 0:
        axes.plot([0.02], [y - 0.01], "o", color=OTHERS, ms=6, transform=axes.transAxes, clip_on=False)
        axes.text(0.07, y, f"{100 * rest:.0f} % others", fontsize=7.5, va="top", transform=axes.transAxes)
        y -= 0.03
    y -= 0.02
    white = "A dot is where a way meets the skin. No dot: no way ends there, or the image ends before the skin."
    for said in (white, *(f"Not checked: {n}" for n in found.not_checked), "Research use only."):
        axes.text(0.0, y, said, fontsize=6.5, va="top", wrap=True, transform=axes.transAxes)
        y -= 0.028 * (1 + len(said) // 48)
