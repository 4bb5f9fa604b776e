"""What the strip says of a field while a needle is dragged: measured on coarse cells, within milliseconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.assessment import Assessment, AtRisk
from iceball.assessment.cold import ColdMap, Isotherm
from iceball.assessment.judge import covered
from iceball.assessment.margin import Skin, margin
from iceball.assessment.own_limit import OwnLimit, limit_of
from iceball.assessment.part import Part
from iceball.solve.history import Field, History
from iceball.space import Grid
from iceball.space.shapes import Shape
from iceball.space.surface import surface_of
from iceball.tissue import TARGET, Anatomy
from iceball.tissue.protection import NUMBERS, Protection
from iceball.web.boxes import GasFill, celsius_box
from iceball.web.strip import NearestTold, Strip, nearest_of

Floats = NDArray[np.float64]

SAMPLES_MM, MOST_SAMPLES = 3.0, 300
"""How far the points on a structure lie apart, and how many of them are looked at."""
COLDEST = 150
"""Of all structures' points so many, the coldest, are held against the ice."""
FRINGE_MM = 60.0
"""Structures farther from the target are not looked at."""


@dataclass(frozen=True, eq=False)
class Beside:
    """Points on the structures beside the target, of one patient.

    Attributes:
        points_mm: LPS, shape (n, 3).
        of: of each point the structure, an index into `names`.
        names: of the structures.
    """

    points_mm: Floats
    of: NDArray[np.int64]
    names: tuple[str, ...]

    @classmethod
    def of_patient(cls, anatomy: Anatomy) -> Beside:
        """The structures near the target."""
        low, high = anatomy.target.shape.bounds_mm()
        points, of = [np.empty((0, 3))], [np.empty(0, np.int64)]
        names: list[str] = []
        for name, structure in anatomy.structures.items():
            found = _samples(structure.shape, low - FRINGE_MM, high + FRINGE_MM) if name != TARGET else ()
            if len(found):
                points.append(np.asarray(found))
                of.append(np.full(len(found), len(names)))
                names.append(name)
        return cls(np.concatenate(points), np.concatenate(of), tuple(names))


def _samples(shape: Shape, low_mm: Floats, high_mm: Floats) -> Floats:
    """Points on a shape's surface (of points and lines: on them) within a box, not too many."""
    own_low, own_high = shape.bounds_mm()
    low, high = np.maximum(low_mm, own_low - 2 * SAMPLES_MM), np.minimum(high_mm, own_high + 2 * SAMPLES_MM)
    if (high <= low).any():
        return np.empty((0, 3))
    points = shape.seeds_mm(SAMPLES_MM / 2)
    if shape.volume_ml > 0:
        grid = Grid.box(low, high, SAMPLES_MM)
        surface = surface_of(shape.occupancy(grid), grid, 0.5)
        points = points if surface is None else surface.points_mm
    points = points[((points >= low) & (points <= high)).all(axis=1)]
    return np.asarray(points[:: max(1, -(-len(points) // MOST_SAMPLES))])


@dataclass(frozen=True, eq=False)
class Gauge:
    """Measures fields on the cells of one run.

    Args:
        like: a run on those cells; its tissue and gas stay where they are.
        anatomy: the patient.
        beside: points on his structures.
        limits: what the plan changes of the packs' limits.
    """

    like: History
    anatomy: Anatomy
    beside: Beside
    limits: Sequence[OwnLimit] = ()

    @cached_property
    def _still(self) -> tuple[ColdMap, tuple[Any, ...] | None]:
        """The run's own map, and where each cell's tissue is found where gas fills some."""
        from scipy.ndimage import distance_transform_edt

        cold = ColdMap.of(self.like.minimum_c, self.like)
        if cold.tissue.all():
            return cold, None
        how = {"sampling": cold.grid.spacing_mm, "return_distances": False, "return_indices": True}
        return cold, tuple(distance_transform_edt(~cold.tissue, **how))

    @cached_property
    def _skin(self) -> Skin:
        return Skin.of(self.anatomy.target.shape, self._still[0], self.anatomy.image.grid)

    @cached_property
    def _part(self) -> Part | None:
        return Part.of(self.anatomy.target.shape, self._still[0])

    @cached_property
    def _kept(self) -> tuple[Floats, NDArray[np.int64], dict[str, Protection | None]]:
        """Points of the structures that have a limit (where none has one: of all), and the limits."""
        beside = self.beside
        limits = {name: limit_of(name, self.anatomy.organ, self.limits) for name in beside.names}
        limited = np.array([limits[name] is not None for name in beside.names], bool)
        wanted = limited[beside.of] if limited.any() else np.ones(len(beside.of), bool)
        return beside.points_mm[wanted], beside.of[wanted], limits

    def prepare(self) -> None:
        """Make what all fields share."""
        self.strip(self.like.minimum_c)

    def strip(self, field: Field) -> Strip:
        """What the strip says of the lowest temperatures `field` (NaN in gas)."""
        like, nearest = self._still
        celsius = field if nearest is None else field[nearest]
        cold = ColdMap(like.grid, celsius, like.tissue, like.body_c, like.labels, like.rows)
        ice = cold.isotherm(0.0)
        found, _ = margin(self._skin, ice)
        part = self._part
        covers = None if part is None else self._covered(part.on(cold), cold)
        ice_ml = float(np.count_nonzero((celsius <= 0) & like.tissue)) * like.grid.voxel_ml
        near = self._nearest(cold, ice)
        return Strip(found.min_mm, None, found.reason, found.where_lps_mm, covers, near, ice_ml)

    def box(self, field: Field, **more: Any) -> bytes:
        """The field as the page gets it."""
        return celsius_box(field, self.like.scene.grid, fill=self._fill, **more)

    @cached_property
    def _fill(self) -> GasFill:
        return GasFill.of(self.like.minimum_c)

    @cached_property
    def _weights(self) -> Field:
        """How much of each cell of the target's block is target, of tissue."""
        part = self._part
        assert part is not None
        return np.asarray(np.clip(part.inside + np.float32(0.5), 0, 1) * part.tissue)

    def _covered(self, part: Part, cold: ColdMap) -> float:
        """Share of the target at or below -20 °C, by cells: finding it between them takes longer than all the rest."""
        total = float(self._weights.sum())
        if not (part.inside >= 0).any() or total == 0:
            return covered(part, cold, -20.0, 0.0)[0]
        return float(self._weights[part.temperature_c <= -20.0].sum()) / total

    def _nearest(self, cold: ColdMap, ice: Isotherm) -> NearestTold | None:
        points, of, limits = self._kept
        if not len(points):
            return None
        celsius = cold.at(points)
        chosen = np.argsort(celsius, kind="stable")[:COLDEST]
        away = -ice.margin_mm(points[chosen]) if ice.surface is not None else None
        at = int(chosen[0] if away is None else chosen[int(away.argmin())])
        name = self.beside.names[of[at]]
        limit = limits[name]
        numbers: dict[str, Any] = {
            n: None if (given := getattr(limit, n, None)) is None else given.value for n in NUMBERS
        }
        lowest, gap = float(celsius[of == of[at]].min()), None if away is None else float(away.min())
        return nearest_of(_NOBODY, [AtRisk(name, "", lowest, 0.0, gap, None, **numbers)])


_NOBODY = Assessment({}, (), {}, {}, (), (), (), 0.0, {}, None)
"""An assessment of nothing: a preview knows no goals and no spread, so that no structure is called safe by it."""
