"""Label maps, NRRD and MetaImage: the same places as another reader, the right names, and no image taken for labels."""

import gzip
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from scipy.spatial.transform import Rotation

from iceball.errors import ImageError, SegmentationError
from iceball.io.image import load_image
from iceball.io.labels import load_label_map
from iceball.io.nifti import write_nifti
from iceball.io.read import read_label_map, read_points, read_structures
from iceball.space import Grid, Volume
from tests.io.test_rtstruct import read

RNG = np.random.default_rng(2)
SHAPE = (6, 5, 4)


def load(path, modality=None):
    return load_image(path, series=None, modality=modality)


def itk_image(kind=np.int16, seed=3, flip=False):
    turn = Rotation.random(random_state=np.random.default_rng(seed)).as_matrix() @ np.diag([1, 1, -1 if flip else 1])
    image = sitk.GetImageFromArray(RNG.integers(0, 100, SHAPE[::-1]).astype(kind))
    image.SetSpacing((0.7, 0.8, 2.5))
    image.SetOrigin((-12.5, 40.25, 900))
    image.SetDirection(turn.ravel().tolist())
    return image


def write(image, path, compress=True):
    writer = sitk.ImageFileWriter()
    writer.SetFileName(str(path))
    writer.SetUseCompression(compress)
    writer.Execute(image)
    return path


@pytest.mark.parametrize("ending", [".nrrd", ".nhdr", ".mha", ".mhd", ".nii.gz"])
@pytest.mark.parametrize("compress", [True, False])
@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.float32])
def test_every_format_agrees_with_simpleitk(tmp_path, ending, compress, kind):
    image = itk_image(kind, flip=compress)
    volume = load(write(image, tmp_path / f"a{ending}", compress))
    assert np.array_equal(volume.data, sitk.GetArrayFromImage(image).transpose(2, 1, 0))
    for index in ((0, 0, 0), (5, 0, 0), (0, 4, 0), (0, 0, 3), (5, 4, 3)):
        assert np.allclose(volume.grid.to_mm(index), image.TransformIndexToPhysicalPoint(index), atol=1e-3)


def nrrd(
    path, *, space="left-posterior-superior", directions="(2,0,0) (0,2,0) (0,0,2)", sizes="2 2 2",
    kinds="domain domain domain", kind="uchar", data=bytes(range(8)), encoding="raw", origin="(1,2,3)", extra="",
):  # fmt: skip
    dimension = len(sizes.split())
    head = (
        f"NRRD0005\ntype: {kind}\ndimension: {dimension}\nspace: {space}\nsizes: {sizes}\n"
        f"space directions: {directions}\nkinds: {kinds}\nencoding: {encoding}\nspace origin: {origin}\n{extra}\n"
    )
    path.write_bytes(head.encode() + data)
    return path


@pytest.mark.parametrize(
    ("space", "signs"), [("right-anterior-superior", (-1, -1, 1)), ("LAS", (1, -1, 1)), ("LPS", (1, 1, 1))]
)
def test_an_nrrd_space_turns_into_lps(tmp_path, space, signs):
    grid = load(nrrd(tmp_path / "a.nrrd", space=space)).grid
    assert np.allclose(grid.origin_mm, np.array([1, 2, 3]) * signs)
    assert np.allclose(grid.directions, np.diag(signs))


@pytest.mark.parametrize(("change", "words"), [
    ({"space": "scanner-xyz"}, "how the patient lies"),
    ({"directions": "(2,0,0) (0,2,0)"}, "how the patient lies"),
    ({"directions": "(2,0,0) (0,2,0) (0,0,nan)"}, "NaN"),
    ({"directions": "(2,0,0) (0,2,0) (0,0,0)"}, "spacing of zero"),
    ({"directions": "(2,0,0) (1,2,0) (0,0,2)"}, "sheared"),
    ({"origin": "(a,b,c)"}, "origin"),
    ({"kinds": "domain domain time"}, "not a box"),
    ({"kinds": "domain domain list"}, "not a box"),
    ({"sizes": "2 2 1", "data": bytes(4)}, "one slice"),
    ({"sizes": "2 2 -2"}, "sizes"),
    ({"data": bytes(7)}, "truncated: 7 of 8"),
    ({"kind": "block"}, "type 'block'"),
    ({"encoding": "hex"}, "encoding 'hex'"),
    ({"extra": "data file: ../../../etc/passwd\n", "data": b""}, "not in one file beside it"),
    ({"extra": "data file: gone.raw\n", "data": b""}, "not there"),
    ({"extra": 'space units: "cm" "cm" "cm"\n'}, "unit of length"),
    ({"sizes": "90000 90000 90000"}, "too large"),
])  # fmt: skip
def test_a_malformed_nrrd_is_refused_with_the_reason(tmp_path, change, words):
    with pytest.raises(ImageError, match=words) as caught:
        load(nrrd(tmp_path / "a.nrrd", **change))
    assert caught.value.where == "a.nrrd"


