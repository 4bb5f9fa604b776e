"""Drawing on a case: structures are put, removed, undone and redone; every step is kept beside the case.

`structures.json` holds the steps, `case.toml` the structures as they stand. Masks are never changed or overwritten (a
file is named by what it holds), so an earlier step needs only its records to come back whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from iceball.errors import CaseError, IceballError
from iceball.io.case import Case
from iceball.io.kept_structures import MASK, StructureRecord, load, store
from iceball.io.text import from_table, read_json, write_json
from iceball.plan.judge import check_goals
from iceball.tissue import TARGET, Anatomy, Structure

FILE = "structures.json"
MOST_STEPS = 100
MOST_STRUCTURES = 200
NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,59}")
ON_DISK = "changed on disk"


@dataclass(frozen=True)
class Step:
    """The structures after one change, and what it was."""

    what: str
    structures: tuple[StructureRecord, ...]


@dataclass(frozen=True)
class Steps:
    """All steps that are kept, and which of them the case stands at."""

    steps: tuple[Step, ...]
    at: int

    @classmethod
    def of(cls, case: Case) -> Steps:
        """The steps of a case; what was changed without them is a step of its own."""
        now = case.record.structures
        file = case.folder / FILE
        if not file.is_file():
            return cls((Step("as the case was made", now),), 0)
        table = read_json(file)
        kept = tuple(from_table(row, Step, where=FILE) for row in table["steps"])
        at = int(table["at"])
        # A crash between the two files leaves them one step apart.
        for place in (at, at - 1, at + 1):
            if 0 <= place < len(kept) and kept[place].structures == now:
                return cls(kept, place)
        return cls(kept[: at + 1], at).then(ON_DISK, now)

    def then(self, what: str, structures: Sequence[StructureRecord]) -> Steps:
        """One more step; what had been undone is given up."""
        kept = (*self.steps[: self.at + 1], Step(what, tuple(structures)))[-MOST_STEPS:]
        return Steps(kept, len(kept) - 1)

    @property
    def can_undo(self) -> bool:
        """Whether there is an earlier step."""
        return self.at > 0

    @property
    def can_redo(self) -> bool:
        """Whether a later step was undone."""
        return self.at + 1 < len(self.steps)

    def write(self, case: Case) -> Case:
        """Write the steps, then the case as it stands at them; then drop masks that no step names any more."""
        write_json(case.folder / FILE, {"at": self.at, "steps": [asdict(s) for s in self.steps]})
        written = case.holding(self.steps[self.at].structures).keep()
        named = {r.mask for step in self.steps for r in step.structures}
        for file in (case.folder / "images").glob(f"{MASK}*.nii.gz"):
            if file.name not in named:
                file.unlink()
        return written


@dataclass(frozen=True, eq=False)
class Drawn:
    """A case after a change, with the anatomy it makes and the steps it stands at."""

    case: Case
    anatomy: Anatomy
    steps: Steps


def put_structure(case: Case, structure: Structure, *, instead_of: str = "") -> Drawn:
    """The case with a structure added or, where its name is taken, replaced; written down once it makes an anatomy.

    Args:
        case: as it stands.
        structure: its name is small letters, digits and underscores; `tumour` is the target.
        instead_of: a structure that this one takes the place of under a new name.

    Raises:
        CaseError: for a name that cannot be, or a case that is not drawn on.
        IceballError: whatever the anatomy refuses (a target outside the image, in the air outside the body …).
    """
    _refuse_name(structure.name)
    old = case.record.structures
    replaced = {structure.name, instead_of}
    place = next((i for i, r in enumerate(old) if r.name in replaced), len(old))
    kept = [r for r in old if r.name not in replaced]
    kept.insert(min(place, len(kept)), store(structure, _images(case)))
    if len(kept) > MOST_STRUCTURES:
        raise CaseError(f"has {MOST_STRUCTURES} structures already.", where="case.toml", remedy="Remove some first.")
    verb = "changed" if place < len(old) else "drew"
    return _change(case, f"{verb} {structure.name}", kept)


def remove_structure(case: Case, name: str) -> Drawn:
    """The case without a structure; without the target it is a draft again.

    Raises:
        CaseError: where there is none of that name that was drawn, or the plan names it.
    """
    _images(case)
    kept = [r for r in case.record.structures if r.name != name]
    if len(kept) == len(case.record.structures):
        raise CaseError(
            f"no structure called '{name}' was drawn.",
            where="case.toml",
            remedy="Organ labels and what the image shows by itself cannot be removed.",
        )
    return _change(case, f"removed {name}", kept)


def undo_structures(case: Case) -> Drawn:
    """The case one step back; raises CaseError where there is none."""
    return _go(case, -1)


def redo_structures(case: Case) -> Drawn:
    """The case one step forward again; raises CaseError where none was undone."""
    return _go(case, 1)


def as_target(case: Case, name: str) -> Drawn:
    """The case whose target is what was drawn as `name`; the target it had is kept as a structure beside it."""
    by_name = {r.name: r for r in case.record.structures}
    if name not in by_name or name == TARGET:
        raise CaseError(f"no structure called '{name}' was drawn.", where="case.toml", remedy="Choose a drawn one.")
    kept = [r for r in case.record.structures if r.name not in (name, TARGET)]
    chosen = load(by_name[name], _images(case))
    target = store(Structure(TARGET, chosen.shape, f"{name}, {chosen.origin}"), _images(case))
    former = [_renamed(by_name[TARGET], _free("former_target", by_name))] if TARGET in by_name else []
    return _change(case, f"took {name} as the target", [target, *kept, *former])


def _renamed(record: StructureRecord, name: str) -> StructureRecord:
    return StructureRecord(**{**asdict(record), "name": name})


def _free(stem: str, taken: dict[str, Any]) -> str:
    return next(n for i in range(1, 10_000) if (n := stem if i == 1 else f"{stem}_{i}") not in taken)


def _go(case: Case, by: int) -> Drawn:
    steps = Steps.of(case)
    to = steps.at + by
    if not 0 <= to < len(steps.steps):
        word = "undo" if by < 0 else "redo"
        raise CaseError(f"there is nothing to {word} among the structures.", where=FILE, remedy="")
    anatomy = _checked(case, steps.steps[to].structures)
    moved = Steps(steps.steps, to)
    return Drawn(moved.write(case), anatomy, moved)


def _change(case: Case, what: str, structures: Sequence[StructureRecord]) -> Drawn:
    before = Steps.of(case)
    try:
        anatomy = _checked(case, structures)
    except IceballError:
        before.write(case)  # drops the mask that came to nothing
        raise
    steps = before.then(what, structures)
    return Drawn(steps.write(case), anatomy, steps)


def _checked(case: Case, structures: Sequence[StructureRecord]) -> Anatomy:
    """The anatomy that these structures make; what the plan names must not be among those that went."""
    made = case.holding(structures)
    target = [[r for r in one if r.name == TARGET] for one in (case.record.structures, structures)]
    # Where the target lies must be looked at among the tissues; of a large image they may still be being told.
    anatomy = made.outline() if made.large and target[0] == target[1] else made.anatomy()
    gone = {r.name for r in case.record.structures} - {r.name for r in structures}
    if gone and not made.draft and (case.folder / "plan.toml").is_file():
        try:
            check_goals(made.plan(), anatomy)
        except IceballError as fault:
            raise CaseError(
                f"{', '.join(sorted(gone))} cannot go: the plan needs it ({fault.what})",
                where="plan.toml",
                remedy="Take away the goal that names it first.",
            ) from None
    return anatomy


def _images(case: Case) -> Any:
    if case.record.bench is not None or case.record.phantom:
        kind = "a uniform block" if case.record.bench is not None else "a phantom"
        raise CaseError(
            f"is {kind}: it has no image to draw on.", where=case.folder.name, remedy="Open a patient's case."
        )
    return case.folder / "images"


def _refuse_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise CaseError(
            f"'{name[:80]}' cannot be the name of a structure.",
            where="structure",
            remedy="Use small letters, digits and underscores, at most 60, such as small_bowel.",
        )
