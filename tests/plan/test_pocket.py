"""Pockets in a plan: what is refused, who sees the moved patient, and what the cold then does."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import pytest

from iceball.assessment import assess
from iceball.assessment.goals import Cover, Spare
from iceball.errors import PlanError
from iceball.plan import Placement, Plan
from iceball.plan.compose import Conditions, compose
from iceball.plan.constants import constants_of
from iceball.plan.judge import judge
from iceball.plan.pocket import Pocket
from iceball.plan.predict import THIN, predict, simulate
from iceball.plan.protocol import freeze
from iceball.plan.treated import Treated, as_treated, thinned
from iceball.reporting.flags import MOVED, all_flags
from iceball.reporting.pockets import pocket_facts
from iceball.tissue import Anatomy
from tests.plan.displaced import body

COARSE = Conditions(spacing_mm=4.0)
PLAN = Plan(
    probes=(Placement("generic-17g-long", tip_mm=(22.0, 44.0, 0.0), entry_mm=(-50.0, 30.0, 0.0)),),
    protocol=freeze(180.0),
    goals=(Cover("tumour", 0.0), Spare("bowel", 0.0, 5.0)),
)


def with_pocket(thickness_mm: float = 6.0, fluid: str = "dextrose", **fields: object) -> Plan:
    return replace(PLAN, pockets=(Pocket("colon", fluid, thickness_mm, **fields),))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"structure": ""}, "structure"),
        ({"away_from": "colon"}, "away_from"),
        ({"fluid": "beer"}, "fluid"),
        ({"thickness_mm": 0.0}, "thickness_mm"),
        ({"thickness_mm": -3.0}, "thickness_mm"),
        ({"thickness_mm": float("nan")}, "thickness_mm"),
        ({"thickness_mm": 90.0}, "thickness_mm"),
        ({"start_c": 4.0}, "start_c"),
        ({"start_c": 60.0}, "start_c"),
        ({"thins_to_mm": 12.0}, "thins_to_mm"),
        ({"thins_to_mm": 0.0}, "thins_to_mm"),
        ({"footprint_mm": 0.0}, "footprint_mm"),
        ({"direction": (0.0, 0.0, 0.0)}, "direction"),
    ],
)
def test_a_pocket_that_cannot_be_is_refused_by_its_field(fields: dict[str, object], named: str) -> None:
    with pytest.raises(PlanError) as refusal:
        Pocket(**{"structure": "colon", "fluid": "saline", "thickness_mm": 8.0, **fields})  # type: ignore[arg-type]
    assert refusal.value.where == f"Pocket.{named}"


@pytest.mark.parametrize(
    ("pockets", "where"),
    [
        ((Pocket("liver", "saline", 5.0),), "Plan.pockets[0].structure"),
        ((Pocket("vertebrae_L2", "saline", 5.0),), "Plan.pockets[0].structure"),
        ((Pocket("colon", "saline", 5.0), Pocket("colon", "co2", 5.0)), "Plan.pockets[1].thickness_mm"),
    ],
)
def test_what_the_patient_forbids_is_refused_by_pocket_and_field(pockets: tuple[Pocket, ...], where: str) -> None:
    with pytest.raises(PlanError) as refusal:
        as_treated(replace(PLAN, pockets=pockets), body())
    assert refusal.value.where == where


def test_the_patient_is_moved_once_and_goes_back() -> None:
    imaged, plan = body(), with_pocket()
    treated = as_treated(plan, imaged)
    assert as_treated(plan, treated) is treated
    assert as_treated(PLAN, treated) is imaged
    thicker = as_treated(with_pocket(9.0), treated)
    assert len(thicker.moved) == 1
    assert thicker.before is imaged
    assert thicker.moved[0].after_mm > treated.moved[0].after_mm


def test_fluid_begins_as_cold_as_it_is_given_and_all_else_as_before() -> None:
    treated = as_treated(with_pocket(start_c=20.0), body())
    scene = compose(with_pocket(start_c=20.0), body(), conditions=COARSE)
    label = treated.moved[0].label
    assert scene.starts_c == ((label, 20.0),)
    assert (scene.labels == label).any()
    history = simulate(with_pocket(start_c=20.0), treated, conditions=COARSE, doubt=False)
    pocket = scene.labels == label
    assert history.minimum_c[pocket].max() <= 20.0 + 1e-3
    warm = compose(with_pocket(start_c=37.0), body(), conditions=COARSE)
    assert warm.key() != scene.key()


def test_carbon_dioxide_is_a_wall_at_its_temperature() -> None:
    scene = compose(with_pocket(fluid="co2", start_c=25.0), body(), conditions=COARSE)
    (wall,) = (w for w in scene.walls if w.name == "pocket_colon")
    assert wall.ambient_c == 25.0
    assert wall.h > 0
    assert not scene.starts_c


def test_the_colon_stays_the_warmer_the_thicker_the_pocket() -> None:
    lowest = []
    for thickness in (0.0, 4.0, 8.0):
        plan = with_pocket(thickness, start_c=37.0) if thickness else PLAN
        treated = as_treated(plan, body())
        history = simulate(plan, treated, conditions=COARSE, doubt=False)
        found = assess(history, plan.goals, treated, needles=1, kill=None)
        lowest.append(next(s.min_temperature_c for s in found.structures if s.name == "colon"))
    assert lowest[0] + 1.0 < lowest[1] < lowest[2] - 0.2


def test_a_pocket_that_thins_adds_the_worst_run_and_its_doubt() -> None:
    plan = with_pocket(8.0, start_c=37.0, thins_to_mm=3.0)
    assert thinned(with_pocket()) == with_pocket()
    assert thinned(plan).pockets[0].thickness_mm == 3.0
    short = replace(plan, protocol=freeze(90.0))
    prediction = predict(short, body(), spacing_mm=4.0)
    assert list(prediction.histories)[-1] == THIN
    verdict = judge(prediction, short, body())
    colon = {name: next(s for s in v.structures if s.name == "colon") for name, v in verdict.variants.items()}
    nominal = next(s for s in verdict.structures if s.name == "colon")
    assert colon[THIN].distance_to_0c_mm < nominal.distance_to_0c_mm - 2.0
    assert verdict.doubt["distance_to_0c_mm.colon"].low <= colon[THIN].distance_to_0c_mm
    assert any("moved by the model, not by an image" in note for note in verdict.notes)


def test_report_and_sources_name_the_pocket() -> None:
    plan = with_pocket(8.0, start_c=37.0, thins_to_mm=5.0)
    treated = as_treated(plan, body())
    ((word, told),) = pocket_facts(plan, treated)
    assert word == "Moved aside"
    assert "8 mm of dextrose 5 %" in told
    assert "thinning to 5 mm" in told
    assert "not by an image" in told
    assert MOVED in all_flags((), plan, treated)
    assert MOVED not in all_flags((), PLAN, body())
    names = {c.name for c in constants_of(plan, body())}
    assert {"pocket.start_c", "tissue.dextrose.liquidus_c"} <= names
    assert "pocket.start_c" not in {c.name for c in constants_of(PLAN, body())}


def test_a_pocket_reads_back_from_its_file() -> None:
    from pydantic import TypeAdapter

    plan = with_pocket(8.0, direction=(0.0, -1.0, 0.0), thins_to_mm=4.0)
    table = TypeAdapter(Plan).dump_python(plan, mode="json", exclude_none=True)
    assert TypeAdapter(Plan).validate_python(table) == plan
    assert np.isfinite(table["pockets"][0]["start_c"])


def test_a_patient_as_treated_is_made_once_and_a_refusal_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Plan] = []

    def opened(plan: Plan, anatomy: Anatomy) -> Anatomy:
        made.append(plan)
        if plan.pockets[0].structure == "nobody":
            raise PlanError("is not there", where="Plan.pockets[0].structure", remedy="Draw it.")
        return anatomy

    monkeypatch.setattr("iceball.plan.treated.as_treated", opened)
    treated = Treated(cast(Anatomy, object()))
    moved, nobody = (Plan(pockets=(Pocket(name, "saline", 10.0),)) for name in ("bowel", "nobody"))
    assert treated(moved) is treated(replace(moved, reason="another word"))
    for _ in range(2):
        with pytest.raises(PlanError, match="is not there"):
            treated(nobody)
    assert made == [moved, nobody]
