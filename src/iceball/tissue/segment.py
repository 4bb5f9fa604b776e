"""From an image, organ labels and drawn structures to an Anatomy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.errors import SegmentationError, TissueError
from iceball.space import Grid, Volume
from iceball.space.resample import resample
from iceball.space.shapes import Mask, Shape
from iceball.space.window import Block, block_around, grid_of
from iceball.tissue.anatomy import TARGET, Anatomy, Structure
from iceball.tissue.ct import Bools, Labels, label_of, near, outside_of_mr, thresholds, tissues_from_ct
from iceball.tissue.label_reach import beside_its_organ, share_beyond, where_labels_end
from iceball.tissue.labels import one_of, present_in
from iceball.tissue.library import tissue
from iceball.tissue.organs import organ_of, structures_in_group, tissue_of_label
from iceball.tissue.tissue import AIR, GAS

UNREVIEWED = "AUTOMATIC, UNREVIEWED"
REVIEWED = "automatic, reviewed by a person"
FROM_CT = "from CT number"
FROM_MR = "from the dark border of the MR"
CHEST = ("lung", "pleura")


def build_anatomy(
    image: Volume,
    *,
    organ: str = "",
    organ_labels: Volume | None = None,
    label_names: Mapping[int, str] | None = None,
    structures: Sequence[Structure] = (),
    target: Structure | None = None,
    tissue_name: str | None = None,
    labels_reviewed: bool = False,
    tissues: Labels | None = None,
) -> Anatomy:
    """The patient: tissues by CT number (or one named tissue on MR), organ labels over them, the target on top.

    Args:
        image: CT (quantity "HU") or MR (quantity "MR").
        organ: the target's organ, "" if unknown.
        organ_labels: whole numbers, one an organ; 0 is none. Its grid may differ from the image's.
        label_names: number to name, for every number in `organ_labels`.
        structures: drawn parts; one of a labelled organ's name replaces that label.
        target: the tumour, whatever its name was.
        tissue_name: what soft tissue is; required on MR.
        labels_reviewed: whether a person accepted the organ labels.
        tissues: what `tissues_from_ct` told of this CT, where that was kept.

    Raises:
        TissueError: on MR without `tissue_name`, or for an unknown tissue or organ.
        SegmentationError: where labels have no names, names clash, or the target lies outside image or body.
    """
    _must_tell(image, tissue_name)
    notes: list[str] = []
    found: dict[str, Structure] = {}
    labels = _from_image(image, organ, tissue_name, notes, tissues)
    names = {} if organ_labels is None else _names_of(organ_labels, label_names)
    named = (*names.values(), *(s.name for s in structures))
    soft = _soft_tissue(image, organ, named, tissue_name, notes)
    labels[labels == label_of()["soft_tissue"]] = label_of()[soft]

    if organ_labels is not None:
        origin = REVIEWED if labels_reviewed else UNREVIEWED
        _paint_labels(labels, image, organ_labels, names)
        found |= {s.name: s for s in _labelled(organ_labels, names, origin)}
        notes.append(f"Organ labels: {origin}.")
        notes += filter(None, [where_labels_end(image, organ_labels, None if target is None else target.shape)])
    found |= _drawn(structures)
    for structure in structures:
        _paint_structure(labels, image, structure)
    seen = FROM_CT if image.quantity == "HU" else FROM_MR
    found = {s.name: s for s in _from_image_structures(labels, image.grid, found, seen)} | found
    if target is not None:
        found[TARGET] = Structure(TARGET, target.shape, target.origin)
        painted = tissue_of_target(organ)
        _paint_target(labels, image, target.shape, painted, notes)
        notes.append(f"The target is taken as tissue '{painted}'.")
        notes += filter(None, [beside_its_organ(target.shape, organ, found)])

    by_label = {code: name for name, code in label_of().items()}
    present = {code: by_label[code] for code in present_in(labels)}
    return Anatomy(image, Volume(image.grid, labels, "label"), present, found, organ, (*image.header.notes, *notes))


def outline(
    image: Volume,
    *,
    organ: str = "",
    organ_labels: Volume | None = None,
    label_names: Mapping[int, str] | None = None,
    structures: Sequence[Structure] = (),
    target: Structure | None = None,
    tissue_name: str | None = None,
    labels_reviewed: bool = False,
) -> Anatomy:
    """What `build_anatomy` begins with, at once: the image and what is drawn or labelled on it. Its tissue is one.

    It takes the same and refuses the same, but for a target that lies in the air.
    """
    _must_tell(image, tissue_name)
    found: dict[str, Structure] = {}
    if organ_labels is not None:
        names = _names_of(organ_labels, label_names)
        _labels_on(image, organ_labels)
        where_labels_end(image, organ_labels, None if target is None else target.shape)
        found |= {s.name: s for s in _labelled(organ_labels, names, REVIEWED if labels_reviewed else UNREVIEWED)}
    found |= _drawn(structures)
    if target is not None:
        _must_lie_on(image, target.shape)
        found[TARGET] = Structure(TARGET, target.shape, target.origin)
    soft = label_of()["soft_tissue"]
    one = np.broadcast_to(np.uint8(soft), image.grid.shape)
    return Anatomy(image, Volume(image.grid, one, "label"), {soft: "soft_tissue"}, found, organ, image.header.notes)


def in_chest(organ: str) -> bool:
    """Whether a target of this organ lies in the chest, so that lung may be cut by a side of the image."""
    return organ in CHEST


def tissue_of_target(organ: str) -> str:
    """The tissue a target in this organ is painted with; "tumour" where the organ is unknown."""
    return organ_of(organ).target_tissue if organ else "tumour"


def _must_tell(image: Volume, tissue_name: str | None) -> None:
    """Refuse what gives no tissues."""
    if tissue_name is not None:
        tissue(tissue_name)
    if image.quantity not in ("HU", "MR"):
        raise TissueError(f"tissues cannot be told from an image of '{image.quantity}'", where="Anatomy.image")
    if image.quantity == "MR" and tissue_name is None:
        remedy = "Say what surrounds the target: --tissue NAME."
        raise TissueError("MR gives no tissues, and nobody named one.", where="Anatomy", remedy=remedy)


def _from_image(image: Volume, organ: str, tissue_name: str | None, notes: list[str], tissues: Labels | None) -> Labels:
    if image.quantity == "HU":
        notes.append("Tissues from CT numbers by assumed thresholds; contrast medium may count as bone.")
        metal = int((image.data >= thresholds()["metal_above"]).sum()) * image.grid.voxel_ml
        if metal:
            notes.append(
                f"{metal:.2g} mL of the image are as bright as metal: metal is taken for bone, "
                "and its streaks for whatever their CT number says."
            )
        return tissues_from_ct(image, in_chest=in_chest(organ)) if tissues is None else tissues.copy()
    labels = np.full(image.grid.shape, label_of()["soft_tissue"], np.uint8)
    outside = outside_of_mr(image)
    labels[near(outside, thresholds()["skin_mm"], image.grid)] = label_of()["skin"]
    labels[outside] = label_of()[AIR]
    air = "Dark regions that reach a side are taken as outside air." if outside.any() else "No outside air was found."
    notes.append(f"MR: all tissue under the skin is assumed to be '{tissue_name}', bone, fat and gas included. {air}")
    return labels


def _soft_tissue(image: Volume, organ: str, named: Sequence[str], tissue_name: str | None, notes: list[str]) -> str:
    """What the cells of the density of soft tissue are taken for."""
    if tissue_name is not None:
        if image.quantity == "HU":
            notes.append(f"Soft tissue without a label is assumed to be '{tissue_name}'.")
        return tissue_name
    if organ and organ_of(organ).parenchyma and not set(organ_of(organ).labels) & set(named):
        notes.append(
            f"The {organ} has no label: all unlabelled soft tissue is assumed to be '{organ_of(organ).tissue}'."
        )
        return organ_of(organ).tissue
    return "soft_tissue"


def _names_of(organ_labels: Volume, label_names: Mapping[int, str] | None) -> dict[int, str]:
    """Names of the numbers that occur; every one must have its own."""
    if not (organ_labels.data == np.round(organ_labels.data)).all():
        remedy = "Give a label map."
        raise SegmentationError("holds values that are not whole numbers", where="organ labels", remedy=remedy)
    present = [int(v) for v in np.unique(organ_labels.data) if v != 0]
    if not present:
        raise SegmentationError("no cell has a label", where="organ labels", remedy="Give the right label map.")
    nameless = [v for v in present if v not in (label_names or {})]
    if nameless or label_names is None or present[0] < 0:
        listed = ", ".join(map(str, nameless[:8])) + (" …" if len(nameless) > 8 else "")
        remedy = "Name them: --label-names CSV."
        raise SegmentationError(f"labels {listed} have no name.", where="organ labels", remedy=remedy)
    names = {v: label_names[v].strip() for v in present}
    twice = {n for n in names.values() if list(names.values()).count(n) > 1}
    if twice or TARGET in names.values():
        name = next(iter(twice), TARGET)
        raise SegmentationError(
            f"'{name}' is used twice or is the target's name.", where="label names", remedy="Rename it."
        )
    return names


def _paint_labels(labels: Labels, image: Volume, organ_labels: Volume, names: Mapping[int, str]) -> None:
    """Paint each labelled organ's tissue; what the CT number shows to be air or gas stays so."""
    from scipy.ndimage import find_objects

    on_image = _labels_on(image, organ_labels)
    blocks = dict(enumerate(find_objects(on_image.astype(np.int32)), 1))
    for value, name in names.items():
        kind, block = tissue_of_label(name), blocks.get(value)
        if kind is not None and block is not None:
            part = Volume(grid_of(image.grid, block), image.data[block], image.quantity)
            _paint(labels[block], part, on_image[block] == value, kind)