def test_a_compressed_nrrd_is_never_unpacked_beyond_what_it_promises(tmp_path):
    path = nrrd(tmp_path / "a.nrrd", encoding="gzip", data=gzip.compress(bytes(50_000_000)))
    assert load(path).data.size == 8


@pytest.mark.parametrize(("change", "words"), [
    (("TransformMatrix", "Whatever"), "how the patient lies"),
    (("ElementSpacing = 0.", "ElementSpacing = -0."), "ElementSpacing"),
    (("Offset = ", "Offset = nan "), "not finite"),
    (("ElementType", "Seq_Frame0000_Status = OK\nElementType"), "third axis is time"),
    (("ElementDataFile = LOCAL", "ElementDataFile = /etc/passwd"), "not in one file beside it"),
    (("MET_SHORT", "MET_OTHER"), "not read"),
])  # fmt: skip
def test_a_malformed_metaimage_is_refused_with_the_reason(tmp_path, change, words):
    path = write(itk_image(), tmp_path / "a.mha", compress=False)
    content = path.read_bytes()
    assert change[0].encode() in content
    path.write_bytes(content.replace(change[0].encode(), change[1].encode()))
    with pytest.raises(ImageError, match=words):
        load(path)


def test_a_truncated_metaimage_is_refused(tmp_path):
    path = write(itk_image(), tmp_path / "a.mha", compress=False)
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(ImageError, match="truncated"):
        load(path)


def grid():
    return Grid.of(SHAPE, np.diag([1.0, 1, 2, 1]))


def label_file(tmp_path, data=None):
    if data is None:
        data = np.zeros(SHAPE, np.uint8)
        data[1:3], data[4] = 2, 7
    return write_nifti(Volume(grid(), data, "label"), tmp_path / "labels.nii.gz")


IMAGE = Volume(grid(), np.zeros(SHAPE, np.int16))


def test_labels_are_named_by_a_table(tmp_path):
    table = tmp_path / "LABELS.csv"
    table.write_text("label,name\n2,kidney_left\n7,colon\n9,spleen\n")
    volume, names = read_label_map(label_file(tmp_path), table)
    assert names == {2: "kidney_left", 7: "colon"}
    assert volume.data.dtype == np.uint8
    assert (volume.data == 7).sum() == 20


def test_labels_without_a_name_are_numbered(tmp_path):
    assert read_label_map(label_file(tmp_path))[1] == {2: "label_2", 7: "label_7"}
    masks = read_structures(label_file(tmp_path), on=IMAGE, names={7: "colon"})
    assert {n: int(m.data.sum()) for n, m in masks.items()} == {"label_2": 40, "colon": 20}


@pytest.mark.parametrize(
    "content", ["", "a,b\n1,2\n", "label,name\nx,colon\n", "label,name\n2,a\n2,b\n", "label,name\n2,\n", "\xff\xfe"]
)
def test_a_table_that_names_nothing_is_refused(tmp_path, content):
    table = tmp_path / "names.csv"
    table.write_bytes(content.encode("latin-1"))
    with pytest.raises(SegmentationError, match=r"names\.csv"):
        load_label_map(label_file(tmp_path), names=None, names_file=str(table))


@pytest.mark.parametrize(("data", "words"), [
    (np.zeros(SHAPE, np.uint8), "empty"),
    (np.full(SHAPE, -5, np.int16), "not a label map"),
    (np.full(SHAPE, 0.5, np.float32), "whole numbers"),
    (np.full(SHAPE, 70000, np.int32), "not a label map"),
])  # fmt: skip
def test_what_is_no_label_map_is_refused(tmp_path, data, words):
    with pytest.raises(SegmentationError, match=words):
        read(label_file(tmp_path, data), IMAGE)


