"""What the report says of surfaces that were sprayed: spots, gas and vent, maps, and of no needles."""

from __future__ import annotations

from pathlib import Path

import pytest

import iceball as ib
from iceball.assessment import Assessment
from iceball.plan.compose import Conditions, compose
from iceball.plan.judge import judge
from iceball.plan.predict import NOMINAL, Prediction
from iceball.plan.spray.spot import Spot
from iceball.reporting.figures_surface import spots_clock_picture, surface_picture
from iceball.reporting.spots import gas_facts, spot_list, spots_table, surface_table
from iceball.reporting.tables import variants_table
from iceball.solve import Simulation
from iceball.space.box import Box
from iceball.tissue.phantom import phantom

CELLS = Conditions(spacing_mm=4.0)
BODY = phantom((60, 32, 60), 4.0, target=Box((-12, 0, -12), (12, 8, 12)), air_above_mm=12)
SPOTS = [
    Spot("generic-ln2-spray", (-8, 0, 0), 20, thaw_s=40, cycles=2),
    Spot("generic-ln2-spray", (8, 0, 0), 20, start_s=20, thaw_s=40, cycles=2, name="lateral <script>"),
]
PLAN = ib.Plan(spots=SPOTS, vent="active", goals=[ib.Cover("tumour", below=0)])


@pytest.fixture(scope="module")
def prediction() -> Prediction:
    high = Conditions(spacing_mm=4.0, film="high")
    runs = {
        name: Simulation(compose(PLAN, BODY, conditions=c)).run() for name, c in ((NOMINAL, CELLS), ("high_h", high))
    }
    return Prediction(runs, {NOMINAL: CELLS, "high_h": high})


@pytest.fixture(scope="module")
def verdict(prediction: Prediction) -> Assessment:
    return judge(prediction, PLAN, BODY)


def words(table: object) -> str:
    rows = getattr(table, "rows", ())
    return " | ".join(cell.text for row in rows for cell in row)


def test_the_report_tells_spots_gas_vent_and_surface_and_no_needles(
    prediction: Prediction, verdict: Assessment, tmp_path: Path
) -> None:
    file = ib.report(verdict, prediction.history, PLAN, BODY, to=tmp_path / "report.html", pdf=False)
    text = file.read_text(encoding="utf-8")
    for said in (
        "Spots on the surface",
        "Treated surface",
        "Vent declared",
        "active",
        "27.8 L of gas",
        "No pressure is modelled",
        "850 (700 to 1000) W/m2/K, calculated",
        "to boil away",
        "Spots one by one",
        "lateral &lt;script&gt;",
        "RESEARCH USE ONLY",
        "spray.generic-ln2-spray.h",
        "pack.pleura.surface.dwell_s",
    ):
        assert said in text, said
    assert "<script>" not in text
    assert "No needle in this plan" not in text
    assert "needle, active zone" not in text


def test_alike_spots_share_a_row_and_each_has_its_place(verdict: Assessment) -> None:
    table = spots_table(PLAN)
    assert table is not None
    assert [row[0].text for row in table.rows] == ["1 to 2"]
    assert "−8.0, 0.0, 0.0" in words(spot_list(PLAN))
    assert "0:20 to 0:40; 1:20 to 1:40" in words(spot_list(PLAN))


def test_the_surface_is_told_for_every_run(verdict: Assessment) -> None:
    table = surface_table(verdict)
    assert table is not None
    assert table.head == ("", "judged", "high h of the surface")
    assert "sprayed or touched at least twice" in words(table)
    assert "nominal flow and h (judged)" in words(variants_table(verdict))


def test_pictures_are_made_and_a_plan_with_needles_has_none_of_them(verdict: Assessment) -> None:
    assert surface_picture(verdict, PLAN, "stamp") is not None
    assert spots_clock_picture(PLAN) is not None
    without = ib.Plan()
    assert spots_clock_picture(without) is None
    assert spots_table(without) is None
    assert gas_facts(None) == ()


def test_a_flow_that_cannot_hold_its_h_is_told(prediction: Prediction) -> None:
    from iceball.plan.spray.gas import supply_note

    assert "takes 6.4 kJ to boil away" in supply_note(PLAN, prediction.history)
    short = ib.Plan(spots=[Spot("generic-ln2-spray", (0, 0, 0), 2)], vent="active")
    assert "less freezes than is shown" in supply_note(short, prediction.history)
