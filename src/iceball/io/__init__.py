"""Files in and files out, and the case folder.

Names are loaded when first used, so that a reading child starts fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "Case": "case",
    "Series": "series",
    "list_series": "read",
    "read_dicom": "read",
    "read_image": "read",
    "read_label_map": "read",
    "read_points": "read",
    "read_segmentation": "segmentation",
    "read_structures": "read",
    "write_nifti": "nifti",
}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"iceball.io has no '{name}'. Known: {', '.join(__all__)}.")
    return getattr(import_module(f"iceball.io.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
