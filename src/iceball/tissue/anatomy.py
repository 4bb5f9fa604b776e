"""The patient as the plan and the solver need them: tissue labels, and structures by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from iceball.errors import SegmentationError
from iceball.space import Volume
from iceball.space.shapes import Shape, union
from iceball.tissue.bench import Bench
from iceball.tissue.interface import BONE_INTERFACE, FROM, bone_interface, interface_mm
from iceball.tissue.labels import present_in
from iceball.tissue.move import Moved
from iceball.tissue.organs import groups, organ_of, structures_in_group

TARGET = "tumour"


@dataclass(frozen=True, eq=False)
class Structure:
    """One named part of the patient. `origin` says who drew it, as every output repeats it."""

    name: str
    shape: Shape
    origin: str


@dataclass(frozen=True, eq=False)
class Anatomy:
    """Label map, label to tissue, and structures by name.

    Args:
        image: the CT or MR everything is drawn on.
        labels: uint8 tissue labels; its grid may differ from the image's.
        tissues: label to name of a tissue in the data file ("gas" is not solved).
        structures: by name; may overlap; `tumour` is the target.
        organ: the target's organ, or "" if unknown.
        notes: assumptions and repairs, repeated in every output.
        bench: of a uniform block without a patient; None in a patient.
        phantom: True where shapes stand for a patient (`iceball.tissue.phantom`).
        moved: pockets of fluid that were opened (`iceball.tissue.displace`), in their order.
        before: the patient as imaged, where there are any.
    """

    image: Volume
    labels: Volume
    tissues: Mapping[int, str]
    structures: Mapping[str, Structure] = field(default_factory=dict)
    organ: str = ""
    notes: tuple[str, ...] = ()
    bench: Bench | None = None
    phantom: bool = False
    moved: tuple[Moved, ...] = ()
    before: Anatomy | None = None

    def __post_init__(self) -> None:
        unnamed = set(present_in(self.labels.data)) - set(self.tissues)
        if unnamed:
            raise SegmentationError(f"labels {sorted(unnamed)} have no tissue", where="Anatomy.tissues")
        if self.organ:
            organ_of(self.organ)

    @property
    def moved_words(self) -> str:
        """What pockets have moved, in words that tell one displacement from another; "" where nothing was moved."""
        return "; ".join(str(done.move) for done in self.moved)

    @property
    def target(self) -> Structure:
        """The structure to freeze."""
        if TARGET not in self.structures:
            remedy = "Name one with --target, --target-sphere or --target-ellipsoid."
            raise SegmentationError("has no target.", where="Anatomy.structures", remedy=remedy)
        return self.structures[TARGET]

    @property
    def expected(self) -> tuple[str, ...]:
        """Structures or groups that belong near a target in this organ."""
        return organ_of(self.organ).expected if self.organ else ()

    @property
    def absent(self) -> tuple[str, ...]:
        """Expected structures that nobody drew: they are NOT ASSESSED."""
        return tuple(name for name in self.expected if self.find(name) is None)

    def find(self, name: str) -> Structure | None:
        """The structure of that name, or the union of a group's members ("bowel", "bone"); None if it was not drawn.

        `bone_interface` is the part of the target beside bone, where nobody drew one.
        """
        if name in self.structures:
            return self.structures[name]
        if name == BONE_INTERFACE:
            return self._bone_interface
        members = [self.structures[m] for m in structures_in_group(name, tuple(self.structures))]
        if not members:
            return None
        return Structure(name, union([m.shape for m in members]), "; ".join(sorted({m.origin for m in members})))

    def structure(self, name: str) -> Structure | None:
        """Like `find`, but a name that is neither drawn nor expected nor a group's raises."""
        found = self.find(name)
        if found is None and name == BONE_INTERFACE:
            raise SegmentationError(
                f"no bone lies within {interface_mm():g} mm of the target: it has no interface with bone.",
                where="Anatomy",
                remedy=f"Cover the mass instead, or draw a structure called {BONE_INTERFACE}.",
            )
        if found is None and name not in self.expected and name not in groups():
            known = ", ".join(sorted({*self.structures, *self.expected, *groups()}))
            raise SegmentationError(f"no structure called '{name}'.", where="Anatomy", remedy=f"Known: {known}.")
        return found

    @cached_property
    def _bone_interface(self) -> Structure | None:
        shape = bone_interface(self.target.shape, self.labels, self.tissues)
        return None if shape is None else Structure(BONE_INTERFACE, shape, FROM)

    def with_structure(self, structure: Structure) -> Anatomy:
        """The same patient with one more (or one replaced) structure. Tissue labels stay."""
        return replace(self, structures={**self.structures, structure.name: structure})
