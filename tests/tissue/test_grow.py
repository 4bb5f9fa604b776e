"""A region grown from a click holds what is as bright as the click, and never runs into the organ in silence."""

import numpy as np
import pytest

from iceball.errors import SegmentationError
from iceball.space import Grid, Volume
from iceball.tissue.grow import grow, grow_as_far

GRID = Grid.box((-40, -40, -40), (40, 40, 40), 2.0)
R = np.linalg.norm(GRID.centres_mm(), axis=-1)


def ct(values: np.ndarray, noise: float = 0.0) -> Volume:
    rng = np.random.default_rng(7)
    return Volume(GRID, np.rint(values + rng.normal(0, noise, GRID.shape)).astype(np.int16), "HU")


def test_a_bright_ball_in_noise_is_found_to_a_tenth_of_its_volume():
    ball = ct(np.where(R < 15, 120, 40), noise=12)
    grown = grow(ball, (3.0, -2.0, 4.0), tolerance=40)
    assert grown.volume_ml == pytest.approx(4 / 3 * np.pi * 1.5**3, rel=0.1)
    assert grown.mask.volume_ml == pytest.approx(grown.volume_ml)
    assert grown.low < 120 < grown.high
    assert np.abs(np.array(grown.mask.grid.corners_mm)).max() < 20


def test_a_wider_tolerance_never_grows_less():
    ball = ct(120 - R, noise=3)
    volumes = [grow(ball, (0, 0, 0), tolerance=t, most_ml=200).volume_ml for t in (6, 10, 14, 18)]
    assert volumes == sorted(volumes)
    assert volumes[-1] > 4 * volumes[0]


def test_a_region_that_runs_into_the_organ_is_refused_and_not_cut_off():
    with pytest.raises(SegmentationError, match="runs into what lies around"):
        grow(ct(np.full(GRID.shape, 40)), (0, 0, 0), tolerance=20, most_ml=30)


def test_without_a_tolerance_it_grows_as_far_as_it_stays_a_lump():
    # A ball of 120 in tissue of 60: below a tolerance of 60 the ball, from there on everything.
    grown = grow_as_far(ct(np.where(R < 15, 120, 60), noise=6), (2, 1, 0))
    assert grown.volume_ml == pytest.approx(4 / 3 * np.pi * 1.5**3, rel=0.12)
    assert grown.high - grown.low < 120
    with pytest.raises(SegmentationError, match="every tolerance"):
        grow_as_far(ct(np.full(GRID.shape, 40)), (0, 0, 0))


def test_a_thread_of_cells_does_not_lead_into_the_next_organ():
    values = np.where((R < 14) | (GRID.centres_mm()[..., 0] > 24), 120, 0)
    values[:, 20, 20] = 120  # one cell thin
    assert grow(ct(values), (0, 0, 0), tolerance=30).volume_ml == pytest.approx(4 / 3 * np.pi * 1.4**3, rel=0.12)


def test_a_hole_inside_is_filled():
    shell = ct(np.where((R < 16) & (R > 6), 120, 0))
    grown = grow(shell, (12, 0, 0), tolerance=30)
    assert grown.volume_ml == pytest.approx(4 / 3 * np.pi * 1.6**3, rel=0.12)


def test_a_plaque_thinner_than_the_opening_still_grows():
    values = np.zeros(GRID.shape)
    values[10:30, 10:30, 20:22] = 200
    assert grow(ct(values), (0, 0, 1), tolerance=50).volume_ml == pytest.approx(
        6.4, rel=0.25
    )  # its rim is smoothed away


@pytest.mark.parametrize(
    ("seed", "tolerance", "most", "said"),
    [
        ((500, 0, 0), 20, 60, "outside the image"),
        ((0, 0, 0), 0, 60, "outside 0 to"),
        ((0, 0, 0), 20, 1e9, "outside 0 to"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_place(seed, tolerance, most, said):
    with pytest.raises(SegmentationError, match=said) as refusal:
        grow(ct(np.where(R < 15, 120, 40)), seed, tolerance=tolerance, most_ml=most)
    assert refusal.value.where
    assert refusal.value.remedy


def test_a_single_slice_can_be_grown_in():
    grid = Grid.of((40, 40, 1), np.diag([2.0, 2.0, 5.0, 1.0]))
    r = np.hypot(*(np.moveaxis(grid.centres_mm()[..., :2], -1, 0) - 40))
    grown = grow(Volume(grid, np.where(r < 14, 100, 0).astype(np.int16), "HU"), (40, 40, 0), tolerance=20)
    assert grown.volume_ml == pytest.approx(np.pi * 1.4**2 * 0.5, rel=0.1)
