"""One plan, four runs: in order, on a box that is large enough, and the same however many cores there are."""

import numpy as np
import pytest

from iceball.errors import SceneError, SolverError
from iceball.plan import Placement, Plan, freeze
from iceball.plan.compose import Conditions
from iceball.plan.predict import DRIFT_LIMIT_K, NOMINAL, predict, simulate
from iceball.solve import History, Simulation
from iceball.solve.moments import Moments
from iceball.units import minutes
from tests.plan.test_compose import block, one_needle

COARSE = Conditions(spacing_mm=4.0)


def crowd(length_s: float) -> Plan:
    """Four needles together in unperfused tissue: ice that reaches far."""
    needles = tuple(
        Placement("generic-17g-long", (x, -20.0, z), (x, 45.0, z)) for x, z in ((-9, -9), (9, -9), (-9, 9), (9, 9))
    )
    return Plan(probes=needles, protocol=freeze(length_s))


@pytest.fixture(scope="module")
def prediction():
    return predict(one_needle(protocol=freeze(5 * minutes)), block("kidney"), spacing_mm=4.0)


def test_a_box_whose_edge_cools_is_enlarged_once_and_the_history_says_so() -> None:
    history = simulate(crowd(40 * minutes), block("fat", half_mm=90), conditions=COARSE)
    (note,) = (n for n in history.notes if "enlarged" in n)
    assert "24 mm" in note
    assert history.made_by["reach_mm"] == COARSE.reach_mm + 24
    small = COARSE.reach_mm
    for needle in crowd(60).probes:
        for point in needle.active_zone_mm:
            room = np.minimum(
                point - history.scene.grid.corners_mm.min(0), history.scene.grid.corners_mm.max(0) - point
            )
            assert (room >= small + 24 - 1e-6).all()


def test_a_box_whose_edge_stays_warm_is_left_as_it_is(prediction) -> None:
    history = prediction.history
    assert history.outer_drift_k <= DRIFT_LIMIT_K
    assert history.made_by["reach_mm"] == COARSE.reach_mm
    assert not any("enlarged" in n for n in history.notes)


def test_power_limited_ice_lies_within_chart_like_ice(prediction) -> None:
    limited, chart = (prediction.histories[name].minimum_c for name in (NOMINAL, "chart_like"))
    for level in (0, -20, -40):
        assert (limited <= level).any()
        assert (chart[limited <= level] <= level).all()
        assert (chart <= level).sum() > (limited <= level).sum()


def test_more_blood_makes_less_ice(prediction) -> None:
    low, nominal, high = (prediction.histories[name].minimum_c for name in ("low_flow", NOMINAL, "high_flow"))
    assert (low <= 0).sum() > (nominal <= 0).sum() > (high <= 0).sum()
    assert (low[nominal <= 0] <= 0).all()
    assert (nominal[high <= 0] <= 0).all()


def test_each_run_tells_under_which_conditions_it_was_made(prediction) -> None:
    assert prediction.run_key == prediction.history.made_by["run_key"]
    assert len({h.made_by["run_key"] for h in prediction.histories.values()}) == 4
    for name, conditions in prediction.conditions.items():
        made_by = prediction.histories[name].made_by
        assert (made_by["flow"], made_by["bound"]) == (conditions.flow, conditions.bound)


def test_the_nominal_run_tells_its_numerical_doubt_for_a_fifth_of_its_cost_at_most(prediction) -> None:
    history = prediction.history
    volume = float((history.minimum_c <= 0).sum()) * history.scene.grid.voxel_ml
    assert 0 < history.doubt["ml"]["0"] < 0.5 * volume
    assert 0 < history.doubt["mm"]["0"] < 4.0
    assert history.stats["doubt_cell_updates"] <= 0.2 * history.stats["cell_updates"]
    assert [name for name, h in prediction.histories.items() if h.doubt] == [NOMINAL]


def test_a_coarser_run_that_fails_leaves_a_note_and_the_result(monkeypatch) -> None:
    plan = one_needle(protocol=freeze(1 * minutes))
    known = simulate(plan, block("kidney"), conditions=COARSE)
    run = Simulation.run

    def fail_on_large_cells(simulation: Simulation) -> History:
        if max(simulation.scene.grid.spacing_mm) > 5.0:
            raise SolverError("no step gives a finite answer", where="Simulation")
        return run(simulation)

    monkeypatch.setattr(Simulation, "run", fail_on_large_cells)
    history = simulate(plan, block("kidney"), conditions=COARSE)
    assert history.doubt == {}
    assert any("numerical doubt is unknown" in note and "finite answer" in note for note in history.notes)
    assert np.array_equal(history.minimum_c, known.minimum_c, equal_nan=True)


def test_one_core_and_two_give_the_same_bits() -> None:
    plan = one_needle(protocol=freeze(2 * minutes))
    one, two = (simulate(plan, block("kidney"), conditions=COARSE, threads=n) for n in (1, 2))
    assert one.made_by["run_key"] == two.made_by["run_key"]
    for name in ("minimum_c", "final_c", "first_frozen_s", "cooling_rate"):
        assert np.array_equal(getattr(one, name), getattr(two, name), equal_nan=True), name
    assert one.heat == two.heat


def test_the_same_plan_again_gives_the_same_bits(prediction) -> None:
    again = predict(one_needle(protocol=freeze(5 * minutes)), block("kidney"), spacing_mm=4.0)
    assert again.run_key == prediction.run_key
    for name, history in again.histories.items():
        assert np.array_equal(history.minimum_c, prediction.histories[name].minimum_c, equal_nan=True)


def test_what_a_needle_is_called_does_not_change_its_run(prediction) -> None:
    named = Placement("generic-17g-long", tip_mm=(0, -20, 0), entry_mm=(0, 45, 0), name="posterior")
    plan = one_needle(probes=(named,), protocol=freeze(5 * minutes))
    history = simulate(plan, block("kidney"), conditions=COARSE)
    assert history.made_by["run_key"] == prediction.run_key
    assert list(history.needle_watts) == ["posterior"]


def test_a_nominal_run_made_before_gives_the_same_prediction_and_moments_change_no_bit(prediction) -> None:
    plan, anatomy, seen = one_needle(protocol=freeze(5 * minutes)), block("kidney"), {}

    def take(time_s: float, celsius, grid) -> None:
        seen[time_s] = (celsius, grid)

    moments = Moments((60.0, 150.0, 300.0), take)
    first = simulate(plan, anatomy, conditions=COARSE, doubt=False, moments=moments)
    made = predict(plan, anatomy, spacing_mm=4.0, nominal=first)
    assert made.run_key == prediction.run_key
    assert made.history.doubt == prediction.history.doubt
    for name, history in made.histories.items():
        assert np.array_equal(history.minimum_c, prediction.histories[name].minimum_c, equal_nan=True)
    assert list(seen) == [60.0, 150.0, 300.0]
    assert np.allclose(seen[300.0][0], first.end_of_freeze_c[0], atol=1e-3, equal_nan=True)
    ice = [float((seen[t][0] <= 0).sum()) for t in seen]
    assert ice == sorted(ice)
    assert seen[60.0][1] == first.scene.grid


def test_a_nominal_run_of_another_plan_is_refused(prediction) -> None:
    with pytest.raises(SceneError, match="another plan"):
        predict(one_needle(protocol=freeze(6 * minutes)), block("kidney"), spacing_mm=4.0, nominal=prediction.history)
