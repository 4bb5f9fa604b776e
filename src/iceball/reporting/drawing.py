"""One plane drawn: the image with isotherms, target, needles and structures."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from iceball.assessment.assessment import ISOTHERMS_C
from iceball.assessment.status import Status
from iceball.plan.placement import Placement
from iceball.plan.plan import Plan
from iceball.reporting import figures as fig
from iceball.reporting.display import plain
from iceball.reporting.planes import Floats, Plane
from iceball.space import Grid
from iceball.tissue import TARGET, Anatomy, Structure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SOFT_TISSUE_WINDOW = (400.0, 40.0)
LUNG_WINDOW = (1500.0, -600.0)
IN_PLANE_MM = 2.5
STAMP_LETTERS_PER_INCH = 17


class OfCells(Protocol):
    """Something with cells."""

    @property
    def grid(self) -> Grid:
        """Where they lie."""


class HasColdest(Protocol):
    """A run's lowest temperatures: a History, or what is kept of one."""

    @property
    def minimum_c(self) -> NDArray[np.float32]:
        """Of each cell, °C."""

    @property
    def scene(self) -> OfCells:
        """Whose grid the cells lie on."""


@dataclass(frozen=True, eq=False)
class Overlays:
    """What is drawn on every plane."""

    anatomy: Anatomy
    history: HasColdest
    plan: Plan
    structures: tuple[Structure, ...]
    stamp: str
    planned: tuple[Placement, ...] = ()
    """Where needles were meant to lie, dashed; of a plan as placed."""
    status: Mapping[str, Status] = field(default_factory=dict)
    """How each structure stands to its limits: its colour, and words behind its name."""

    @property
    def window(self) -> tuple[float, float]:
        """Darkest and brightest value of the image on the screen."""
        image = self.anatomy.image
        if image.quantity != "HU":
            sparse = image.data[::3, ::3, ::3]
            low, high = np.percentile(sparse, (1, 99))
            return float(low), float(max(high, low + 1))
        width, level = LUNG_WINDOW if self.anatomy.organ == "lung" else SOFT_TISSUE_WINDOW
        return level - width / 2, level + width / 2

    @property
    def window_words(self) -> str:
        """The window as people read it."""
        low, high = self.window
        return f"window W {high - low:.0f} L {(high + low) / 2:.0f}" + (
            " HU" if self.anatomy.image.quantity == "HU" else ""
        )


def draw(axes: Axes, plane: Plane, overlays: Overlays, *, cross: bool = False, highlight: int | None = None) -> None:
    """One plane with everything on it."""
    image = overlays.anatomy.image
    low, high = overlays.window
    axes.set_facecolor("black")
    axes.imshow(
        plane.sample(image.grid, image.data),
        cmap="gray",
        vmin=low,
        vmax=high,
        extent=plane.extent,
        interpolation="bilinear",
    )
    across, downward = plane.axes_mm
    coldest = plane.sample(overlays.history.scene.grid, overlays.history.minimum_c)
    free = _free_of_ice(coldest, plane.pixel_mm)
    # The letters at the edges are names that stand already.
    w, h = plane.width_mm / 2, plane.height_mm / 2
    taken: list[tuple[float, float]] = [(-w * 0.96, 0.0), (w * 0.96, 0.0), (0.0, -h * 0.83), (0.0, h * 0.86)]
    pockets = {done.name for done in overlays.anatomy.moved}
    for structure in overlays.structures:
        if plane.touches(structure.shape):
            part = plane.occupancy(structure.shape)
            status = overlays.status.get(structure.name)
            colour = fig.STRUCTURE_COLOUR if status is None else fig.STATUS_COLOURS[status.colour]
            colour = fig.POCKET_COLOUR if structure.name in pockets else colour
            wide = 1.8 if status is not None and status.colour == "red" else 1.0
            if structure.name in pockets and part.max() > 0.5:
                axes.contourf(across, downward, part, levels=[0.5, 2.0], colors=[colour], alpha=0.35)
            if _contour(axes, across, downward, part, 0.5, color=colour, width=wide, style="solid"):
                said = "" if status is None else status.short
                _name(axes, plane, part, free, structure.name, taken, said=said, colour=colour)
    target = overlays.anatomy.structures.get(TARGET)
    if target is not None and plane.touches(target.shape):
        _contour(
            axes,
            across,
            downward,
            plane.occupancy(target.shape),
            0.5,
            color=fig.TARGET_COLOUR,
            width=1.6,
            style="solid",
        )
    for celsius in ISOTHERMS_C:
        _contour(
            axes,
            across,
            downward,
            coldest,
            celsius,
            color=fig.ISOTHERM_COLOURS[celsius],
            width=1.5,
            style=fig.ISOTHERM_DASHES[celsius],
        )
    # The needle that the plane is laid for is drawn last and numbered first, so that no other covers it.
    order = sorted(range(len(overlays.plan.probes)), key=lambda i: i == highlight)
    for index in order:
        placement = overlays.plan.probes[index]
        for ends, width in (((placement.entry_mm, placement.tip_mm), 1.0), (placement.active_zone_mm, 2.6)):
            _shaft(axes, plane, ends, width, bright=highlight in (None, index))
    # beside the needle that the plane is laid for only its own plan is shown
    for placement in overlays.planned if highlight is None else overlays.planned[highlight : highlight + 1]:
        _meant(axes, plane, placement)
    for spot in overlays.plan.spots:
        x, y, off = plane.project([spot.centre_mm])
        if abs(float(off[0])) <= IN_PLANE_MM:
            style: dict[str, Any] = {"markerfacecolor": fig.SPOT_COLOUR, "markeredgecolor": "white"}
            axes.plot(x, y, marker="o", markersize=4, markeredgewidth=0.7, **style)
    numbers: list[tuple[float, float]] = []
    for index in reversed(order):
        placement = overlays.plan.probes[index]
        _number(axes, plane, placement.entry_mm, placement.tip_mm, str(index + 1), numbers)
    if cross:
        axes.plot([0], [0], marker="+", markersize=11, color="white", path_effects=fig.halo(3), markeredgewidth=1.2)
    _frame(axes, plane, overlays.stamp)


