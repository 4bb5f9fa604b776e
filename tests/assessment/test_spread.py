"""Percentiles, control variates and what matters most: laws that hold whatever the members are."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iceball.assessment.sensitivity import FEWEST, shares
from iceball.assessment.spread import band, chance, controlled, quantile

NUMBER = st.floats(-100, 100)
NAMES = st.sampled_from(["margins_mm.0.min", "volumes_ml.0", "coverage.-20", "min_temperature_c.colon"])


@given(st.lists(NUMBER, min_size=1, max_size=60))
def test_p10_is_at_most_p50_and_that_at_most_p90_and_the_sampling_error_holds_p10(values: list[float]) -> None:
    b = band(values)
    assert None not in (b.p10, b.p50, b.p90, b.p10_low, b.p10_high)
    assert min(values) <= b.p10 <= b.p50 <= b.p90 <= max(values)
    assert b.p10_low <= b.p10 <= b.p10_high


@pytest.mark.parametrize("members", [9, 16, 32, 64])
def test_the_band_holds_one_more_draw_in_eight_of_ten_cases_however_few_the_members(members: int) -> None:
    """The usual rule of quantiles holds 75.9 % with 16 members and 77.9 % with 32: it promises too much."""
    draws = np.random.default_rng(1).normal(size=(4000, members + 1))
    ends = np.array([[quantile(row[:-1], share) for share in (0.1, 0.9)] for row in draws])
    held = np.mean((draws[:, -1] >= ends[:, 0]) & (draws[:, -1] <= ends[:, 1]))
    assert held == pytest.approx(0.8, abs=0.02)


def test_members_without_ice_are_the_worst_and_a_percentile_on_them_is_none() -> None:
    b = band([-math.inf] * 4 + list(range(16)))
    assert b.p10 is None
    assert b.p50 is not None
    assert b.without == 4
    assert band([math.inf] * 4 + list(range(16))).p90 is None


@given(NAMES, st.floats(0, 1), st.floats(0, 1))
def test_a_member_that_is_the_coarse_nominal_run_is_the_fine_one_exactly(name: str, coarse: float, fine: float) -> None:
    assert controlled(name, coarse, coarse, fine) == pytest.approx(fine, abs=1e-12)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_freed_of_their_cells_volumes_stay_positive_and_coverage_a_share(
    member: float, coarse: float, fine: float
) -> None:
    assert controlled("volumes_ml.0", member, coarse, fine) >= 0
    assert 0 <= controlled("coverage.0", member, coarse, fine) <= 1
    assert controlled("min_temperature_c.skin", 36 + member, 30 + coarse, 36 + fine) <= 37


def test_a_chance_is_a_share_and_unknown_where_one_member_could_not_be_assessed() -> None:
    assert chance([True, True, False, True]) == 0.75
    assert chance([True, None]) is None
    assert chance([]) is None


def additive(members: int) -> tuple[np.ndarray, dict[str, slice], np.ndarray]:
    sample = np.random.default_rng(2).random((members, 6))
    columns = {"large": slice(0, 1), "group": slice(1, 4), "none": slice(4, 5), "small": slice(5, 6)}
    value = 3 * sample[:, 0] + sample[:, 1] + sample[:, 2] + sample[:, 3] + 0.2 * sample[:, 5]
    return sample, columns, value


def test_the_input_that_makes_the_difference_comes_first_and_the_idle_one_is_not_told_from_chance() -> None:
    sample, columns, value = additive(128)
    found = {s.input: s for s in shares(sample, columns, {"y": value})["y"]}
    variance = {"large": 9.0, "group": 3.0, "small": 0.04, "none": 0.0}
    assert list(found)[:2] == ["large", "group"]
    for name, part in variance.items():
        assert found[name].share == pytest.approx(part / 12.04, abs=0.12), name
    assert found["large"].certain
    assert not found["none"].certain


def test_too_few_members_and_a_number_that_stands_still_say_nothing() -> None:
    sample, columns, value = additive(64)
    assert shares(sample[: FEWEST - 1], columns, {"y": value[: FEWEST - 1]}) == {}
    assert shares(sample, columns, {"y": np.full(64, 2.0)}) == {}
