"""Where a needle may go: the skin that the image shows, the tissue a shaft must not cross, and the way between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iceball.plan.rules import rule
from iceball.space import Grid
from iceball.space.directions import across
from iceball.space.shapes import Shape
from iceball.space.window import block_around, grid_of
from iceball.tissue import TARGET, Anatomy
from iceball.tissue.labels import one_of
from iceball.tissue.organs import organ_of
from iceball.tissue.tissue import AIR, GASES

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MUSCLES = ("iliopsoas_", "autochthon_", "gluteus_")
CROSSABLE = ("skin", "body", "external")
LUNG_ORGANS = ("lung", "pleura")

MOST_CELLS = 3_000_000
"""Above it the cells are merged: enough for 2 mm cells over a trunk, and a distance map in about a second."""
STEP_MM = 0.5
"""Between two looks along a shaft; well below any voxel."""
FARTHEST_MM = 400.0
"""Longest way looked at; beyond every needle."""


@dataclass(frozen=True, eq=False)
class Access:
    """What a shaft may cross. All arrays lie on `grid`, which may merge cells of the tissue labels.

    Attributes:
        outside: air that reaches a side of the image.
        solid: what is not outside and is thick enough to be a body, not a table top.
        owner: 0 where a shaft may pass, else 1 + index into `names`.
        names: what must not be crossed.
        distance_mm: from each cell's centre to the nearest forbidden centre.
        target_mm: points that fill the target, `target_step_mm` apart, shape (n, 3).
        under_skin_mm: from the nearest outside air to the target's surface; NaN without air.
        own: names of structures taken for the target's own, which may be crossed.
    """

    grid: Grid
    outside: Bools
    solid: Bools
    owner: NDArray[np.int16]
    names: tuple[str, ...]
    distance_mm: NDArray[np.float32]
    nearest: NDArray[np.int32]
    target_mm: Floats
    target_step_mm: float
    under_skin_mm: float
    own: tuple[str, ...]

    @classmethod
    def of(cls, anatomy: Anatomy, *, passable: Callable[[str], bool] | None = None) -> Access:
        """The ground of one patient and target; looked at once where nothing is passable.

        Args:
            anatomy: the patient.
            passable: True of the name of a structure, or of "bone", "lung" and "gas in the body", that a shaft may
                cross here.
        """
        if passable is not None:
            return cls._look(anatomy, passable)
        found = _seen.get(anatomy)
        if found is None:
            found = _seen[anatomy] = cls._look(anatomy, lambda name: False)
        return found

    @classmethod
    def _look(cls, anatomy: Anatomy, passable: Callable[[str], bool]) -> Access:
        from scipy import ndimage

        grid, merge = _working_grid(anatomy.labels.grid)
        outside = _outside(anatomy, grid, merge)
        target_mm, step, in_target = np.zeros((0, 3)), 0.0, np.zeros(grid.shape, bool)
        if TARGET in anatomy.structures:
            target_mm, step = _points_of(anatomy.target.shape)
            in_target = _mark(anatomy.target.shape, anatomy.labels.grid, merge, grid.shape)

        owner = np.zeros(grid.shape, np.int16)
        names: list[str] = []
        own: list[str] = []
        for name, structure in anatomy.structures.items():
            if name == TARGET or name.startswith(MUSCLES) or name.casefold() in CROSSABLE or passable(name):
                continue
            painted = _mark(structure.shape, anatomy.labels.grid, merge, grid.shape)
            shared = int(np.count_nonzero(painted & in_target)) / max(1, int(np.count_nonzero(in_target)))
            if _is_own(name, anatomy.organ, shared):
                own.append(name)
                continue
            names.append(name)
            owner[painted & (owner == 0)] = len(names)
        # At the skin, half-filled voxels have the CT number of lung, and folds hold air: neither is an obstacle.
        rim = ndimage.binary_dilation(outside, np.ones((3, 3, 3), bool))
        for name, labels in _forbidden_tissues(anatomy).items():
            if passable(name):
                continue
            found = _coarse(one_of(anatomy.labels.data, labels), merge, every=False) & ~outside & (owner == 0)
            if name != "bone":
                found &= ~rim
            elif anatomy.organ == "bone":
                found &= ~_touching(found, in_target)
            if found.any():
                names += [] if name in names else [name]
                owner[found] = names.index(name) + 1
        owner[in_target] = 0

        distance, nearest = np.full(grid.shape, np.inf, np.float32), np.zeros((3, 1, 1, 1), np.int32)
        if owner.any():
            far, near = ndimage.distance_transform_edt(owner == 0, sampling=grid.spacing_mm, return_indices=True)
            distance, nearest = far.astype(np.float32), near
        under = ndimage.distance_transform_edt(~outside, sampling=grid.spacing_mm) if outside.any() else None
        solid = _thick(~outside, under)
        deep = np.nan if under is None or not in_target.any() else under[in_target].min() - max(grid.spacing_mm) / 2
        return cls(
            grid=grid,
            outside=outside,
            solid=solid,
            owner=owner,
            names=tuple(names),
            distance_mm=distance,
            nearest=nearest,
            target_mm=target_mm,
            target_step_mm=step,
            under_skin_mm=float(max(deep, 0.0)),
            own=tuple(own),
        )

    @property
    def rim(self) -> Bools:
        """The outermost layer of the body, where half-filled voxels look like lung."""
        from scipy import ndimage

        return np.asarray(ndimage.binary_dilation(self.outside, np.ones((3, 3, 3), bool)))

    def of_labels(self, anatomy: Anatomy, labels: Sequence[int]) -> Bools:
        """Cells of the working grid that hold any tissue of these labels."""
        _, merge = _working_grid(anatomy.labels.grid)
        return _coarse(one_of(anatomy.labels.data, labels), merge, every=False) & ~self.outside

    @cached_property
    def outline_mm(self) -> Floats:
        """Corners of the body's outermost cells, LPS, shape (n, 3): as far as it reaches in any direction."""
        i, j = np.nonzero(self.solid.any(axis=2))
        columns = self.solid[i, j]
        ends = np.column_stack([columns.argmax(axis=1), columns.shape[1] - 1 - columns[:, ::-1].argmax(axis=1)])
        cells = np.concatenate([np.column_stack([i, j, ends[:, n]]) for n in (0, 1)])
        half = np.array([(a, b, c) for a in (-0.5, 0.5) for b in (-0.5, 0.5) for c in (-0.5, 0.5)])
        return np.asarray(self.grid.to_mm((cells[:, None, :] + half).reshape(-1, 3)))

    def span_mm(self, direction: Floats) -> tuple[float, float]:
        """Where the body begins and ends along a unit vector, LPS: looked up once for each."""
        asked = tuple(direction.tolist())
        if asked not in self._spans:
            along = self.outline_mm @ direction
            self._spans[asked] = float(along.min()), float(along.max())
        return self._spans[asked]

    @cached_property
    def _spans(self) -> dict[tuple[float, ...], tuple[float, float]]:
        return {}

    @property
    def has_skin(self) -> bool:
        """True where the image shows air around the body."""
        return bool(self.outside.any())

    @cached_property
    def _inverse(self) -> Floats:
        return np.asarray(np.linalg.inv(self.grid.matrix), float)

    def _index(self, points_mm: ArrayLike) -> Floats:
        # As Grid.to_index, without a matrix product: on a busy machine its threads cost more than they save.
        turned = np.einsum("...j,ij->...i", np.asarray(points_mm, float), self._inverse[:3, :3])
        return np.asarray(turned + self._inverse[:3, 3])

    def cells(self, points_mm: ArrayLike) -> tuple[tuple[NDArray[np.int64], ...], Bools]:
        """The cell of each point (clipped to the grid) and whether the point lies in the grid."""
        index = np.rint(self._index(points_mm)).astype(np.int64)
        top = np.array(self.grid.shape) - 1
        inside = np.all((index >= 0) & (index <= top), axis=-1)
        clipped = np.clip(index, 0, top)
        return (clipped[..., 0], clipped[..., 1], clipped[..., 2]), inside

    def clearance_mm(self, points_mm: Floats) -> Floats:
        """A cautious distance of points (..., 3) to forbidden tissue: its surface is half a cell before its centre."""
        from scipy import ndimage

        if not self.names or not self.owner.any():
            return np.full(points_mm.shape[:-1], np.inf)
        index = np.moveaxis(self._index(points_mm), -1, 0)
        far = ndimage.map_coordinates(self.distance_mm, index, order=1, mode="nearest")
        return np.asarray(far - max(self.grid.spacing_mm) / 2, float)

    def nearest_name(self, point_mm: ArrayLike) -> str:
        """The forbidden structure nearest to a point; "" where there is none."""
        if not self.owner.any():
            return ""
        cell, _ = self.cells(np.asarray(point_mm, float))
        at = tuple(int(self.nearest[(axis, *(int(c) for c in cell))]) for axis in range(3))
        return self.names[int(self.owner[at]) - 1]

    def skin_from(self, starts_mm: Floats, out: Floats) -> tuple[Floats, list[str]]:
        """How far each start (n, 3) lies from the skin along the unit vector `out`, mm, and "" or why there is none.

        A way that leaves the image before it reaches air has no known skin; one that soon enters a body again (the
        other leg, an arm) leaves no room for the needle's handle.
        """
        steps = np.arange(0.0, FARTHEST_MM, STEP_MM)
        points = starts_mm[:, None, :] + steps[None, :, None] * out
        cell, inside = self.cells(points)
        in_air = self.outside[cell] & inside
        in_body = self.solid[cell] & inside
        room = int(float(rule("path", "handle_room_mm")) / STEP_MM)
        skin, why = np.full(len(starts_mm), np.nan), [""] * len(starts_mm)
        for i in range(len(starts_mm)):
            first = int(np.argmax(in_air[i])) if in_air[i].any() else len(steps)
            if not inside[i, :first].all() or first == len(steps):
                why[i] = EDGE
            elif in_body[i, first + 1 : first + room].any():
                why[i] = HANDLE
            else:
                skin[i] = steps[first] - STEP_MM / 2
        return skin, why

    def crossed(self, start_mm: ArrayLike, end_mm: ArrayLike, *, radius_mm: float) -> tuple[str, ...]:
        """Names of the forbidden tissue that a shaft of that radius passes through, nearest to the start first."""
        start, end = np.asarray(start_mm, float), np.asarray(end_mm, float)
        length = float(np.linalg.norm(end - start))
        if length == 0:
            return ()
        axis = (end - start) / length
        e1, e2 = across(axis)
        turns = np.linspace(0, 2 * np.pi, 8, endpoint=False)
        ring = np.vstack([np.zeros(3), *(radius_mm * (np.cos(a) * e1 + np.sin(a) * e2) for a in turns)])
        middle = start + np.arange(0.0, length + STEP_MM, STEP_MM).clip(max=length)[:, None] * axis
        cell, inside = self.cells(middle[:, None, :] + ring)
        found = np.where(inside, self.owner[cell], 0).ravel()
        return tuple(self.names[v - 1] for v in dict.fromkeys(found[found > 0].tolist()))


