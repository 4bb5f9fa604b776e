"""What a needle passes on its way: what it must not touch, and what it may cross at a price."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iceball.plan.rules import rule
from iceball.plan.ways.access import Access, marked
from iceball.tissue import Anatomy
from iceball.tissue.organs import structures_in_group

Bools = NDArray[np.bool_]
NEAREST_MM = 5.0
"""Air so much farther than the nearest still tells where the skin lies, so that one cell does not decide."""


@dataclass(frozen=True, eq=False)
class Terrain:
    """The ground of one patient as single needles find it. All arrays lie on `ground.grid`.

    Attributes:
        ground: what no shaft may touch, the skin and the target.
        lung: lung that a shaft may cross at a price.
        lobes: number of the lobe, 0 elsewhere; all 0 where no lobe was drawn, and fissures are then not counted.
        liver: where it is not the target's organ; crossed at a price.
        rib_above: of each cell, whether the nearest rib lies cranial of it rather than beside it.
        rib_mm: distance to the nearest drawn rib; infinite where none was drawn.
        wall: for a target of the pleura the unit vector through the chest wall, LPS; None for others.
    """

    ground: Access
    lung: Bools
    lobes: NDArray[np.int16]
    liver: Bools
    rib_above: Bools
    rib_mm: NDArray[np.float32]
    wall: NDArray[np.float64] | None = None

    @classmethod
    def of(cls, anatomy: Anatomy, *, through_bone: bool = False) -> Terrain:
        """The terrain of one patient and target.

        Args:
            anatomy: the patient, with a target.
            through_bone: whether a coaxial or drill access is declared.
        """
        own_liver = anatomy.organ == "liver"

        def passable(name: str) -> bool:
            if name == "bone" or structures_in_group("bone", (name,)):
                return through_bone
            return name == "lung" or bool(structures_in_group("lung", (name,))) or name == "liver"

        ground = Access.of(anatomy, passable=passable)
        lungs = structures_in_group("lung", tuple(anatomy.structures))
        lobes = np.zeros(ground.grid.shape, np.int16)
        for number, name in enumerate((n for n in lungs if "lobe" in n), start=1):
            lobes[marked(anatomy, anatomy.structures[name].shape, ground.grid)] = number
        aerated = [label for label, name in anatomy.tissues.items() if "lung" in name]
        lung = ground.of_labels(anatomy, aerated) & ~ground.rim
        for name in lungs:
            lung |= marked(anatomy, anatomy.structures[name].shape, ground.grid)
        liver = np.zeros(ground.grid.shape, bool)
        if not own_liver and "liver" in anatomy.structures:
            liver = marked(anatomy, anatomy.structures["liver"].shape, ground.grid)
        above, far = _ribs(anatomy, ground)
        wall = _wall(ground) if anatomy.organ == "pleura" else None
        return cls(ground, lung, lobes, liver, above, far, wall)


def _ribs(anatomy: Anatomy, ground: Access) -> tuple[Bools, NDArray[np.float32]]:
    from scipy import ndimage

    shape = ground.grid.shape
    ribs = np.zeros(shape, bool)
    for name, structure in anatomy.structures.items():
        if name.startswith("rib_"):
            ribs |= marked(anatomy, structure.shape, ground.grid)
    if not ribs.any():
        return np.zeros(shape, bool), np.full(shape, np.inf, np.float32)
    far, nearest = ndimage.distance_transform_edt(~ribs, sampling=ground.grid.spacing_mm, return_indices=True)
    here = np.indices(shape, dtype=np.int32)
    upward = ground.grid.matrix[2, :3]
    rise = sum(upward[axis] * (nearest[axis] - here[axis]) for axis in range(3))
    steep = float(np.cos(np.radians(float(rule("way", "under_rib_deg")))))
    return np.asarray((rise > 0) & (rise >= steep * far)), far.astype(np.float32)


def _wall(ground: Access) -> NDArray[np.float64] | None:
    """Unit vector from the target's middle to the skin nearest to it; None without a target or air."""
    if not len(ground.target_mm) or not ground.has_skin:
        return None
    middle = ground.target_mm.mean(axis=0)
    air = ground.grid.to_mm(np.argwhere(ground.outside)) - middle
    far = np.linalg.norm(air, axis=1)
    way = air[far <= far.min() + NEAREST_MM].mean(axis=0)
    return np.asarray(way / np.linalg.norm(way))
