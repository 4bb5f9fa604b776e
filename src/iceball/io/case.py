"""A case: a folder with the images, the plan and the runs of one patient's question.

`case.toml plan.toml images/ runs/<run-key>/`. The files are the truth; every write is whole or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from iceball.errors import CaseError
from iceball.io.kept_structures import StructureRecord, load, store, stored
from iceball.io.kept_tissues import are_kept, tissues_of
from iceball.io.nifti import write_nifti
from iceball.io.text import read_toml, write_json, write_toml
from iceball.plan import Plan
from iceball.space import Header, Volume
from iceball.tissue import TARGET, Anatomy, Structure
from iceball.tissue.bench import Bench
from iceball.tissue.block import block_image, block_of
from iceball.tissue.ct import Labels
from iceball.tissue.phantom import MADE_UP, SYNTHETIC_PHANTOM
from iceball.tissue.presets import with_preset
from iceball.tissue.segment import build_anatomy, in_chest, outline

FORMAT = 1
PACKED, UNPACKED, LABELS = "image.nii.gz", "image.nii", "labels.nii.gz"
LARGE_CELLS = 16_000_000
"""An image of more cells is large: 512 x 512 x 300 has 79 million, the bundled cases up to 8."""
PLAN_HEADING = """The plan: needles (LPS mm), protocol (seconds) and goals. Research use only.
Edit freely: an edited starter counts as edited. Set review = "accepted" once a person has accepted it as it stands."""


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
        write_nifti(image, images / (UNPACKED if image.data.size > LARGE_CELLS else PACKED))
        if organ_labels is not None:
            write_nifti(organ_labels, images / LABELS)
        records = tuple(store(s, images) for s in structures)
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
        records = () if target is None else (store(target, Path(folder)),)
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
        return stored(self.image_file, self.record.quantity, self.record.header)

    @property
    def image_file(self) -> Path:
        """The file of the image; a large one lies unpacked, so that every process maps it in place of unpacking it."""
        large = self.folder / "images" / UNPACKED
        return large if large.is_file() else self.folder / "images" / PACKED

    @property
    def large(self) -> bool:
        """Whether telling its tissues apart takes long, so that they are kept beside the case."""
        return self.record.bench is None and not self.record.phantom and self.image_file.name == UNPACKED

    def anatomy(self) -> Anatomy:
        """Tissues and structures, built from the stored images."""
        if self.record.bench is not None:
            given = [load(r, self.folder / "images").shape for r in self.record.structures if r.name == TARGET]
            return block_of(self.record.bench, target=given[0] if given else None)
        if self.record.phantom:
            return self._phantom(self.folder / "images" / LABELS)
        image = self.image()
        anatomy = build_anatomy(image, tissues=self._tissues(image), **self._drawn())
        return with_preset(anatomy, self.record.preset) if self.record.preset else anatomy

    def outline(self) -> Anatomy:
        """The image and what is drawn on it, before tissues are told: to be looked at and drawn on, not planned in."""
        if self.record.bench is not None or self.record.phantom:
            return self.anatomy()
        return outline(self.image(), **self._drawn())

    @property
    def tissues_kept(self) -> bool:
        """Whether nothing need be told that takes long."""
        told = not self.large or self.record.quantity != "HU"
        return told or are_kept(self.folder, self.image_file, in_chest=in_chest(self.record.organ))

    def keep_tissues(self) -> None:
        """Tell the tissues of a large CT apart and keep them, where that was not done yet."""
        if self.large:
            self._tissues(self.image())

    def _tissues(self, image: Volume) -> Labels | None:
        """Those kept of a large CT; None where they are told each time, or cannot be told from the image."""
        if not self.large or image.quantity != "HU":
            return None
        return tissues_of(self.folder, self.image_file, image, in_chest=in_chest(self.record.organ))

    def _drawn(self) -> dict[str, Any]:
        """What the anatomy is built from beside the image."""
        labels_file = self.folder / "images" / LABELS
        structures = [load(r, self.folder / "images") for r in self.record.structures]
        return {
            "organ": self.record.organ,
            "organ_labels": stored(labels_file, "label") if labels_file.exists() else None,
            "label_names": {int(k): v for k, v in self.record.label_names.items()} or None,
            "structures": [s for s in structures if s.name != TARGET],
            "target": next((s for s in structures if s.name == TARGET), None),
            "tissue_name": self.record.tissue or None,
            "labels_reviewed": self.record.labels_reviewed,
        }

    def _phantom(self, labels_file: Path) -> Anatomy:
        tissues = {int(k): v for k, v in self.record.label_names.items()}
        structures = {r.name: load(r, self.folder / "images") for r in self.record.structures}
        labels = stored(labels_file, "label")
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
        written = read_toml(self.folder / "plan.toml", Plan)
        # Somebody may have drawn since this case was opened: what stands in case.toml now is kept.
        case = Case.open(self.folder)
        case = replace(case, record=replace(case.record, starter_key=written.key()))
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
        added = tuple(store(s, self.folder / "images") for s in structures)
        case = replace(self, record=replace(self.record, structures=(*self.record.structures, *added)))
        case._save()
        return case

    def holding(self, structures: Sequence[StructureRecord]) -> Case:
        """The case with these structures in place of its own, not yet written down (`keep` does)."""
        return replace(self, record=replace(self.record, structures=tuple(structures)))

    def keep(self) -> Case:
        """Write case.toml as this case has it."""
        self._save()
        return self

    @property
    def draft(self) -> bool:
        """Whether no target has been drawn yet: it can be looked at and drawn on, and nothing can be simulated."""
        return self.record.bench is None and all(s.name != TARGET for s in self.record.structures)

    def refuse_draft(self) -> None:
        """Raise CaseError where the case has no target yet."""
        if self.draft:
            raise CaseError(
                "is a draft: no target has been drawn yet, so there is nothing to plan for.",
                where=str(self.folder.name),
                remedy="Draw the target in the workbench (`iceball serve`), or make the case again with --target,"
                " --target-sphere or --target-ellipsoid.",
            )

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
