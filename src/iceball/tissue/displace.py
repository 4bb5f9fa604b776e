"""A pocket of fluid opens between a structure and what it is moved away from, and pushes all beyond it along.

Everything is done in whole cells along straight columns: fluid is put in, what lies beyond goes on by as many cells,
and at the far end as much outside air, or bowel gas, gives way. So no label but air, gas and the fluid changes its
volume by even a cell.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from iceball.errors import SegmentationError
from iceball.space import Grid
from iceball.space.grid import Floats
from iceball.tissue.anatomy import Anatomy, Structure
from iceball.tissue.carry import carried, mask_of
from iceball.tissue.columns import sideways
from iceball.tissue.finer import among, finer, finer_grid
from iceball.tissue.fixed import Fixed
from iceball.tissue.gap import Gap
from iceball.tissue.library import tissue
from iceball.tissue.move import Move, Moved
from iceball.tissue.push import Blocked, Push, pushed
from iceball.tissue.tissue import AIR, GASES

FLUID_HU, GAS_HU = 10, -900
"""How a pocket is drawn on the moved picture: as water with a little salt or sugar, or as gas."""
TURNS_DEG = (15.0, 30.0, 45.0, 60.0)
"""Other directions are tried at these angles to one that is barred, eight at each."""


def displaced(anatomy: Anatomy, move: Move) -> Anatomy:
    """The patient after one pocket was opened.

    Args:
        anatomy: the patient, possibly with other pockets already.
        move: what is moved, by how much and with which fluid.

    Returns:
        Labels and image on cells of at most 1 mm; every structure that was pushed has gone along; the pocket is a
        structure of its own; `moved` tells what came of it.

    Raises:
        SegmentationError: where the structure is not drawn or too far away, where a pocket lies in the way of another,
            or where what cannot move is in the way (with a direction that is free, if there is one).
    """
    if move.fluid not in GASES:
        tissue(move.fluid)
    grid = finer_grid(anatomy.labels.grid)
    labels = finer(anatomy.labels.data, anatomy.labels.grid)
    gap = Gap.of(anatomy, move, grid)
    fixed = Fixed.of(anatomy, move, grid, labels)
    air = among(labels, [n for n, name in anatomy.tissues.items() if name == AIR])
    gas = among(labels, [n for n, name in anatomy.tissues.items() if name in GASES - {AIR}])

    def tried(direction: Floats) -> Push | Blocked:
        return pushed(move, grid, gap, fixed, direction, air, gas)

    direction = gap.direction if move.direction is None else np.array(move.direction) / np.linalg.norm(move.direction)
    push = tried(direction)
    if isinstance(push, Blocked):
        free = next((d for d in _around(direction) if isinstance(tried(d), Push)), None)
        raise SegmentationError(
            f"{move.structure} cannot go {move.thickness_mm:g} mm along {_words(direction)}: {push.what}",
            where="Pocket.direction",
            remedy="No direction within 60° is free: take a smaller thickness."
            if free is None
            else f"Free is for instance direction = [{', '.join(f'{v:.2f}' for v in free)}].",
        )
    for other in anatomy.moved:
        if among(labels, [other.label]).reshape(-1)[_with_neighbours(push, grid)].any():
            raise SegmentationError(
                f"overlaps, touches or pushes the pocket for {other.move.structure}",
                where="Pocket.thickness_mm",
                remedy="Give one of them another direction, a smaller thickness or a smaller footprint_mm.",
            )
    return _after(anatomy, move, grid, labels, push, gap, direction)


def _after(
    anatomy: Anatomy, move: Move, grid: Grid, labels: NDArray[np.uint8], push: Push, gap: Gap, direction: Floats
) -> Anatomy:
    label = max(anatomy.tissues) + 1
    structures = carried(anatomy.structures, push, grid, direction)
    name = _name(move, anatomy)
    origin = f"opened by the model, not seen in an image: {move.thickness_mm:g} mm thick"
    structures[name] = Structure(name, mask_of(push.fluid, grid), origin)
    image = anatomy.image
    if image.grid.matches(anatomy.labels.grid):
        values = finer(image.data, image.grid)
        hounsfield = GAS_HU if move.fluid in GASES else FLUID_HU
        fill = hounsfield if image.quantity == "HU" else float(np.median(values[labels > 0]))
        image = replace(image, grid=grid, data=push.apply(values, fill))
    after = replace(
        anatomy,
        image=image,
        labels=replace(anatomy.labels, grid=grid, data=push.apply(labels, label)),
        tissues={**anatomy.tissues, label: move.fluid},
        structures=structures,
        before=anatomy.before or anatomy,
    )
    shape = after.find(move.structure)
    x, y, z = (float(v) for v in direction)
    done = Moved(
        move,
        label,
        name,
        (x, y, z),
        opened_mm=float(push.shift_mm.max()),
        pocket_ml=len(push.fluid) * grid.voxel_ml,
        squeezed_ml=len(push.squeezed) * grid.voxel_ml,
        before_mm=gap.least_mm,
        after_mm=gap.after_mm(shape.shape) if shape is not None else float("inf"),
    )
    notes = (*anatomy.notes, f"{done}. The organ was moved by the model, not by an image.")
    return replace(after, moved=(*anatomy.moved, done), notes=notes)


def _with_neighbours(push: Push, grid: Grid) -> NDArray[np.int64]:
    """What a push moves or fills, and the cells beside the fluid."""
    index = np.stack(np.unravel_index(push.fluid, grid.shape), axis=1)
    beside = [index + step for axis in range(3) for step in (-np.eye(3, dtype=int)[axis], np.eye(3, dtype=int)[axis])]
    cells = np.clip(np.concatenate([index, *beside]), 0, np.array(grid.shape) - 1)
    return np.concatenate([push.source, np.ravel_multi_index(tuple(cells.T), grid.shape)])


def _name(move: Move, anatomy: Anatomy) -> str:
    name = f"pocket_{move.structure}"
    count = sum(other.startswith(name) for other in anatomy.structures)
    return f"{name}_{count + 1}" if count else name


def _around(direction: Floats) -> list[Floats]:
    first, second = sideways(direction)
    turns = [(np.radians(t), a) for t in TURNS_DEG for a in np.linspace(0, 2 * np.pi, 8, endpoint=False)]
    return [np.asarray(np.cos(t) * direction + np.sin(t) * (np.cos(a) * first + np.sin(a) * second)) for t, a in turns]


def _words(direction: Floats) -> str:
    return "LPS (" + ", ".join(f"{v:.2f}" for v in direction) + ")"
