"""Boxes and surfaces as the page gets them."""

import numpy as np
import pytest

from iceball.assessment.assessment import MarginMap
from iceball.errors import GeometryError
from iceball.space import Grid, Volume
from iceball.space.shapes import Sphere
from iceball.web.boxes import WARM_C, GasFill, box, celsius_box, image_box, occupancy_box, read_box
from iceball.web.meshes import margin_mesh, read_mesh, shape_mesh, surface_mesh
from iceball.web.shown import MOST_MOMENTS, moments_s

GRID = Grid.of((4, 5, 6), np.array([[0, 2.0, 0, 7], [-1.5, 0, 0, 8], [0, 0, 3.0, 9], [0, 0, 0, 1]]))


def test_a_box_comes_back_as_it_was_with_its_first_index_fastest() -> None:
    raw = np.arange(120, dtype=np.int16).reshape(4, 5, 6)
    content = box(raw, GRID, "HU", scale=0.5, offset=-3.0, seq=7)
    header, values = read_box(content)
    assert np.array_equal(values, raw * 0.5 - 3.0)
    assert (header["seq"], header["affine"]) == (7, [list(row) for row in GRID.affine])
    begin = len(content) - raw.nbytes
    assert begin % 8 == 0
    assert np.array_equal(np.frombuffer(content, np.int16, 4, begin), raw[:, 0, 0])
    with pytest.raises(GeometryError, match="not whole"):
        read_box(content[:-2])


def test_ct_numbers_are_sent_as_they_are_and_others_as_finely_as_16_bits_go() -> None:
    data = np.random.default_rng(1).integers(-1024, 3000, GRID.shape).astype(np.float32)
    assert np.array_equal(read_box(image_box(Volume(GRID, data, "HU")))[1], data)
    fine = data / 777.0
    assert np.allclose(read_box(image_box(Volume(GRID, fine, "MR")))[1], fine, atol=np.ptp(fine) / 60_000)


def test_gas_beside_tissue_continues_it_and_is_warm_farther_away() -> None:
    field = np.full((9, 3, 3), np.nan, np.float32)
    field[:4] = -20.0
    sent = GasFill.of(field).hundredths(field) / 100
    assert (sent[:5] == -20.0).all()
    assert (sent[5:] == WARM_C).all()
    header, values = read_box(celsius_box(np.full(GRID.shape, 12.344), GRID))
    assert header["quantity"] == "degC"
    assert np.allclose(values, 12.34)


def test_a_structure_keeps_its_volume_in_its_box_and_its_surface() -> None:
    image = Grid.box((-40, -40, -40), (40, 40, 40), 2.0)
    shape = Sphere((3.0, -4.0, 5.0), 30.0)
    header, values = read_box(occupancy_box(shape, image))
    assert values.sum() * 8 / 1000 == pytest.approx(shape.volume_ml, rel=0.03)
    assert np.prod(header["shape"]) < np.prod(image.shape) / 4
    points, triangles, colours = read_mesh(shape_mesh(shape, image))
    assert colours is None
    away = np.linalg.norm(points - np.array(shape.centre_mm), axis=1)
    assert np.allclose(away, 15.0, atol=0.1)
    assert triangles.max() < len(points)


def test_the_target_is_painted_in_the_colours_of_the_margin_map() -> None:
    points = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
    found = MarginMap(points, np.array([[0, 1, 2], [1, 2, 3]]), np.array([-0.1, 0.0, 4.0, np.nan]))
    _, _, colours = read_mesh(margin_mesh(found))
    assert colours is not None
    assert [f"#{r:02X}{g:02X}{b:02X}" for r, g, b, _ in colours] == ["#D55E00", "#E69F00", "#F0E442", "#B8B8B8"]
    assert read_mesh(surface_mesh(None))[0].shape == (0, 3)


def test_moments_are_a_minute_apart_and_never_too_many() -> None:
    assert moments_s(185.0) == (60.0, 120.0, 180.0)
    many = moments_s(5 * 3600.0)
    assert len(many) <= MOST_MOMENTS
    assert len(set(np.diff(many))) == 1
