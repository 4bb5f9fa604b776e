"""Whatever a file does to the reader, the caller gets a value or one typed error, and nothing is left behind."""

import gzip
import tempfile
from pathlib import Path

import numpy as np
import pytest

from iceball.errors import IceballError, ImageError
from iceball.io import wire
from iceball.io.nifti import write_nifti
from iceball.io.sandbox import Limits, in_child
from iceball.io.series import Series
from iceball.space import Grid, Header, Volume


@pytest.fixture
def path(tmp_path):
    grid = Grid.of((150, 150, 150), np.diag([1.0, 1, 1, 1]))
    return write_nifti(Volume(grid, np.zeros(grid.shape, np.float32)), tmp_path / "image.nii")


def left_behind():
    return set(Path(tempfile.gettempdir()).glob("iceball-read-*"))


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(seconds=0.02), "more than 0 s"),
        (Limits(memory_gb=0.01), "stopped with code|more than 0.01 GB"),
    ],
)
def test_a_reader_beyond_its_limits_is_stopped_with_a_typed_error(path, tmp_path_factory, monkeypatch, limits, words):
    scratch = tmp_path_factory.mktemp("scratch")
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    with pytest.raises(ImageError, match=words) as caught:
        in_child("image", path, limits=limits, series=None, modality=None)
    assert caught.value.where == "image.nii"
    assert not left_behind()


def test_a_small_file_that_unpacks_into_a_large_one_meets_the_memory_limit(tmp_path):
    small = write_nifti(Volume(Grid.of((2, 2, 2), np.eye(4)), np.zeros((2, 2, 2), np.uint8)), tmp_path / "small.nii")
    header = bytearray(small.read_bytes()[:352])
    header[42:48] = np.array([640, 640, 640], "<i2").tobytes()
    bomb = tmp_path / "bomb.nii.gz"
    bomb.write_bytes(gzip.compress(bytes(header) + bytes(640**3), 1))
    with pytest.raises(ImageError, match=r"more than 0\.3 GB") as caught:
        in_child("image", bomb, limits=Limits(memory_gb=0.3), series=None, modality=None)
    assert caught.value.where == "bomb.nii.gz"


def test_an_error_of_another_kind_becomes_an_image_error_without_a_traceback(path):
    with pytest.raises(ImageError, match="could not be read: TypeError"):
        in_child("image", path, nonsense=1)


def test_a_module_beside_the_user_is_not_run(path, tmp_path, monkeypatch):
    # A folder of foreign files is often the current one: a json.py in it must not be imported.
    (tmp_path / "json.py").write_text("raise SystemExit(3)")
    monkeypatch.chdir(tmp_path)
    assert in_child("image", path, series=None, modality=None).grid.shape == (150, 150, 150)


def test_volumes_cross_unchanged(tmp_path):
    header = Header("CT", "key", "1.2", "3:b=4", "é", "2024-01-31", "HFS", "source", ("one", "two"))
    grid = Grid.of((3, 4, 5), np.diag([0.1 + 0.2, 1 / 3, np.pi, 1]))
    mask = Volume(grid, np.random.default_rng(0).integers(0, 2, (3, 4, 5)).astype(np.uint8), "mask", header)
    image = Volume(grid, np.random.default_rng(0).normal(size=(3, 4, 5)).astype(np.float32), "MR", header)
    back = wire.unpack(wire.pack({"m": mask, "v": [image, 7]}, tmp_path), tmp_path)
    assert back["m"].grid == grid
    assert back["m"].header == header
    assert np.array_equal(back["m"].data, mask.data)
    assert np.array_equal(back["v"][0].data, image.data)
    assert back["v"][0].data.dtype == np.float32
    assert back["v"][1] == 7


def test_series_and_names_by_number_cross_unchanged(tmp_path):
    series = Series("4", "1.2", "MR", "t2", 19, (384, 384, 19), (0.5, 0.5, 3.0), "2011-07-07", "")
    assert wire.unpack(wire.pack((series, {3: "colon"}), tmp_path), tmp_path) == (series, {3: "colon"})


@pytest.mark.parametrize("kind", IceballError.__subclasses__())
def test_a_refusal_crosses_as_its_own_class(kind):
    back = wire.unpack_error(wire.pack_error(kind("what", where="where", remedy="remedy")))
    assert type(back) is kind
    assert (back.what, back.where, back.remedy) == ("what", "where", "remedy")


def test_an_array_that_would_run_code_is_not_loaded(tmp_path):
    np.save(tmp_path / "0.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    value = {
        "volume": {
            "grid": {"shape": [1, 1, 1], "affine": np.eye(4).tolist()},
            "quantity": "HU",
            "header": wire.header_as_json(Header()),
            "file": "0.npy",
            "bits": False,
        }
    }
    with pytest.raises(ValueError, match="allow_pickle"):
        wire.unpack(value, tmp_path)
