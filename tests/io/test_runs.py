"""A run's folder gives back the histories it was made of, however they ended, and whoever shows them says how."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from iceball.errors import CaseError
from iceball.io.case import Case
from iceball.io.runs import Run, load_prediction, save_prediction
from iceball.plan import Plan, freeze
from iceball.plan.compose import Conditions, compose
from iceball.plan.judge import judge
from iceball.plan.predict import NOMINAL, Prediction
from iceball.reporting import report
from iceball.solve import History, Keep, Result, Simulation
from iceball.solve.history import StoppedToSpare
from iceball.solve.watch import StopWhen, reaches
from iceball.tissue import Anatomy
from tests.plan.test_compose import block, one_needle

COARSE = Conditions(spacing_mm=4.0)
SPARED = "Stopped: beside reached 10 °C at"


@pytest.fixture(scope="module")
def patient() -> tuple[Plan, Anatomy]:
    return one_needle(protocol=freeze(120).thaw(60).freeze(120)), block("kidney")


@pytest.fixture(scope="module")
def prediction(patient: tuple[Plan, Anatomy]) -> Prediction:
    """One run that spared what lies beside the needle, and one that was cancelled."""
    scene = compose(*patient, conditions=COARSE)
    scene = replace(scene, regions={"beside": np.abs(scene.grid.centres_mm()[..., 0]) > 4.0})
    spared = Simulation(scene, watch=[StopWhen(reaches("beside", 10.0))], keep=Keep(times_s=(12.5, 50.0))).run()
    asked = iter([False, True])
    cancelled = Simulation(scene, cancelled=lambda: next(asked)).run()
    histories = {NOMINAL: spared, "low_flow": cancelled}
    made = {name: replace(h, made_by={**h.made_by, "run_key": name}) for name, h in histories.items()}
    return Prediction(made, dict.fromkeys(histories, COARSE))


@pytest.fixture(scope="module")
def run(patient: tuple[Plan, Anatomy], prediction: Prediction, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("runs") / "case"
    case = Case.create(folder, title="A case", image=patient[1].image, structures=[], organ="kidney", flags=[])
    return save_prediction(case, prediction)


def same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return bool(np.array_equal(one, other, equal_nan=one.dtype.kind == "f") and one.dtype == other.dtype)
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, tuple):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    return bool(one == other)


def test_every_field_of_a_run_that_ended_early_comes_back(
    run: Run, patient: tuple[Plan, Anatomy], prediction: Prediction
) -> None:
    back = load_prediction(run, *patient)
    for name, history in prediction.histories.items():
        other = back.histories[name]
        assert history.scene.key() == other.scene.key()
        wrong = [
            f.name
            for f in fields(History)
            if f.name != "scene" and not same(getattr(history, f.name), getattr(other, f.name))
        ]
        assert not wrong, name
    result = back.history.result
    assert isinstance(result, StoppedToSpare)
    assert (result.region, result.celsius) == ("beside", 10.0)
    assert 50.0 < result.time_s < 120.0
    assert list(back.history.kept) == [12.5, 50.0]
    assert back.histories["low_flow"].result is Result.stopped_early


@pytest.mark.parametrize(
    "wrong", ["melted", {"region": "beside"}, {"region": "beside", "celsius": 0.0, "time_s": 3.0, "colour": "blue"}]
)
def test_an_end_that_no_run_has_is_refused(
    wrong: object, run: Run, patient: tuple[Plan, Anatomy], tmp_path: Path
) -> None:
    for file in run.folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    table = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    table["histories"][NOMINAL]["result"] = wrong
    (tmp_path / "run.json").write_text(json.dumps(table), encoding="utf-8")
    with pytest.raises(CaseError, match="result"):
        load_prediction(Run(tmp_path), *patient)


def test_history_assessment_and_report_say_how_the_runs_ended(
    run: Run, patient: tuple[Plan, Anatomy], tmp_path: Path
) -> None:
    plan, anatomy = patient
    back = load_prediction(run, plan, anatomy)
    assert str(back.history).startswith(f"History: {SPARED}")
    verdict = judge(back, plan, anatomy)
    cancelled = f"low flow: {Result.stopped_early.value}"
    for text in (str(verdict), json.dumps(verdict.as_json(), ensure_ascii=False)):
        assert SPARED in text
        assert cancelled in text
    page = report(verdict, back.history, plan, anatomy, to=tmp_path / "report.html", pdf=False).read_text("utf-8")
    assert cancelled in page
    first, _, rest = page.partition("<h2")
    assert SPARED in first, "whoever reads the report must know it before the first number"
    assert rest.count(SPARED) >= 2
