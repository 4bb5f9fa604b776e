"""From segmentation files to named structures and an Anatomy; which structure is the target is never guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from iceball.errors import SegmentationError
from iceball.io.read import read_points, read_structures
from iceball.space import Volume
from iceball.space.shapes import Mask, Points
from iceball.tissue import TARGET, Anatomy, Structure
from iceball.tissue.segment import build_anatomy


def read_segmentation(
    path: str | Path, *, on: Volume, target: str, organ: str = "", tissue: str | None = None
) -> Anatomy:
    """An anatomy from an image and one segmentation file.

    Args:
        path: RTSTRUCT, DICOM SEG, or a label map (NIfTI, NRRD, MetaImage).
        on: the image it was drawn on.
        target: name or label number of the target in the file.
        organ: the target's organ; unknown ("") leaves every structure at risk NOT ASSESSED.
        tissue: for MR, the tissue assumed everywhere.

    Raises:
        SegmentationError: if the file belongs to another image, or has no such structure.
    """
    found = distinct(with_target(drawn_structures((Path(path),), on), target))
    return build_anatomy(on, organ=organ, structures=found[1:], target=found[0], tissue_name=tissue)


def drawn_structures(
    files: Sequence[Path], image: Volume, *, origin: str = "", names: Mapping[int, str] | None = None
) -> list[Structure]:
    """Every structure of every file, with the file as its origin unless one is given; `names` are for label maps."""
    found: list[Structure] = []
    for file in files:
        said = origin or f"structure file {file.name}"
        if file.name.endswith(".mrk.json"):
            found += [
                Structure(name, Points(np.array(points), 0.0), said) for name, points in read_points(file).items()
            ]
        else:
            found += [
                Structure(name, Mask(mask), said) for name, mask in read_structures(file, on=image, names=names).items()
            ]
    return found


def with_target(found: Sequence[Structure], target: str) -> list[Structure]:
    """The structures with the one called `target` (or label number `target`) first, under the name "tumour"."""
    wanted = [s for s in found if s.name in (target, f"label_{target}")]
    if len(wanted) != 1:
        names = ", ".join(s.name for s in found) or "none"
        what = f"{len(wanted)} structures are called '{target}'." if wanted else f"no structure called '{target}'."
        raise SegmentationError(what, where="--target", remedy=f"Found: {names}.")
    chosen = wanted[0]
    rest = with_plain_names([s for s in found if s is not chosen])
    return [Structure(TARGET, chosen.shape, f"{chosen.name}, {chosen.origin}"), *rest]


def with_plain_names(found: Sequence[Structure]) -> list[Structure]:
    """The structures under names of small letters, digits and underscores."""
    return [replace(s, name=_plain(s.name)) for s in found]


def distinct(found: list[Structure]) -> list[Structure]:
    """The same structures; raises if two have one name."""
    names = [s.name for s in found]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise SegmentationError(
            f"two structures are called {', '.join(twice)}", where="structures", remedy="Rename one of them."
        )
    return found


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "unnamed"
