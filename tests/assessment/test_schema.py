"""The published schema of an assessment holds for every assessment, and for nothing else."""

import json
from typing import Any

import numpy as np
import pytest

from iceball.assessment import Cover, Limit, Spare, assess
from iceball.assessment.schema import assessment_schema
from iceball.space.shapes import Ellipsoid, Points, Polyline, Sphere
from tests.acceptance.json_schema import problems
from tests.assessment.made_by_hand import ball, box, history, patient

GRID = box(30, 2.0)
GOALS = [Cover("tumour", 0, 5), Cover("tumour", -20, fraction=0.9), Spare("colon", 0, 5), Limit("needles", 3)]
ANATOMY = patient(
    {
        "tumour": Sphere((0, 0, 0), 16),
        "colon": Ellipsoid((0, 22, 0), (10, 8, 12)),
        "nerve": Polyline(np.array([[12.0, 0, -20], [12, 0, 20]])),
        "marker": Points(np.array([[0.0, -18, 0]])),
    }
)


def found(radius: float, **extra: Any) -> dict[str, Any]:
    result = assess(history(GRID, ball(GRID, radius)), GOALS, ANATOMY, **extra)
    plain: dict[str, Any] = json.loads(json.dumps(result.as_json(), allow_nan=False))
    return plain


def nominal() -> dict[str, Any]:
    return found(14, variants={"low_flow": assess(history(GRID, ball(GRID, 16)), GOALS, ANATOMY)})


@pytest.mark.parametrize("radius", [14.0, 4.0, 0.5])
def test_an_assessment_fits_its_schema_with_much_ice_and_with_little(radius: float) -> None:
    assert not problems(found(radius), assessment_schema())


def test_an_assessment_without_any_ice_fits_its_schema() -> None:
    warm = assess(history(GRID, np.full(GRID.shape, 30.0)), GOALS, ANATOMY).as_json()
    assert warm["margins_mm"]["0"]["min"] is None
    assert not problems(warm, assessment_schema())


def test_variants_and_the_report_path_fit_the_schema() -> None:
    data = nominal()
    assert data["variants"]
    assert not problems({**data, "report": "report.html"}, assessment_schema())


def _without(key: str) -> dict[str, Any]:
    return {k: v for k, v in nominal().items() if k != key}


@pytest.mark.parametrize("key", sorted(set(assessment_schema()["required"])))
def test_no_key_may_be_missing(key: str) -> None:
    assert any(key in p or "required" in p or "breaks" in p for p in problems(_without(key), assessment_schema()))


@pytest.mark.parametrize(
    "change",
    [
        {"surprise": 1},
        {"status": "fine"},
        {"coverage": {"0": 1.2, "-20": 0.5, "-40": 0.1}},
        {"volumes_ml": {"0": "much", "-20": 1.0, "-40": 1.0}},
        {"volumes_ml": {"0": 1.0, "-20": 1.0}},
        {"variants": {"low_flow": {}}},
        {"not_assessed": "ureter"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_is_no_assessment_breaks_the_schema(change: dict[str, Any]) -> None:
    assert problems({**nominal(), **change}, assessment_schema())
