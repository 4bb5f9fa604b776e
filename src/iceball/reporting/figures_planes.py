"""Pictures of planes: three through the smallest margin, and one along each needle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from iceball.assessment.assessment import ISOTHERMS_C
from iceball.plan.pocket import MODEL_NOT_IMAGE
from iceball.reporting import figures as fig
from iceball.reporting.display import nearest, plain
from iceball.reporting.drawing import Overlays, draw
from iceball.reporting.figures import Picture
from iceball.reporting.planes import Floats, shaft_plane, three_planes

STATUS_WORDS = {
    "green": "met at P10",
    "amber": "met nominally",
    "red": "NOT MET",
    "grey": "no limit",
}
RADIOLOGICAL = "Radiological display: patient right on screen left."


def worst_planes_picture(overlays: Overlays, at_mm: Sequence[float], size_mm: float, what: str) -> Picture:
    """Axial, coronal and sagittal plane through the worst margin."""
    figure = fig.new_figure(11.4, 4.45)
    for column, plane in enumerate(three_planes(at_mm, size_mm, pixel_mm=size_mm / 320)):
        axes = figure.add_axes((0.003 + column * 0.3335, 0.105, 0.327, 0.838))
        draw(axes, plane, overlays, cross=True)
        axis = (2, 1, 0)[column]
        place = f"{plane.name}, {'xyz'[axis]} {nearest(float(plane.centre_mm[axis]), 0)} mm (LPS)"
        fig.title(axes, place, fontsize=9, color=fig.INK, pad=3)
    _legend(figure, overlays)
    caption = f"Planes through {what} (cross). {RADIOLOGICAL} {_explain(overlays)}"
    return fig.picture(
        figure, "planes", kind="png", alt=f"Axial, coronal and sagittal plane through {what}", caption=caption
    )


def needle_pictures(overlays: Overlays) -> tuple[Picture, ...]:
    """For each needle the plane that holds its whole shaft, from the skin to the tip."""
    planes = [shaft_plane(p.entry_mm, p.tip_mm) for p in overlays.plan.probes]
    # One size for all, so that needles can be compared.
    size = max((max(p.width_mm, p.height_mm) for p in planes), default=0.0)
    made = []
    for index, plane in enumerate(planes):
        plane = replace(plane, width_mm=size, height_mm=size, pixel_mm=size / 420)
        figure = fig.new_figure(4.4, 4.65)
        axes = figure.add_axes((0.0, 0.0, 1.0, 4.4 / 4.65))
        draw(axes, plane, overlays, highlight=index)
        name = plain(overlays.plan.name_of[index])
        name = name if name == f"needle {index + 1}" else f"{index + 1}: {name}"
        fig.title(axes, f"{name}, {plane.name}", fontsize=9, color=fig.INK, pad=3)
        caption = f"{name}: the plane that holds its whole shaft ({plane.name})."
        made.append(fig.picture(figure, f"needle-{index + 1}", kind="png", alt=caption, caption=caption))
    return tuple(made)


def _legend(figure: Any, overlays: Overlays) -> None:
    from matplotlib.lines import Line2D

    handles = target_and_isotherms("tumour (target)", " predicted")
    seen = {overlays.status[s.name] for s in overlays.structures if s.name in overlays.status}
    found = {s.colour: STATUS_WORDS[s.colour] for s in sorted(seen, key=lambda s: tuple(STATUS_WORDS).index(s.colour))}
    for colour, words in found.items():
        handles.append(Line2D([], [], color=fig.STATUS_COLOURS[colour], linewidth=1.2, label=words))
    if any(s.name not in overlays.status for s in overlays.structures):
        handles.append(Line2D([], [], color=fig.STRUCTURE_COLOUR, linewidth=1.2, label="structure"))
    if overlays.anatomy.moved:
        handles.append(Line2D([], [], color=fig.POCKET_COLOUR, linewidth=5, alpha=0.6, label="pocket of fluid"))
    if overlays.plan.probes or not overlays.plan.spots:
        handles.append(Line2D([], [], color="white", linewidth=3, label="needle, active zone"))
        handles.append(Line2D([], [], color="white", linewidth=1, linestyle=(0, (1, 2)), label="needle out of plane"))
    if overlays.plan.spots:
        dot: dict[str, Any] = {"marker": "o", "markersize": 5, "markerfacecolor": fig.SPOT_COLOUR}
        handles.append(Line2D([], [], linestyle="none", markeredgecolor="white", label="spot, middle", **dot))
    fig.dark_legend(figure, handles)


def target_and_isotherms(target: str, after: str = "") -> list[Any]:
    """Lines for a legend: the target, and each isotherm with a word after it."""
    from matplotlib.lines import Line2D

    return [
        Line2D([], [], color=fig.TARGET_COLOUR, linewidth=2, label=target),
        *(
            Line2D(
                [],
                [],
                color=fig.ISOTHERM_COLOURS[c],
                linewidth=2,
                linestyle=fig.ISOTHERM_DASHES[c],
                label=f"{c} °C{after}".replace("-", "−"),
            )
            for c in ISOTHERMS_C
        ),
    ]


def _explain(overlays: Overlays) -> str:
    moved = f" With a pocket of fluid, {MODEL_NOT_IMAGE}." if overlays.anatomy.moved else ""
    return (
        "Dashed lines: predicted isotherms of the coldest moment of the whole protocol. "
        f"Image: {overlays.window_words}.{moved}"
    )


def view_size_mm(overlays: Overlays, at_mm: Sequence[float]) -> float:
    """A side length that shows the ice and some surroundings, between 130 and 230 mm."""
    at = np.asarray(at_mm, float)
    grid = overlays.history.scene.grid
    cold = np.argwhere(overlays.history.minimum_c <= 0)
    points: list[Floats] = [np.asarray(p.tip_mm, float)[None] for p in overlays.plan.probes]
    if len(cold):
        ends = np.array([cold.min(axis=0), cold.max(axis=0)])
        points.append(
            grid.to_mm(np.array([[ends[a][0], ends[b][1], ends[c][2]] for a in (0, 1) for b in (0, 1) for c in (0, 1)]))
        )
    reach = max((float(np.abs(p - at).max()) for p in points), default=50.0)
    return float(np.clip(2 * (reach + 18), 130, 230))
