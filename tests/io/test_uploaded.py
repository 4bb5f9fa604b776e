"""Whatever was sent, what can be planned on is listed, and what draws on it, by the names in the files."""

from pathlib import Path

import numpy as np
import pytest

from iceball.errors import ImageError
from iceball.io.nifti import write_nifti
from iceball.io.uploaded import look_through
from iceball.space import Volume
from tests.shared_data import shared
from tests.tissue.phantom import grid, trunk

SMALL = grid((20, 16, 6), 12.0)


def numbers(tmp_path: Path) -> None:
    write_nifti(trunk(SMALL), tmp_path / "ct.nii.gz")
    labels = (np.arange(SMALL.shape[0] * SMALL.shape[1] * SMALL.shape[2]).reshape(SMALL.shape) % 4).astype(np.uint8)
    write_nifti(Volume(SMALL, labels, "label"), tmp_path / "labels.nii.gz")


def test_images_labels_tables_and_points_are_told_apart(tmp_path):
    numbers(tmp_path)
    (tmp_path / "labels.csv").write_text("label,name\n1,colon\n")
    (tmp_path / "p.mrk.json").write_text(
        '{"markups": [{"coordinateSystem": "LPS", "controlPoints": [{"position": [1, 2, 3]}]}]}'
    )
    found = look_through(tmp_path)
    assert {s["key"]: s["description"] for s in found["series"]} == {
        "ct.nii.gz": "",
        "labels.nii.gz": "looks like a map of labels",
    }
    assert {s["file"]: (s["kind"], s["names"]) for s in found["structures"]} == {
        "labels.csv": ("names", []),
        "labels.nii.gz": ("labels", ["label_1", "label_2", "label_3"]),
        "p.mrk.json": ("points", ["p"]),
    }
    assert found["notes"] == []


def test_what_cannot_be_read_beside_an_image_is_left_out_with_a_note(tmp_path):
    numbers(tmp_path)
    (tmp_path / "broken.nii.gz").write_bytes(b"\x1f\x8b no")
    (tmp_path / "hello.txt").write_text("hello")
    assert [n.partition(":")[0] for n in look_through(tmp_path)["notes"]] == ["Left out"]


def test_nothing_to_plan_on_is_refused_with_what_was_there(tmp_path):
    (tmp_path / "hello.txt").write_text("hello")
    with pytest.raises(ImageError, match="1 not DICOM"):
        look_through(tmp_path)


def test_a_real_seg_and_its_images_are_listed_with_the_names_in_them():
    found = look_through(shared("dicom_highdicom_seg"))
    names = {s["file"]: s["names"] for s in found["structures"]}
    assert names["seg_image_ct_binary_overlap.dcm"] == ["first segment", "second segment"]
    assert {s["modality"] for s in found["series"]} == {"CT"}