def _labels_on(image: Volume, organ_labels: Volume) -> NDArray[Any]:
    """Organ labels on the image's cells."""
    if organ_labels.grid.matches(image.grid):
        return organ_labels.data
    on_image = resample(organ_labels, image.grid, method="nearest", fill=0).volume.data
    if not on_image.any():
        remedy = "Give the label map of this image."
        raise SegmentationError("no labelled cell lies on the image", where="organ labels", remedy=remedy)
    return on_image


def _paint_structure(labels: Labels, image: Volume, structure: Structure) -> None:
    """A drawn organ of a known name is painted like a label; points and lines have no tissue."""
    kind = tissue_of_label(structure.name)
    if kind is None or structure.shape.volume_ml == 0:
        return
    where = _cells(structure.shape, image.grid)
    if where is not None:
        block, inside = where
        part = Volume(grid_of(image.grid, block), image.data[block], image.quantity)
        _paint(labels[block], part, inside, kind)


def _paint(labels: Labels, image: Volume, where: Bools, kind: str) -> None:
    code, t = label_of(), thresholds()
    on_ct = image.quantity == "HU"
    if kind == "lung":
        # Also over "outside": lung that a side of the image cuts looks like the air of the room.
        labels[where] = code["lung_aerated"]
        if on_ct:
            labels[where & (image.data >= t["gas_below"])] = code["lung_deflated"]
        return
    where = where & (labels != code[AIR]) & (labels != code[GAS])
    if kind == "bone":
        labels[where] = code["bone_cancellous"]
        if on_ct:
            labels[where & (image.data >= t["cortex_above"])] = code["bone_cortical"]
        return
    labels[where] = code[kind]


