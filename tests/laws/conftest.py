"""Lets the referee run without the compiler, as the sabotage of the laws needs it."""

import numpy as np
import pytest
from numba import config

from iceball.solve import simulation


@pytest.fixture(autouse=True)
def rows_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Uncompiled laws read a tissue's numbers as attributes, which a plain numpy record does not have."""
    if config.DISABLE_JIT:
        made = simulation.property_rows
        monkeypatch.setattr(simulation, "property_rows", lambda *about: made(*about).view(np.recarray))