def _free_of_ice(coldest: Any, pixel_mm: float) -> Any:
    """Where a name hides no isotherm: at least 6 mm outside the ice."""
    from scipy.ndimage import binary_dilation

    ice = np.nan_to_num(coldest, nan=99.0) <= 0
    return ~binary_dilation(ice, iterations=max(1, round(6.0 / pixel_mm)))


def _contour(
    axes: Axes, x: Floats, y: Floats, values: Any, level: float, *, color: str, width: float, style: Any
) -> bool:
    finite = values[np.isfinite(values)]
    if not finite.size or not finite.min() < level < finite.max():
        return False
    drawn = axes.contour(
        x, y, np.ma.masked_invalid(values), levels=[level], colors=[color], linewidths=width, linestyles=[style]
    )
    drawn.set_path_effects(fig.halo(width + 1.0))
    return True


def _name(
    axes: Axes,
    plane: Plane,
    part: Any,
    free: Any,
    name: str,
    taken: list[tuple[float, float]],
    *,
    said: str,
    colour: str,
) -> None:
    """Writes a structure's name inside it, near its middle, clear of ice and other names where there is room.

    What is `said` of it stands behind the name.
    """
    x, y = plane.axes_mm
    shown = plain(name.replace("_", " "))
    shown = shown if len(shown) <= 24 else shown[:23] + "…"
    shown = f"{shown}: {said}" if said else shown
    wide = plane.width_mm * 0.015 * len(shown)
    rows, columns = np.nonzero(part > 0.5)
    seen = (np.abs(x[columns]) < plane.width_mm * 0.48 - wide / 2) & (np.abs(y[rows]) < plane.height_mm * 0.41)
    rows, columns = rows[seen], columns[seen]
    clear = free[rows, columns]
    if clear.any():
        rows, columns = rows[clear], columns[clear]
    if not len(rows):
        return
    points = np.stack([x[columns], y[rows]], axis=1)
    order = points[np.argsort(((points - points.mean(axis=0)) ** 2).sum(axis=1))]
    for a, b in order[:: max(1, len(order) // 60)]:
        if all(abs(b - d) > plane.height_mm * 0.045 or abs(a - c) > wide for c, d in taken):
            taken.append((float(a), float(b)))
            fig.write(
                axes,
                float(a),
                float(b),
                shown,
                color=colour,
                fontsize=7,
                ha="center",
                va="center",
                path_effects=fig.halo(2),
                clip_on=True,
            )
            return


def _shaft(axes: Axes, plane: Plane, ends: tuple[Any, Any], width: float, *, bright: bool) -> None:
    """A piece of shaft: solid within a few mm of the plane, dotted where it is projected onto it."""
    x, y, off = plane.project(np.linspace(ends[0], ends[1], 240))
    inside = np.abs(off) <= IN_PLANE_MM
    axes.plot(
        np.where(inside, x, np.nan),
        np.where(inside, y, np.nan),
        color=fig.NEEDLE_COLOUR,
        linewidth=width,
        alpha=1.0 if bright else 0.6,
        path_effects=fig.halo(width + 1.4),
        solid_capstyle="round",
    )
    if width < 2:
        x, y = np.where(inside, np.nan, x), np.where(inside, np.nan, y)
        axes.plot(x, y, color=fig.NEEDLE_COLOUR, linewidth=0.8, linestyle=(0, (1, 2)), alpha=0.8)


def _meant(axes: Axes, plane: Plane, placement: Placement) -> None:
    """Where a needle was meant to lie: dashed, with a ring at its tip."""
    x, y, _ = plane.project(np.array([placement.entry_mm, placement.tip_mm]))
    style: dict[str, Any] = {"color": fig.PLANNED_COLOUR, "path_effects": fig.halo(2.2)}
    axes.plot(x, y, linewidth=1.1, linestyle=(0, (5, 3)), **style)
    axes.plot(x[1:], y[1:], marker="o", markersize=4.5, markerfacecolor="none", linestyle="none", **style)


def _number(axes: Axes, plane: Plane, entry: Any, tip: Any, name: str, taken: list[tuple[float, float]]) -> None:
    """A needle's number, as near to the skin as the picture allows, clear of other numbers, letters and scale bar."""
    x, y, _ = plane.project(np.linspace(entry, tip, 240))
    apart = plane.width_mm * 0.035
    for a, b in zip(x.tolist(), y.tolist(), strict=True):
        inside = abs(a) < plane.width_mm * 0.45 and abs(b) < plane.height_mm * 0.39
        if inside and all(abs(a - c) > apart or abs(b - d) > apart for c, d in taken):
            taken.append((a, b))
            style: dict[str, Any] = {"fontsize": 8, "fontweight": "bold", "path_effects": fig.halo(2.5)}
            fig.write(axes, a, b, name, color="white", ha="center", va="center", **style)
            return


def _frame(axes: Axes, plane: Plane, stamp: str) -> None:
    """Letters of direction, scale bar, and the words that go with every picture."""
    left, right, bottom, top = plane.extent
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    box = axes.get_position()
    wide_in, tall_in = box.width * axes.figure.get_figwidth(), box.height * axes.figure.get_figheight()  # type: ignore[union-attr]
    room = max(24, int(STAMP_LETTERS_PER_INCH * wide_in))
    # Lines of about equal length.
    lines = textwrap.wrap(stamp, min(room, len(stamp) // -(-len(stamp) // room) + 8))
    axes.text(
        0.5,
        1 - 0.03 / tall_in,
        "\n".join(fig.drawable(line) for line in lines),
        transform=axes.transAxes,
        color="#FFD166",
        fontsize=6.2,
        fontweight="bold",
        ha="center",
        va="top",
        path_effects=fig.halo(2),
        parse_math=False,
        linespacing=1.15,
    )
    style: dict[str, Any] = {"color": "white", "fontsize": 10, "fontweight": "bold", "path_effects": fig.halo(2.5)}
    below_stamp = 1 - (0.08 + 0.105 * len(lines)) / tall_in
    places = (
        (0.06 / wide_in, 0.5, "left", "center"),
        (1 - 0.06 / wide_in, 0.5, "right", "center"),
        (0.5, below_stamp, "center", "top"),
        (0.5, 0.06 / tall_in, "center", "bottom"),
    )
    for letter, (x, y, ha, va) in zip(plane.edge_letters, places, strict=True):
        axes.text(x, y, letter, transform=axes.transAxes, ha=ha, va=va, **style)
    mm_per_inch = plane.width_mm / wide_in
    length = 50.0 if plane.width_mm > 180 else 20.0
    x0, y0 = right - length - 0.12 * mm_per_inch, bottom - 0.12 * mm_per_inch
    axes.plot(
        [x0, x0 + length], [y0, y0], color="white", linewidth=2.2, path_effects=fig.halo(3.6), solid_capstyle="butt"
    )
    fig.write(
        axes,
        x0 + length / 2,
        y0 - 0.04 * mm_per_inch,
        f"{length / 10:.0f} cm",
        color="white",
        fontsize=7,
        ha="center",
        va="bottom",
        path_effects=fig.halo(2),
    )
