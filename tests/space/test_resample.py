import numpy as np
import pytest

from iceball.errors import GeometryError
from iceball.space import Grid, Volume
from iceball.space.resample import resample


def ramp(grid):
    centres = grid.centres_mm()
    return Volume(grid, (centres @ (1.0, 2.0, 3.0)).astype(np.float32), "HU")


def test_linear_reproduces_a_linear_field_on_a_tilted_grid():
    image = ramp(Grid.box((-20, -20, -20), (20, 20, 20), (1, 1.5, 2)))
    a = 0.4
    matrix = np.array([[np.cos(a), 0, np.sin(a), -8], [0, 1, 0, -8], [-np.sin(a), 0, np.cos(a), -5], [0, 0, 0, 1]])
    grid = Grid.of((12, 12, 12), matrix)
    got = resample(image, grid)
    assert not got.beyond.any()
    assert np.allclose(got.volume.data, grid.centres_mm() @ (1, 2, 3), atol=1e-3)


def test_beyond_the_image_the_edge_continues_or_the_fill_stands_and_both_are_told():
    image = Volume(Grid.box((0, 0, 0), (4, 4, 4), 1), np.arange(64, dtype=np.int16).reshape(4, 4, 4))
    grid = Grid.box((-2, 0, 0), (4, 4, 4), 1)
    edge = resample(image, grid, method="nearest")
    assert edge.volume.data.dtype == np.int16
    assert np.array_equal(edge.volume.data[0], image.data[0])
    assert np.array_equal(edge.volume.data[2:], image.data)
    assert edge.beyond_fraction == pytest.approx(2 / 6)
    filled = resample(image, grid, method="nearest", fill=-1000)
    assert (filled.volume.data[:2] == -1000).all()
    assert np.array_equal(filled.volume.data[2:], image.data)


def test_nearest_invents_no_label():
    rng = np.random.default_rng(0)
    image = Volume(Grid.box((0, 0, 0), (9, 9, 9), 1), rng.choice([2, 9, 200], (9, 9, 9)).astype(np.uint8), "label")
    got = resample(image, Grid.box((1, 1, 1), (8, 8, 8), 0.37), method="nearest")
    assert set(np.unique(got.volume.data)) <= {2, 9, 200}


def test_a_fill_that_does_not_fit_and_an_unknown_method_are_refused():
    image = Volume(Grid.box((0, 0, 0), (2, 2, 2), 1), np.zeros((2, 2, 2), np.int16))
    with pytest.raises(GeometryError):
        resample(image, image.grid, method="nearest", fill=0.5)
    with pytest.raises(GeometryError):
        resample(image, image.grid, method="cubic")
