"""Stored numbers become Hounsfield units, or the MR's own numbers, exactly."""

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import JPEG2000Lossless, RLELossless

from iceball.errors import ImageError
from iceball.io.read import read_image
from tests.io.make_dicom import base, write_series
from tests.io.test_dicom_geometry import assert_places, read_here


def flat(value):
    return lambda points: np.full(points.shape[:-1], float(value))


def test_slope_and_intercept_are_taken_from_each_slice(tmp_path):
    def tweak(dataset, k):
        dataset.RescaleSlope, dataset.RescaleIntercept = 1 + k, 10 * k
        dataset.PixelData = np.full((4, 5), 7, "<i2").tobytes()

    write_series(tmp_path, modality="MR", tweak=tweak)
    volume = read_here(tmp_path)
    assert volume.data.dtype == np.float32
    assert volume.data[2, 2].tolist() == [7 * (1 + k) + 10 * k for k in range(6)]


def test_a_fractional_slope_gives_exact_hounsfield_units(tmp_path):
    def tweak(dataset, k):
        dataset.RescaleSlope, dataset.RescaleIntercept = "0.5", "-1000.25"
        dataset.PixelData = np.full((4, 5), 2001, "<i2").tobytes()

    write_series(tmp_path, tweak=tweak)
    volume = read_here(tmp_path)
    assert volume.data.dtype == np.float32
    assert (volume.data == 0.25).all()


def test_padding_is_marked_and_what_is_thinner_than_air_becomes_air_with_a_note(tmp_path):
    def tweak(dataset, k):
        stored = np.full((4, 5), 1024, "<i2")
        stored[0, 0], stored[0, 1], stored[0, 2] = -2000, 900, 0
        dataset.PixelPaddingValue = 900
        dataset.PixelData = stored.tobytes()

    write_series(tmp_path, tweak=tweak)
    volume = read_here(tmp_path)
    assert volume.data[:4, 0, 0].tolist() == [-2000, -2000, -1024, 0]
    # 2 of 20 in each slice: -3024 and the padding; the third was -1024 already.
    assert "12 voxels (10 %)" in volume.header.notes[0]
    assert "lowest -3024" in volume.header.notes[0]


def test_a_clean_ct_carries_no_note(tmp_path):
    write_series(tmp_path, values=flat(-1000))
    assert read_here(tmp_path).header.notes == ()


def test_bits_above_the_stored_ones_are_cut_off_and_the_sign_restored(tmp_path):
    def tweak(dataset, k):
        dataset.BitsStored, dataset.HighBit = 12, 11
        twelve = np.array([-5, 7] * 10) & 0x0FFF
        dataset.PixelData = (twelve | 0xA000).astype("<u2").tobytes()

    write_series(tmp_path, tweak=tweak)
    # -5 lies below air and is lifted to it; 7 stays 7.
    assert set(read_here(tmp_path).data.ravel().tolist()) == {-1024, -1017}
    write_series(tmp_path / "mr", modality="MR", tweak=tweak)
    assert set(read_here(tmp_path / "mr").data.ravel().tolist()) == {-5.0, 7.0}


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless])
def test_compressed_slices_hold_the_same_numbers(tmp_path, syntax):
    write_series(tmp_path, shape=(32, 32, 3), tweak=lambda d, k: d.compress(syntax, generate_instance_uid=False))
    volume = read_image(tmp_path)
    assert_places(volume)


def multi_frame(path, *, frames=4, groups=None, **changes):
    """An enhanced CT whose frames come in another order than their places."""
    dataset = base("CT")
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2.1"
    dataset.FrameOfReferenceUID, dataset.ImageType = "1.2.3", ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = frames, 3, 2
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 16, 15, 0
    shared, measures, turn = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = [0.7, 0.8], 2
    turn.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = Items([measures]), Items([turn])
    dataset.SharedFunctionalGroupsSequence, dataset.PerFrameFunctionalGroupsSequence = Items([shared]), Items()
    order = [(2 * f + 1) % 5 for f in range(frames)]
    for place in order[: groups or frames]:
        own, plane, scale = Dataset(), Dataset(), Dataset()
        plane.ImagePositionPatient = [0, 0, 2.0 * place]
        scale.RescaleSlope, scale.RescaleIntercept, scale.RescaleType = 1, -100 * place, "HU"
        own.PlanePositionSequence, own.PixelValueTransformationSequence = Items([plane]), Items([scale])
        dataset.PerFrameFunctionalGroupsSequence.append(own)
    dataset.PixelData = np.concatenate([np.full(6, 200 + place, "<u2") for place in order]).tobytes()
    for name, value in changes.items():
        setattr(dataset, name, value)
    dataset.save_as(path, enforce_file_format=True)
    return path


def test_a_multi_frame_ct_is_read_frame_by_frame(tmp_path):
    volume = read_here(multi_frame(tmp_path / "enhanced.dcm"))
    # Frames lie at places 1, 3, 0, 2, each with a value and an intercept of its own.
    assert volume.grid.shape == (2, 3, 4)
    assert volume.data[0, 0].tolist() == [200, 101, 2, -97]
    assert np.allclose(volume.grid.spacing_mm, (0.8, 0.7, 2))


def test_a_multi_frame_ct_with_too_few_descriptions_is_refused(tmp_path):
    with pytest.raises(ImageError, match="4 frames but 3 descriptions"):
        read_here(multi_frame(tmp_path / "enhanced.dcm", groups=3))


def test_a_colour_map_stored_as_ct_is_refused(tmp_path):
    with pytest.raises(ImageError, match="not Hounsfield"):
        read_here(multi_frame(tmp_path / "map.dcm", PixelPresentation="COLOR"))
