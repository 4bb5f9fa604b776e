"""A small synthetic patient made of shapes, so that an idea can be tried through every door without an image."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iceball.errors import GeometryError, SegmentationError, TissueError
from iceball.space import Grid, Header, Volume
from iceball.space.box import Box
from iceball.space.shapes import Mask, Shape
from iceball.tissue.anatomy import TARGET, Anatomy, Structure
from iceball.tissue.library import tissue
from iceball.tissue.organs import organ_of
from iceball.tissue.tissue import AIR, GASES

SYNTHETIC_PHANTOM = "SYNTHETIC PHANTOM, NO PATIENT"
"""The flag of every output of a phantom."""
DRAWN = "synthetic phantom"
MADE_UP = f"{SYNTHETIC_PHANTOM}: shapes, tissues and the grey of the pictures are made up."
MOST_CELLS = 20_000_000
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Part:
    """One piece of a phantom: what it is made of, where it is, and under which name it is found; "" is no structure."""

    tissue: str
    shape: Shape
    name: str = ""


def phantom(
    size_mm: Sequence[float],
    spacing_mm: float,
    parts: Sequence[Part] = (),
    *,
    target: Shape,
    organ: str = "",
    base: str = "soft_tissue",
    layers: Sequence[tuple[str, float]] = (),
    structures: Mapping[str, Shape] | None = None,
    air_above_mm: float = 0.0,
    target_tissue: str = "",
) -> Anatomy:
    """A box of tissue under a flat skin, and what is in it.

    The skin is the plane y = 0; y runs downwards into the body (LPS: a person on their back), x and z around 0. So a
    point 30 mm deep in the middle is (0, 30, 0), and a needle enters at (0, 0, 0).

    Args:
        size_mm: of the body along x, y (depth) and z.
        spacing_mm: of the cells of labels and image; the solver has cells of its own.
        parts: painted in their order over the layers; one with a name is a structure too.
        target: what is to be frozen; painted last.
        organ: that the target lies in, with its pack of goals and limits; "" if none.
        base: the tissue under the last layer.
        layers: tissue and thickness in mm, from the surface downwards. The cells of "skin" become the structure "skin".
        structures: named only, not painted: a nerve thinner than a cell, a surface to be spared.
        air_above_mm: of air over the surface.
        target_tissue: that of the organ's pack, or "tumour", where it is left out.

    Returns:
        An Anatomy with `phantom` set, as an image the CT numbers that water as dense as each tissue would have.

    Raises:
        TissueError: for an unknown tissue or organ, or a layer that cannot be.
        GeometryError: for a size or spacing that cannot be.
        SegmentationError: where a part, structure or the target lies outside the body, or a name is used twice.
    """
    grid = _grid(size_mm, spacing_mm, air_above_mm)
    painted = [*_layers(layers, size_mm), *parts]
    inside = organ_of(organ).target_tissue if organ else "tumour"
    last = Part(target_tissue or inside, target, TARGET)
    names = list(dict.fromkeys([AIR, base, *(p.tissue for p in painted), last.tissue]))
    code = {name: number for number, name in enumerate(names)}
    for name in names:
        if name not in GASES:
            tissue(name)
    depth = grid.origin_mm[1] + grid.spacing_mm[1] * np.arange(grid.shape[1])
    labels = np.full(grid.shape, code[base], np.uint8)
    labels[:, depth < 0, :] = code[AIR]
    for part in painted:
        labels[_cells(part.shape, grid, part.name or part.tissue)] = code[part.tissue]
    wanted = _cells(target, grid, TARGET)
    if (labels[wanted] == code[AIR]).any() or not grid.contains(np.array(target.bounds_mm())).all():
        raise SegmentationError("reaches out of the body.", where=f"phantom: {TARGET}", remedy="Give one inside it.")
    labels[wanted] = code[last.tissue]

    found: dict[str, Structure] = {}
    if "skin" in code and (labels == code["skin"]).any():
        found["skin"] = Structure("skin", Mask(Volume(grid, labels == code["skin"], "mask")), DRAWN)
    drawn = [(p.name, p.shape) for p in parts if p.name] + list((structures or {}).items())
    for name, shape in drawn:
        if name in found or name == TARGET:
            raise SegmentationError(f"'{name}' is used twice or is the target's name.", where="phantom.structures")
        if not grid.contains(shape.seeds_mm(spacing_mm)).any():
            raise SegmentationError("lies outside the phantom.", where=f"phantom.structures: {name}")
        found[name] = Structure(name, shape, DRAWN)
    found[TARGET] = Structure(TARGET, target, DRAWN)

    present = {int(v): names[int(v)] for v in np.unique(labels)}
    image = _image(grid, labels, present)
    return Anatomy(image, Volume(grid, labels, "label"), present, found, organ, (MADE_UP,), phantom=True)


def _grid(size_mm: Sequence[float], spacing_mm: float, air_above_mm: float) -> Grid:
    size = [float(v) for v in size_mm]
    if len(size) != 3 or not all(math.isfinite(v) and v > 0 for v in size):
        raise GeometryError(f"{size} is not three lengths above 0 mm", where="phantom.size_mm")
    if not (math.isfinite(spacing_mm) and 0 < spacing_mm <= min(size)):
        raise GeometryError(f"{spacing_mm} mm does not fit into {size} mm", where="phantom.spacing_mm")
    if not (math.isfinite(air_above_mm) and air_above_mm >= 0):
        raise GeometryError(f"{air_above_mm} is not a thickness in mm", where="phantom.air_above_mm")
    # the surface lies between two cells
    above = math.ceil(air_above_mm / spacing_mm - 1e-9)
    grid = Grid.box((-size[0] / 2, -above * spacing_mm, -size[2] / 2), (size[0] / 2, size[1], size[2] / 2), spacing_mm)
    if math.prod(grid.shape) > MOST_CELLS:
        raise GeometryError(
            f"{math.prod(grid.shape):,} cells are more than {MOST_CELLS:,}",
            where="phantom.spacing_mm",
            remedy="Take larger cells or a smaller body.",
        )
    return grid


def _layers(layers: Sequence[tuple[str, float]], size_mm: Sequence[float]) -> list[Part]:
    # wider than the body: its last row of cells may reach a little beyond the size
    x, depth, z = size_mm[0], size_mm[1], size_mm[2]
    found, top = [], 0.0
    for name, thick in layers:
        if not (math.isfinite(thick) and thick > 0 and top + thick <= depth):
            raise TissueError(
                f"{name}: {thick} mm under {top:g} mm does not fit into {depth:g} mm", where="phantom.layers"
            )
        found.append(Part(name, Box((-x, top, -z), (x, top + thick, z))))
        top += thick
    return found


def _cells(shape: Shape, grid: Grid, name: str) -> Bools:
    inside = shape.occupancy(grid) >= 0.5
    if not inside.any():
        raise SegmentationError(
            "holds no cell of the phantom.",
            where=f"phantom: {name}",
            remedy="Move it into the body, or name it in `structures` where it is thinner than a cell.",
        )
    return np.asarray(inside)


def _image(grid: Grid, labels: NDArray[np.uint8], tissues: Mapping[int, str]) -> Volume:
    """CT numbers that water of each tissue's density would have."""
    data = np.full(grid.shape, -1000, np.int16)
    for label, name in tissues.items():
        if name not in GASES:
            data[labels == label] = round(tissue(name).density.value - 1000)
    return Volume(grid, data, "HU", Header(description=SYNTHETIC_PHANTOM.lower()))
