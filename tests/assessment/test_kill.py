"""Competing hypotheses of cell death, measured on balls of cold whose volumes are known."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from iceball.assessment import assess
from iceball.assessment.cold import ColdMap
from iceball.assessment.died import depth_in_ice_mm, kill_probability
from iceball.assessment.hypotheses import death_constants, hypotheses, hypotheses_for, targets
from iceball.errors import PlanError
from iceball.plan import Plan
from iceball.solve.history import History
from iceball.space.shapes import Points, Sphere
from iceball.tissue.block import uniform_block
from iceball.tissue.organs import organs
from tests.assessment.made_by_hand import ball, box, history, patient

GRID = box(30, 2.0)
TARGET = patient({"tumour": Sphere((0, 0, 0), 16)}, organ="kidney")
K_PER_MM = 4.0


def run(radius: float = 16.0, *, freezes: int = 1, hold_s: float = 0.0, cooling: float = math.nan) -> History:
    """A ball of ice whose every cell has the same number of freezes, hold and cooling rate."""
    made = history(GRID, ball(GRID, radius, k_per_mm=K_PER_MM))
    cold = made.minimum_c <= -20
    return replace(
        made,
        cycles_frozen=np.where(made.minimum_c < 0, freezes, 0).astype(np.uint8),
        time_below_s={"-20": np.where(cold, hold_s, 0.0).astype(np.float32)},
        cooling_rate=np.full(GRID.shape, cooling, np.float32),
    )


def ml(radius_mm: float) -> float:
    return 4 / 3 * math.pi * radius_mm**3 / 1000


def by_name(made: History, chosen: str = "", anatomy=TARGET):
    return {d.name: d for d in assess(made, (), anatomy, kill=chosen).kill}


def test_a_threshold_kills_the_ball_that_it_bounds() -> None:
    found = by_name(run())["kidney"]
    assert found.volumes_ml["0.5"].value == pytest.approx(ml(16 - 19.4 / K_PER_MM), rel=0.03)
    assert found.volumes_ml["0.5"].high == pytest.approx(ml(16 - 16.1 / K_PER_MM), rel=0.03)
    assert found.volumes_ml["0.9"] == found.volumes_ml["0.5"]


@pytest.mark.parametrize("p", [0.5, 0.9, 0.99])
def test_a_probability_bounds_the_ball_where_the_logistic_law_reaches_it(p: float) -> None:
    found = by_name(run())["renal_cells"]
    celsius = -12.57 + math.log((1 - p) / p) / 0.43
    assert found.volumes_ml[f"{p:g}"].value == pytest.approx(ml(16 + celsius / K_PER_MM), rel=0.03)


def test_a_second_freeze_moves_the_edge_by_the_shift_and_a_third_no_further() -> None:
    once, twice, thrice = (by_name(run(freezes=n))["renal_cells"].volumes_ml["0.9"].value for n in (1, 2, 3))
    celsius = -12.57 + 3.3 - math.log(9) / 0.43
    assert twice == pytest.approx(ml(16 + celsius / K_PER_MM), rel=0.03)
    assert once < twice == thrice


def test_holding_in_deep_cold_and_cooling_fast_widen_what_dies() -> None:
    # of skin half die at -30 °C, which only hold and ice within the cells can move
    plain = by_name(run(), "skin")["skin"].volumes_ml["0.5"].value
    assert by_name(run(hold_s=900), "skin")["skin"].volumes_ml["0.5"].value > plain
    assert by_name(run(cooling=60), "skin")["skin"].volumes_ml["0.5"].value > plain


def test_the_nominal_number_lies_between_its_ends_and_each_level_within_the_one_before() -> None:
    for made in (run(), run(freezes=2, hold_s=600, cooling=35), run(10.0)):
        for chosen in targets():
            for death in by_name(made, chosen).values():
                ranges = [*death.volumes_ml.values(), *death.coverage.values(), death.lowest_in_target]
                assert all(r.low <= r.value <= r.high for r in ranges if r is not None)
                assert all(r.low >= 0 and r.high <= 1 for r in death.coverage.values())
                volumes = [death.volumes_ml[p].value for p in ("0.5", "0.9", "0.99")]
                assert volumes == sorted(volumes, reverse=True)


@pytest.mark.parametrize("p", [0.5, 0.9])
def test_the_margin_to_a_probability_is_that_to_the_ball_where_the_law_reaches_it(p: float) -> None:
    found = by_name(run())["renal_cells"].margins_mm[f"{p:g}"]
    celsius = -12.57 + math.log((1 - p) / p) / 0.43
    # the target's radius is 8 mm
    assert found.min_mm == pytest.approx(16 + celsius / K_PER_MM - 8, abs=0.2)
    assert found.area_below["10"] == pytest.approx(1)


def test_the_margin_to_a_surer_death_is_never_wider_and_its_ends_hold_it() -> None:
    for chosen in ("kidney", "skin", "unknown"):
        for death in by_name(run(20.0), chosen).values():
            half, sure = (death.margins_mm[p].min_mm for p in ("0.5", "0.9"))
            assert sure is None or sure <= half + 1e-9
            for p, found in death.margins_mm.items():
                low, high = death.margin_ends_mm[p]
                assert low is None or low <= found.min_mm + 1e-9
                assert high is None or found.min_mm is None or found.min_mm <= high + 1e-9


@pytest.mark.parametrize(("name", "rim"), [("rim_1", 1.0), ("rim_3_5", 4.0), ("rim_10", 10.0)])
def test_a_rim_leaves_the_ice_less_its_width(name: str, rim: float) -> None:
    verdict = assess(run(), (), TARGET)
    found = {d.name: d for d in verdict.kill}[name]
    assert found.volumes_ml["0.5"].value == pytest.approx(ml(16 - rim), rel=0.05)
    least = verdict.margins_mm["0"].min_mm
    for p in ("0.5", "0.9"):
        low, high = found.margin_ends_mm[p]
        assert found.margins_mm[p].min_mm == pytest.approx(least - rim)
        assert low <= found.margins_mm[p].min_mm <= high
    # the target's radius is 8 mm: the rim of 10 mm leaves 6 mm of it
    assert found.coverage["0.9"].value == pytest.approx(min(1.0, (16 - rim) ** 3 / 8**3), abs=0.02)


def test_the_depth_in_ice_is_the_distance_from_its_edge() -> None:
    made = run()
    depth = depth_in_ice_mm(ColdMap.of(made.minimum_c, made))
    truth = 16 - np.linalg.norm(GRID.centres_mm(), axis=-1)
    assert np.abs(depth - truth)[truth > 0].max() < 0.3


def test_without_ice_nothing_dies_by_any_hypothesis() -> None:
    warm = history(GRID, np.full(GRID.shape, 30.0))
    for chosen in targets():
        for death in by_name(warm, chosen).values():
            assert death.volumes_ml["0.5"].high == 0
            assert death.coverage["0.5"].high == 0
            assert all(m.min_mm is None and m.reason for m in death.margins_mm.values())


def test_a_target_of_points_is_covered_by_its_points() -> None:
    points = patient({"tumour": Points(np.array([[0.0, 0, 0], [0, 0, 25]]))}, organ="kidney")
    for death in by_name(run(), "", points).values():
        assert death.coverage["0.5"].value == 0.5


def test_the_map_of_probabilities_lies_within_its_ends_and_is_empty_in_gas() -> None:
    gas = GRID.centres_mm()[..., 0] > 20
    made = history(GRID, ball(GRID, 16), gas=gas)
    for name in ("renal_cells", "kidney"):
        low, value, high = kill_probability(made, hypotheses()[name])
        assert np.isnan(value[gas]).all()
        assert (low[~gas] <= value[~gas]).all()
        assert (value[~gas] <= high[~gas]).all()
        assert value[15, 15, 15] > 0.99
        assert value[2, 15, 15] < 0.01


def test_every_organ_has_its_hypotheses_and_all_three_rims() -> None:
    for organ in ("", *organs()):
        names = [h.name for h in hypotheses_for(organ)]
        assert {"rim_1", "rim_3_5", "rim_10"} < set(names)
        assert len(names) == len(set(names))
    assert all(name in hypotheses() for names in targets().values() for name in names)


def test_a_named_hypothesis_leads_and_a_named_tissue_brings_its_own() -> None:
    kill = assess(run(), (), TARGET, kill="rim_10").kill
    assert kill[0].name == "rim_10"
    assert [d.leads for d in kill] == [True] + [False] * (len(kill) - 1)
    assert [h.name for h in hypotheses_for("kidney", "prostate")] == list(targets()["prostate"])


def test_on_a_bench_nothing_dies_unless_a_hypothesis_is_named() -> None:
    block = uniform_block("gel", 60.0)
    made = history(GRID, ball(GRID, 16))
    assert assess(made, (), block).kill == ()
    assert death_constants(block) == ()
    assert assess(made, (), block, kill="rim_1").kill[0].name == "rim_1"


def test_an_unknown_hypothesis_is_refused_with_the_known_ones() -> None:
    with pytest.raises(PlanError, match=r"Plan\.kill: no hypothesis of cell death called 'certain'.*rim_10"):
        Plan(kill="certain")


def test_the_hypothesis_is_part_of_the_plans_hash_and_of_the_assessments_key_but_moves_no_needle() -> None:
    assert Plan().key() != Plan(kill="rim_1").key()
    keys = {assess(run(), (), TARGET, kill=k).made_by["assessment_key"] for k in ("", "rim_1", "prostate", None)}
    assert len(keys) == 4


def test_every_number_of_a_shown_hypothesis_is_listed_once() -> None:
    names = [c.name for c in death_constants(TARGET)]
    assert len(names) == len(set(names))
    assert {"death.renal_cells.shift_k", "death.rim_3_5.rim_mm", "death.history.hold_rate"} <= set(names)
