"""Anatomies of real images; skipped where the shared data are absent."""

import csv
import time
from pathlib import Path

import nibabel
import numpy as np
import pytest

from iceball.space import Grid, Volume
from iceball.space.shapes import Mask, Sphere
from iceball.tissue import Anatomy, Structure
from iceball.tissue.segment import build_anatomy
from tests.shared_data import shared

CENTRE_MM = (79.0, -122.0, 322.0)


def nifti(path: Path, quantity: str) -> Volume:
    """RAS millimetres to LPS; nothing else, because io has its own tests."""
    image = nibabel.load(path)
    return Volume(
        Grid.of(image.shape, np.diag([-1.0, -1.0, 1.0, 1.0]) @ image.affine), np.asarray(image.dataobj), quantity
    )


@pytest.fixture(scope="module")
def kidney() -> Anatomy:
    folder = shared("totalseg_abdomen_ct")
    ct, labels = (
        nifti(folder / "example_ct.nii.gz", "HU"),
        nifti(folder / "example_seg_fast_force_split.nii.gz", "label"),
    )
    with (folder / "LABELS.csv").open() as table:
        names = {int(row["label"]): row["name"] for row in csv.DictReader(table)}
    mass = Structure("mass", Sphere(CENTRE_MM, 28), "SYNTHETIC")
    began = time.perf_counter()
    body = build_anatomy(ct, organ="kidney", organ_labels=labels, label_names=names, target=mass)
    assert time.perf_counter() - began < 3
    return body


def gap_mm(body: Anatomy, name: str) -> float:
    """From the sphere's surface to the nearest voxel centre of a structure."""
    shape = body.structures[name].shape
    assert isinstance(shape, Mask)
    points = shape.volume.grid.to_mm(np.argwhere(shape.volume.data))
    return float(np.linalg.norm(points - CENTRE_MM, axis=-1).min()) - 14


def test_the_synthetic_mass_lies_where_the_demo_says(kidney: Anatomy) -> None:
    fine = Grid.box(np.array(CENTRE_MM) - 16, np.array(CENTRE_MM) + 16, 1.0)
    mass = kidney.target.shape.occupancy(fine)
    inside = kidney.structures["kidney_left"].shape.occupancy(fine) >= 0.5
    assert (mass * inside).sum() / mass.sum() == pytest.approx(0.55, abs=0.02)
    assert gap_mm(kidney, "colon") == pytest.approx(19, abs=1)
    assert gap_mm(kidney, "iliopsoas_left") == pytest.approx(12, abs=1)
    assert gap_mm(kidney, "skin") == pytest.approx(68, abs=3)


def test_organs_keep_their_volume_and_the_psoas_nerves_are_not_assessed(kidney: Anatomy) -> None:
    assert kidney.structures["spleen"].shape.volume_ml == pytest.approx(261, abs=1)
    assert kidney.structures["liver"].shape.volume_ml == pytest.approx(1126, abs=1)
    assert kidney.absent == ("ureter", "renal_pelvis", "psoas_nerve")
    assert kidney.find("adrenal") is not None
    assert len(kidney.structures) == 63
    assert not kidney.labels.data.flags.writeable


def test_the_kidney_without_labels_is_not_taken_for_bone_though_full_of_contrast(kidney: Anatomy) -> None:
    plain = build_anatomy(kidney.image, organ="kidney")
    bone = next(k for k, name in plain.tissues.items() if name == "bone_cancellous")
    shape = kidney.structures["kidney_left"].shape
    assert isinstance(shape, Mask)
    cells = np.round(plain.labels.grid.to_index(shape.volume.grid.to_mm(np.argwhere(shape.volume.data)))).astype(int)
    assert (plain.labels.data[tuple(cells.T)] == bone).mean() < 0.02


@pytest.mark.parametrize(("case", "tumour_ml"), [("STS_002", 53.3), ("STS_003", 80.1), ("STS_024", 77.6)])
@pytest.mark.parametrize("kind", ["CT", "MR_T1"])
def test_sarcomas_have_skin_outside_air_and_no_lung_in_the_mattress(case: str, tumour_ml: float, kind: str) -> None:
    folder = shared("sts_sarcoma", "nifti", case)
    image = nifti(folder / f"{kind}_image.nii.gz", "HU" if kind == "CT" else "MR")
    mass = Structure("GTV", Mask(nifti(folder / f"{kind}_mask.nii.gz", "mask")), "manual")
    tissue = None if kind == "CT" else "soft_tissue"
    body = build_anatomy(image, organ="soft_tissue", target=mass, tissue_name=tissue)
    counts = {name: (body.labels.data == k).sum() * body.labels.grid.voxel_ml for k, name in body.tissues.items()}
    assert counts["tumour"] == pytest.approx(tumour_ml, rel=0.01)
    assert counts["air"] > 80
    assert 10 < counts["skin"] < 150
    assert "lung_aerated" not in counts
    assert body.absent == (("nerve", "great_vessel") if kind == "CT" else ("nerve", "great_vessel", "bone"))
