"""What report, check and notes say of vessels and warmers."""

from typing import Any

import pytest

from iceball.assessment import assess
from iceball.plan import Plan, Vessel, Warming, freeze
from iceball.plan.compose import Conditions
from iceball.plan.constants import constants_of
from iceball.plan.predict import simulate
from iceball.plan.warm.kept_warm import vessel_rows, warmer_rows
from iceball.plan.ways.geometry import check_plan
from iceball.reporting.warm import vessels_table, warmers_table
from tests.plan.test_warmers import plan as warmed
from tests.plan.test_warmers import prostate

LINE = ((20.0, 10.0, 0.0), (20.0, 95.0, 0.0))


@pytest.fixture(scope="module")
def told() -> tuple[Any, Any, Any]:
    """A plan with a vessel, a clamped one and a warmer, its history, and the patient."""
    vessels = (
        Vessel(line_mm=LINE, diameter_mm=6.0, name="artery"),
        Vessel(line_mm=[(-x, y, z) for x, y, z in LINE], diameter_mm=5.0, share=0.0, name="vein"),  # type: ignore[arg-type]
    )
    made = warmed(Warming("urethral-warmer", "urethra"), duration_s=180.0).edited(vessels=vessels)
    return made, simulate(made, prostate(), conditions=Conditions(spacing_mm=3.0), doubt=False), prostate()


def test_the_report_lists_vessels_and_warmers_with_what_they_gave(told: tuple[Any, Any, Any]) -> None:
    plan, history, anatomy = told
    table, warm = vessels_table(plan, anatomy, history), warmers_table(plan, history)
    assert table is not None
    assert warm is not None
    rows = {row[0].text: [cell.text for cell in row] for row in table.rows}
    assert rows["artery"][1] == "6.0 mm"
    assert "assumed" in rows["artery"][2]
    assert rows["vein"][2] == "clamped"
    (row,) = vessel_rows(plan, anatomy, history.scene.grid, history=history)[:1]
    assert row.gave_j is not None
    assert row.cooled_k is not None
    names = [w.name for w in history.scene.walls if w.flow == "artery"]
    assert row.gave_j == pytest.approx(sum(history.heat.by_wall_j[n] for n in names))
    assert 0 < row.cooled_k < 1
    assert warm.rows[0][2].text == "43 °C"
    (warmer,) = warmer_rows(plan, history=history)
    assert warmer.gave_j == pytest.approx(history.heat.by_wall_j["urethral balloon warmer: urethra"])


def test_the_notes_and_constants_say_what_was_used(told: tuple[Any, Any, Any]) -> None:
    plan, history, anatomy = told
    said = " ".join(assess(history, (), anatomy).notes)
    assert "Vessels as walls that their blood keeps warm: artery: 6.0 mm, 0.2 m/s (assumed, by its width)" in said
    assert "Clamped vessels: vein" in said
    assert "Warmers: urethral balloon warmer, urethra: 43 °C" in said
    names = {c.name for c in constants_of(plan, anatomy)}
    assert {"vessel.entry_mm", "vessel.of_6mm.speed_m_s", "warmer.urethral-warmer.h"} <= names


def test_the_check_says_what_cannot_be_and_what_changes_nothing(told: tuple[Any, Any, Any]) -> None:
    plan, _, anatomy = told
    assert not [f for f in check_plan(plan, anatomy) if "vessel" in f.where or "warmer" in f.where]
    lost = plan.edited(warmers=(Warming("pyeloperfusion", "renal_pelvis"),))
    (error,) = [f for f in check_plan(lost, anatomy) if f.where == "Plan.warmers[0].structure"]
    assert error.severity == "error"
    far = Vessel(line_mm=((0, 500, 0), (0, 600, 0)), diameter_mm=6.0)
    (warning,) = [f for f in check_plan(plan.edited(vessels=(far,)), anatomy) if f.where == "vessels[0]"]
    assert warning.severity == "warning"
    assert "beyond the simulated box" in warning.what
    fast = Vessel(line_mm=LINE, diameter_mm=12.0, speed_m_s=1.0, name="jet")
    (warning,) = [f for f in check_plan(plan.edited(vessels=(fast,)), anatomy) if f.where == "jet"]
    assert "Reynolds" in warning.what


def test_a_needle_through_a_drawn_vessel_is_an_error(told: tuple[Any, Any, Any]) -> None:
    plan, _, anatomy = told
    across = Vessel(line_mm=((-30, 40, 0), (40, 40, 0)), diameter_mm=6.0, name="feeder")
    (error,) = [f for f in check_plan(plan.edited(vessels=(across,)), anatomy) if "feeder" in f.what]
    assert error.severity == "error"
    assert error.where == "needle 1"


def test_a_plan_without_either_has_no_such_tables() -> None:
    plan = Plan((warmed().probes[0],), freeze(60.0))
    history = simulate(plan, prostate(), conditions=Conditions(spacing_mm=4.0), doubt=False)
    assert vessels_table(plan, prostate(), history) is None
    assert warmers_table(plan, history) is None
