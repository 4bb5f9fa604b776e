"""Whether this installation can do its work."""

from __future__ import annotations

import os
import platform
import tempfile
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import iceball
from iceball.solve.memory import free_bytes

NEEDED = (
    "numpy",
    "scipy",
    "numba",
    "SimpleITK",
    "pydicom",
    "highdicom",
    "nibabel",
    "scikit-image",
    "matplotlib",
    "typst",
)


def examine() -> dict[str, Any]:
    """Versions, cores and free memory, and whether a temporary file can be written. Absent parts read "missing"."""
    found: dict[str, Any] = {
        "iceball": iceball.__version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
    }
    for name in NEEDED:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "missing: install Iceball again"
    with tempfile.NamedTemporaryFile() as probe:
        probe.write(b"ice")
    free = free_bytes()
    found["free memory"] = "not told by this system" if free is None else f"{free / 1e9:.1f} GB"
    found["temporary folder"] = tempfile.gettempdir()
    found["gpu"] = "not used by this version"
    found["use"] = "research use only"
    return found
