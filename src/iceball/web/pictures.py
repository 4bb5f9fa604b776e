"""Pictures the server draws itself: slices and the target for browsers without WebGL, and a case's thumbnail."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.errors import CaseError
from iceball.plan.plan import Plan
from iceball.reporting import figures as fig
from iceball.reporting.drawing import Overlays, draw
from iceball.reporting.planes import three_planes
from iceball.space import Grid
from iceball.tissue import TARGET, Anatomy
from iceball.web.boxes import WARM_C

PLANES = ("axial", "coronal", "sagittal")
SIZE_IN, DPI = 5.2, 110
AROUND_MM = (130.0, 230.0)
STAMP = "RESEARCH USE ONLY"
DARK, PALE, WARN = "#0A0E12", "#E8EDF2", "#FF8A80"
"""Ground, lines and warning of the picture in space: dark in both themes, as all views of the page are."""
TURN = {"elev": 18.0, "azim": -60.0}
"""How the target is seen: from the patient's front and left, somewhat from above."""


@dataclass(frozen=True, eq=False)
class OnGrid:
    """Where the cells of a field lie."""

    grid: Grid


@dataclass(frozen=True, eq=False)
class Coldest:
    """The lowest temperatures that are drawn; warm everywhere where there is no run."""

    minimum_c: NDArray[np.float32]
    scene: OnGrid

    @classmethod
    def nowhere(cls) -> Coldest:
        """No ice."""
        return cls(np.full((2, 2, 2), WARM_C, np.float32), OnGrid(Grid.box((0, 0, 0), (2, 2, 2), 1.0)))


def slice_png(
    anatomy: Anatomy, plan: Plan, coldest: Coldest, plane: str, at_mm: Sequence[float], *, stamp: str
) -> bytes:
    """One plane through a point with image, isotherms, target, structures and needles.

    Raises:
        CaseError: for a plane that is not known.
    """
    if plane not in PLANES:
        raise CaseError(f"no plane called '{plane}'.", where="plane", remedy=f"Known: {', '.join(PLANES)}, 3d.")
    corners = anatomy.image.grid.corners_mm
    size = float(np.clip(np.ptp(corners, axis=0).max(), *AROUND_MM))
    figure = fig.new_figure(SIZE_IN, SIZE_IN)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    laid = three_planes(at_mm, size, pixel_mm=size / 360)[PLANES.index(plane)]
    structures = tuple(s for name, s in anatomy.structures.items() if name != TARGET)
    draw(axes, laid, Overlays(anatomy, coldest, plan, structures, stamp), cross=True)
    return _png(figure)


def solid_png(plan: Plan, anatomy: Anatomy, surfaces: Sequence[tuple[NDArray[Any], NDArray[Any], Any]]) -> bytes:
    """The target, the ice and the needles in space, seen from the patient's front and left.

    Args:
        plan: its needles.
        anatomy: its target gives the middle.
        surfaces: points (n, 3), triangles (m, 3) and colours (one, or one a triangle) of each surface.
    """
    from mpl_toolkits.mplot3d.art3d import Poly3DCollection  # type: ignore[import-untyped]

    figure = fig.new_figure(SIZE_IN, SIZE_IN)
    figure.set_facecolor(DARK)
    axes: Any = figure.add_axes((0.0, 0.0, 1.0, 1.0), projection="3d", facecolor=DARK)
    seen = [np.array([p.tip_mm for p in plan.probes]).reshape(-1, 3)]
    for points, triangles, colours in surfaces:
        if len(triangles):
            axes.add_collection3d(Poly3DCollection(points[triangles], facecolors=colours, linewidths=0.0))
            seen.append(points)
    for n, needle in enumerate(plan.probes, start=1):
        entry, tip = np.array(needle.entry_mm), np.array(needle.tip_mm)
        far = tip + (entry - tip) * min(1.0, 60.0 / max(float(np.linalg.norm(entry - tip)), 1e-9))
        axes.plot(*np.stack([far, tip]).T, color=PALE, linewidth=1.6)
        axes.text(*far, str(n), fontsize=9, color=PALE)
    low, high = anatomy.image.grid.corners_mm.min(axis=0), anatomy.image.grid.corners_mm.max(axis=0)
    known = np.concatenate(seen)
    low, high = (known.min(axis=0), known.max(axis=0)) if len(known) else (low, high)
    middle, half = (low + high) / 2, max(float((high - low).max()) / 2, 10.0) * 1.05
    for setter, centre in zip((axes.set_xlim, axes.set_ylim, axes.set_zlim), middle, strict=True):
        setter(centre - half, centre + half)
    axes.set_proj_type("ortho")
    axes.set_box_aspect((1, 1, 1), zoom=1.25)
    axes.view_init(**TURN)
    axes.set_axis_off()
    for word, end in fig.ENDS_OF_THE_BODY:
        axes.text(*(middle + half * np.array(end)), word, fontsize=10, fontweight="bold", color=PALE, ha="center")
    fig.stamp(figure, STAMP, colour=WARN)
    return _png(figure)


def thumbnail_png(anatomy: Anatomy) -> bytes:
    """The axial slice through the target (or the image's middle), small."""
    at = anatomy.image.grid.corners_mm.mean(axis=0)
    if TARGET in anatomy.structures:
        at = np.mean(anatomy.structures[TARGET].shape.bounds_mm(), axis=0)
    figure = fig.new_figure(1.6, 1.6)
    figure.set_facecolor("black")
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    size = float(np.clip(np.ptp(anatomy.image.grid.corners_mm, axis=0).max(), 60.0, 260.0))
    plane = three_planes(at, size, pixel_mm=size / 160)[0]
    overlays = Overlays(anatomy, Coldest.nowhere(), Plan(), (), "")
    low, high = overlays.window
    image = plane.sample(anatomy.image.grid, anatomy.image.data)
    axes.imshow(image, cmap="gray", vmin=low, vmax=high, extent=plane.extent, interpolation="bilinear")
    if TARGET in anatomy.structures and plane.touches(anatomy.structures[TARGET].shape):
        part = plane.occupancy(anatomy.structures[TARGET].shape)
        if part.max() > 0.5 > part.min():
            axes.contour(*plane.axes_mm, part, levels=[0.5], colors=[fig.TARGET_COLOUR], linewidths=1.2)
    axes.set_axis_off()
    return _png(figure)


def _png(figure: Any) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return buffer.getvalue()
