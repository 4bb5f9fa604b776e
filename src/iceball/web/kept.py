"""What a verb found, kept beside its case by the key of what it was made from, and told with its status.

`CASE/told/<kind>/<key>/told.json` holds `{key, options, result}`; plans that it proposes and its pictures lie beside.
A plan that is again what it was finds again what was made for it.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import iceball
from iceball.commit import commit
from iceball.desk.keys import Scenes, Status, assessment_of
from iceball.errors import IceballError
from iceball.io.case import Case
from iceball.io.text import read_json, whole_folder, write_json
from iceball.plan.compose import Conditions
from iceball.plan.plan import Plan

MOST_KEPT = 4
"""Findings of one kind that are kept; the oldest go first."""


@dataclass(frozen=True)
class Kept:
    """What a verb found, and how it stands to the plan; `folder` is None where it never ran."""

    folder: Path | None
    status: Status
    key: str
    options: Mapping[str, Any]
    result: Any

    def as_json(self) -> dict[str, Any]:
        """As the page reads it."""
        return {"status": self.status, "key": self.key, "options": dict(self.options), "result": self.result}


def folder_of(case: Case, kind: str, key: str) -> Path:
    """Where a verb keeps what it found for a key."""
    return case.folder / "told" / kind / key


@contextmanager
def keeping(case: Case, kind: str, key: str, options: Mapping[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """A folder for pictures and plans, and a table for the result: both are kept whole or not at all."""
    result: dict[str, Any] = {}
    with whole_folder(folder_of(case, kind, key)) as folder:
        yield folder, result
        write_json(folder / "told.json", {"key": key, "options": dict(options), "result": result})
    for old in _newest_first(case, kind)[MOST_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def is_kept(case: Case, kind: str, result: Any) -> bool:
    """Whether what a done job tells of is still there."""
    return isinstance(result, dict) and (folder_of(case, kind, str(result.get("key"))) / "told.json").is_file()


def kept(case: Case, kind: str, key_of: Callable[[dict[str, Any]], str]) -> Kept:
    """What a verb found for the plan as it stands, else what it found last.

    Args:
        case: where it is kept.
        kind: of the job.
        key_of: the key that given options would have for the plan as it stands.
    """
    found = [(folder, read_json(folder / "told.json")) for folder in _newest_first(case, kind)]
    for folder, table in found:
        if _key(key_of, table["options"]) == table["key"]:
            return Kept(folder, "valid", table["key"], table["options"], table["result"])
    if not found:
        return Kept(None, "none", "", {}, None)
    folder, table = found[0]
    return Kept(folder, "stale", table["key"], table["options"], table["result"])


def bound_key(kind: str, plan: Plan, scenes: Scenes, options: Mapping[str, Any], spacing_mm: float) -> str:
    """The key of what is made from simulations of a plan and its changes: scene, goals, options and program."""
    scene = scenes.scene_key(plan, Conditions(spacing_mm=spacing_mm))
    return hashed(kind, scene, assessment_of(plan, scenes.anatomy, scene), sorted(options.items()))


def hashed(kind: str, *parts: object) -> str:
    """A key of what a verb finds: its parts, and the program that makes it."""
    return hashlib.sha256(repr((kind, *parts, iceball.__version__, commit())).encode()).hexdigest()[:32]


def _key(key_of: Callable[[dict[str, Any]], str], options: dict[str, Any]) -> str:
    try:
        return key_of(options)
    except IceballError:  # a plan that cannot be run has no such result
        return ""


def _newest_first(case: Case, kind: str) -> list[Path]:
    made = [file.parent for file in (case.folder / "told" / kind).glob("[!.]*/told.json")]
    return sorted(made, key=lambda p: -(p / "told.json").stat().st_mtime_ns)
