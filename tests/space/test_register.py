"""A rigid motion is found again, and bad images are refused."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from iceball.errors import GeometryError
from iceball.space import Grid, Volume
from iceball.space.register import Registered, register
from iceball.space.rigid import Rigid

TURN = Rotation.from_rotvec(np.radians([2.0, -3.0, 2.5])).as_matrix()
MOTION = Rigid(tuple(map(tuple, TURN)), (5.0, -4.0, 3.0))
FIXED = Grid.box((-36, -36, -36), (36, 36, 36), 3.0)
MOVING = Grid.box((-45, -45, -42), (45, 45, 42), (2.0, 2.0, 3.0))
ABOUT = np.random.default_rng(1).uniform(-10, 10, (50, 3))


def seen(grid: Grid, back: Rigid) -> Volume:
    """Blobs of many sizes, as the other grid sees them."""
    dice = np.random.default_rng(7)
    at = back.apply(grid.centres_mm())
    values = np.zeros(grid.shape)
    for _ in range(40):
        centre, width, height = dice.uniform(-40, 40, 3), dice.uniform(5, 12), dice.uniform(-150, 150)
        values += height * np.exp(-(((at - centre) / width) ** 2).sum(axis=-1))
    noise = np.random.default_rng(grid.shape[0]).normal(0, 5, grid.shape)
    return Volume(grid, (values + noise).astype(np.float32))


@pytest.fixture(scope="module")
def found() -> Registered:
    fixed, moving = seen(FIXED, Rigid.still()), seen(MOVING, MOTION.inverse())
    every = np.ones(FIXED.shape, bool), np.ones(MOVING.shape, bool)
    return register(fixed, moving, region=every[0], usable=every[1], about_mm=ABOUT)


def test_a_known_motion_is_found_within_its_own_residual_and_half_a_millimetre(found: Registered) -> None:
    assert found.motion.differs_mm(MOTION, ABOUT) < 0.5
    assert found.residual_mm < 0.5
    assert found.after > found.before
    assert found.overlap > 0.95


def test_too_small_a_region_is_refused() -> None:
    fixed = seen(FIXED, Rigid.still())
    little = np.zeros(FIXED.shape, bool)
    little[:3, :3, :3] = True
    with pytest.raises(GeometryError, match="left to compare"):
        register(fixed, fixed, region=little, usable=np.ones(FIXED.shape, bool), about_mm=ABOUT)


def test_a_motion_and_its_inverse_leave_points_where_they_were() -> None:
    points = ABOUT
    assert np.allclose(MOTION.inverse().apply(MOTION.apply(points)), points)
    assert np.allclose(MOTION.then(MOTION.inverse()).matrix, np.eye(4))
    assert np.array_equal(Rigid.still().apply(points), points)
    assert MOTION.turned_deg == pytest.approx(np.degrees(np.linalg.norm(np.radians([2.0, -3.0, 2.5]))))


@pytest.mark.parametrize("matrix", [np.diag([2, 1, 1, 1]), np.diag([-1, 1, 1, 1]), np.full((4, 4), np.nan)])
def test_what_stretches_mirrors_or_is_no_number_is_no_rigid_motion(matrix: np.ndarray) -> None:
    with pytest.raises(GeometryError):
        Rigid.of(matrix)
