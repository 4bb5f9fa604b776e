"""A case's patient as the server keeps him: read once, until a file of him changes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from iceball.desk.keys import Scenes
from iceball.io.case import Case
from iceball.plan.plan import Plan
from iceball.plan.ways.access import Access
from iceball.plan.ways.terrain import Terrain
from iceball.tissue import Anatomy


@dataclass(frozen=True, eq=False)
class Patient:
    """An anatomy, the key of the files it was read from, and what is made of it again and again."""

    key: str
    anatomy: Anatomy
    whole: bool = True
    """False of an outline: the image and what is drawn on it, its tissues not yet told."""

    @cached_property
    def scenes(self) -> Scenes:
        """Keys of what is composed in this patient."""
        return Scenes(self.anatomy)

    @cached_property
    def terrain(self) -> Terrain | None:
        """What shafts are held against, where no pocket is open; None in a block."""
        return None if self.anatomy.bench is not None else Terrain.of(self.anatomy)

    @cached_property
    def ground(self) -> Access:
        """What entries and tips are held against, where no pocket is open."""
        return Access.of(self.anatomy)

    @property
    def surveyed(self) -> bool:
        """Whether plans can be checked at once, or skin, bones and organs must be looked at first (a second or two)."""
        return self.anatomy.bench is not None or {"terrain", "ground"} <= set(self.__dict__)

    @cached_property
    def _volumes(self) -> dict[str, float]:
        return {}

    def volume_ml(self, name: str) -> float:
        """Of a structure, measured once."""
        if name not in self._volumes:
            self._volumes[name] = self.anatomy.structures[name].shape.volume_ml
        return self._volumes[name]

    def treated(self, plan: Plan) -> Anatomy:
        """The patient with the plan's pockets open."""
        return self.scenes.treated(plan)


def patient_key(case: Case) -> str:
    """Changes with everything that an anatomy is built from: the case's record, but for its title and flags, and the
    files of its images.
    """
    r = case.record
    told = [r.organ, r.tissue, r.labels_reviewed, r.structures, r.label_names, r.header, r.quantity, r.preset]
    told += [r.bench, r.phantom, *((file.name, *stamp(file)) for file in sorted((case.folder / "images").glob("*")))]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def image_key(case: Case) -> str:
    """What a case's image is, wherever its folder lies: two cases of one name but another image are two cases."""
    if case.record.bench is not None:
        return hashlib.sha256(repr(case.record.bench).encode()).hexdigest()[:16]
    with case.image_file.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def stamp(file: Path) -> tuple[int, int, int]:
    """Changes when a file is written: its node, size and time; zeros where there is none."""
    try:
        found = file.stat()
    except FileNotFoundError:
        return (0, 0, 0)
    return found.st_ino, found.st_size, found.st_mtime_ns
