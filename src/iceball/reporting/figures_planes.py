"""Pictures of planes: the image with isotherms, target, needles and structures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from iceball.assessment.assessment import ISOTHERMS_C
from iceball.plan.plan import Plan
from iceball.reporting import figures as fig
from iceball.reporting.display import plain
from iceball.reporting.figures import Picture
from iceball.reporting.planes import Floats, Plane, shaft_plane, three_planes
from iceball.solve.history import History
from iceball.space import Volume
from iceball.tissue import TARGET, Anatomy, Structure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SOFT_TISSUE_WINDOW = (400.0, 40.0)
LUNG_WINDOW = (1500.0, -600.0)
IN_PLANE_MM = 2.5
RADIOLOGICAL = "Radiological display: patient right on screen left."


@dataclass(frozen=True, eq=False)
class Overlays:
    """What is drawn on every plane."""

    anatomy: Anatomy
    history: History
    plan: Plan
    structures: tuple[Structure, ...]
    stamp: str

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
        return f"window W {high - low:.0f} L {(high + low) / 2:.0f}" + (" HU" if self.anatomy.image.quantity == "HU" else "")


def worst_planes_picture(overlays: Overlays, at_mm: Sequence[float], size_mm: float, what: str) -> Picture:
    """Axial, coronal and sagittal plane through the worst margin."""
    figure = fig.new_figure(11.4, 4.45)
    for column, plane in enumerate(three_planes(at_mm, size_mm, pixel_mm=size_mm / 320)):
        axes = figure.add_axes((0.003 + column * 0.3335, 0.105, 0.327, 0.838))
        draw(axes, plane, overlays, cross=True)
        coordinate = "LPS"[(2, 1, 0)[column]]
        fig.title(axes, f"{plane.name}, {coordinate} = {plane.centre_mm[(2, 1, 0)[column]]:.0f} mm", fontsize=9, color=fig.INK, pad=3)
    _legend(figure, overlays)
    caption = f"Planes through {what} (cross). {RADIOLOGICAL} {_explain(overlays)}"
    return fig.picture(figure, "planes", kind="png", alt=f"Axial, coronal and sagittal plane through {what}", caption=caption)


def needle_pictures(overlays: Overlays) -> tuple[Picture, ...]:
    """For each needle the plane that holds its whole shaft, from the skin to the tip."""
    made = []
    for index, placement in enumerate(overlays.plan.probes):
        plane = shaft_plane(placement.entry_mm, placement.tip_mm)
        scale = max(plane.width_mm, plane.height_mm)
        plane = Plane(plane.name, plane.centre_mm, plane.right, plane.down, plane.width_mm, plane.height_mm, scale / 420)
        width = 5.4 * plane.width_mm / scale
        height = 5.4 * plane.height_mm / scale
        figure = fig.new_figure(max(width, 2.4), max(height, 2.4) + 0.25)
        share = 0.25 / (max(height, 2.4) + 0.25)
        axes = figure.add_axes((0.0, 0.0, 1.0, 1 - share))
        draw(axes, plane, overlays, highlight=index)
        name = plain(overlays.plan.name_of[index])
        fig.title(axes, f"{index + 1}: {name}, {plane.name}", fontsize=8, color=fig.INK, pad=3)
        caption = f"{name}: the plane that holds its whole shaft ({plane.name})."
        made.append(fig.picture(figure, f"needle-{index + 1}", kind="png", alt=caption, caption=caption))
    return tuple(made)


def draw(axes: Axes, plane: Plane, overlays: Overlays, *, cross: bool = False, highlight: int | None = None) -> None:
    """One plane with everything on it."""
    image = overlays.anatomy.image
    low, high = overlays.window
    axes.set_facecolor("black")
    axes.imshow(plane.sample(image.grid, image.data), cmap="gray", vmin=low, vmax=high, extent=plane.extent, interpolation="bilinear")
    across, downward = plane.axes_mm
    taken: list[tuple[float, float]] = []
    for structure in overlays.structures:
        if plane.touches(structure.shape):
            part = plane.occupancy(structure.shape)
            if _contour(axes, across, downward, part, 0.5, color=fig.STRUCTURE_COLOUR, width=1.0, style="solid"):
                _name(axes, across, downward, part, structure.name, plane, taken)
    coldest = plane.sample(overlays.history.scene.grid, overlays.history.minimum_c)
    target = overlays.anatomy.structures.get(TARGET)
    if target is not None and plane.touches(target.shape):
        _contour(axes, across, downward, plane.occupancy(target.shape), 0.5, color=fig.TARGET_COLOUR, width=1.6, style="solid")
    for celsius in ISOTHERMS_C:
        _contour(axes, across, downward, coldest, celsius, color=fig.ISOTHERM_COLOURS[celsius], width=1.5,
                 style=fig.ISOTHERM_DASHES[celsius])
    for index, placement in enumerate(overlays.plan.probes):
        _needle(axes, plane, placement.entry_mm, placement.tip_mm, placement.active_zone_mm, str(index + 1), bright=highlight in (None, index))
    if cross:
        axes.plot([0], [0], marker="+", markersize=11, color="white", path_effects=fig.halo(3), markeredgewidth=1.2)
    _frame(axes, plane, overlays.stamp)


def _contour(axes: Axes, x: Floats, y: Floats, values: Any, level: float, *, color: str, width: float, style: Any) -> bool:
    finite = values[np.isfinite(values)]
    if not finite.size or not finite.min() < level < finite.max():
        return False
    drawn = axes.contour(x, y, np.ma.masked_invalid(values), levels=[level], colors=[color], linewidths=width, linestyles=[style])
    drawn.set_path_effects(fig.halo(width + 1.3))
    return True


def _name(axes: Axes, x: Floats, y: Floats, part: Any, name: str, plane: Plane, taken: list[tuple[float, float]]) -> None:
    """Writes a structure's name at its own voxel nearest to the middle of the picture where no other name stands."""
    rows, columns = np.nonzero(part > 0.5)
    inside = (np.abs(x[columns]) < plane.width_mm * 0.36) & (np.abs(y[rows]) < plane.height_mm * 0.42)
    points = np.stack([x[columns[inside]], y[rows[inside]]], axis=1)
    if not len(points):
        return
    centre = points.mean(axis=0)
    order = points[np.argsort(((points - centre) ** 2).sum(axis=1))]
    room = plane.height_mm * 0.055
    for point in order[:: max(1, len(order) // 60)]:
        near_middle = abs(point[0]) < plane.width_mm * 0.08 and abs(point[1]) < plane.height_mm * 0.05
        if not near_middle and all(abs(point[1] - b) > room or abs(point[0] - a) > plane.width_mm * 0.3 for a, b in taken):
            taken.append((float(point[0]), float(point[1])))
            shown = plain(name.replace("_", " "))
            fig.write(axes, point[0], point[1], shown if len(shown) <= 24 else shown[:23] + "…", color=fig.STRUCTURE_COLOUR, fontsize=7,
                      ha="center", va="center", path_effects=fig.halo(2), clip_on=True)
            return


def _needle(axes: Axes, plane: Plane, entry: Any, tip: Any, active: Any, name: str, *, bright: bool) -> None:
    """The shaft: solid within a few mm of the plane, dotted where it is projected onto it; the active zone is thick."""
    for ends, width in (((entry, tip), 1.0), (active, 2.6)):
        along = np.linspace(ends[0], ends[1], 240)
        x, y, off = plane.project(along)
        inside = np.abs(off) <= IN_PLANE_MM
        axes.plot(np.where(inside, x, np.nan), np.where(inside, y, np.nan), color=fig.NEEDLE_COLOUR, linewidth=width,
                  alpha=1.0 if bright else 0.6, path_effects=fig.halo(width + 1.4), solid_capstyle="round")
        if width < 2:
            axes.plot(np.where(inside, np.nan, x), np.where(inside, np.nan, y), color=fig.NEEDLE_COLOUR, linewidth=0.8,
                      linestyle=(0, (1, 2)), alpha=0.8)
    x, y, _ = plane.project(entry)
    inward = 0.46
    x = float(np.clip(x, -plane.width_mm * inward, plane.width_mm * inward))
    y = float(np.clip(y, -plane.height_mm * inward, plane.height_mm * inward))
    fig.write(axes, x, y, name, color="white", fontsize=8, fontweight="bold", ha="center", va="center", path_effects=fig.halo(2.5), clip_on=True)


def _frame(axes: Axes, plane: Plane, stamp: str) -> None:
    """Letters of direction, scale bar, and the words that go with every picture."""
    left, right, bottom, top = plane.extent
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    style = {"color": "white", "fontsize": 10, "fontweight": "bold", "path_effects": fig.halo(2.5)}
    names = plane.edge_letters
    places = ((0.015, 0.5, "left", "center"), (0.985, 0.5, "right", "center"), (0.5, 0.935, "center", "top"), (0.5, 0.06, "center", "bottom"))
    for letter, (x, y, ha, va) in zip(names, places, strict=True):
        axes.text(x, y, letter, transform=axes.transAxes, ha=ha, va=va, **style)
    length = 50.0 if plane.width_mm > 180 else 20.0
    x0, y0 = right - length - plane.width_mm * 0.04, bottom - plane.height_mm * 0.055
    axes.plot([x0, x0 + length], [y0, y0], color="white", linewidth=2.2, path_effects=fig.halo(3.6), solid_capstyle="butt")
    fig.write(axes, x0 + length / 2, y0 - plane.height_mm * 0.012, f"{length / 10:.0f} cm", color="white", fontsize=7, ha="center", va="bottom",
              path_effects=fig.halo(2))
    shortened = stamp if plane.width_mm > 100 or len(stamp) < 70 else stamp.replace(" · ", "\n")
    axes.text(0.5, 0.988, shortened, transform=axes.transAxes, color="#FFD166", fontsize=6.2, fontweight="bold", ha="center", va="top",
              path_effects=fig.halo(2), parse_math=False, wrap=True)


def _legend(figure: Any, overlays: Overlays) -> None:
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=fig.TARGET_COLOUR, linewidth=2, label="tumour (target)")]
    handles += [
        Line2D([], [], color=fig.ISOTHERM_COLOURS[c], linewidth=2, linestyle=fig.ISOTHERM_DASHES[c], label=f"{c} °C predicted".replace("-", "−"))
        for c in ISOTHERMS_C
    ]
    handles.append(Line2D([], [], color=fig.STRUCTURE_COLOUR, linewidth=1.2, label="structure at risk"))
    handles.append(Line2D([], [], color="white", linewidth=3, label="needle, active zone"))
    handles.append(Line2D([], [], color="white", linewidth=1, linestyle=(0, (1, 2)), label="needle out of plane"))
    box = figure.legend(handles=handles, loc="lower center", ncols=len(handles), fontsize=8, frameon=True, facecolor="#3A4048",
                        edgecolor="none", labelcolor="white", bbox_to_anchor=(0.5, 0.005), handlelength=2.6, columnspacing=1.6)
    box.get_frame().set_alpha(1)


def _explain(overlays: Overlays) -> str:
    return f"Dashed lines: predicted isotherms of the coldest moment of the whole protocol. {overlays.window_words}."


def view_size_mm(overlays: Overlays, at_mm: Sequence[float]) -> float:
    """A side length that shows the ice and some surroundings, between 130 and 260 mm."""
    at = np.asarray(at_mm, float)
    grid = overlays.history.scene.grid
    cold = np.argwhere(overlays.history.minimum_c <= 0)
    points: list[Floats] = [np.asarray(p.tip_mm, float)[None] for p in overlays.plan.probes]
    if len(cold):
        ends = np.array([cold.min(axis=0), cold.max(axis=0)])
        points.append(grid.to_mm(np.array([[ends[a][0], ends[b][1], ends[c][2]] for a in (0, 1) for b in (0, 1) for c in (0, 1)])))
    reach = max((float(np.abs(p - at).max()) for p in points), default=50.0)
    return float(np.clip(2 * (reach + 30), 130, 260))


def image_of(volume: Volume) -> str:
    """What kind of picture lies under the lines."""
    return {"HU": "CT", "MR": "MR"}.get(volume.quantity, volume.quantity)
