"""A result is shown for the plan it was made from, and for no other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from iceball.assessment.goals import Cover
from iceball.errors import StaleError
from iceball.io.bundled import bundled_case
from iceball.io.case import Case
from iceball.io.runs import latest_run, load_prediction, save_prediction
from iceball.plan import freeze
from iceball.plan.predict import predict
from iceball.units import minutes


def test_a_moved_needle_or_another_clock_makes_the_result_stale_and_a_changed_goal_does_not(tmp_path: Path) -> None:
    bundled_case("kidney", tmp_path / "case")
    case = Case.open(tmp_path / "case")
    anatomy = case.anatomy()
    plan = case.plan().edited(protocol=freeze(1 * minutes))
    save_prediction(case, predict(plan, anatomy, spacing_mm=4.0))
    run = latest_run(case)
    assert load_prediction(run, plan, anatomy).history.result.name == "finished"
    other_goal = plan.edited(goals=(Cover("tumour", below=0, margin_mm=9),))
    assert load_prediction(run, other_goal, anatomy).history.result.name == "finished"
    first = plan.probes[0]
    x, y, z = first.tip_mm
    moved = plan.edited(probes=(replace(first, tip_mm=(x, y, z + 1)), *plan.probes[1:]))
    for changed in (moved, plan.edited(protocol=freeze(2 * minutes))):
        with pytest.raises(StaleError, match="STALE"):
            load_prediction(run, changed, anatomy)
