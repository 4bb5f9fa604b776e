"""What full runs of bad draws tell a sketch: place by place, and of layouts that lie alike."""

from __future__ import annotations

import numpy as np
import pytest

from iceball.plan.search.learnt import LIKE_MM, Learnt, carried_over
from iceball.plan.search.near import NORMALS, thin

ONE = np.array([[[0.0, 0.0, -20.0], [0.0, 0.0, 20.0]]])
DICE = np.random.default_rng(5)


def test_a_corrected_sketch_has_on_average_the_least_margin_that_the_runs_had() -> None:
    sketched = DICE.normal(6, 2, (16, 40))
    told = sketched - np.where(np.arange(40) == 7, 5.0, 0.5) + DICE.normal(0, 1, (16, 40))
    learnt = Learnt.of(ONE, sketched, told)
    corrected = (sketched + learnt.off_mm).min(axis=1)
    assert corrected.mean() == pytest.approx(told.min(axis=1).mean())
    assert learnt.off_mm.argmin() == 7


def test_a_layout_is_corrected_by_those_that_lie_as_it_does() -> None:
    aside = ONE + np.array([10 * LIKE_MM, 0.0, 0.0])
    told = [(ONE, np.array([1.0, 2.0])), (aside, np.array([-3.0, -4.0]))]
    assert np.allclose(carried_over(told, ONE), [1, 2], atol=0.05)
    assert np.allclose(carried_over(told, aside), [-3, -4], atol=0.05)
    assert np.allclose(carried_over(told, (ONE + aside) / 2), [-1, -1])
    both = np.concatenate([ONE, aside])  # one needle more than either
    assert np.allclose(carried_over(told, both), [-1, -1])


def test_as_many_normals_are_thinned_as_a_sketch_looks_at() -> None:
    for many in (1, NORMALS, NORMALS + 1, 5 * NORMALS + 3):
        assert 1 <= thin(np.zeros((2, many))).shape[1] <= NORMALS
