"""A search on disk, so that it can be stopped and goes on: its runs, and the best plan so far.

`CASE/search/runs/<patient>/<run>.npz` holds the lowest temperatures of one coarse run. A search is deterministic: the
same search asks for the same runs in the same order, so that one that was stopped reads back what it had.
"""

from __future__ import annotations

import hashlib
import io as memory
import re
import shutil
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import numpy as np

import iceball
from iceball.commit import commit
from iceball.errors import CaseError
from iceball.io.text import must_write, read_toml, write_toml, write_whole
from iceball.plan import Plan
from iceball.plan.drawn import Drawn
from iceball.plan.predict import run_key
from iceball.plan.search.coarse import Coarse, Helper, Scenes, Simulated, scenes_in, simulated_in
from iceball.space import Grid
from iceball.tissue import Anatomy

MOST_KEPT = 500
"""Runs of one patient on disk, some 0.2 MB each; the oldest go first."""
HEAD = re.compile(r"# Search ([0-9a-f]{16}), price (\S+) mm\.")
BEST = "best.toml"


@dataclass(eq=False)
class KeptRuns:
    """Coarse runs of one patient: read back where they were made before, else made and kept.

    A run is told by the hash of its scene (needles, clock, tissues, cells) and of the program; what the file holds is
    told by a hash inside it, and a file that does not agree with it is made anew.

    Args:
        folder: where they lie; runs of other patients or of this one before a change are removed from it.
        anatomy: the patient as treated.
        helper: runs draws while this process runs others.
        made, read: how many were simulated and how many read back.
    """

    folder: Path
    anatomy: Anatomy
    helper: Helper | None = None
    made: int = 0
    read: int = 0
    _run: Simulated = field(init=False, repr=False)
    _scene: Scenes = field(init=False, repr=False)
    _one: Lock = field(init=False, repr=False, default_factory=Lock)

    def __post_init__(self) -> None:
        self._scene = scenes_in(self.anatomy)
        self._run = simulated_in(self.anatomy, scenes=self._scene, helper=self.helper)
        mine = self.folder / patient_key(self.anatomy)
        for other in self.folder.iterdir() if self.folder.is_dir() else ():
            if other != mine:
                shutil.rmtree(other) if other.is_dir() else other.unlink()
        self.folder = mine

    def __call__(self, plan: Plan, spacing_mm: float, draw: Drawn | None = None, /) -> Coarse:
        """The run of a plan on cells of that size, as a draw has it where one is given."""
        scene = self._scene(plan, spacing_mm, draw)
        key = hashlib.sha256(f"{run_key(scene)}|{commit()}|in half as many steps".encode()).hexdigest()[:32]
        path = self.folder / f"{key}.npz"
        found = _read(path, key)
        if found is not None:
            with self._one:
                self.read += 1
            return found
        made = self._run(plan, spacing_mm, draw)
        with self._one:
            self.made += 1
            _write(path, key, made)
            self._drop_oldest()
        return made

    def _drop_oldest(self) -> None:
        files = sorted(self.folder.iterdir(), key=lambda p: p.stat().st_mtime)
        for old in files[: max(0, len(files) - MOST_KEPT)]:
            old.unlink(missing_ok=True)


def patient_key(anatomy: Anatomy) -> str:
    """A hash of the tissues of a patient as treated."""
    text = repr((anatomy.labels.grid, sorted(anatomy.tissues.items()), anatomy.moved_words, anatomy.bench))
    digest = hashlib.sha256(text.encode())
    digest.update(np.ascontiguousarray(anatomy.labels.data).data)
    return digest.hexdigest()[:16]


def search_key(plan: Plan, anatomy: Anatomy, asked: Mapping[str, object]) -> str:
    """A hash of one search: plan, patient, program and what else it was asked for (`asked`: seed, cards …)."""
    text = repr((plan, patient_key(anatomy), sorted(asked.items()), iceball.__version__, commit()))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, eq=False)
class KeptSearch:
    """One search's place on disk.

    Args:
        folder: `CASE/search`.
        key: which search it is (`search_key`).
        runs: makes its runs, or reads them back.
    """

    folder: Path
    key: str
    runs: KeptRuns

    @classmethod
    def of(
        cls, folder: Path, plan: Plan, anatomy: Anatomy, asked: Mapping[str, object], *, helper: Helper | None = None
    ) -> KeptSearch:
        """The place of a search; the best plan of another one is taken away, and so are runs of another patient.

        `helper` runs draws while this process runs others.

        Raises:
            OSError: where nothing can be written.
        """
        must_write(folder)
        key = search_key(plan, anatomy, asked)
        if best_price(folder, key) is None:
            (folder / BEST).unlink(missing_ok=True)
        return cls(folder, key, KeptRuns(folder / "runs", anatomy, helper))

    @property
    def best(self) -> Path:
        """Where its best plan so far lies."""
        return self.folder / BEST

    def better(self, plan: Plan, price_mm: float) -> None:
        """Write the best plan so far, unless the same search had a cheaper one before it was stopped."""
        before = best_price(self.folder, self.key)
        if before is None or price_mm < before:
            heading = (
                f"Search {self.key}, price {price_mm!r} mm.\n"
                "The best plan so far, told by coarse cells only: an ordinary plan. Research use only."
            )
            write_toml(self.best, plan, Plan, heading=heading)


def best_price(folder: Path, key: str) -> float | None:
    """The price of the best plan that this search has kept, or None."""
    path = folder / BEST
    try:
        found = HEAD.match(path.read_text(encoding="utf-8"))
        if found is None or found[1] != key:
            return None
        read_toml(path, Plan)
        return float(found[2])
    except (OSError, ValueError, CaseError):
        return None


def _digest(key: str, minimum_c: np.ndarray, warmth: np.ndarray, affine: np.ndarray, told: tuple[float, float]) -> str:
    text = f"{key}|{minimum_c.shape}|{minimum_c.dtype}|{told!r}|".encode()
    return hashlib.sha256(text + minimum_c.tobytes() + warmth.tobytes() + affine.tobytes()).hexdigest()


def _write(path: Path, key: str, run: Coarse) -> None:
    minimum_c, warmth = (np.ascontiguousarray(a, np.float32) for a in (run.minimum_c, run.warmth))
    affine = np.asarray(run.grid.matrix, float)
    buffer = memory.BytesIO()
    digest = np.array(_digest(key, minimum_c, warmth, affine, (float(run.seconds), float(run.drift_k))))
    np.savez_compressed(
        buffer, seconds=run.seconds, drift_k=run.drift_k, minimum_c=minimum_c, warmth=warmth, affine=affine,
        digest=digest,
    )  # fmt: skip
    write_whole(path, buffer.getvalue())


def _read(path: Path, key: str) -> Coarse | None:
    """A kept run, or None where there is none that agrees with its own hash."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            minimum_c, warmth, affine = stored["minimum_c"], stored["warmth"], stored["affine"]
            told, digest = (float(stored["seconds"]), float(stored["drift_k"])), str(stored["digest"])
        if digest != _digest(key, minimum_c, warmth, affine, told):
            return None
        return Coarse(minimum_c, Grid.of(minimum_c.shape, affine), warmth, *told)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None
