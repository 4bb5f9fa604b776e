"""A plaque and the nerves on a flat chest wall, where everything about them is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from iceball.errors import SegmentationError
from iceball.space import Grid, Volume
from iceball.space.distance import interpolate
from iceball.space.shapes import Mask, Polyline
from iceball.tissue import Anatomy, build_anatomy
from iceball.tissue.ct import label_of
from iceball.tissue.intercostal import DERIVED, intercostal_nerves
from iceball.tissue.plaque import crescent_plaque
from tests.tissue.phantom import grid as trunk_grid
from tests.tissue.phantom import trunk

RIBS_MM = (22.0, -22.0)
RIB_RADIUS_MM, RIB_X_MM = 5.0, -8.0


def chest(*, lung_mm: float = 60.0, rise: float = 0.0, lung: bool = True) -> Anatomy:
    """Muscle where x < 0, lung from 0 to `lung_mm`, and two ribs along y that rise by `rise` mm a mm."""
    grid = Grid.box((-20, -40, -50), (60, 40, 50), 2.0)
    points = grid.centres_mm()
    code = label_of()
    labels = np.full(grid.shape, code["soft_tissue"], np.uint8)
    if lung:
        labels[(points[..., 0] > 0) & (points[..., 0] < lung_mm)] = code["lung_aerated"]
    for z in RIBS_MM:
        gap = np.hypot(points[..., 0] - RIB_X_MM, (points[..., 2] - z - rise * points[..., 1]) / math.hypot(1, rise))
        labels[gap < RIB_RADIUS_MM] = code["bone_cortical"]
    names = {value: name for name, value in code.items() if (labels == value).any()}
    return Anatomy(Volume(grid, np.zeros(grid.shape, np.int16), "HU"), Volume(grid, labels, "label"), names)


@pytest.fixture(scope="module")
def flat() -> Anatomy:
    return chest()


def cells_mm(shape: Mask) -> np.ndarray:
    return shape.volume.grid.to_mm(np.argwhere(shape.volume.data))


def test_a_plaque_on_a_flat_wall_is_half_an_ellipsoid_that_lies_in_the_lung(flat: Anatomy) -> None:
    plaque = crescent_plaque(flat, at_mm=(-3, 1, 0), along=(0, 1, 0), size_mm=(12, 40, 30))
    assert isinstance(plaque.shape, Mask)
    points = cells_mm(plaque.shape)
    assert plaque.name == "tumour"
    assert plaque.origin.startswith("SYNTHETIC crescent plaque 12 x 40 x 30 mm")
    assert points[:, 0].min() > 0
    assert np.ptp(points, axis=0) + 1 == pytest.approx((12, 40, 30), abs=1.5)
    assert plaque.shape.volume_ml == pytest.approx(2 / 3 * math.pi * 12 * 20 * 15 / 1000, rel=0.04)
    thickest = points[points[:, 0] == points[:, 0].max()].mean(axis=0)
    assert np.abs(thickest[1:]).max() <= 1.5


def test_its_length_runs_where_it_is_told_to(flat: Anatomy) -> None:
    plaque = crescent_plaque(flat, at_mm=(0, 0, 0), along=(0.3, 0, 1), size_mm=(8, 40, 20))
    assert isinstance(plaque.shape, Mask)
    assert np.ptp(cells_mm(plaque.shape), axis=0)[1:] + 1 == pytest.approx((20, 40), abs=2)


@pytest.mark.parametrize(
    ("body", "wrong", "where"),
    [
        ({}, {"size_mm": (12, 40)}, "size_mm"),
        ({}, {"size_mm": (12, math.nan, 30)}, "size_mm"),
        ({}, {"along": (1, 0, 0)}, "along"),
        ({}, {"along": (0, 0, 0)}, "along"),
        ({}, {"at_mm": (-400, 0, 0)}, "at_mm"),
        ({"lung_mm": 10}, {}, "size_mm"),
        ({"lung": False}, {}, "at_mm"),
    ],
)
def test_a_plaque_that_cannot_be_is_refused_by_the_name_of_what_is_wrong(
    body: dict[str, float], wrong: dict[str, object], where: str
) -> None:
    words: dict[str, object] = {"at_mm": (0, 0, 0), "along": (0, 1, 0), "size_mm": (12, 40, 30)} | wrong
    with pytest.raises(SegmentationError) as caught:
        crescent_plaque(chest(**body), **words)  # type: ignore[arg-type]
    assert caught.value.where == where


@pytest.mark.parametrize("rise", [0.0, 0.4])
def test_a_nerve_runs_right_under_the_lower_inner_edge_of_each_rib(rise: float) -> None:
    body = chest(rise=rise)
    plaque = crescent_plaque(body, at_mm=(0, 0, 0), along=(0, 1, 0), size_mm=(12, 40, 30))
    nerves = intercostal_nerves(body, plaque.shape, within_mm=15)
    assert [n.name for n in nerves] == ["intercostal_nerve_1", "intercostal_nerve_2"]
    for nerve, z in zip(nerves, RIBS_MM, strict=True):
        assert nerve.origin == DERIVED
        assert isinstance(nerve.shape, Polyline)
        line = nerve.shape.points_mm[1:-1]  # its ends lie where the rib is cut
        assert np.ptp(line[:, 1]) > 40
        under = (z + rise * line[:, 1] - line[:, 2]) / math.hypot(1, rise)
        assert under == pytest.approx(RIB_RADIUS_MM + 1, abs=1.6)
        assert (line[:, 0] > RIB_X_MM).all()
        assert (line[:, 0] < 0).all()


def test_without_a_rib_near_no_nerve_is_made_up(flat: Anatomy) -> None:
    plaque = crescent_plaque(flat, at_mm=(0, 0, 0), along=(0, 1, 0), size_mm=(4, 10, 10))
    with pytest.raises(SegmentationError, match="no rib"):
        intercostal_nerves(flat, plaque.shape, within_mm=5)


def test_muscle_beside_lung_is_not_lined_with_fat_that_only_the_blur_of_the_image_makes() -> None:
    from scipy.ndimage import gaussian_filter

    sharp = trunk(trunk_grid((200, 152, 28), 1.25), lungs=True)
    image = Volume(sharp.grid, gaussian_filter(sharp.data.astype(float), 0.8).astype(np.int16), "HU")
    body = build_anatomy(image, organ="pleura")
    code = label_of()
    fat = (body.labels.data == code["fat"]).astype(np.float32)
    side = np.linspace(0, 2 * math.pi, 60)
    # 3 mm outside the lung, on the sides where muscle is thick
    ring = np.stack([38 + 33 * np.cos(side), -8 + 39 * np.sin(side), 0 * side], axis=1)
    ring = ring[np.hypot(ring[:, 0] / 67, ring[:, 1] / 42) < 1]
    assert len(ring) > 20
    assert interpolate(fat, body.labels.grid, ring, outside=1.0).max() < 0.5
    assert (body.labels.data == code["lung_aerated"]).any()


def test_gas_between_lung_and_wall_is_gas_to_its_border_and_the_lung_behind_it_is_lung() -> None:
    image = trunk(trunk_grid((100, 76, 28), 2.5), lungs=True)
    points = image.grid.centres_mm()
    lung = image.data == image.data[tuple(np.rint(image.grid.to_index((38, -8, 0))).astype(int))]
    open_space = lung & (points[..., 0] > 54)
    hu = np.where(open_space, -1000, image.data)
    hu[lung & (np.abs(points[..., 0] - 54) < 1.5)] = -920  # the half-filled cells between
    body = build_anatomy(Volume(image.grid, hu.astype(np.int16), "HU"), organ="pleura")
    code = label_of()
    assert (body.labels.data[open_space] == code["gas"]).mean() > 0.97
    assert (body.labels.data[lung & (points[..., 0] < 49)] == code["lung_aerated"]).all()


def test_no_fat_is_made_up_beside_gas_in_the_chest_either() -> None:
    from scipy.ndimage import gaussian_filter

    sharp = trunk(trunk_grid((200, 152, 44), 1.25), lungs=True)
    points = sharp.grid.centres_mm()
    lung = sharp.data == sharp.data[tuple(np.rint(sharp.grid.to_index((38, -8, 0))).astype(int))]
    hu = gaussian_filter(np.where(lung & (points[..., 0] > 54), -1000.0, sharp.data), 0.8)
    body = build_anatomy(Volume(sharp.grid, hu.astype(np.int16), "HU"), organ="pleura")
    wall = ~lung & (points[..., 0] > 54) & (np.hypot(points[..., 0] / 72, points[..., 1] / 47) < 1)
    assert (body.labels.data[wall] == label_of()["fat"]).mean() < 0.01
