"""A case: a folder with the images, the plan and the runs of one patient's question.

`case.toml plan.toml images/ runs/<run-key>/`. The files are the truth; every write is whole or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from iceball.errors import CaseError
from iceball.io.nifti import load_box, write_nifti
from iceball.io.text import read_toml, write_json, write_toml
from iceball.plan import Plan
from iceball.space import Header, Volume
from iceball.space.box import Box
from iceball.space.shapes import Ellipsoid, Mask, Points, Polyline, Shape, Sphere
from iceball.tissue import TARGET, Anatomy, Structure
from iceball.tissue.bench import Bench
from iceball.tissue.block import block_image, block_of
from iceball.tissue.phantom import MADE_UP, SYNTHETIC_PHANTOM
from iceball.tissue.presets import with_preset
from iceball.tissue.segment import build_anatomy

FORMAT = 1
PLAN_HEADING = """The plan: needles (LPS mm), protocol (seconds) and goals. Research use only.
Edit freely: an edited starter counts as edited. Set review = "accepted" once a person has accepted it as it stands."""


@dataclass(frozen=True)
class StructureRecord:
    """One structure of the case: a mask file, or an analytic shape written out."""

    name: str
    origin: str
    mask: str = ""
    sphere: tuple[float, float, float, float] | None = None
    """x, y, z, diameter."""
    ellipsoid: tuple[float, float, float, float, float, float] | None = None
    """x, y, z and the diameters along x, y, z."""
    box: tuple[float, float, float, float, float, float] | None = None
    """Its lowest and its highest corner."""
    points: tuple[tuple[float, float, float], ...] = ()
    polyline: tuple[tuple[float, float, float], ...] = ()
    radius_mm: float = 0.0


@dataclass(frozen=True)
class CaseRecord:
    """What `case.toml` holds."""

    title: str
    organ: str = ""
    tissue: str = ""
    labels_reviewed: bool = False
    flags: tuple[str, ...] = ()
    structures: tuple[StructureRecord, ...] = ()
    label_names: dict[str, str] = field(default_factory=dict)
    header: Header = field(default_factory=Header)
    quantity: str = "HU"
    starter_key: str = ""
    preset: str = ""
    """A published parameter set that takes the place of Iceball's numbers."""
    bench: Bench | None = None
    """Of a uniform block: there is no image, and `structures` holds its target where it is not the usual one."""
    phantom: bool = False
    """Shapes stand for a patient: labels.nii.gz holds tissues, and `label_names` names them."""
    format: int = FORMAT

    def __post_init__(self) -> None:
        if self.format != FORMAT:
            raise CaseError(f"has format {self.format}; this version reads format {FORMAT}", where="case.toml")


