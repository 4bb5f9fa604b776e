"""All that a run needs to go on later as if it had never been interrupted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import iceball
from iceball.errors import StaleError

FORMAT = 1
Saved = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """The state of a run between two steps, as numbers and plain arrays of its own.

    Args:
        time_s: how far the run has come.
        run: what it belongs to: the scene's key and everything else that decides the answer.
        parts: by part of the run (state, record, curves …) what it must remember; arrays, numbers and tuples of them.
        version: of Iceball, which must be the same to go on.
        format: of `parts`.
    """

    time_s: float
    run: Mapping[str, str]
    parts: Mapping[str, Saved]
    version: str = iceball.__version__
    format: int = FORMAT

    def must_belong_to(self, run: Mapping[str, str]) -> None:
        """Refuse to go on with another run.

        Raises:
            StaleError: with what differs.
        """
        where = "Simulation.resume"
        if (self.format, self.version) != (FORMAT, iceball.__version__):
            raise StaleError(
                f"the checkpoint is of version {self.version}, format {self.format}, and this is version "
                f"{iceball.__version__}, format {FORMAT}",
                where=where,
                remedy="Simulate from the start.",
            )
        other = [name for name in run if self.run.get(name) != run[name]]
        if other:
            raise StaleError(
                f"the checkpoint belongs to a run with another {' and '.join(other)}",
                where=where,
                remedy="Give the scene and settings that it was made with, or simulate from the start.",
            )


def own(saved: Saved) -> dict[str, Any]:
    """The same with copies of all arrays, so that a run that goes on does not change them."""
    return {name: _own(value) for name, value in saved.items()}


def _own(value: Any) -> Any:
    """A copy of an array, wherever it lies."""
    if isinstance(value, np.ndarray):
        return value.copy()
    return value.host() if hasattr(value, "host") else value
