"""The spread of a run on disk: spread.json, its probability map, and the members, so that none is run twice."""

from __future__ import annotations

import hashlib
import io as memory
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import iceball
from iceball.assessment import Assessment
from iceball.assessment.published_spread import spread_back, spread_json
from iceball.assessment.spread import Spread
from iceball.errors import CaseError
from iceball.io.runs import Run
from iceball.io.text import read_json, write_json, write_whole
from iceball.plan.ensemble import Member
from iceball.plan.varied import Varied
from iceball.space import Grid

STALE = (
    "The spread of this run was made for other goals or structures: it is STALE and not shown. "
    "Type `iceball spread` to make it again."
)


def spread_file(run: Run) -> Path:
    """Where a run's spread lies."""
    return run.folder / "spread.json"


def probability_file(run: Run) -> Path:
    """Where the map of the chance of -20 °C lies: `probability`, and `affine` from cell to LPS mm."""
    return run.folder / "spread.npz"


def save_spread(run: Run, spread: Spread) -> None:
    """Write a spread and its map beside the run's histories."""
    if spread.grid is not None and spread.probability is not None:
        buffer = memory.BytesIO()
        np.savez_compressed(buffer, probability=spread.probability, affine=spread.grid.matrix)
        write_whole(probability_file(run), buffer.getvalue())
    write_json(spread_file(run), {"run_key": run.key, **spread_json(spread)})


def with_spread(run: Run, verdict: Assessment, made_for: str) -> Assessment:
    """The assessment with the run's spread if one was made for it; a note where it was made for another.

    Args:
        run: the run's folder.
        verdict: its assessment.
        made_for: what a spread must have been made for, `iceball.plan.ensemble.belongs_to`.

    Raises:
        CaseError: if the file is there and is no spread.
    """
    if not spread_file(run).is_file():
        return verdict
    table = read_json(spread_file(run))
    try:
        found = spread_back(table)
        run_key = table["run_key"]
    except (KeyError, TypeError, AttributeError) as problem:
        raise CaseError(
            f"is not a spread of this version ({type(problem).__name__}: {problem})",
            where=str(spread_file(run)),
            remedy="Type `iceball spread` again.",
        ) from problem
    if found.made_for != made_for or run_key != run.key:
        return replace(verdict, notes=(*verdict.notes, STALE))
    return replace(verdict, spread=_with_map(run, found))


def _with_map(run: Run, spread: Spread) -> Spread:
    try:
        with np.load(probability_file(run), allow_pickle=False) as stored:
            probability, affine = np.asarray(stored["probability"], np.float32), stored["affine"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as problem:
        raise CaseError(
            f"could not be read: {problem}", where=str(probability_file(run)), remedy="Type `iceball spread` again."
        ) from problem
    return replace(spread, grid=Grid.of(probability.shape, affine), probability=probability)


def members_folder(run: Run, made_for: str, *, seed: int, spacing_mm: float, varied: Varied) -> Path:
    """Where the members of one ensemble lie: another seed, spacing or range, other goals or another version differ."""
    text = repr((run.key, made_for, seed, spacing_mm, varied, iceball.__version__))
    return run.folder / "members" / hashlib.sha256(text.encode()).hexdigest()[:16]


def keep_member(folder: Path, member: Member) -> None:
    """Write one member."""
    arrays: dict[str, Any] = {
        "names": np.array(list(member.numbers), str),
        "numbers": np.array(list(member.numbers.values()), float),
        "values": np.array([np.nan if v is None else v for v in member.values], float),
        "met": np.array([-1 if m is None else int(m) for m in member.met], np.int8),
        "cold": np.packbits(member.cold),
        "shape": np.array(member.cold.shape),
        "failed": np.array(member.failed),
    }
    buffer = memory.BytesIO()
    np.savez_compressed(buffer, **arrays)
    write_whole(folder / f"{member.index:04d}.npz", buffer.getvalue())


def kept_members(folder: Path) -> dict[int, Member]:
    """The members that are there, by index; one that cannot be read is run again."""
    out = {}
    for path in sorted(folder.glob("[0-9]*.npz")) if folder.is_dir() else ():
        try:
            with np.load(path, allow_pickle=False) as a:
                shape = tuple(int(n) for n in a["shape"])
                out[int(path.stem)] = Member(
                    int(path.stem),
                    dict(zip(a["names"].tolist(), a["numbers"].tolist(), strict=True)),
                    tuple(None if np.isnan(v) else float(v) for v in a["values"]),
                    tuple(None if m < 0 else bool(m) for m in a["met"]),
                    np.unpackbits(a["cold"], count=int(np.prod(shape))).astype(bool).reshape(shape),
                    str(a["failed"]),
                )
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
            continue
    return out
