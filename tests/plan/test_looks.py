"""The compiled looks of a sketch, each against the same sum written with arrays."""

from __future__ import annotations

import numpy as np
import pytest

from iceball.plan.search.looks import apart, crossed, felt, moved, rising
from iceball.plan.ways.access import Access
from tests.plan.phantoms import Body

DICE = np.random.default_rng(4)
POINTS, PLACES = DICE.uniform(-60, 60, (3, 400)), DICE.uniform(-20, 20, (5, 3, 3))
LENGTHS = DICE.uniform(1, 6, (5, 3))
NEAREST_MM = 0.75


@pytest.mark.parametrize("reach_mm", [10.0, 25.0])
def test_a_potential_is_the_sum_of_faded_sinks_and_rises_as_its_differences_do(reach_mm: float) -> None:
    def potential(points: np.ndarray) -> np.ndarray:
        apart = points.T[None, None] - PLACES[:, :, None]
        far = np.sqrt((apart**2).sum(axis=3) + NEAREST_MM**2)
        return (LENGTHS[..., None] * np.exp(-far / reach_mm) / far).sum(axis=0)

    found = np.zeros((3, POINTS.shape[1]))
    felt(POINTS, PLACES, LENGTHS, reach_mm, NEAREST_MM, found)
    assert np.allclose(found, potential(POINTS), rtol=1e-4, atol=1e-9)

    slopes = np.zeros((3, 3, POINTS.shape[1]))
    rising(POINTS, PLACES, LENGTHS, reach_mm, NEAREST_MM, slopes)
    for axis in range(3):
        step = np.zeros((3, 1))
        step[axis] = 1e-4
        expected = (potential(POINTS + step) - potential(POINTS - step)) / 2e-4
        assert np.allclose(slopes[:, axis], expected, rtol=1e-3, atol=1e-7)


def test_margins_move_with_needles_and_with_cold_up_to_its_end() -> None:
    off, pulls = DICE.normal(size=(20, 3, 3)), DICE.normal(size=(3, 3, 50))
    colder, per_sd, before = DICE.normal(size=20), DICE.uniform(0, 9, 50), DICE.normal(size=(20, 50))
    found = before.copy()
    moved(off, pulls, colder, per_sd, 6.0, found)
    cold = colder[:, None] * per_sd
    assert (np.abs(cold) > 6.0).any()
    assert np.allclose(found, before + np.einsum("dnc,ncp->dp", off, pulls) + np.clip(cold, -6.0, 6.0))


def test_a_margin_ends_where_the_first_cell_is_warm() -> None:
    celsius = np.array([
        [-9.0, 4.0, -9.0, -9.0, np.nan],
        [-3.0, 9.0, -1.0, -5.0, -2.0],
        [3.0, 9.0, -1.0, 5.0, 6.0],
        [1.0, 9.0, -1.0, -5.0, 9.0],
    ])  # fmt: skip
    found = np.zeros(5)
    crossed(celsius, np.array([-2.0, 0.0, 2.0, 4.0]), found)
    assert found.tolist() == [1.0, -2.4, 4.0, 1.0, 0.5]


def test_a_body_spans_what_its_corners_span_in_any_direction() -> None:
    ground = Access.of(Body(half_mm=(70, 50), air_mm=12).target((0.0, -20.0, 0.0), 18).anatomy())
    for direction in (np.array([0.0, -1.0, 0.0]), np.array([0.6, 0.0, 0.8])):
        along = ground.outline_mm @ direction
        assert ground.span_mm(direction) == (along.min(), along.max())
        assert ground.span_mm(direction) == ground.span_mm(direction.copy())


def test_axes_of_needles_are_as_near_as_their_nearest_points() -> None:
    length, steps = 180.0, np.linspace(0.0, 180.0, 1801)
    tips = DICE.uniform(-30, 30, (6, 3))
    tips[1] = tips[0] + 20.0 * np.array([0.0, -1.0, 0.0])  # one behind the other, nearly in line
    outs = np.array([0.0, -1.0, 0.0]) + DICE.normal(0, 0.15, (6, 3))
    outs[3] = outs[2]
    outs /= np.linalg.norm(outs, axis=1, keepdims=True)
    found = np.empty(15)
    apart(tips, outs, length, found)
    axes = tips[:, None] + steps[:, None] * outs[:, None]
    for gap, i, j in zip(found, *np.triu_indices(6, 1), strict=True):
        least = min(np.linalg.norm(axes[j] - point, axis=1).min() for point in axes[i])
        assert least - 0.1 < gap <= least + 1e-9