def marked(anatomy: Anatomy, shape: Shape, grid: Grid) -> Bools:
    """The cells of an anatomy's working grid that hold any part of a shape."""
    _, merge = _working_grid(anatomy.labels.grid)
    return _mark(shape, anatomy.labels.grid, merge, grid.shape)


EDGE = "the image ends before the skin"
HANDLE = "no room for the handle: another part of the body follows the skin"


def _forbidden_tissues(anatomy: Anatomy) -> dict[str, list[int]]:
    """What the tissue labels forbid where nobody drew a structure."""
    found: dict[str, list[int]] = {"bone": [], "lung": [], "gas in the body": []}
    if anatomy.bench is not None:
        return found
    for value, name in anatomy.tissues.items():
        if "bone" in name:
            found["bone"].append(value)
        elif "lung" in name and anatomy.organ not in LUNG_ORGANS:
            found["lung"].append(value)
        elif name in GASES and anatomy.organ not in LUNG_ORGANS:
            found["gas in the body"].append(value)
    return found


def _is_own(name: str, organ: str, share: float) -> bool:
    """Whether a structure that holds that share of the target is the target's own organ, which a shaft may cross."""
    if organ in LUNG_ORGANS and name.startswith("lung_"):
        return True
    labels = organ_of(organ).labels if organ else ()
    listed = any(name == p or (p.endswith("*") and name.startswith(p[:-1])) for p in labels)
    # The other kidney is no way to this one; a mass that grows out of an organ is still the organ's.
    return share > (0 if listed else float(rule("path", "own_share")))


