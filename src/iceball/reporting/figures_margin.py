"""The margin map: how far the 0 °C surface lies outside the target, in every direction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from iceball.assessment.assessment import Assessment, MarginMap
from iceball.assessment.goals import Cover
from iceball.plan.plan import Plan
from iceball.reporting import figures as fig
from iceball.reporting.figures import Picture
from iceball.reporting.planes import Floats
from iceball.tissue import TARGET

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BOUNDS_MM = (-100.0, 0.0, 3.0, 5.0, 10.0, 200.0)
COLOURS = ("#D55E00", "#E69F00", "#F0E442", "#56B4E9", "#0072B2")
LABELS = ("below 0 mm", "0 to 3 mm", "3 to 5 mm", "5 to 10 mm", "10 mm and more")
NOT_ASSESSABLE = "#B8B8B8"
# In each direction the smallest margin of this many nearest surface points: a fold must not hide a thin place.
NEIGHBOURS = 4
# Steeper views hide the letters that orient the reader.
STEEPEST_VIEW_DEG = 50.0


def margin_picture(verdict: Assessment, plan: Plan, stamp: str) -> Picture | None:
    """An unrolled map with direction words, and the target's surface from two sides; None without a margin map."""
    surface = verdict.margin_map
    if surface is None or not len(surface.points_mm) or not np.isfinite(surface.margin_mm).any():
        return None
    figure = fig.new_figure(11.0, 3.9)
    flat: Axes = figure.add_axes((0.012, 0.11, 0.465, 0.8), projection="mollweide")
    _unrolled(flat, surface, goal_mm=_goal_mm(plan))
    for column, (words, elevation, azimuth) in enumerate(_views(surface)):
        left = 0.485 + column * 0.257
        solid: Any = figure.add_axes((left, 0.06, 0.257, 0.88), projection="3d")
        _solid(solid, surface, elevation, azimuth)
        figure.text(left + 0.1285, 0.915, words, fontsize=8.5, color=fig.INK, ha="center", va="bottom")
    figure.text(0.245, 0.915, "unrolled like a globe", fontsize=8.5, color=fig.INK, ha="center", va="bottom")
    fig.stamp(figure, stamp)
    from matplotlib.patches import Patch

    handles = [
        Patch(facecolor=c, edgecolor=fig.INK, linewidth=0.5, label=label)
        for c, label in zip(COLOURS, LABELS, strict=True)
    ]
    handles.append(Patch(facecolor=NOT_ASSESSABLE, edgecolor=fig.INK, linewidth=0.5, label="not assessable"))
    figure.legend(handles=handles, loc="lower center", ncols=6, fontsize=8, frameon=False, bbox_to_anchor=(0.5, 0.0))
    goal = _goal_mm(plan)
    line = f" Black line: the goal of {goal:g} mm." if goal else ""
    caption = (
        "Margin map: signed distance from the target's surface to the predicted 0 °C surface, positive where ice "
        "reaches beyond the target; in each direction from its centre the smallest nearby value."
        f"{line} X: the worst point."
    )
    return fig.picture(figure, "margin", kind="png", alt="Margin over the surface of the target", caption=caption)


def _goal_mm(plan: Plan) -> float:
    return max(
        (g.margin_mm for g in plan.goals if isinstance(g, Cover) and g.structure == TARGET and g.below >= 0),
        default=0.0,
    )


def _unrolled(axes: Any, surface: MarginMap, *, goal_mm: float) -> None:
    from matplotlib.colors import BoundaryNorm, ListedColormap
    from scipy.spatial import cKDTree

    offset = surface.points_mm - _centre(surface)
    unit = offset / np.maximum(np.linalg.norm(offset, axis=1, keepdims=True), 1e-9)
    longitude = np.radians(np.linspace(-180, 180, 181))
    latitude = np.radians(np.linspace(-90, 90, 91))
    lon, lat = np.meshgrid(longitude, latitude)
    directions = directions_of(lon, lat)
    count = min(NEIGHBOURS, len(unit))
    _, found = cKDTree(unit).query(directions.reshape(-1, 3), k=count)
    near = surface.margin_mm[np.asarray(found).reshape(-1, count)]
    # NaN (where the image ends) wins over a number: what is not assessed must not look fine.
    values = near.min(axis=1).reshape(lon.shape)
    colours = ListedColormap(list(COLOURS)).with_extremes(bad=NOT_ASSESSABLE)
    axes.pcolormesh(
        lon,
        lat,
        np.ma.masked_invalid(values),
        cmap=colours,
        norm=BoundaryNorm(BOUNDS_MM, len(COLOURS)),
        shading="nearest",
        rasterized=True,
    )
    if goal_mm and np.nanmin(values) < goal_mm < np.nanmax(values):
        axes.contour(lon, lat, np.ma.masked_invalid(values), levels=[goal_mm], colors="black", linewidths=1.4)
    worst = int(np.nanargmin(surface.margin_mm))
    x, y, z = unit[worst]
    axes.plot(
        [np.arctan2(x, -y)],
        [np.arcsin(np.clip(z, -1, 1))],
        marker="x",
        color="white",
        markersize=9,
        markeredgewidth=2.2,
        path_effects=fig.halo(4),
    )
    words = (
        ("anterior", 0, 0),
        ("left", 90, 0),
        ("right", -90, 0),
        ("posterior", 156, 0),
        ("posterior", -156, 0),
        ("superior", 0, 74),
        ("inferior", 0, -74),
    )
    for word, east, north in words:
        axes.text(
            np.radians(east),
            np.radians(north),
            word,
            ha="center",
            va="center",
            fontsize=8,
            color="white",
            fontweight="bold",
            path_effects=fig.halo(2.5),
        )
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(visible=False)


