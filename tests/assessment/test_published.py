"""The JSON object, the tree, the key and the doubts."""

import json
from dataclasses import replace

import numpy as np
import pytest

from iceball.assessment import Assessment, Cover, Spare, assess, assessment_key, with_variants
from iceball.errors import CaseError
from iceball.space.shapes import Ellipsoid, Points, Polyline, Sphere
from tests.assessment.made_by_hand import as_mask, ball, box, history, patient

GRID = box(30, 2.0)
GOALS = [Cover("tumour", 0, 5), Spare("colon", 0, 5)]
ANATOMY = patient({"tumour": Sphere((0, 0, 0), 16), "colon": Sphere((0, 22, 0), 10)}, notes=("tissue assumed",))


def found(radius, **extra):
    return assess(history(GRID, ball(GRID, radius)), GOALS, ANATOMY, **extra)


@pytest.fixture(scope="module")
def whole():
    return found(14, variants={"low_flow": found(15.5), "high_flow": found(13.5), "chart_like": found(19)})


def test_the_json_has_the_published_shape(whole):
    data = json.loads(json.dumps(whole.as_json(), allow_nan=False))
    assert {
        "volumes_ml", "volumes_end_of_freeze_ml", "coverage", "margins_mm", "structures", "not_assessed", "goals",
        "doubt", "made_by", "variants", "status", "target_ml", "notes",
    } <= set(data)  # fmt: skip
    for key in ("volumes_ml", "coverage", "margins_mm"):
        assert list(data[key]) == ["0", "-20", "-40"]
    assert {"min", "p05", "where_lps_mm"} <= set(data["margins_mm"]["0"])
    assert {"name", "min_temperature_c", "frozen_ml", "distance_to_0c_mm", "first_reached_s"} <= set(
        data["structures"][0]
    )
    assert {"goal", "met", "value"} <= set(data["goals"][0])
    assert set(data["doubt"]["margins_mm.0.min"]) == {"low", "high", "kind"}
    assert set(data["variants"]) == {"low_flow", "high_flow", "chart_like"}
    assert "variants" not in data["variants"]["low_flow"]
    assert data["made_by"]["run_key"] == "by-hand"
    assert len(data["made_by"]["assessment_key"]) == 64
    assert "tissue assumed" in data["notes"]
    assert "histogram" not in data


def test_what_is_missing_is_null_never_nan():
    cold_nowhere = assess(history(GRID, np.full(GRID.shape, 30.0)), GOALS, ANATOMY)
    data = json.loads(json.dumps(cold_nowhere.as_json(full=True), allow_nan=False))
    assert data["margins_mm"]["0"]["min"] is None
    assert data["structures"][0]["distance_to_0c_mm"] is None
    assert data["margin_map"] is None
    odd = replace(cold_nowhere, made_by={"outer_drift_k": float("nan"), "spacing_mm": np.float32(2)})
    assert odd.as_json()["made_by"] == {"outer_drift_k": None, "spacing_mm": 2.0}


def test_an_assessment_is_read_back_as_it_was(whole):
    data = json.loads(json.dumps(whole.as_json(full=True)))
    back = Assessment.from_json(data)
    assert back.as_json(full=True) == whole.as_json(full=True)
    assert str(back) == str(whole)
    assert Assessment.from_json(whole.as_json()).margin_map is None
    with pytest.raises(CaseError):
        Assessment.from_json({"volumes_ml": {}})


def test_doubts_hold_every_variant_and_are_never_narrower_than_half_a_voxel(whole):
    for name, value in whole.numbers().items():
        doubt = whole.doubt[name]
        assert doubt.low <= value <= doubt.high
        if name.startswith(("margins_mm", "distance")):
            assert doubt.low <= value - 1.0
            assert doubt.high >= value + 1.0
        for variant in whole.variants.values():
            if name in variant.numbers():
                assert doubt.low <= variant.numbers()[name] <= doubt.high
    assert whole.doubt["margins_mm.0.min"].kind == "probe"
    flow = with_variants(found(14), {"low_flow": found(15.5), "high_flow": found(13.5)})
    assert flow.doubt["margins_mm.0.min"].kind == "flow"
    assert flow.doubt["margins_mm.0.min"].high == pytest.approx(7.5, abs=0.3)
    assert flow.doubt["margins_mm.0.min"].low == pytest.approx(5.0, abs=0.3)
    assert found(14).doubt["margins_mm.0.min"].kind == "grid"