def test_labels_off_the_image_are_refused_and_partly_off_noted(tmp_path):
    far = Volume(Grid.of(SHAPE, np.diag([1.0, 1, 2, 1]) + np.eye(4, k=3) * 500), np.zeros(SHAPE, np.int16))
    with pytest.raises(SegmentationError, match="wholly off the image"):
        read(label_file(tmp_path), far)
    near = Volume(Grid.of((2, 5, 4), np.diag([1.0, 1, 2, 1])), np.zeros((2, 5, 4), np.int16))
    with pytest.raises(SegmentationError, match="label_7"):
        read(label_file(tmp_path), near)
    assert "50.0 % of 'label_2'" in read(label_file(tmp_path), near, only=["label_2"])["label_2"].header.notes[-1]


def test_slicer_segments_keep_their_names_and_layers(tmp_path):
    layers = np.zeros((2, 2, 2, 2), np.uint8)  # k, j, i, layer: the last is fastest in the file
    layers[..., 0], layers[0, :, :, 1] = [[[1, 2]] * 2] * 2, 1
    extra = "".join(
        f"Segment{n}_Name:={name}\nSegment{n}_LabelValue:={label}\nSegment{n}_Layer:={layer}\n"
        for n, (name, label, layer) in enumerate([("tumour", 1, 0), ("kidney", 2, 0), ("margin", 1, 1)])
    )
    path = nrrd(tmp_path / "a.seg.nrrd", directions="none (2,0,0) (0,2,0) (0,0,2)", sizes="2 2 2 2",
                kinds="list domain domain domain", data=layers.tobytes(), extra=extra)  # fmt: skip
    masks = read(
        path, Volume(Grid.of((2, 2, 2), np.diag([2.0, 2, 2, 1]) + np.eye(4, k=3)), np.zeros((2, 2, 2), np.int16))
    )
    assert {n: int(m.data.sum()) for n, m in masks.items()} == {"tumour": 4, "kidney": 4, "margin": 4}
    assert masks["tumour"].data[0].all()
    assert masks["kidney"].data[1].all()
    assert masks["margin"].data[:, :, 0].all()
    with pytest.raises(ImageError, match="several images"):
        load(path)
    with pytest.raises(SegmentationError, match="layers"):
        read_label_map(path)


def markups(tmp_path, system="LPS", positions=((1, 2, 3), (4, 5, 6)), **more):
    import json

    path = tmp_path / "needle.mrk.json"
    controls = [{"label": f"p{n}", "position": list(p), **more} for n, p in enumerate(positions)]
    path.write_text(
        json.dumps({"markups": [{"type": "Fiducial", "coordinateSystem": system, "controlPoints": controls}]})
    )
    return path


def test_slicer_points_come_in_lps_whatever_they_were_saved_in(tmp_path):
    assert read_points(markups(tmp_path)) == {"needle": ((1, 2, 3), (4, 5, 6))}
    assert read_points(markups(tmp_path, "RAS")) == {"needle": ((-1, -2, 3), (-4, -5, 6))}


def test_points_that_are_none_are_refused(tmp_path):
    with pytest.raises(ImageError, match="coordinate system"):
        read_points(markups(tmp_path, "IJK"))
    with pytest.raises(ImageError, match="not finite"):
        read_points(markups(tmp_path, positions=((1, 2, float("nan")),)))
    with pytest.raises(SegmentationError, match="no point is set"):
        read_points(markups(tmp_path, positionStatus="undefined"))
    (tmp_path / "x.mrk.json").write_text("[" * 100_000)
    with pytest.raises(ImageError, match="markups"):
        read_points(tmp_path / "x.mrk.json")


def test_a_table_of_names_names_the_structures_of_a_label_map_too(tmp_path: Path) -> None:
    from iceball.errors import CaseError
    from iceball.io.intake import Request, new_case

    grid = Grid.box((-60, -60, -20), (60, 60, 20), 4.0)
    centres = grid.centres_mm()
    body = centres[..., 0] ** 2 + centres[..., 1] ** 2 < 50**2
    ball = (centres**2).sum(axis=-1) < 12**2
    ct = write_nifti(Volume(grid, np.where(body, 40, -1000).astype(np.int16)), tmp_path / "ct.nii.gz")
    labels = write_nifti(Volume(grid, (3 * ball).astype(np.uint8)), tmp_path / "labels.nii.gz")
    table = tmp_path / "names.csv"
    table.write_text("label,name\n3,GTV\n", encoding="utf-8")
    request = Request(ct, structures=(labels,), label_names=table, target="GTV")
    assert "GTV" in new_case(tmp_path / "case", request).record.structures[0].origin
    with pytest.raises(CaseError, match="without labels"):
        Request(ct, label_names=table, target_sphere=(0, 0, 0, 20))