def _labelled(organ_labels: Volume, names: Mapping[int, str], origin: str) -> Iterable[Structure]:
    """Each label as a structure, on its own crop."""
    from scipy.ndimage import find_objects

    blocks = find_objects(organ_labels.data.astype(np.int32))
    for value, name in names.items():
        block = blocks[value - 1]
        yield Structure(name, _mask(organ_labels.data[block] == value, organ_labels.grid, block), origin)


def _mask(inside: Bools, grid: Grid, block: Block) -> Mask:
    return Mask(Volume(grid_of(grid, block), inside.astype(np.uint8), "mask"))


def _drawn(structures: Sequence[Structure]) -> dict[str, Structure]:
    drawn: dict[str, Structure] = {}
    for s in structures:
        if s.name in drawn or s.name == TARGET:
            remedy = "Rename one of them."
            raise SegmentationError(
                f"'{s.name}' is used twice or is the target's name.", where="structures", remedy=remedy
            )
        drawn[s.name] = s
    return drawn


def _from_image_structures(
    labels: Labels, grid: Grid, found: Mapping[str, Structure], origin: str
) -> Iterable[Structure]:
    """Skin, and bone where no bone was labelled or drawn."""
    from scipy.ndimage import find_objects

    code = label_of()
    wanted: dict[str, tuple[str, ...]] = {"skin": ("skin",)}
    if not structures_in_group("bone", tuple(found)) and "bone" not in found:
        wanted["bone"] = ("bone_cortical", "bone_cancellous")
    for name, kinds in wanted.items():
        inside = one_of(labels, [code[k] for k in kinds])
        for block in find_objects(inside.view(np.uint8)):
            yield Structure(name, _mask(inside[block], grid, block), origin)


