"""Every voxel keeps its place in the patient, however the slices lie and whatever the files are called."""

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from iceball.io.dicom_values import POSITIONS
from iceball.io.image import load_image
from iceball.io.read import read_dicom, read_image
from tests.io.make_dicom import pattern, write_series

CUBE = [np.array(p)[:, None] * np.eye(3)[list(o)] for p in product((1, -1), repeat=3) for o in permutations(range(3))]


def read_here(path, **arguments):
    """Parse without a child process: these tests are about geometry and read many series."""
    return load_image(path, **{"series": None, "modality": None, **arguments})


def assert_places(volume):
    grid = volume.grid
    index = np.stack(np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij"), axis=-1)
    assert np.abs(volume.data - pattern(grid.to_mm(index))).max() <= 0.5 + 1e-3


@pytest.mark.parametrize("number", range(48))
def test_all_48_orientations_of_axes_keep_every_voxel_in_place(tmp_path, number):
    axes = CUBE[number]
    side = float(np.sign(np.linalg.det(axes)))
    write_series(tmp_path, along=axes[0], down=axes[1], step=side)
    volume = read_here(tmp_path)
    assert_places(volume)
    assert volume.grid.shape == (5, 4, 6)
    assert np.allclose(volume.grid.spacing_mm, (0.8, 0.7, 2.5), atol=1e-6)
    # Slices ascend along the normal: the index axes are always right-handed.
    assert np.linalg.det(volume.grid.directions) == pytest.approx(1)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), origin=st.tuples(*[st.floats(-800, 800)] * 3))
def test_any_oblique_series_keeps_every_voxel_in_place(tmp_path_factory, seed, origin):
    turn = Rotation.random(random_state=np.random.default_rng(seed)).as_matrix()
    folder = tmp_path_factory.mktemp("oblique")
    write_series(folder, along=turn[:, 0], down=turn[:, 1], origin_mm=origin, modality="MR")
    volume = read_here(folder)
    assert np.abs(volume.grid.directions - turn).max() < 1e-6
    assert np.abs(volume.grid.origin_mm - origin).max() < 1e-3
    assert_places(volume)


@pytest.mark.parametrize("position", POSITIONS)
def test_the_patient_position_is_recorded_and_moves_nothing(tmp_path, position):
    write_series(tmp_path, patient_position=position)
    volume = read_here(tmp_path)
    assert volume.header.patient_position == position
    assert_places(volume)


def test_the_header_says_what_the_files_say_but_not_who_the_patient_is(tmp_path):
    write_series(tmp_path / "ct", patient="Doe42")
    volume = read_dicom(tmp_path / "ct")
    header = volume.header
    assert (header.modality, header.acquired, header.description) == ("CT", "2024-01-31", "made CT")
    assert header.frame_of_reference == "1.2.3.4.5.6"
    assert header.source == "ct"
    assert len(header.patient_key) == 16
    assert "Doe42" not in str(header)
    assert volume.quantity == "HU"
    assert volume.data.dtype == np.int16
    assert_places(volume)


def test_other_modalities_in_the_folder_are_ignored_with_a_note(tmp_path):
    write_series(tmp_path)
    write_series(tmp_path, modality="PT", number=2, prefix="pet", shape=(3, 3, 2))
    (tmp_path / "readme.txt").write_text("hello")
    volume = read_image(tmp_path)
    assert volume.header.notes == ("Ignored beside the image: 2 PT, 1 not DICOM.",)
