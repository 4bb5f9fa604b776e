"""What cannot be trusted is refused: impossible materials, and steps that leave the scene's temperatures."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from iceball.errors import SceneError, SolverError
from iceball.solve import Simulation, march
from tests.solve.scenes import KIDNEY, block


@pytest.mark.parametrize(
    "wrong",
    [
        {"density": 0.0},
        {"conductivity": -0.5},
        {"heat_capacity": math.nan},
        {"latent_heat": -1.0},
        {"perfusion": -0.001},
        {"solidus_c": 1.0},
        {"frozen_heat_capacity": (100.0, 6.0)},
    ],
    ids=str,
)
def test_an_impossible_material_is_refused_by_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(SceneError) as caught:
        replace(KIDNEY, **wrong)
    assert "Material kidney" in str(caught.value)


def test_a_run_that_finds_no_sound_step_ends_without_a_result(monkeypatch: pytest.MonkeyPatch) -> None:
    """With no temperature counted as sound every step is taken back, until none is left to try."""
    scene = block(10.0, half_mm=12.0)
    assert Simulation(scene).run().result.name == "finished"
    monkeypatch.setattr(march, "UNDERSHOOT_K", -1000.0)
    with pytest.raises(SolverError, match="no step gives a finite answer"):
        Simulation(scene).run()
