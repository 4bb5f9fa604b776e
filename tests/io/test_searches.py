"""A search that is stopped goes on where it was: runs kept on disk, and the best plan so far."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from iceball.assessment import Cover
from iceball.io.searches import BEST, KeptRuns, KeptSearch
from iceball.io.text import read_toml
from iceball.plan import Placement, Plan, freeze
from iceball.plan.drawn import Drawn, placed
from iceball.plan.search.coarse import Coarse, Simulated
from iceball.plan.search.found import Found
from iceball.plan.search.search import search
from iceball.plan.search.sketch import potential
from iceball.plan.ways.trajectory import trajectories
from iceball.space import Grid
from iceball.tissue import Anatomy
from tests.plan.phantoms import Body

PLAN = Plan(protocol=freeze(300), goals=(Cover("tumour", 0.0, 3.0), Cover("tumour", -20.0)))
GRID = Grid.box((-36.0, -56.0, -36.0), (36.0, 16.0, 36.0), 4.0)
ASKED: dict[str, object] = {"seed": 0}


def analytic(anatomy: Anatomy, **asked: object) -> Simulated:
    """Runs in no time: the temperature falls with the needles' potentials."""
    points = GRID.to_mm(np.argwhere(np.ones(GRID.shape, bool)))

    def run(plan: Plan, spacing_mm: float, draw: Drawn | None = None, /) -> Coarse:
        needles = plan.probes if draw is None else placed(plan, draw)
        zones = np.array([p.active_zone_mm for p in needles])
        power = 55.0 if draw is None else 55.0 + 2.0 * draw.z("needle_power")
        celsius = (37.0 - power * potential(points, zones, 20.0)).reshape(GRID.shape).astype(np.float32)
        return Coarse(celsius, GRID, celsius, drift_k=float(needles[0].tip_mm[0]))

    return run


@pytest.fixture(scope="module")
def patient() -> Anatomy:
    return Body(half_mm=(70, 70), air_mm=12).target((0.0, -20.0, 0.0), 18).anatomy()


@pytest.fixture(scope="module")
def plan() -> Plan:
    return replace(PLAN, probes=(Placement("generic-17g-short", (0.0, -5.0, 0.0), (0.0, -68.0, 0.0)),))


@pytest.fixture(scope="module", autouse=True)
def quick(patient: Anatomy) -> Iterator[None]:
    ways = trajectories(patient, kind="generic-17g-short")  # looked at once, not by each search
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("iceball.plan.search.search.trajectories", lambda *args, **kwargs: ways)
        patch.setattr("iceball.io.searches.simulated_in", analytic)
        patch.setattr("iceball.plan.search.polish.EVALUATIONS", 40)
        patch.setattr("iceball.plan.search.luck.DRAWS", 4)
        patch.setattr("iceball.plan.search.work.MOST_WEIGHED", 1)
        patch.setattr("iceball.plan.search.search.SIDES", 1)
        yield


def look(patient: Anatomy, runs: Simulated, kept: KeptSearch | None = None) -> Found:
    return search(patient, PLAN, budget_s=600, most_runs=3, most_needles=2, simulated=runs,
                  better=None if kept is None else kept.better)  # fmt: skip


def test_a_search_killed_after_a_run_goes_on_to_the_plan_that_it_would_have_found(
    patient: Anatomy, tmp_path: Path
) -> None:
    whole = look(patient, analytic(patient))
    kept = KeptSearch.of(tmp_path, PLAN, patient, ASKED)

    def killed(plan: Plan, spacing_mm: float, draw: Drawn | None = None, /) -> Coarse:
        if kept.runs.made >= 2:
            raise KeyboardInterrupt
        return kept.runs(plan, spacing_mm, draw)

    with pytest.raises(KeyboardInterrupt):
        look(patient, killed, kept)
    so_far = read_toml(kept.best, Plan)
    assert so_far.probes in {c.probes for c in whole.candidates}
    assert so_far.review == "starter"

    again = KeptSearch.of(tmp_path, PLAN, patient, ASKED)
    resumed = look(patient, again.runs, again)
    assert resumed.plan == whole.plan
    assert [c.price.total for c in resumed.candidates] == [c.price.total for c in whole.candidates]
    assert any(c.drift_k for c in whole.candidates)
    assert [c.drift_k for c in resumed.candidates] == [c.drift_k for c in whole.candidates]
    assert (kept.runs.read, again.runs.read) == (0, kept.runs.made)  # what was made before the stop is not made again
    assert read_toml(again.best, Plan).probes == whole.plan.probes


def test_a_dearer_plan_of_the_same_search_does_not_replace_the_best_so_far(patient: Anatomy, tmp_path: Path) -> None:
    first = KeptSearch.of(tmp_path, PLAN, patient, ASKED)
    first.better(PLAN, -3.5)
    again = KeptSearch.of(tmp_path, PLAN, patient, ASKED)
    again.better(Plan(protocol=freeze(60)), 1.0)
    assert read_toml(again.best, Plan) == PLAN
    other = KeptSearch.of(tmp_path, PLAN, patient, {"seed": 1})
    assert not other.best.exists()


@pytest.mark.parametrize("harm", [lambda b: b[:200], lambda b: b"", lambda b: b[:-900] + bytes(30) + b[-870:]])
def test_a_kept_run_that_was_damaged_is_made_anew(patient: Anatomy, plan: Plan, tmp_path: Path, harm: object) -> None:
    runs = KeptRuns(tmp_path, patient)
    first = runs(plan, 3.0)
    (path,) = runs.folder.glob("*.npz")
    path.write_bytes(harm(path.read_bytes()))  # type: ignore[operator]
    again = KeptRuns(tmp_path, patient)
    assert np.array_equal(again(plan, 3.0).minimum_c, first.minimum_c)
    assert (again.made, again.read) == (1, 0)


def test_a_kept_run_whose_numbers_were_exchanged_is_made_anew(patient: Anatomy, plan: Plan, tmp_path: Path) -> None:
    runs = KeptRuns(tmp_path, patient)
    first = runs(plan, 3.0)
    (path,) = runs.folder.glob("*.npz")
    with np.load(path) as stored:
        parts = dict(stored)
    np.savez(path, **{**parts, "minimum_c": parts["minimum_c"] - 1})
    again = KeptRuns(tmp_path, patient)(plan, 3.0)
    assert np.array_equal(again.minimum_c, first.minimum_c)


def test_runs_of_a_patient_before_a_change_are_removed(patient: Anatomy, plan: Plan, tmp_path: Path) -> None:
    before = KeptRuns(tmp_path, patient)
    before(plan, 3.0)
    changed = Body(half_mm=(70, 70), air_mm=12).target((0.0, -20.0, 0.0), 19).anatomy()
    after = KeptRuns(tmp_path, changed)
    after(plan, 3.0)
    assert (after.read, before.folder.exists(), BEST) == (0, False, "best.toml")
    KeptRuns(tmp_path, changed)(plan, 2.5)
    assert len(list(after.folder.iterdir())) == 2  # other cells are another run


def test_only_so_many_runs_stay(patient: Anatomy, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("iceball.io.searches.MOST_KEPT", 2)
    runs = KeptRuns(tmp_path, patient)
    for mm in (2.0, 2.5, 3.0):
        runs(plan, mm)
    assert len(list(runs.folder.iterdir())) == 2
