"""A uniform block as an Anatomy, so that it runs through every door like a patient's case."""

from __future__ import annotations

import numpy as np

from iceball.errors import TissueError
from iceball.space import Grid, Header, Volume
from iceball.space.shapes import Shape, Sphere
from iceball.tissue.anatomy import TARGET, Anatomy, Structure
from iceball.tissue.bench import Bench, bench_number

VOXEL_MM = 2.0
"""About so large are the voxels of the made-up image; nothing is measured on them."""
LABEL = 1


def uniform_block(
    medium: str,
    size_mm: float,
    *,
    start_c: float | None = None,
    bath_c: float | None = None,
    blood: bool = True,
    target: Shape | None = None,
) -> Anatomy:
    """A cube of one medium in a bath, without images.

    Args:
        medium: a tissue of the data file, such as "gel".
        size_mm: length of an edge; the middle lies at LPS (0, 0, 0).
        start_c: of the whole block before the first freeze, °C; the bath's where it is left out.
        bath_c: of the six outer faces, °C; 37 where it is left out.
        blood: False takes flow and metabolic heat away, as in tissue outside a body.
        target: what the ice is held against; a sphere of 20 mm in the middle where it is left out.

    Returns:
        An Anatomy with a `bench`, no organ and no structure at risk; `iceball.plan.fit.bench.bench_plan` has its plan.

    Raises:
        TissueError: for an unknown medium, or a size or temperature that cannot be.

    Source: limits and defaults in tissue/bench.toml.
    """
    bath = bench_number("bath_c") if bath_c is None else bath_c
    return block_of(Bench(medium, size_mm, bath if start_c is None else start_c, bath, blood), target=target)


def block_of(bench: Bench, *, target: Shape | None = None) -> Anatomy:
    """The Anatomy of a block; raises TissueError where the target reaches out of it."""
    image = block_image(bench)
    shape = target or Sphere((0.0, 0.0, 0.0), bench_number("target_mm"))
    low, high = shape.bounds_mm()
    half = bench.size_mm / 2
    if min(low) < -half or max(high) > half:
        raise TissueError(
            f"the target reaches out of the block, which ends {half:g} mm from its middle",
            where="target",
            remedy="Give a sphere inside it: --target-sphere 0,0,0,20.",
        )
    labels = Volume(image.grid, np.full(image.grid.shape, LABEL, np.uint8), "label")
    said = "around the middle of the block" if target is None else "as given"
    drawn = Structure(TARGET, shape, f"bench target {said}, not a tumour")
    notes = [f"A {bench}: edges of {bench.size_mm:g} mm, faces held at the bath's temperature."]
    notes.append("There is no image: the grey of the pictures is made up. No organ and no structure is at risk.")
    if bench.perfused:
        notes.append("Blood at body temperature flows through the block; outside a body none would (--no-blood).")
    return Anatomy(image, labels, {LABEL: bench.medium}, {TARGET: drawn}, notes=tuple(notes), bench=bench)


def block_image(bench: Bench) -> Volume:
    """The made-up image of a block: one CT number everywhere."""
    grid = block_grid(bench, VOXEL_MM)
    return Volume(grid, np.full(grid.shape, round(bench_number("ct_number")), np.int16), "HU", Header())


def block_grid(bench: Bench, spacing_mm: float) -> Grid:
    """Whole cells of about that size that fill the block exactly."""
    count = max(1, round(bench.size_mm / spacing_mm))
    half = bench.size_mm / 2
    return Grid.box((-half,) * 3, (half,) * 3, bench.size_mm / count)
