"""From a user's files to a case: read the image, tie the structures to it, and write a starter plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from iceball.errors import CaseError
from iceball.io.case import Case
from iceball.io.labels import read_names
from iceball.io.read import read_image, read_label_map
from iceball.io.segmentation import distinct, drawn_structures, with_plain_names, with_target
from iceball.io.text import new_folder
from iceball.plan import Plan, Protocol, Setting
from iceball.plan.defaults import default_goals, default_protocol
from iceball.plan.search.starter import starter_plan
from iceball.space import Volume
from iceball.space.shapes import Ellipsoid, Sphere
from iceball.tissue import TARGET, Structure
from iceball.tissue.intercostal import intercostal_nerves

UNNAMED_TARGET = "tumour_of_the_file"
DRAWN = "drawn by the user (LPS mm)"


@dataclass(frozen=True)
class Request:
    """What a user gives for a new case. Exactly one way of naming the target is needed, and none for a draft.

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
        preset: a published parameter set instead of Iceball's numbers.
        nerves: derive the lines of the intercostal nerves from the ribs near the target, on CT.
        draft: a case without a target, to draw it on.
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
    setting: Setting = field(default_factory=Setting)
    protocol: Protocol | None = None
    title: str = ""
    flags: tuple[str, ...] = ()
    structures_origin: str = ""
    preset: str = ""
    nerves: bool = False
    draft: bool = False

    def __post_init__(self) -> None:
        ways = [self.target is not None, self.target_sphere is not None, self.target_ellipsoid is not None]
        if self.draft and (any(ways) or self.nerves):
            raise CaseError("a draft has no target, and no nerves are derived near one.", where="new: draft")
        if sum(ways) != 1 and not self.draft:
            raise CaseError(
                "needs exactly one target." if sum(ways) else "needs a target; it is never guessed.",
                where="new",
                remedy="Give --structures FILE --target NAME, or --target-sphere X,Y,Z,D, "
                "or --target-ellipsoid X,Y,Z,D1,D2,D3.",
            )
        if self.label_names is not None and self.labels is None and not self.structures:
            raise CaseError(
                "is a table of names without labels to name.",
                where="--label-names",
                remedy="Give the label map too: --labels FILE, or --structures FILE.",
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
        ImageError, SegmentationError, CaseError, TissueError: what is wrong with which file; the folder is not left
            half-made.
    """
    volume = image or read_image(request.image, series=request.series, modality=request.modality)
    labels, names = None, None
    if request.labels is not None:
        labels, names = read_label_map(request.labels, request.label_names)
    structures = [*_target_and_others(request, volume)]
    target = Path(folder)
    with new_folder(target) as making:
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
            preset=request.preset,
        )
        if request.nerves:
            seen = case.anatomy()
            case = case.with_structures(intercostal_nerves(seen, seen.target.shape))
        case.save_plan(_first_plan(case, request))
    return Case.open(target)


def _first_plan(case: Case, request: Request) -> Plan:
    """The starter plan; of a draft the organ's goals and protocol alone, once its image can be drawn on."""
    if not request.draft:
        return starter_plan(case.anatomy(), setting=request.setting, protocol=request.protocol)
    case.outline()
    return Plan(
        goals=default_goals(request.organ),
        protocol=request.protocol or default_protocol(request.organ) or Protocol(),
        review="starter",
        setting=request.setting,
        reason="No needle placed: no target has been drawn yet.",
    )


def _target_and_others(request: Request, image: Volume) -> Sequence[Structure]:
    # A table of names belongs to the organ labels where there are some, else to label maps among the structures.
    table = request.label_names if request.labels is None else None
    names = read_names(table) if table is not None else None
    found = drawn_structures(request.structures, image, origin=request.structures_origin, names=names)
    if request.target_sphere is not None:
        x, y, z, d = numbers(request.target_sphere, 4, "--target-sphere X,Y,Z,D")
        return distinct([*found, Structure(TARGET, Sphere((x, y, z), d), DRAWN)])
    if request.target_ellipsoid is not None:
        x, y, z, a, b, c = numbers(request.target_ellipsoid, 6, "--target-ellipsoid X,Y,Z,D1,D2,D3")
        return distinct([*found, Structure(TARGET, Ellipsoid((x, y, z), (a, b, c)), DRAWN)])
    if request.draft:
        # Nobody said which is the target, and a name alone does not make one.
        return distinct([replace(s, name=UNNAMED_TARGET) if s.name == TARGET else s for s in with_plain_names(found)])
    return distinct(with_target(found, str(request.target)))


def numbers(values: Sequence[float], count: int, form: str) -> Sequence[float]:
    """The same numbers; raises CaseError where there are not `count`."""
    if len(values) != count:
        raise CaseError(
            f"has {len(values)} numbers; it takes {count}.", where=form, remedy="Positions are LPS mm, diameters mm."
        )
    return values
