"""Checkpoints on disk: one file that appears whole or not at all."""

from __future__ import annotations

import io as memory
import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from iceball.errors import CaseError
from iceball.io.text import write_whole
from iceball.solve.checkpoint import Checkpoint

HEAD = "checkpoint"


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint, in place of an older one.

    Example:
        `Simulation(scene, checkpoint=lambda c: write_checkpoint(Path("run.npz"), c))`
    """
    head = {
        "time_s": checkpoint.time_s,
        "run": dict(checkpoint.run),
        "version": checkpoint.version,
        "format": checkpoint.format,
    }
    arrays = {
        f"{part}:{name}": np.asarray(value) for part, saved in checkpoint.parts.items() for name, value in saved.items()
    }
    buffer = memory.BytesIO()
    np.savez(buffer, allow_pickle=False, **{HEAD: np.frombuffer(json.dumps(head).encode(), np.uint8)}, **arrays)
    write_whole(path, buffer.getvalue())


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint; whether it fits a run is found out where it is resumed.

    Raises:
        CaseError: if the file is missing, cut short or something else.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        head: dict[str, Any] = json.loads(arrays.pop(HEAD).tobytes())
        parts: dict[str, dict[str, Any]] = {}
        for name, value in arrays.items():
            part, field = name.split(":", 1)
            parts.setdefault(part, {})[field] = value if value.ndim else value.item()
        return Checkpoint(float(head["time_s"]), head["run"], parts, str(head["version"]), int(head["format"]))
    except (OSError, EOFError, KeyError, ValueError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        raise CaseError(
            f"is no checkpoint that can be read ({error})", where=str(path), remedy="Simulate from the start."
        ) from error