def _cells(shape: Shape, grid: Grid) -> tuple[Block, Bools] | None:
    """The cells at least half inside a shape, on the block around it."""
    block = block_around(grid, *shape.bounds_mm())
    if block is None:
        return None
    return block, np.asarray(shape.occupancy(grid_of(grid, block)) >= 0.5)


def _must_lie_on(image: Volume, shape: Shape) -> tuple[Block, Bools]:
    """The cells of a target; refuses one that is no volume, or not wholly on the image."""
    if shape.volume_ml == 0:
        raise SegmentationError("is a point or a line", where="target", remedy="Give a volume, or a radius around it.")
    low, high = shape.bounds_mm()
    where = _cells(shape, image.grid)
    lost = 1.0 if where is None else share_beyond(shape, image.grid)
    if where is None or lost > 0:
        ends = image.grid.corners_mm
        raise SegmentationError(
            f"{lost:.0%} of the target, LPS {_mm(low)} to {_mm(high)}, lies outside the image, "
            f"LPS {_mm(ends.min(axis=0))} to {_mm(ends.max(axis=0))}",
            where="target",
            remedy="Check the coordinates (LPS mm), or give an image that holds the target.",
        )
    block, inside = where
    if not inside.any():
        raise SegmentationError("is smaller than a voxel of the image", where="target", remedy="Give a larger target.")
    return block, inside


def _paint_target(labels: Labels, image: Volume, shape: Shape, kind: str, notes: list[str]) -> None:
    low, high = shape.bounds_mm()
    block, inside = _must_lie_on(image, shape)
    in_air = float((labels[block][inside] == label_of()[AIR]).mean())
    if in_air > thresholds()["target_in_air"]:
        raise SegmentationError(
            f"{in_air:.0%} of the target, LPS {_mm(low)} to {_mm(high)}, lies in the air outside the body",
            where="target",
            remedy="Check the coordinates (LPS mm) and the side.",
        )
    if in_air > 0:
        notes.append(f"{in_air:.1%} of the target looks like outside air; it is taken as tumour.")
    labels[block][inside] = label_of()[kind]


def _mm(point: NDArray[np.float64]) -> str:
    return "(" + ", ".join(f"{v:.0f}" for v in point) + ")"