@dataclass(frozen=True)
class Case:
    """A case folder. Opening it reads `case.toml` only; images are read when asked for."""

    folder: Path
    record: CaseRecord

    @classmethod
    def open(cls, folder: str | Path) -> Case:
        """Open an existing case folder."""
        path = Path(folder)
        if not (path / "case.toml").is_file():
            raise CaseError(
                "is not a case folder: it has no case.toml.", where=str(folder), remedy="Make one with `iceball new`."
            )
        return cls(path, read_toml(path / "case.toml", CaseRecord))

    @classmethod
    def create(
        cls,
        folder: str | Path,
        *,
        title: str,
        image: Volume,
        structures: Sequence[Structure],
        organ: str = "",
        tissue: str = "",
        organ_labels: Volume | None = None,
        label_names: dict[int, str] | None = None,
        flags: Sequence[str] = (),
        preset: str = "",
    ) -> Case:
        """Write a new case into an empty folder."""
        path = Path(folder)
        images = path / "images"
        images.mkdir(parents=True, exist_ok=True)
        write_nifti(image, images / "image.nii.gz")
        if organ_labels is not None:
            write_nifti(organ_labels, images / "labels.nii.gz")
        records = tuple(_store(s, i, images) for i, s in enumerate(structures))
        record = CaseRecord(
            title=title,
            organ=organ,
            tissue=tissue,
            flags=tuple(flags),
            preset=preset,
            structures=records,
            label_names={str(k): v for k, v in (label_names or {}).items()},
            header=image.header,
            quantity=image.quantity,
        )
        case = cls(path, record)
        case._save()
        return case

    @classmethod
    def create_bench(
        cls, folder: str | Path, *, title: str, bench: Bench, target: Structure | None, flags: Sequence[str] = ()
    ) -> Case:
        """Write the case of a uniform block, which has no images, into an empty folder."""
        records = () if target is None else (_store(target, 0, Path(folder)),)
        case = cls(Path(folder), CaseRecord(title=title, structures=records, flags=tuple(flags), bench=bench))
        case._save()
        return case

    @classmethod
    def create_phantom(cls, folder: str | Path, *, title: str, anatomy: Anatomy, flags: Sequence[str] = ()) -> Case:
        """Write the case of a phantom into an empty folder; raises CaseError where the anatomy is none."""
        if not anatomy.phantom:
            raise CaseError("is no phantom.", where="Anatomy.phantom", remedy="Use Case.create for a patient.")
        made = cls.create(
            folder,
            title=title,
            image=anatomy.image,
            structures=tuple(anatomy.structures.values()),
            organ=anatomy.organ,
            organ_labels=anatomy.labels,
            label_names=dict(anatomy.tissues),
            flags=(SYNTHETIC_PHANTOM, *flags),
        )
        case = replace(made, record=replace(made.record, phantom=True))
        case._save()
        return case

    def _save(self) -> None:
        write_toml(self.folder / "case.toml", self.record, CaseRecord, heading="An Iceball case. Research use only.")

    def image(self) -> Volume:
        """The image everything is drawn on."""
        if self.record.bench is not None:
            return block_image(self.record.bench)
        return _stored(self.folder / "images" / "image.nii.gz", self.record.quantity, self.record.header)

    def anatomy(self) -> Anatomy:
        """Tissues and structures, built from the stored images."""
        if self.record.bench is not None:
            given = [_load(r, self.folder / "images").shape for r in self.record.structures if r.name == TARGET]
            return block_of(self.record.bench, target=given[0] if given else None)
        labels_file = self.folder / "images" / "labels.nii.gz"
        if self.record.phantom:
            return self._phantom(labels_file)
        structures = [_load(r, self.folder / "images") for r in self.record.structures]
        anatomy = build_anatomy(
            self.image(),
            organ=self.record.organ,
            organ_labels=_stored(labels_file, "label") if labels_file.exists() else None,
            label_names={int(k): v for k, v in self.record.label_names.items()} or None,
            structures=[s for s in structures if s.name != TARGET],
            target=next((s for s in structures if s.name == TARGET), None),
            tissue_name=self.record.tissue or None,
            labels_reviewed=self.record.labels_reviewed,
        )
        return with_preset(anatomy, self.record.preset) if self.record.preset else anatomy

    def _phantom(self, labels_file: Path) -> Anatomy:
        tissues = {int(k): v for k, v in self.record.label_names.items()}
        structures = {r.name: _load(r, self.folder / "images") for r in self.record.structures}
        labels = _stored(labels_file, "label")
        labels = Volume(labels.grid, labels.data.astype(np.uint8), "label")
        return Anatomy(self.image(), labels, tissues, structures, self.record.organ, (MADE_UP,), phantom=True)

    def plan(self) -> Plan:
        """The plan as it stands in plan.toml; a starter that a person changed counts as edited."""
        plan = read_toml(self.folder / "plan.toml", Plan)
        if plan.stage != "planned":
            raise CaseError(
                "is a plan AS PLACED; here the plan as planned is kept.",
                where="plan.toml: stage",
                remedy="Put the plan back; needles as placed lie in placed/plan.toml (`iceball as-placed`).",
            )
        if plan.review == "starter" and plan.key() != self.record.starter_key:
            return replace(plan, review="edited")
        return plan

    def save_plan(self, plan: Plan) -> Case:
        """Write plan.toml; returns the case, which remembers a starter so that edits are noticed."""
        write_toml(self.folder / "plan.toml", plan, Plan, heading=PLAN_HEADING)
        if plan.review != "starter":
            return self
        stored = read_toml(self.folder / "plan.toml", Plan)
        case = replace(self, record=replace(self.record, starter_key=stored.key()))
        case._save()
        return case

    def save_search(self, told: dict[str, object], plans: Sequence[Plan]) -> Path:
        """Keep what a search found beside the case: `search/search.json` and one plan file a proposal, best first."""
        folder = self.folder / "search"
        folder.mkdir(exist_ok=True)
        for old in folder.glob("plan-*.toml"):
            old.unlink()
        for number, plan in enumerate(plans, start=1):
            write_toml(folder / f"plan-{number}.toml", plan, Plan, heading=PLAN_HEADING)
        write_json(folder / "search.json", told)
        (folder / "best.toml").unlink(missing_ok=True)  # the best so far is plan-1.toml now
        return folder

    def with_structures(self, structures: Sequence[Structure]) -> Case:
        """The case with more structures, written down; raises CaseError where a name is taken."""
        taken = {s.name for s in self.record.structures}
        twice = sorted(taken & {s.name for s in structures})
        if twice:
            raise CaseError(
                f"has a structure called {', '.join(twice)} already", where="case.toml", remedy="Rename it."
            )
        first = len(self.record.structures)
        added = tuple(_store(s, first + i, self.folder / "images") for i, s in enumerate(structures))
        case = replace(self, record=replace(self.record, structures=(*self.record.structures, *added)))
        case._save()
        return case

    @property
    def runs(self) -> Path:
        """Where results lie, one folder a run key."""
        return self.folder / "runs"

    def __str__(self) -> str:
        bench = self.record.bench
        lines = [
            f"Case {self.record.title} (research use only)",
            f"  folder {self.folder}",
            f"  {bench}, edges of {bench.size_mm:g} mm" if bench else f"  organ {self.record.organ or 'unknown'}",
        ]
        lines += [f"  {s.name} ({s.origin})" for s in self.record.structures]
        return "\n".join([*lines, *(f"  {flag}" for flag in self.record.flags)])