def directions_of(longitude: Floats, latitude: Floats) -> Floats:
    """Unit vectors in LPS: longitude 0 is anterior, +90° patient left, ±180° posterior; latitude +90° superior."""
    return np.stack(
        [np.cos(latitude) * np.sin(longitude), -np.cos(latitude) * np.cos(longitude), np.sin(latitude)], axis=-1
    )


def _views(surface: MarginMap) -> tuple[tuple[str, float, float], tuple[str, float, float]]:
    """Words, elevation and azimuth: at the smallest margin, and from the opposite side."""
    x, y, z = surface.points_mm[int(np.nanargmin(surface.margin_mm))] - _centre(surface)
    elevation = float(np.clip(np.degrees(np.arctan2(z, np.hypot(x, y))), -STEEPEST_VIEW_DEG, STEEPEST_VIEW_DEG))
    azimuth = float(np.degrees(np.arctan2(y, x)))
    return ("facing the smallest margin", elevation, azimuth), ("from the opposite side", -elevation, azimuth + 180)


def _solid(axes: Any, surface: MarginMap, elevation: float, azimuth: float) -> None:
    from matplotlib.colors import BoundaryNorm, ListedColormap
    from mpl_toolkits.mplot3d.art3d import Poly3DCollection  # type: ignore[import-untyped]

    corners = surface.points_mm[surface.triangles]
    margin = surface.margin_mm[surface.triangles].min(axis=1)
    palette = ListedColormap(list(COLOURS)).with_extremes(bad=NOT_ASSESSABLE)
    colours = np.asarray(palette(BoundaryNorm(BOUNDS_MM, len(COLOURS))(np.ma.masked_invalid(margin))))
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    light = 0.72 + 0.28 * np.abs(normal @ np.array([0.5, -0.6, 0.62]))
    colours[:, :3] *= light[:, None]
    # Facing triangles only: half the work, and nothing behind shows through the seams.
    el, az = np.radians(elevation), np.radians(azimuth)
    eye = np.array([np.cos(el) * np.cos(az), np.cos(el) * np.sin(az), np.sin(el)])
    centre = _centre(surface)
    outward = np.where(np.einsum("ij,ij->i", normal, corners.mean(axis=1) - centre) < 0, -1.0, 1.0).mean() >= 0
    facing = (normal @ eye if outward else -(normal @ eye)) > -0.05
    axes.add_collection3d(
        Poly3DCollection(corners[facing], facecolors=colours[facing], edgecolors=colours[facing], linewidths=0.2)
    )
    half = float(np.ptp(surface.points_mm, axis=0).max()) / 2 * 1.02
    middle = (surface.points_mm.max(axis=0) + surface.points_mm.min(axis=0)) / 2
    axes.set_xlim(middle[0] - half, middle[0] + half)
    axes.set_ylim(middle[1] - half, middle[1] + half)
    axes.set_zlim(middle[2] - half, middle[2] + half)
    axes.set_proj_type("ortho")
    axes.set_box_aspect((1, 1, 1), zoom=1.3)
    axes.view_init(elevation, azimuth)
    axes.set_axis_off()
    for word, end in fig.ENDS_OF_THE_BODY:
        towards = float(eye @ np.array(end))
        if abs(towards) < 0.8:
            # Far enough out that the letter stands beside the outline, not on it.
            place = middle + half * 1.22 / np.sqrt(1 - towards**2) * np.array(end)
            axes.text(
                *place,
                word,
                fontsize=9,
                fontweight="bold",
                color=fig.INK if towards > -0.1 else "#8A949E",
                ha="center",
                va="center",
            )


def _centre(surface: MarginMap) -> Floats:
    return np.asarray((surface.points_mm.max(axis=0) + surface.points_mm.min(axis=0)) / 2)
