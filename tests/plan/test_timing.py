"""The clock of a search: what is kept for the confirmation, and by how many draws layouts are weighed."""

from __future__ import annotations

import time

import pytest

from iceball.plan.search.coarse import COARSE_MM, FINE_MM
from iceball.plan.search.timing import MOST_RESERVED, Timing
from iceball.plan.search.weigh import FIRST, MOST


def begun(budget_s: float, *, confirm_mm: float | None = 1.0) -> Timing:
    return Timing(time.perf_counter(), budget_s, confirm_mm, 2)


def test_more_is_kept_for_a_dearer_confirmation_at_most_half_of_the_budget() -> None:
    quick, slow, none = begun(60.0), begun(60.0), begun(60.0, confirm_mm=None)
    for clock, seconds in ((quick, 0.5), (slow, 30.0), (none, 30.0)):
        clock.ran(FINE_MM, seconds, seconds)
    kept = [clock.began + 60.0 - clock.until for clock in (quick, slow, none)]
    assert 2.0 < kept[0] < kept[1] == pytest.approx(MOST_RESERVED * 60.0)
    assert kept[2] == 0.0
    quick.ran(FINE_MM, 1.0, 1.0)
    assert quick.began + 60.0 - quick.until == pytest.approx(2 * kept[0])


def test_a_coarse_run_tells_what_a_fine_one_on_all_cores_would_take() -> None:
    clock = begun(60.0)
    clock.ran(COARSE_MM, 0.4, 0.9)
    assert clock.run_s == 0.9
    assert clock.fine_s == pytest.approx(0.4 * 2**3.2 / 2)


def test_draws_are_taken_for_a_share_of_a_run_until_one_was_made() -> None:
    clock = begun(60.0)
    clock.ran(COARSE_MM, 2.0, 4.0)
    first = clock.draw_s
    clock.ran(COARSE_MM, 0.4, 1.0)
    assert clock.draw_s == pytest.approx(first / 4)
    clock.drew(0.3)
    clock.ran(COARSE_MM, 0.4, 1.0)
    assert clock.draw_s == 0.3


def test_where_time_is_short_fewer_draws_weigh_and_that_does_not_change_on_the_way() -> None:
    ample, short = begun(600.0), begun(20.0)
    for clock in (ample, short):
        clock.drew(0.5)
    assert (ample.few, short.few) == (False, True)
    assert ample.runs_each == (FIRST, MOST)
    assert all(0 < few < many for few, many in zip(short.runs_each, (FIRST, MOST), strict=True))
    short.budget_s = 600.0
    assert short.few
    assert ample.early


def test_what_cannot_be_weighed_in_time_is_not_begun() -> None:
    clock = begun(10.0, confirm_mm=None)
    clock.drew(0.1)
    assert not clock.short
    clock.polish_s = 11.0
    assert clock.short
    assert not clock.over
