"""Pictures of a case as it stands: its image, plan, and the newest run with its status in words."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from typing import Any

import numpy as np

from iceball.desk.keys import Status
from iceball.reporting import figures as fig
from iceball.space import Grid
from iceball.web.boxes import read_box
from iceball.web.meshes import read_mesh
from iceball.web.pictures import STAMP, Coldest, OnGrid, slice_png, solid_png
from iceball.web.plans import standing
from iceball.web.results import nominal_of, with_boxes
from iceball.web.shown import Shown
from iceball.web.workspace import Workspace

WORDS: dict[Status, str] = {
    "valid": "",
    "stale": " · STALE: the plan was changed since this ice",
    "none": " · not simulated",
}
ICE_ALPHA = 0.25


def drawn_png(space: Workspace, name: str, plane: str, at_mm: Sequence[float] | None) -> bytes:
    """A plane through a point (None: the target's middle), or "3d"."""
    plan, patient = standing(space, name).plan, space.patient(name)
    anatomy = patient.treated(plan)
    shown, status = newest(space, name)
    if plane == "3d":
        return solid_png(plan, anatomy, [] if shown is None else _surfaces(shown))
    at = at_mm
    if at is None:
        shape = anatomy.structures["tumour"].shape if "tumour" in anatomy.structures else None
        corners = np.array(anatomy.image.grid.corners_mm if shape is None else shape.bounds_mm())
        at = [float(v) for v in corners.mean(axis=0)]
    coldest = Coldest.nowhere() if shown is None else coldest_of(shown)
    return slice_png(anatomy, plan, coldest, plane, at, stamp=STAMP + WORDS[status])


def newest(space: Workspace, name: str) -> tuple[Shown | None, Status]:
    """What is shown of the run of the plan as it stands, else of the newest; None where there is none."""
    case, plan = space.case(name), standing(space, name).plan
    scenes = space.patient(name).scenes
    status, run = scenes.run_of(case, plan)
    if status != "valid" and (nominal := nominal_of(case, plan, scenes)) is not None:
        return nominal.shown, "valid"
    return (None, "none") if run is None else (with_boxes(space, name, run.key), status)


def coldest_of(shown: Shown) -> Coldest:
    """The lowest temperatures that were kept for the page."""
    header, values = read_box(_read(shown, "coldest.box"))
    return Coldest(values.astype(np.float32), OnGrid(Grid.of(header["shape"], np.array(header["affine"]))))


def _surfaces(shown: Shown) -> list[tuple[Any, Any, Any]]:
    found: list[tuple[Any, Any, Any]] = []
    for name in ("margin", "iso0"):
        if shown.file(f"{name}.mesh") is not None:
            points, triangles, colours = read_mesh(_read(shown, f"{name}.mesh"))
            each: Any = (*(int(fig.ISOTHERM_COLOURS[0][i : i + 2], 16) / 255 for i in (1, 3, 5)), ICE_ALPHA)
            if colours is not None:
                each = colours[triangles].astype(float).mean(axis=1) / 255
            found.append((points, triangles.astype(np.int64), each))
    return found


def _read(shown: Shown, name: str) -> bytes:
    file = shown.file(name)
    assert file is not None
    return gzip.decompress(file.read_bytes())