def _store(structure: Structure, number: int, images: Path) -> StructureRecord:
    shape = structure.shape
    base = StructureRecord(structure.name, structure.origin)
    if isinstance(shape, Sphere):
        x, y, z = shape.centre_mm
        return replace(base, sphere=(x, y, z, shape.diameter_mm))
    if isinstance(shape, Ellipsoid):
        x, y, z = shape.centre_mm
        a, b, c = shape.diameters_mm
        return replace(base, ellipsoid=(x, y, z, a, b, c))
    if isinstance(shape, Box):
        return replace(base, box=(*shape.low_mm, *shape.high_mm))
    if isinstance(shape, Points):
        return replace(base, points=_rows(shape.points_mm), radius_mm=shape.radius_mm)
    if isinstance(shape, Polyline):
        return replace(base, polyline=_rows(shape.points_mm), radius_mm=shape.radius_mm)
    if isinstance(shape, Mask):
        name = f"structure_{number:02d}.nii.gz"
        write_nifti(shape.volume, images / name)
        return replace(base, mask=name)
    raise CaseError(f"a {type(shape).__name__} cannot be stored", where=structure.name)


def _rows(points: object) -> tuple[tuple[float, float, float], ...]:
    return tuple((float(p[0]), float(p[1]), float(p[2])) for p in np.asarray(points, float))


def _load(record: StructureRecord, images: Path) -> Structure:
    return Structure(record.name, _shape(record, images), record.origin)


def _shape(record: StructureRecord, images: Path) -> Shape:
    if record.sphere is not None:
        x, y, z, diameter = record.sphere
        return Sphere((x, y, z), diameter)
    if record.ellipsoid is not None:
        x, y, z, a, b, c = record.ellipsoid
        return Ellipsoid((x, y, z), (a, b, c))
    if record.box is not None:
        return Box(record.box[:3], record.box[3:])
    if record.points:
        return Points(np.array(record.points), record.radius_mm)
    if record.polyline:
        return Polyline(np.array(record.polyline), record.radius_mm)
    if not record.mask or Path(record.mask).name != record.mask:
        raise CaseError(
            "names neither a shape nor a mask file of its images folder", where=f"case.toml: structure {record.name}"
        )
    return Mask(_stored(images / record.mask, "mask"))


def _stored(file: Path, quantity: str, header: Header | None = None) -> Volume:
    if not file.is_file():
        raise CaseError("is missing from the case.", where=str(file), remedy="Make the case again with `iceball new`.")
    grid, data, _ = load_box(file)
    return Volume(grid, data, quantity, header or Header())
