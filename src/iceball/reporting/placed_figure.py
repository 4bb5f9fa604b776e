"""The control image laid over the plan, a plane a needle: as planned dashed, as placed solid on its metal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from iceball.plan.placed.placed import Placed
from iceball.plan.placement import Placement
from iceball.reporting import figures as fig
from iceball.reporting.display import plain
from iceball.reporting.flags import all_flags, stamp
from iceball.reporting.planes import Plane, shaft_plane
from iceball.space import Grid, Volume
from iceball.tissue import TARGET, Anatomy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE_IN, COLUMNS = 3.4, 3
WINDOW_HU = (-160.0, 340.0)
BEYOND_MM = 24.0


def draw_placed(placed: Placed, anatomy: Anatomy, control: Volume, to: Path, *, flags: Sequence[str] = ()) -> Path:
    """Draw each needle in the plane of its shaft through the control image, as a PNG.

    Args:
        placed: needles as planned and as placed.
        anatomy: the patient, with the target.
        control: the control CT.
        to: the file to write.
        flags: of the case, written into the picture.
    """
    names = placed.plan.name_of
    rows = -(-len(names) // COLUMNS)
    columns = min(COLUMNS, len(names))
    wide, tall = SIZE_IN * max(columns, 2), (SIZE_IN + 0.35) * rows + 0.3
    figure = fig.new_figure(wide, tall)
    laid = Grid.of(control.grid.shape, placed.laid.motion.matrix @ control.grid.matrix)
    for n, (name, deviation) in enumerate(zip(names, placed.deviations, strict=True)):
        left, top = (n % COLUMNS) / columns, 1 - (n // COLUMNS) * (SIZE_IN + 0.35) / tall
        height = SIZE_IN / tall
        axes = figure.add_axes((left + 0.01, top - height - 0.3 / tall, 1 / columns - 0.02, height))
        lies, meant = placed.plan.probes[n], placed.planned.probes[n]
        plane = shaft_plane(lies.entry_mm, lies.tip_mm, beyond_mm=BEYOND_MM)
        _plane(axes, plane, laid, control, anatomy)
        _needle(axes, plane, meant, dashed=True)
        if deviation.set_on_streak:
            _needle(axes, plane, lies, dashed=False)
        said = (
            f"tip {deviation.tip_mm:.1f} mm, {deviation.angle_deg:.1f}° off" if deviation.set_on_streak else "not set"
        )
        fig.title(axes, f"{plain(name)}: {said}", fontsize=9, color=fig.INK, pad=3)
    words = stamp(all_flags(flags, placed.plan, anatomy))
    figure.text(0.01, 0.01, f"{words}. Planned dashed, as placed solid, target orange.", fontsize=6.5)
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_bytes(fig.picture(figure, "as-placed", kind="png", alt="", caption="").data)
    return to


def _plane(axes: Axes, plane: Plane, grid: Grid, control: Volume, anatomy: Anatomy) -> None:
    low, high = WINDOW_HU
    axes.set_facecolor("black")
    picture = plane.sample(grid, control.data)
    axes.imshow(picture, cmap="gray", vmin=low, vmax=high, extent=plane.extent, interpolation="bilinear")
    across, downward = plane.axes_mm
    target = anatomy.structures[TARGET].shape
    part = plane.occupancy(target) if plane.touches(target) else np.zeros((2, 2))
    if part.max() > 0.5 > part.min():
        axes.contour(across, downward, part, levels=[0.5], colors=[fig.TARGET_COLOUR], linewidths=1.4)
    left, right, bottom, top = plane.extent
    axes.set(xlim=(left, right), ylim=(bottom, top), xticks=[], yticks=[])
    axes.set_aspect("equal")
    for letter, (x, y) in zip(plane.edge_letters, ((0.03, 0.5), (0.97, 0.5), (0.5, 0.96), (0.5, 0.04)), strict=True):
        axes.text(x, y, letter, transform=axes.transAxes, color="white", fontsize=8, ha="center", va="center",
                  path_effects=fig.halo(2))  # fmt: skip


def _needle(axes: Axes, plane: Plane, needle: Placement, *, dashed: bool) -> None:
    """A shaft, projected onto the plane, with a ring at its tip; its active zone is thicker where it is solid."""
    colour = fig.PLANNED_COLOUR if dashed else fig.PLACED_COLOUR
    x, y, _ = plane.project(np.array([needle.entry_mm, needle.tip_mm]))
    axes.plot(x, y, color=colour, linewidth=1.2, linestyle=(0, (5, 3)) if dashed else "solid")
    axes.plot(x[1:], y[1:], marker="o", markersize=5, markerfacecolor="none", color=colour, linestyle="none")
    if not dashed:
        a, b, _ = plane.project(np.array(needle.active_zone_mm))
        axes.plot(a, b, color=colour, linewidth=2.4, alpha=0.8)
