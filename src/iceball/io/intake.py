"""From a user's files to a case: read the image, tie the structures to it, and write a starter plan."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from iceball.errors import CaseError, SegmentationError
from iceball.io.case import Case
from iceball.io.read import read_image, read_label_map, read_points, read_structures
from iceball.io.text import whole_folder
from iceball.plan import Protocol, Setting
from iceball.plan.starter import starter_plan
from iceball.space import Volume
from iceball.space.shapes import Ellipsoid, Mask, Points, Sphere
from iceball.tissue import TARGET, Structure


@dataclass(frozen=True)
class Request:
    """What a user gives for a new case. Exactly one way of naming the target is needed.

    Args:
        image: folder or file of the CT or MR.
        modality: "CT" or "MR".
        series: which series, where the folder holds several.
        organ: the target's organ ("" is unknown: structures at risk are then NOT ASSESSED).
        tissue: for MR, the tissue assumed everywhere.
        labels, label_names: organ label map and its CSV of names.
        structures: RTSTRUCT, SEG, label map or Slicer points; several may be given.
        target: the name (or label number) of the target in `structures`.
        target_sphere: x, y, z, diameter in LPS mm. target_ellipsoid: x, y, z and three diameters.
        side, procedure_position: as they will be in the procedure.
        protocol: instead of the organ's default.
    """

    image: Path
    modality: str = "CT"
    series: str | None = None
    organ: str = ""
    tissue: str = ""
    labels: Path | None = None
    label_names: Path | None = None
    structures: tuple[Path, ...] = ()
    target: str | None = None
    target_sphere: tuple[float, ...] | None = None
    target_ellipsoid: tuple[float, ...] | None = None
    setting: Setting = Setting()
    protocol: Protocol | None = None
    title: str = ""
    flags: tuple[str, ...] = ()
    structures_origin: str = ""

    def __post_init__(self) -> None:
        ways = [self.target is not None, self.target_sphere is not None, self.target_ellipsoid is not None]
        if sum(ways) != 1:
            raise CaseError(
                "needs exactly one target." if sum(ways) else "needs a target; it is never guessed.",
                where="new",
                remedy="Give --structures FILE --target NAME, or --target-sphere X,Y,Z,D, or --target-ellipsoid X,Y,Z,D1,D2,D3.",
            )
        if self.target is not None and not self.structures:
            raise CaseError("--target names a structure, but no --structures file is given.", where="new")


def new_case(folder: str | Path, request: Request, *, image: Volume | None = None) -> Case:
    """Read everything, check that it belongs together, write the case folder and its starter plan.

    Args:
        folder: a new or empty folder.
        request: what the user gave.
        image: the image, where it was prepared by the caller instead of read from `request.image`.

    Raises:
        ImageError, SegmentationError, CaseError, TissueError: what is wrong with which file; the folder is not left half-made.
    """
    volume = image or read_image(request.image, series=request.series, modality=request.modality)
    labels, names = None, None
    if request.labels is not None:
        labels, names = read_label_map(request.labels, request.label_names)
    structures = [*_target_and_others(request, volume)]
    target = Path(folder)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise CaseError("already exists and is not empty.", where=str(folder), remedy="Choose another name, or remove it.")
    with whole_folder(target) as making:
        case = Case.create(
            making,
            title=request.title or target.name,
            image=volume,
            structures=structures,
            organ=request.organ,
            tissue=request.tissue,
            organ_labels=labels,
            label_names=names,
            flags=request.flags,
        )
        case.save_plan(starter_plan(case.anatomy(), setting=request.setting, protocol=request.protocol))
    return Case.open(target)


def _target_and_others(request: Request, image: Volume) -> Sequence[Structure]:
    drawn = "drawn by the user (LPS mm)"
    found: list[Structure] = []
    for file in request.structures:
        origin = request.structures_origin or f"structure file {file.name}"
        if file.name.endswith(".mrk.json"):
            found += [Structure(_plain(n), Points(p, 0.0), origin) for n, p in read_points(file).items()]
        else:
            found += [Structure(n, Mask(m), origin) for n, m in read_structures(file, on=image).items()]
    if request.target_sphere is not None:
        x, y, z, d = _numbers(request.target_sphere, 4, "--target-sphere X,Y,Z,D")
        found.append(Structure(TARGET, Sphere((x, y, z), d), drawn))
    elif request.target_ellipsoid is not None:
        x, y, z, a, b, c = _numbers(request.target_ellipsoid, 6, "--target-ellipsoid X,Y,Z,D1,D2,D3")
        found.append(Structure(TARGET, Ellipsoid((x, y, z), (a, b, c)), drawn))
    else:
        found = _pick(found, str(request.target))
    names = [s.name for s in found]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise SegmentationError(f"two structures are called {', '.join(twice)}", where="structures", remedy="Rename one of them.")
    return found


def _pick(found: list[Structure], target: str) -> list[Structure]:
    wanted = [s for s in found if s.name == target or s.name == f"label_{target}"]
    if len(wanted) != 1:
        raise SegmentationError(
            f"no structure called '{target}'.", where="--target", remedy=f"Found: {', '.join(s.name for s in found) or 'none'}."
        )
    chosen = wanted[0]
    named = replace(chosen, name=TARGET, origin=f"{chosen.name}, {chosen.origin}")
    return [named, *(replace(s, name=_plain(s.name)) for s in found if s is not chosen)]


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "unnamed"


def _numbers(values: Sequence[float], count: int, form: str) -> Sequence[float]:
    if len(values) != count:
        raise CaseError(f"has {len(values)} numbers; it takes {count}.", where=form, remedy="Positions are LPS mm, diameters mm.")
    return values

