"""The picture of the spread: how likely each place is to reach -20 °C, in the planes of the worst margin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from iceball.assessment.spread import Spread
from iceball.reporting import figures as fig
from iceball.reporting.display import nearest
from iceball.reporting.drawing import Overlays
from iceball.reporting.figures import Picture
from iceball.reporting.planes import three_planes
from iceball.tissue import TARGET

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEVELS: dict[float, tuple[str, Any]] = {
    0.1: ("#56B4E9", (0, (1.2, 1.2))),
    0.5: ("#F0E442", (0, (4, 2))),
    0.9: ("#F08CC8", "solid"),
}


def spread_picture(
    spread: Spread | None, overlays: Overlays, at_mm: Sequence[float], size_mm: float, what: str
) -> Picture | None:
    """Where 10, 50 and 90 % of the runs reach -20 °C; None where no map is at hand."""
    if spread is None or spread.grid is None or spread.probability is None:
        return None
    from matplotlib.lines import Line2D

    figure = fig.new_figure(11.4, 4.45)
    low, high = overlays.window
    image = overlays.anatomy.image
    for column, plane in enumerate(three_planes(at_mm, size_mm, pixel_mm=size_mm / 320)):
        axes: Axes = figure.add_axes((0.003 + column * 0.3335, 0.105, 0.327, 0.838))
        axes.set_facecolor("black")
        grey = plane.sample(image.grid, image.data)
        axes.imshow(grey, cmap="gray", vmin=low, vmax=high, extent=plane.extent, interpolation="bilinear")
        x, y = plane.axes_mm
        target = overlays.anatomy.structures.get(TARGET)
        if target is not None and plane.touches(target.shape):
            axes.contour(x, y, plane.occupancy(target.shape), levels=[0.5], colors=[fig.TARGET_COLOUR], linewidths=1.6)
        chance = np.nan_to_num(plane.sample(spread.grid, spread.probability))
        for level, (colour, dash) in LEVELS.items():
            if chance.min() < level < chance.max():
                drawn = axes.contour(x, y, chance, levels=[level], colors=[colour], linewidths=1.5, linestyles=[dash])
                drawn.set_path_effects(fig.halo())
        axes.plot([0], [0], marker="+", markersize=11, color="white", path_effects=fig.halo(3), markeredgewidth=1.2)
        left, right, bottom, top = plane.extent
        axes.set_xlim(left, right)
        axes.set_ylim(bottom, top)
        axes.set_xticks([])
        axes.set_yticks([])
        axis = (2, 1, 0)[column]
        place = f"{plane.name}, {'xyz'[axis]} {nearest(float(plane.centre_mm[axis]), 0)} mm (LPS)"
        fig.title(axes, place, fontsize=9, color=fig.INK, pad=3)
    handles = [Line2D([], [], color=fig.TARGET_COLOUR, linewidth=2, label="tumour (target)")]
    handles += [
        Line2D([], [], color=c, linewidth=2, linestyle=dash, label=f"−20 °C in {100 * level:.0f} % of the runs")
        for level, (c, dash) in LEVELS.items()
    ]
    fig.dark_legend(figure, handles)
    fig.stamp(figure, overlays.stamp)
    caption = (
        f"Planes through {what} (cross). Lines: places that reach −20 °C in 10, 50 and 90 % of the {spread.members} "
        f"runs of the spread, on cells of {spread.spacing_mm:g} mm. It is no probability that tissue dies."
    )
    alt = "How often the runs of the spread reach -20 °C, in three planes"
    return fig.picture(figure, "spread", kind="png", alt=alt, caption=caption)
