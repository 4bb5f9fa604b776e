"""The path inside a step: what every path through given ends must obey."""

import numpy as np
import pytest

from iceball.solve.hermite import along, crossing, limited, turning

CASES = [tuple(case) for case in np.random.default_rng(7).normal(0.0, [1.0, 1.0, 8.0, 8.0], (400, 4))]
S = np.linspace(0.0, 1.0, 401)


def _path(u, v, d0, d1):
    return np.array([along(s, u, v, d0, d1) for s in S])


def test_a_path_whose_rates_have_one_sign_never_turns():
    for u, v, d0, d1 in CASES:
        if d0 * d1 > 0:
            steps = np.diff(_path(u, v, *limited(u, v, d0, d1)))
            assert (steps * np.sign(v - u) >= -1e-12).all(), (u, v, d0, d1)


def test_a_path_turns_at_most_once_and_there():
    for u, v, d0, d1 in CASES:
        d0, d1 = limited(u, v, d0, d1)
        path, turn = _path(u, v, d0, d1), turning(u, v, d0, d1)
        steps = np.diff(path)
        changes = np.flatnonzero(np.sign(steps[1:]) * np.sign(steps[:-1]) < 0)
        assert changes.size <= 1
        if changes.size:
            assert turn == pytest.approx(S[changes[0] + 1], abs=0.01)


def test_limiting_never_makes_a_rate_larger_where_a_path_may_turn():
    """The loops look closer only at cells whose path can leave its ends by the rates they see."""
    for u, v, d0, d1 in CASES:
        if d0 * d1 < 0:
            for before, after in zip((d0, d1), limited(u, v, d0, d1), strict=True):
                assert abs(after) <= abs(before)
                assert after * before >= 0.0


def test_a_parabola_is_left_as_it_is():
    for u, v, d0, _ in CASES:
        d1 = 2 * (v - u) - d0
        if abs(d0) < 2 * abs(v - u) or d0 * d1 < 0:
            assert limited(u, v, d0, d1) == pytest.approx((d0, d1))


def test_a_crossing_lies_on_the_path():
    for u, v, d0, d1 in CASES:
        d0, d1 = limited(u, v, d0, d1)
        turn = turning(u, v, d0, d1)
        for start, end in ((0.0, turn), (turn, 1.0)):
            a, b = along(start, u, v, d0, d1), along(end, u, v, d0, d1)
            for share in (1e-6, 0.3, 0.999):
                level = a + share * (b - a)
                s = crossing(level, u, v, d0, d1, start, end)
                assert start - 1e-9 <= s <= end + 1e-9
                assert along(s, u, v, d0, d1) == pytest.approx(level, abs=2e-6 * (1 + abs(d0) + abs(d1) + abs(v - u)))
