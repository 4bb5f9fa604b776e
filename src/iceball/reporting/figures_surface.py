"""The treated surface seen from the air: how often it was sprayed, how often it froze, and how deep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from iceball.assessment.assessment import ISOTHERMS_C, Assessment
from iceball.assessment.surface import SurfaceMap
from iceball.plan.plan import Plan
from iceball.reporting import figures as fig
from iceball.reporting.display import clock, plain
from iceball.reporting.figures import Picture
from iceball.reporting.planes import Floats, letters
from iceball.units import minutes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COUNT_COLOURS = ("#EDEDED", "#BFE3F7", "#56B4E9", "#0072B2")
COUNT_LABELS = ("never", "once", "twice", "3 times or more")
DEPTH_MM = (0.0, 0.05, 1.0, 2.0, 4.0, 6.0, 9.0, 100.0)
DEPTH_COLOURS = ("#EDEDED", "#FFF3B0", "#FDC766", "#F58A4B", "#D24E71", "#8F3B8C", "#3B1F5E")
DEPTH_LABELS = ("not reached", "to 1 mm", "1 to 2", "2 to 4", "4 to 6", "6 to 9", "9 mm and more")
AROUND_MM = 8.0
MOST_NUMBERS = 36
MOST_NAMES = 25


def surface_picture(verdict: Assessment, plan: Plan, stamp: str) -> Picture | None:
    """Five maps side by side; None where no surface was kept."""
    found = None if verdict.surface is None else verdict.surface.map
    if found is None or not len(found.triangles):
        return None
    view = _View(found, plan)
    wide, tall = view.size_mm
    # each panel as high as its map is, within what a page can give
    height = float(np.clip(2.2 * tall / wide, 1.2, 3.4))
    figure = fig.new_figure(11.4, height + 0.95)
    panels: list[tuple[str, Any, tuple[str, ...], tuple[float, ...]]] = [
        ("sprayed or touched", found.applied, COUNT_COLOURS, (-0.5, 0.5, 1.5, 2.5, 99.0)),
        ("frozen, thawed between", found.cycles, COUNT_COLOURS, (-0.5, 0.5, 1.5, 2.5, 99.0)),
        *((f"depth of {t} °C".replace("-", "−"), found.depth_mm[str(t)], DEPTH_COLOURS, DEPTH_MM) for t in ISOTHERMS_C),
    ]
    for column, (words, values, colours, bounds) in enumerate(panels):
        axes = figure.add_axes((0.004 + column * 0.2, 0.6 / (height + 0.95), 0.192, height / (height + 0.95)))
        _map(axes, view, values, colours, bounds, counts=column < 2, numbers=column == 0)
        fig.title(axes, words, fontsize=8.5, color=fig.INK, pad=3)
    _legends(figure)
    fig.stamp(figure, stamp)
    caption = (
        f"The surface between tissue and air or gas, seen from {view.from_where}. Black line: the target's part of it. "
        "Dashed circles: spots, numbered in the plan's order. Depth: along the inward normal, from the "
        "coldest moment of the whole protocol."
    )
    return fig.picture(figure, "surface", kind="png", alt="Maps of the treated surface", caption=caption)


def spots_clock_picture(plan: Plan) -> Picture | None:
    """When each spot is cold; None without spots."""
    if not plan.spots:
        return None
    count = len(plan.spots)
    rows = 0.16 if count > 6 else 0.26
    tall = 0.46 + rows * count
    figure = fig.new_figure(10.4, tall)
    axes = figure.add_axes((0.115, 0.4 / tall, 0.87, rows * count / tall))
    end = max(plan.duration_s, max(s.end_s for s in plan.spots)) / minutes
    for row, spot in enumerate(plan.spots):
        axes.barh(
            row, spot.end_s / minutes - spot.start_s / minutes, left=spot.start_s / minutes, height=0.8, color="#EEEEEE"
        )
        for start, stop in spot.freezes_s:
            axes.barh(
                row,
                (stop - start) / minutes,
                left=start / minutes,
                height=0.8,
                color=fig.STEP_COLOURS["freeze"],
                edgecolor=fig.INK,
                linewidth=0.5,
            )
    axes.set_yticks(range(count), ["" for _ in range(count)])
    every = -(-count // MOST_NAMES)
    for row, name in list(enumerate(plan.name_of_spot))[::every]:
        how: dict[str, Any] = {"ha": "right", "va": "center", "fontsize": 7 if count > 6 else 8, "color": fig.INK}
        fig.write(axes, -end * 0.008, row, plain(name)[:18], **how)
    axes.set_xlim(0, end)
    axes.set_ylim(count - 0.5, -0.5)
    axes.set_xlabel("minutes from the first freeze", fontsize=8, color=fig.INK)
    fig.tidy(axes)
    axes.spines["left"].set_visible(False)
    axes.tick_params(left=False)
    caption = "Clock of the spots: blue = freeze, grey = left to thaw."
    alt = f"Clock of {count} spots over {clock(plan.duration_s)}"
    return fig.picture(figure, "spots-clock", kind="svg", alt=alt, caption=caption)


class _View:
    """The surface flattened along its mean outward direction, as one looks at it."""

    def __init__(self, found: SurfaceMap, plan: Plan) -> None:
        corners = found.points_mm[found.triangles]
        cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        wanted = found.of_target | (found.applied > 0)
        # marching cubes winds all triangles one way; which way is out shows where the spots' surface faces on the whole
        mean = cross[wanted if wanted.any() else slice(None)].sum(axis=0)
        self.out = mean / max(float(np.linalg.norm(mean)), 1e-12)
        up = np.array((0.0, 0.0, 1.0)) if abs(self.out[2]) < 0.8 else np.array((0.0, -1.0, 0.0))
        up = up - (up @ self.out) * self.out
        self.up = up / np.linalg.norm(up)
        self.right = np.cross(self.up, self.out)
        self.facing = cross @ self.out > 0
        self.points = np.stack([found.points_mm @ self.right, found.points_mm @ self.up], axis=1)
        self.triangles = found.triangles
        self.of_target = found.of_target
        self.spots = [
            (float(np.dot(s.centre_mm, self.right)), float(np.dot(s.centre_mm, self.up)), s.reach_mm)
            for s in plan.spots
        ]
        shown = (wanted | (found.depth_mm["0"] > 0)) & self.facing
        at = self.points[found.triangles[shown if shown.any() else slice(None)]].reshape(-1, 2)
        circles = [(u + a * r, v + b * r) for u, v, r in self.spots for a in (-1, 1) for b in (-1, 1)]
        at = np.concatenate([at, np.array(circles).reshape(-1, 2)])
        self.low, self.high = at.min(axis=0) - AROUND_MM, at.max(axis=0) + AROUND_MM

    @property
    def size_mm(self) -> tuple[float, float]:
        return float(self.high[0] - self.low[0]), float(self.high[1] - self.low[1])

    @property
    def from_where(self) -> str:
        names = {"L": "the left", "R": "the right", "P": "posterior", "A": "anterior", "H": "the head", "F": "the feet"}
        return " and ".join(names[letter] for letter in letters(self.out))

    def at_points(self, values: Any) -> Floats:
        """Values of triangles as means at their corners: what a smooth line can be drawn through."""
        shown = self.triangles[self.facing].ravel()
        each = np.repeat(np.asarray(values, float)[self.facing], 3)
        total = np.bincount(shown, weights=each, minlength=len(self.points))
        return np.asarray(total / np.maximum(np.bincount(shown, minlength=len(self.points)), 1))


def _map(
    axes: Axes,
    view: _View,
    values: Any,
    colours: tuple[str, ...],
    bounds: tuple[float, ...],
    *,
    counts: bool,
    numbers: bool,
) -> None:
    from matplotlib.colors import BoundaryNorm, ListedColormap
    from matplotlib.patches import Circle
    from matplotlib.tri import Triangulation

    mesh = Triangulation(view.points[:, 0], view.points[:, 1], view.triangles[view.facing])
    how: dict[str, Any] = {"cmap": ListedColormap(list(colours)), "norm": BoundaryNorm(bounds, len(colours))}
    if counts:
        axes.tripcolor(mesh, facecolors=np.asarray(values, float)[view.facing], rasterized=True, **how)
    else:
        axes.tricontourf(mesh, np.clip(view.at_points(values), 0.0, bounds[-1] - 1.0), levels=bounds, **how)
    if view.of_target[view.facing].any():
        axes.tricontour(mesh, view.at_points(view.of_target), levels=[0.5], colors="black", linewidths=1.3)
    for n, (u, v, reach) in enumerate(view.spots, 1):
        style: dict[str, Any] = {"fill": False, "edgecolor": "#5B6875", "linewidth": 0.5, "linestyle": (0, (3, 2))}
        axes.add_patch(Circle((u, v), reach, **style))
        if numbers and n <= MOST_NUMBERS:
            fig.write(axes, u, v, str(n), fontsize=6.5, color=fig.INK, ha="center", va="center")
    axes.set_xlim(view.low[0], view.high[0])
    axes.set_ylim(view.low[1], view.high[1])
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color("#B8B8B8")
    ends = ((-view.right, 0.02, 0.5, "left", "center"), (view.right, 0.98, 0.5, "right", "center"))
    for way, x, y, ha, va in (*ends, (-view.up, 0.5, 0.02, "center", "bottom"), (view.up, 0.5, 0.98, "center", "top")):
        axes.text(
            x, y, letters(way), transform=axes.transAxes, ha=ha, va=va, fontsize=8, fontweight="bold", color=fig.INK
        )
    if numbers:
        left, bottom = view.low + np.array(view.size_mm) * 0.05
        axes.plot([left, left + 10], [bottom, bottom], color=fig.INK, linewidth=2, solid_capstyle="butt")
        fig.write(
            axes,
            left + 5,
            bottom + view.size_mm[1] * 0.015,
            "1 cm",
            fontsize=6.5,
            color=fig.INK,
            ha="center",
            va="bottom",
        )


def _legends(figure: Any) -> None:
    from matplotlib.patches import Patch

    for colours, labels, middle in ((COUNT_COLOURS, COUNT_LABELS, 0.2), (DEPTH_COLOURS, DEPTH_LABELS, 0.7)):
        handles = [
            Patch(facecolor=c, edgecolor=fig.INK, linewidth=0.4, label=w) for c, w in zip(colours, labels, strict=True)
        ]
        how: dict[str, Any] = {"fontsize": 7, "frameon": False, "handlelength": 1.4, "columnspacing": 1.1}
        figure.legend(handles=handles, loc="lower center", ncols=len(labels), bbox_to_anchor=(middle, 0.0), **how)
