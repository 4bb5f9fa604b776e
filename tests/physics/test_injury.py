"""Colder, longer and more often never leaves more alive: for every hypothesis shipped, anywhere within its ranges."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iceball.assessment.hypotheses import hypotheses
from iceball.physics.injury import (
    death,
    fast_survival,
    half_after,
    hold_survival,
    log_odds_at,
    survival_log_odds,
    threshold_death,
)

LOGISTIC = sorted(n for n, h in hypotheses().items() if h.form == "logistic")
THRESHOLD = sorted(n for n, h in hypotheses().items() if h.form == "threshold")
TEMPERATURES = st.floats(-196.0, 45.0)
FREEZES = st.integers(0, 6)
HOLDS = st.floats(0.0, 600.0)
RATES = st.one_of(st.just(math.nan), st.floats(0.0, 500.0))
SHARES = st.floats(0.0, 1.0)
ROUNDING = 1e-12


def probability(
    name: str, shares: dict[str, float], celsius: float, freezes: int, hold: float, cooling: float
) -> float:
    """Death by a logistic hypothesis whose numbers lie at `shares` (0 … 1) of their ranges."""
    n = {f: s.low + (s.high - s.low) * shares[f] for f, s in hypotheses()[name].numbers.items()}
    half = half_after(n["half_c"], n["shift_k"], freezes, n["most_freezes"])
    fast = fast_survival(celsius, cooling, n["fast_warmest_c"], n["fast_slow"], n["fast_fast"], n["fast_lethal"])
    return death(survival_log_odds(celsius, half, n["slope"], fast * hold_survival(hold, n["hold_rate"])))


def within(name: str) -> st.SearchStrategy[dict[str, float]]:
    return st.fixed_dictionaries(dict.fromkeys(hypotheses()[name].numbers, SHARES))


@pytest.mark.parametrize("name", LOGISTIC)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_colder_longer_or_more_often_never_lowers_the_probability_of_death(name: str, data: st.DataObject) -> None:
    shares = data.draw(within(name))
    warm, cold = sorted(data.draw(st.tuples(TEMPERATURES, TEMPERATURES)), reverse=True)
    few, many = sorted(data.draw(st.tuples(FREEZES, FREEZES)))
    short, long = sorted(data.draw(st.tuples(HOLDS, HOLDS)))
    rate = data.draw(RATES)
    base = probability(name, shares, warm, few, short, rate)
    assert 0.0 <= base <= 1.0
    assert probability(name, shares, cold, few, short, rate) >= base - ROUNDING
    assert probability(name, shares, warm, many, short, rate) >= base - ROUNDING
    assert probability(name, shares, warm, few, long, rate) >= base - ROUNDING
    assert probability(name, shares, cold, many, long, rate) >= base - ROUNDING


@pytest.mark.parametrize("name", LOGISTIC)
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_faster_cooling_never_lowers_the_probability_of_death(name: str, data: st.DataObject) -> None:
    shares = data.draw(within(name))
    celsius, freezes, hold = data.draw(st.tuples(TEMPERATURES, FREEZES, HOLDS))
    slow, fast = sorted(data.draw(st.tuples(st.floats(0, 500), st.floats(0, 500))))
    before = probability(name, shares, celsius, freezes, hold, slow)
    assert probability(name, shares, celsius, freezes, hold, fast) >= before - ROUNDING


@given(st.sampled_from(THRESHOLD), SHARES, TEMPERATURES, TEMPERATURES)
@settings(deadline=None)
def test_below_a_threshold_all_is_dead_and_above_it_nothing(name: str, share: float, one: float, other: float) -> None:
    number = hypotheses()[name].numbers["edge_c"]
    edge = number.low + share * (number.high - number.low)
    warm, cold = max(one, other), min(one, other)
    assert threshold_death(cold, edge) >= threshold_death(warm, edge)
    assert threshold_death(edge, edge) == 1.0
    assert threshold_death(math.nextafter(edge, 100), edge) == 0.0


@pytest.mark.parametrize(
    ("freezes", "celsius", "survived"), [(1, -10, 0.78), (1, -15, 0.23), (2, -10, 0.38), (2, -15, 0.09)]
)
def test_renal_cells_survive_as_read_within_five_points_and_none_at_minus_25(
    freezes: int, celsius: float, survived: float
) -> None:
    n = {f: s.value for f, s in hypotheses()["renal_cells"].numbers.items()}
    half = half_after(n["half_c"], n["shift_k"], freezes, n["most_freezes"])
    assert 1 - death(survival_log_odds(celsius, half, n["slope"], 1.0)) == pytest.approx(survived, abs=0.05)
    assert 1 - death(survival_log_odds(-25.0, half, n["slope"], 1.0)) < 0.01


def test_the_slopes_fitted_freeze_by_freeze_would_let_a_second_freeze_spare_which_is_why_one_is_shipped() -> None:
    single, double = survival_log_odds(-25.0, -12.56, 0.495, 1.0), survival_log_odds(-25.0, -8.66, 0.365, 1.0)
    assert death(double) < death(single)


def test_the_kidneys_threshold_spans_what_was_read_of_kidneys() -> None:
    edge = hypotheses()["kidney"].numbers["edge_c"]
    assert (edge.low, edge.high) == (-19.4, -16.1)
    assert edge.value == edge.low  # where all was dead in both studies


@given(st.floats(-60, 60), st.floats(1e-6, 1.0))
@settings(deadline=None)
def test_a_further_share_multiplies_the_survivors(x: float, factor: float) -> None:
    alone = 1.0 / (1.0 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))
    assert 1 - death(survival_log_odds(x, 0.0, 1.0, factor)) == pytest.approx(alone * factor, rel=1e-9, abs=1e-15)


@given(st.floats(0.001, 0.999))
def test_the_log_odds_at_a_probability_give_it_back(p: float) -> None:
    assert death(log_odds_at(p)) == pytest.approx(p, rel=1e-12)


@given(st.floats(-1e4, 1e4))
def test_a_probability_of_death_is_one_at_any_odds(odds: float) -> None:
    assert 0.0 <= death(odds) <= 1.0
    assert death(odds) + death(-odds) == pytest.approx(1.0)
