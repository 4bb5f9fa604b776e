"""The numerical doubt of fields whose errors are known."""

from dataclasses import replace

import numpy as np
import pytest

from iceball.assessment.numerical import numerical_doubt
from iceball.space import Grid
from tests.assessment.made_by_hand import ball, box, history

FINE, COARSE = box(30, 1.0), box(30, 2.0)


def doubt(fine_radius, coarse_radius, **shape):
    return numerical_doubt(
        history(FINE, ball(FINE, fine_radius, **shape)), history(COARSE, ball(COARSE, coarse_radius, **shape))
    )


@pytest.mark.parametrize("order", [1, 2])
def test_errors_of_first_and_second_order_lie_within_and_not_far_within(order):
    true, error = 12.0, 0.3
    found = doubt(true - error, true - error * 2**order)
    ml = 4 / 3 * np.pi * (true**3 - (true - error) ** 3) / 1000
    # Of first order the half that is taken is short by as much as the error itself is: the case validation counts.
    assert found["mm"]["0"] > 0.5 * error * (2**order - 1)
    assert found["ml"]["0"] > 0.45 * ml * (2**order - 1)
    assert found["ml"]["0"] < 2.0 * ml * (2**order - 1) / 2
    assert found["mm"]["0"] < 0.6 * error * (2**order - 1) + 0.1


def test_two_runs_that_agree_leave_the_floor_only():
    found = doubt(12.0, 12.0)
    # chords of the coarser surface lie up to 0.04 mm inside it
    assert 0.03 < found["mm"]["0"] < 0.1
    area = 4 * np.pi * 12**2 / 1000
    assert 0.005 * area < found["ml"]["0"] < 0.05 * area


def test_a_shift_shows_as_millimetres_though_the_volume_stays():
    fine = history(FINE, ball(FINE, 12.0))
    moved = history(COARSE, ball(COARSE, 12.0, centre=(1.0, 0.0, 0.0)))
    found = numerical_doubt(fine, moved)
    assert found["mm"]["0"] == pytest.approx(0.6 * 0.95 + 0.04, abs=0.06)
    assert found["ml"]["0"] > doubt(12.0, 12.0)["ml"]["0"]


def test_an_isotherm_of_one_run_only_is_doubtful_as_a_whole():
    only_fine = doubt(12.0, 9.0)
    assert only_fine["ml"]["-40"] == pytest.approx(4 / 3 * np.pi * 2**3 / 1000, rel=0.05)
    assert only_fine["mm"]["-40"] == pytest.approx(2.0, rel=0.05)
    only_coarse = doubt(9.0, 12.5)
    assert only_coarse["ml"]["-40"] > 0.02
    assert "-40" not in only_coarse["mm"]


def test_without_ice_there_is_no_doubt():
    warm = numerical_doubt(*(history(g, np.full(g.shape, 30.0)) for g in (FINE, COARSE)))
    assert warm == {"ml": {"0": 0.0, "-20": 0.0, "-40": 0.0}, "mm": {}}


def test_ice_that_runs_out_of_the_box_is_compared_where_both_runs_have_it():
    grids = [Grid.box((-20, -20, 0), (20, 20, 8), h) for h in (1.0, 2.0)]
    bars = [
        replace(history(g, 4.0 * (np.linalg.norm(g.centres_mm()[..., :2], axis=-1) - 12.0)), made_by={}) for g in grids
    ]
    assert numerical_doubt(*bars)["mm"]["0"] < 0.1
