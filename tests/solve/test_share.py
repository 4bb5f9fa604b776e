"""How much of the cells lies within surfaces that are known by one value a cell."""

import numpy as np
import pytest

from iceball.solve.divided import TOGETHER, divide, side_of
from iceball.solve.share import _weights, cells_within

EVERYWHERE = np.ones((24, 24, 24), bool)


def offsets(count):
    return np.random.default_rng(1).uniform(0, 1, (count, 3))


def places(shift):
    axes = (np.arange(24) - 12.0,) * 3
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1) + shift


@pytest.mark.parametrize(("radius", "most"), [(8.0, 3e-4), (4.0, 1e-3), (2.0, 4e-3)])
def test_a_ball_anywhere_between_the_cells_has_its_volume(radius, most):
    found = [cells_within(EVERYWHERE, radius - np.linalg.norm(places(at), axis=-1)) for at in offsets(10)]
    true = 4 / 3 * np.pi * radius**3
    assert np.abs(np.array(found) / true - 1).max() < most
    assert np.std(found) / true < most / 4


def test_a_flat_front_along_the_cells_is_found_to_a_thousandth_of_a_cell():
    for at in offsets(10):
        front = 5.5 + at[0]
        assert cells_within(EVERYWHERE, front - np.indices((24,) * 3)[0]) == pytest.approx(
            (front + 0.5) * 24 * 24, abs=0.576
        )


def test_two_surfaces_leave_what_lies_within_both():
    left, top = (10.3 - np.indices((24,) * 3)[0]), (7.8 - np.indices((24,) * 3)[1])
    assert cells_within(EVERYWHERE, left, top) == pytest.approx(10.8 * 8.3 * 24, rel=2e-3)
    assert cells_within(EVERYWHERE, left, np.full(left.shape, 1.0)) == cells_within(EVERYWHERE, left)
    assert cells_within(EVERYWHERE, left, np.full(left.shape, -1.0)) == 0


def test_only_cells_that_count_are_counted():
    half = EVERYWHERE.copy()
    half[12:] = False
    assert cells_within(half, np.ones(half.shape)) == 12 * 24 * 24
    assert cells_within(np.zeros_like(half), np.ones(half.shape)) == 0


@pytest.mark.parametrize("quadratic", [True, False])
def test_a_cell_that_is_surely_on_one_side_has_all_its_divisions_there(quadratic):
    weights, random = _weights(quadratic=quadratic), np.random.default_rng(2)
    parts, seen = np.empty((5, 5, 5, TOGETHER)), {-1: 0, 0: 0, 1: 0}
    for _ in range(40):
        slopes = random.normal(size=(TOGETHER, 3)) @ (np.indices((3, 3, 3)).reshape(3, 27) - 1)
        cells = random.uniform(-3, 3, (TOGETHER, 1)) + slopes + random.normal(0, 0.2, (TOGETHER, 27))
        divide(np.ascontiguousarray(cells.T).reshape(3, 3, 3, TOGETHER), weights, TOGETHER, parts)
        for m, cell in enumerate(cells):
            side = side_of(cell.reshape(3, 3, 3), weights)
            seen[side] += 1
            assert side == 0 or (parts[..., m] == max(side, 0)).all()
    assert min(seen.values()) > 300


def test_the_share_of_a_cell_does_not_depend_on_those_it_is_divided_with():
    away = 8.2 - np.linalg.norm(places((0.3, 0.1, -0.2)), axis=-1)
    flat = 4.1 - places((0, 0, 0))[..., 1]
    whole = cells_within(EVERYWHERE, away, flat)
    one_by_one = 0.0
    for cell in np.argwhere(away > -4):
        only = np.zeros_like(EVERYWHERE)
        only[tuple(cell)] = True
        one_by_one += cells_within(only, away, flat)
    assert one_by_one == whole
