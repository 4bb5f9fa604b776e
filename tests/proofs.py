"""The checkout's proofs as modules: their folder is no package, and the wheel does not hold it."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

VALIDATION = Path(__file__).resolve().parents[1] / "validation"


def proof_module(name: str) -> ModuleType:
    """The module of that name in the folder of proofs, such as "exact" or "sabotage.run"."""
    sys.path.insert(0, str(VALIDATION))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(VALIDATION))