def _touching(mask: Bools, target: Bools) -> Bools:
    """The connected parts of a mask that touch the target: the bone it lies in."""
    from scipy import ndimage

    parts, _ = ndimage.label(mask | target)
    found = np.unique(parts[target])
    return np.asarray(np.isin(parts, found[found > 0]))


def _working_grid(grid: Grid) -> tuple[Grid, tuple[int, int, int]]:
    """The grid with cells merged to about 2 mm where it is large, and how many were merged along each axis."""
    if int(np.prod(grid.shape)) <= MOST_CELLS:
        return grid, (1, 1, 1)
    fx, fy, fz = (max(1, round(2.0 / s)) for s in grid.spacing_mm)
    matrix = grid.matrix
    shift = np.array([(f - 1) / 2 for f in (fx, fy, fz)])
    matrix[:3, 3] = grid.to_mm(shift)
    matrix[:3, :3] = matrix[:3, :3] * np.array([fx, fy, fz])
    return Grid.of([-(-n // f) for n, f in zip(grid.shape, (fx, fy, fz), strict=True)], matrix), (fx, fy, fz)


_seen: WeakKeyDictionary[Anatomy, Access] = WeakKeyDictionary()
"""What was looked at before, for as long as the anatomy lives: starter, check, tables and report ask in turn."""


def _coarse(mask: Bools, merge: Sequence[int], *, every: bool) -> Bools:
    """A mask on the working grid: a merged cell counts if every (or any) of its cells does."""
    if tuple(merge) == (1, 1, 1):
        return mask
    pad = [(0, -n % f) for n, f in zip(mask.shape, merge, strict=True)]
    full = np.pad(mask, pad, mode="edge")
    (x, fx), (y, fy), (z, fz) = ((n // f, f) for n, f in zip(full.shape, merge, strict=True))
    merged = np.full((x, y, z), every)
    for i, j, k in product(range(fx), range(fy), range(fz)):  # ten times as fast as one reduction over three axes
        one = full[i::fx, j::fy, k::fz]
        merged = merged & one if every else merged | one
    return merged


def _mark(shape: Shape, fine: Grid, merge: Sequence[int], size: Sequence[int]) -> Bools:
    """The working cells that hold any part of a shape."""
    marked = np.zeros(tuple(size), bool)
    index = [np.rint(fine.to_index(shape.seeds_mm(min(fine.spacing_mm)))).astype(int)]
    block = block_around(fine, *shape.bounds_mm(), pad=1)
    if block is not None:
        inside = shape.occupancy(grid_of(fine, block)) >= 0.5
        index.append(np.argwhere(inside) + [s.start for s in block])
    cells = np.concatenate(index)
    cells = cells[np.all((cells >= 0) & (cells < fine.shape), axis=1)] // np.array(merge)
    marked[tuple(cells.T)] = True
    return marked


def _points_of(shape: Shape) -> tuple[Floats, float]:
    """Evenly spaced points that fill the target, and their spacing in mm."""
    low, high = (np.asarray(v, float) for v in shape.bounds_mm())
    box = float(np.prod(high - low))
    # A few thousand points: a 28 mm sphere at 1.2 mm.
    step = float(np.clip((box / 12_000) ** (1 / 3), 0.3, 3.0))
    grid = Grid.box(low - step, high + step, step)
    points = grid.to_mm(np.argwhere(shape.occupancy(grid) >= 0.5))
    return points, step


def _outside(anatomy: Anatomy, grid: Grid, merge: Sequence[int]) -> Bools:
    """Air around the body.

    A label map that tells only "gas" is read by connection: gas that touches a side of the image is outside; gas that
    only touches its first or last slice may be bowel or trachea.
    """
    from scipy import ndimage

    values = [v for v, name in anatomy.tissues.items() if name == AIR]
    if values:
        return _coarse(one_of(anatomy.labels.data, values), merge, every=True)
    values = [v for v, name in anatomy.tissues.items() if name in GASES]
    parts, _ = ndimage.label(_coarse(one_of(anatomy.labels.data, values), merge, every=True))
    long_axis = int(np.argmax(np.abs(grid.directions[2])))
    sides = [np.take(parts, end, axis=axis) for axis in range(3) if axis != long_axis for end in (0, -1)]
    touching = np.unique(np.concatenate([s.ravel() for s in sides]))
    return np.asarray(np.isin(parts, touching[touching > 0]))


def _thick(solid: Bools, under: Floats | None) -> Bools:
    """The parts that are thick enough to be a body (a table top is thin), by the depth under the air around them."""
    from scipy import ndimage

    if under is None:
        return solid
    parts, count = ndimage.label(solid)
    thickest = np.asarray(ndimage.maximum(under, parts, index=np.arange(1, count + 1)))
    keep = np.flatnonzero(2 * thickest >= float(rule("path", "solid_thickness_mm"))) + 1
    return np.asarray(np.isin(parts, keep))
