"""What no fluid pushes: the target and its organ, what a structure is moved away from, bone, and the great vessels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iceball.errors import SegmentationError
from iceball.space import Grid
from iceball.tissue.anatomy import TARGET, Anatomy
from iceball.tissue.finer import among, cells_of
from iceball.tissue.move import Move
from iceball.tissue.organs import organ_of, structures_in_group

HELD = ("bone", "great_vessel")
"""Groups that the spine, the ribs or their branches hold in place."""
HELD_ALONE = ("bone", "spinal_cord", "heart")
HELD_TISSUES = ("bone_cortical", "bone_cancellous")
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Fixed:
    """Cells that stay where they are: those that the pocket opens behind (`own`), and all others (`held`)."""

    own: Bools
    held: Bools
    names: dict[str, NDArray[np.int64]]

    @classmethod
    def of(cls, anatomy: Anatomy, move: Move, grid: Grid, labels: NDArray[np.uint8]) -> Fixed:
        """In this patient; raises SegmentationError where the structure to be moved is one of them."""
        drawn = tuple(anatomy.structures)
        organ = organ_of(anatomy.organ).labels if anatomy.organ else ()
        own_names = {n for n in drawn if n in (TARGET, move.away_from, *organ)}
        own_names |= set(structures_in_group(move.away_from, drawn))
        own_names |= {n for p in organ if p.endswith("*") for n in drawn if n.startswith(p[:-1])}
        held_names = {n for group in HELD for n in structures_in_group(group, drawn)}
        held_names = (held_names | {n for n in drawn if n in HELD_ALONE}) - own_names
        asked = {move.structure, *structures_in_group(move.structure, drawn)} & (own_names | held_names)
        if asked:
            raise SegmentationError(
                f"{', '.join(sorted(asked))} cannot be moved: only what is soft and free gives way to fluid",
                where="Pocket.structure",
                remedy="Move another structure.",
            )
        cells = {n: cells_of(anatomy.structures[n].shape, grid) for n in sorted(own_names | held_names)}
        own, held = np.zeros(grid.shape, bool), np.zeros(grid.shape, bool)
        for name, found in cells.items():
            (own if name in own_names else held).reshape(-1)[found] = True
        bone = [n for n, t in anatomy.tissues.items() if t in HELD_TISSUES]
        held |= among(labels, bone) & ~own
        return cls(own, held, cells)

    def names_at(self, cells: NDArray[np.int64]) -> str:
        """What lies in these cells, in words."""
        found = [name for name, of in self.names.items() if np.isin(cells, of).any()]
        return ", ".join(found) or "bone"
