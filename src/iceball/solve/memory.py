"""Whether a run fits into this machine's memory: found out before anything is allocated, not in the middle of it.

There is this one estimate: a Simulation asks it for its own scene, a plan for all its runs together.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from iceball.errors import SceneError
from iceball.solve.scene import BLOCK_CELLS

# Measured on 2026-11-22 as the greatest resident memory of a run less that before it (Linux, two threads): P1 of 7.1
# million cells 94 bytes a cell, the bundled kidney 115 (9.8 million), 124 (3.6 million) and 164 (0.4 million, 0.21
# mixed faces a cell); one tissue at rest first 115, in double precision 164. On 2026-11-23, 2.7 million cells: one
# tissue 111, 5 % and 50 % of cells of another tissue at random 126 and 286, every second cell 563 (0.28, 1.49 and 2.98
# mixed faces a cell). Each includes three fields.
CELL_BYTES = 120
"""A cell of a run in single precision, without fields kept at certain times."""
DOUBLE_BYTES = 52
"""More of a cell in double precision."""
FACE_BYTES = 160
"""A face between cells of two labels."""
FIELD_BYTES = 4
"""A cell of one field kept at a certain time."""
CHECKPOINT_BYTES = 150
"""A cell, where checkpoints are taken: 46 bytes of everything that changes, while it is taken, written and read."""
RULE_BYTES = 50
"""A cell, where rules may change tissues: a second layout; measured as 169 instead of 120 bytes (4.1 million cells)."""
KEPT_BYTES = 22
"""A cell of a finished History (extremes, times, rates, labels), without fields kept at certain times."""
LOADED_BYTES = 130_000_000
"""Compiled kernels and libraries that a first run loads: 60 to 120 MB."""
SHARE = 0.8
"""Of the free memory; the rest is for whatever else the machine does."""


def run_bytes(
    cells: int, faces: int, *, fields: int = 3, double: bool = False, checkpoints: bool = False, rules: bool = False
) -> int:
    """What a run needs at most, bytes.

    Args:
        cells: of the grid, gas included.
        faces: how many of their faces lie between two labels.
        fields: temperature fields kept, that of the end included.
        double: whether it runs in double precision.
        checkpoints: whether checkpoints are taken.
        rules: whether cells may become another tissue.
    """
    each = CELL_BYTES + FIELD_BYTES * fields + DOUBLE_BYTES * double + CHECKPOINT_BYTES * checkpoints
    each += RULE_BYTES * rules
    return cells * each + FACE_BYTES * faces


def history_bytes(cells: int, *, fields: int = 3) -> int:
    """What a finished History holds, bytes."""
    return cells * (KEPT_BYTES + FIELD_BYTES * fields)


def mixed_faces(labels: NDArray[np.uint8]) -> int:
    """How many faces lie between cells of two labels; counted block by block, since comparing takes memory too."""
    count, step = 0, max(1, BLOCK_CELLS // labels[0].size)
    for first in range(0, len(labels), step):
        block, above = labels[first : first + step], labels[first + 1 : first + step + 1]
        for a, b in (
            (above, labels[first : first + len(above)]),
            (block[:, 1:], block[:, :-1]),
            (block[:, :, 1:], block[:, :, :-1]),
        ):
            count += int(np.count_nonzero(a != b))
    return count


def must_fit(
    need: int, *, shape: Sequence[int], spacing_mm: Sequence[float], where: str, widest_mm: float = math.inf
) -> None:
    """Refuse what this machine cannot hold.

    Args:
        need: bytes, without kernels and libraries.
        shape: of the grid, to name a spacing that fits.
        spacing_mm: of the grid along x, y, z.
        where: what the refusal is about.
        widest_mm: cells above this are no remedy.

    Raises:
        SceneError: with what is needed, what is free, and a spacing that fits.
    """
    free = free_bytes()
    if free is None or need <= (room := SHARE * free - LOADED_BYTES):
        return
    remedy = "Take a machine with more memory."
    if room > 0:
        axes = max(1, sum(n > 1 for n in shape))
        # A tenth more than the root says, so that what is named here is not refused again.
        wider = 1.1 * (need / room) ** (1 / axes)
        sides = [f"{s * wider:.2g}" for n, s in zip(shape, spacing_mm, strict=True) if n > 1 or axes == len(shape)]
        if max(spacing_mm) * wider <= widest_mm:
            remedy = f"Take cells of about {sides[0] if len(set(sides)) == 1 else ' x '.join(sides)} mm."
    raise SceneError(
        f"{math.prod(shape) / 1e6:.3g} million cells need about {_gb(need + LOADED_BYTES)} of memory; {_gb(free)} are "
        f"free, of which {_gb(SHARE * free)} may be taken",
        where=where,
        remedy=remedy,
    )


def _gb(size: float) -> str:
    return f"{size / 1e9:.3g} GB"


def free_bytes() -> int | None:
    """Memory that can still be had, or None where the system does not say."""
    found = [size for size in (_available(), _allowed()) if size is not None]
    return max(min(found), 0) if found else None


def _available() -> int | None:
    """What Linux says is available; elsewhere all the memory that the machine has."""
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def _allowed(group: Path = Path("/sys/fs/cgroup")) -> int | None:
    """What is left of a container's allowance, which may be less than the machine has; files read once can go."""
    try:
        limit = (group / "memory.max").read_text(encoding="ascii").strip()
        if limit == "max":
            return None
        used = int((group / "memory.current").read_text(encoding="ascii"))
        told = dict(line.split() for line in (group / "memory.stat").read_text(encoding="ascii").splitlines())
        return int(limit) - used + int(told.get("inactive_file", 0))
    except (OSError, ValueError):
        return None


def held_bytes(*owners: object) -> int:
    """Memory of all arrays that some objects hold, each counted once."""
    seen: dict[int, int] = {}

    def add(value: object) -> None:
        if isinstance(value, np.ndarray):
            whole = value
            while isinstance(whole.base, np.ndarray):
                whole = whole.base
            seen[id(whole)] = whole.nbytes
        elif isinstance(value, tuple | list):
            for part in value:
                add(part)
        elif isinstance(size := getattr(value, "nbytes", None), int):  # a field on a device
            seen[id(value)] = size

    for owner in owners:
        for value in vars(owner).values():
            add(value)
    return sum(seen.values())