def with_numerical(radius, ml, mm, **extra):
    keys = ("0", "-20", "-40")
    known = replace(
        history(GRID, ball(GRID, radius)), doubt={"ml": dict.fromkeys(keys, ml), "mm": dict.fromkeys(keys, mm)}
    )
    return assess(known, GOALS, ANATOMY, **extra)


def test_the_solvers_own_doubt_is_carried_by_every_number_beside_the_others():
    known = with_numerical(14, 0.4, 0.3)
    value = known.volumes_ml["0"]
    assert known.doubt["volumes_ml.0"].kind == "numerical"
    assert (known.doubt["volumes_ml.0"].low, known.doubt["volumes_ml.0"].high) == pytest.approx(
        (value - 0.4, value + 0.4)
    )
    assert known.doubt["margins_mm.0.min"].kind == "grid"
    assert with_numerical(14, 0.4, 3.0).doubt["margins_mm.0.min"].kind == "numerical"
    assert set(known.numerical) == set(known.numbers())
    assert known.numerical["distance_to_0c_mm.colon"] == 0.3
    assert known.numerical["volumes_ml.-40"] == 0.4
    assert 0 < known.numerical["coverage.-40"] < 0.5
    flow = with_numerical(14, 0.4, 0.3, variants={"low_flow": found(15.5)})
    assert flow.doubt["volumes_ml.0"].kind == "flow"
    assert flow.doubt["volumes_ml.0"].low == pytest.approx(value - 0.4)
    assert flow.numerical == known.numerical
    assert Assessment.from_json(json.loads(json.dumps(flow.as_json()))).numerical == flow.numerical
    assert "mL, numerical ± 0.4" in str(flow)
    assert ", numerical ± 0.3" in str(flow)
    assert [v.met for v in flow.goals] == [v.met for v in found(14).goals]


def test_without_a_coarser_run_nothing_numerical_is_claimed():
    assert found(14).numerical == {}
    assert "numerical" not in str(found(14))


def test_a_number_that_a_variant_does_not_have_is_named():
    cold = with_variants(found(14), {"high_flow": found(7)})
    assert any("high_flow" in note and "margins_mm.-40.min" in note for note in cold.notes)


def test_the_tree_says_status_margin_goals_and_what_was_not_assessed(whole):
    text = str(whole)
    assert text.splitlines()[0] == f"Assessment (research use only): {whole.status}"
    for part in (
        "covers 100.0 %",
        "margin min 5.9 mm",
        "[met] 0 °C covers tumour + 5 mm",
        "colon",
        "organ unknown",
        "(min",
    ):
        assert part in text
    assert max(len(line) for line in text.splitlines()) < 140


def test_the_key_changes_with_goals_and_structures_and_with_nothing_else():
    shapes = [
        Sphere((0, 0, 0), 5),
        Ellipsoid((0, 0, 0), (5, 5, 6)),
        Points(np.zeros((1, 3))),
        Polyline(np.eye(3)),
        as_mask(Sphere((0, 0, 0), 8), GRID),
        as_mask(Sphere((0, 0, 0), 12), GRID),
    ]
    keys = {assessment_key("run", GOALS, ANATOMY)}
    keys |= {assessment_key("run", GOALS, patient({"tumour": s})) for s in shapes}
    keys |= {assessment_key("other run", GOALS, ANATOMY), assessment_key("run", GOALS[:1], ANATOMY)}
    keys |= {assessment_key("run", GOALS, ANATOMY, version="0"), assessment_key("run", GOALS, ANATOMY, needles=2)}
    assert len(keys) == len(shapes) + 5
    assert assessment_key("run", GOALS, replace(ANATOMY, notes=())) == assessment_key("run", tuple(GOALS), ANATOMY)
