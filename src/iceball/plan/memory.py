"""Whether a run fits into this machine's memory: found out before, not by being killed in the middle of it."""

from __future__ import annotations

from pathlib import Path

from iceball.errors import PlanError

# Measured at 1.3 and 3.0 million cells: 250 to 280 bytes a cell while a run is on its way, and some 60 for a history.
RUNNING_BYTES = 280
KEPT_BYTES = 60
# The rest is for the assessment, the report and whatever else the machine does.
SHARE = 0.8


def must_fit(cells: int, *, together: int = 1, kept: int = 1, spacing_mm: float) -> None:
    """Refuse a grid that this machine cannot hold.

    Args:
        cells: of one run.
        together: runs at the same time.
        kept: histories kept at the end.
        spacing_mm: to name one that fits.

    Raises:
        PlanError: with what is needed, what is free, and a spacing that fits.
    """
    free = free_bytes()
    if free is None:
        return
    need = cells * (RUNNING_BYTES * together + KEPT_BYTES * kept)
    if need <= SHARE * free:
        return
    # A tenth more than the cube root says, so that what is named here is not refused again.
    fits = 1.1 * spacing_mm * (need / (SHARE * free)) ** (1 / 3) if free else 4.0
    raise PlanError(
        f"{cells / 1e6:.0f} million cells need about {need / 1e9:.0f} GB of memory; {free / 1e9:.0f} GB are free",
        where=f"spacing {spacing_mm:g} mm",
        remedy=f"Take cells of about {fits:.2g} mm." if fits <= 4 else "Take a machine with more memory.",
    )


def free_bytes() -> int | None:
    """Memory that can still be had, or None where the system does not say."""
    found = []
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                found.append(int(line.split()[1]) * 1024)
        # A container may be allowed less than the machine has.
        group = Path("/sys/fs/cgroup")
        limit = (group / "memory.max").read_text(encoding="ascii").strip()
        if limit != "max":
            found.append(int(limit) - int((group / "memory.current").read_text(encoding="ascii")))
    except (OSError, ValueError, IndexError):
        pass
    return max(min(found), 0) if found else None
