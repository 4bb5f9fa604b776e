"""Several images in a folder are listed and one is named; nothing is guessed."""

import pytest

from iceball.errors import ImageError
from iceball.io.image import load_series
from iceball.io.read import list_series, read_image
from tests.io.make_dicom import write_series
from tests.io.test_dicom_geometry import assert_places, read_here


def write_parts(folder, count, tweak, **more):
    for part in range(count):
        write_series(folder, series_uid="1.2.77", prefix=f"p{part}_", tweak=lambda d, k, p=part: tweak(d, k, p), **more)


def keys(folder):
    return [s.key for s in load_series(folder)]


def test_several_series_are_listed_and_each_key_reads_its_own(tmp_path):
    write_series(tmp_path / "a", number=3)
    write_series(tmp_path / "b", number=4, shape=(5, 4, 7))
    write_series(tmp_path / "c", number=5, modality="MR", shape=(5, 4, 8))
    with pytest.raises(ImageError, match=r"3 images are here.*--series 3"):
        read_image(tmp_path)
    found = list_series(tmp_path)
    assert [(s.key, s.modality, s.images, s.size) for s in found] == [
        ("3", "CT", 6, (5, 4, 6)),
        ("4", "CT", 7, (5, 4, 7)),
        ("5", "MR", 8, (5, 4, 8)),
    ]
    assert found[0].spacing_mm == pytest.approx((0.8, 0.7, 2.5))
    for series in found:
        for name in (series.key, series.uid):
            volume = read_here(tmp_path, series=name)
            assert volume.grid.shape == series.size
            assert volume.header.series == series.uid
    assert read_here(tmp_path, modality="MR").grid.shape == (5, 4, 8)


def test_a_series_that_is_not_there_is_refused_with_what_is(tmp_path):
    write_series(tmp_path, number=3)
    with pytest.raises(ImageError, match=r"no series '8' is here\. Found: 3: CT"):
        read_here(tmp_path, series="8")
    with pytest.raises(ImageError, match="no MR"):
        read_here(tmp_path, modality="MR")


def test_b_values_become_sub_series_with_keys_of_their_own(tmp_path):
    def tweak(dataset, k, part):
        dataset.add_new(0x00189087, "FD", (50.0, 400.0, 800.0)[part])

    write_parts(tmp_path, 3, tweak, modality="MR", number=6)
    assert keys(tmp_path) == ["6:b=50", "6:b=400", "6:b=800"]
    with pytest.raises(ImageError, match="3 images are here"):
        read_here(tmp_path, series="6")
    volume = read_here(tmp_path, series="6:b=400")
    assert volume.header.series == "1.2.77:b=400"
    assert_places(volume)
    assert read_here(tmp_path, series="1.2.77:b=800").grid == volume.grid


@pytest.mark.parametrize(
    ("tag", "values", "expected"),
    [
        ("EchoTime", (2.3, 4.6), ["echo=2.3", "echo=4.6"]),
        ("TemporalPositionIdentifier", (1, 2), ["phase=1", "phase=2"]),
        ("AcquisitionNumber", (4, 5), ["acquisition=4", "acquisition=5"]),
        ("ConvolutionKernel", ("B30f", "B70f"), ["kernel=B30f", "kernel=B70f"]),
        ("ImageType", (["DERIVED", "PRIMARY", "WATER"], ["DERIVED", "PRIMARY", "FAT"]), ["type=FAT", "type=WATER"]),
    ],
)
def test_echoes_phases_kernels_and_types_are_told_apart(tmp_path, tag, values, expected):
    write_parts(tmp_path, 2, lambda d, k, p: setattr(d, tag, values[p]), number=6)
    assert keys(tmp_path) == [f"6:{e}" for e in expected]


def test_two_attributes_together_are_used_where_one_is_not_enough(tmp_path):
    def tweak(dataset, k, part):
        dataset.EchoTime, dataset.FlipAngle = (2, 4)[part % 2], (10, 20)[part // 2]

    write_parts(tmp_path, 4, tweak, modality="MR", number=6)
    assert keys(tmp_path) == ["6:echo=2,flip=10", "6:echo=2,flip=20", "6:echo=4,flip=10", "6:echo=4,flip=20"]


def test_passes_one_after_the_other_are_told_apart_by_time(tmp_path):
    write_parts(tmp_path, 2, lambda d, k, p: setattr(d, "AcquisitionTime", f"12{p:02d}{k:02d}"), number=6)
    assert keys(tmp_path) == ["6:time=1", "6:time=2"]


def test_interleaved_passes_are_not_guessed_by_time(tmp_path):
    write_parts(tmp_path, 2, lambda d, k, p: setattr(d, "AcquisitionTime", f"1200{2 * k + p:02d}"), number=6)
    with pytest.raises(ImageError, match="two slices lie at one position"):
        read_here(tmp_path)


def test_one_double_slice_is_no_sub_series(tmp_path):
    write_series(tmp_path, series_uid="1.2.77", tweak=lambda d, k: setattr(d, "AcquisitionNumber", 1))
    write_series(
        tmp_path,
        series_uid="1.2.77",
        prefix="twin",
        shape=(5, 4, 1),
        tweak=lambda d, k: setattr(d, "AcquisitionNumber", 2),
    )
    with pytest.raises(ImageError, match="two slices lie at one position"):
        read_here(tmp_path)


def test_a_localizer_in_the_series_is_an_image_of_its_own(tmp_path):
    write_series(tmp_path, series_uid="1.2.77", number=2)
    write_series(
        tmp_path,
        series_uid="1.2.77",
        number=2,
        prefix="scout",
        shape=(9, 9, 1),
        along=(0, 1, 0),
        down=(0, 0, -1),
        tweak=lambda d, k: setattr(d, "ImageType", ["ORIGINAL", "PRIMARY", "LOCALIZER"]),
    )
    assert keys(tmp_path) == ["2", "2:localizer"]
    with pytest.raises(ImageError, match="2 images are here"):
        read_here(tmp_path)


def test_series_without_distinct_numbers_are_named_by_uid(tmp_path):
    write_series(tmp_path, number=1, series_uid="1.2.1")
    write_series(tmp_path, number=1, series_uid="1.2.2", prefix="other")
    assert sorted(keys(tmp_path)) == ["1.2.1", "1.2.2"]
    assert read_here(tmp_path, series="1.2.2").header.series == "1.2.2"
