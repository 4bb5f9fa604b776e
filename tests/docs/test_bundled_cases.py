"""The data that travels with the package may travel, and is what the pages say."""

from __future__ import annotations

import csv
import re
import tomllib
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from tests.docs.pages import ROOT

CASES = ROOT / "src" / "iceball" / "cases"
FOLDERS = sorted(p for p in CASES.iterdir() if (p / "case.toml").is_file())


def test_there_are_two_cases_and_they_are_small() -> None:
    assert [f.name for f in FOLDERS] == ["kidney", "sarcoma"]
    files = [p for f in FOLDERS for p in f.rglob("*") if p.is_file()]
    assert sum(p.stat().st_size for p in files) < 8_000_000


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda p: p.name)
def test_licence_source_commit_and_changes_lie_beside_the_data(folder: Path) -> None:
    licence = list(folder.glob("LICENSE*"))
    assert len(licence) == 1
    assert licence[0].stat().st_size > 5000
    text = (folder / "ATTRIBUTION.md").read_text(encoding="utf-8")
    assert re.search(r"https://github\.com/\S+", text)
    assert re.search(r"\b[0-9a-f]{40}\b", text)
    assert "## Changes made" in text
    assert licence[0].name in text


def test_the_stored_kidney_ct_has_room_and_plausible_numbers() -> None:
    case = tomllib.loads((CASES / "kidney" / "case.toml").read_text(encoding="utf-8"))
    ct = nib.load(CASES / "kidney" / case["image"])
    labels = nib.load(CASES / "kidney" / case["labels"])
    data = np.asarray(ct.dataobj)
    assert data.dtype == np.int16
    assert -1024 <= data.min() < -900
    assert 1000 < data.max() <= 3071
    assert np.allclose(ct.affine, labels.affine)
    x, y, z = case["lesion"]["centre_mm"]
    low = ct.affine[:3, 3]
    high = low + np.array(ct.shape) * np.diag(ct.affine)[:3]
    ras = np.array([-x, -y, z])
    assert np.all(ras - low > 70)
    assert np.all(high - ras > 70)


def test_the_synthetic_lesion_lies_half_in_the_left_kidney_with_colon_and_psoas_where_the_case_says() -> None:
    folder = CASES / "kidney"
    case = tomllib.loads((folder / "case.toml").read_text(encoding="utf-8"))
    labels = nib.load(folder / case["labels"])
    with (folder / case["label_names"]).open(encoding="utf-8") as lines:
        number = {row["name"]: int(row["label"]) for row in csv.DictReader(lines)}
    data = np.asarray(labels.dataobj)
    assert set(np.unique(data)) - {0} == set(number.values())
    x, y, z = case["lesion"]["centre_mm"]
    voxels = np.moveaxis(np.indices(data.shape), 0, -1) @ labels.affine[:3, :3].T + labels.affine[:3, 3]
    from_centre = np.linalg.norm(voxels - np.array([-x, -y, z]), axis=-1)
    radius = case["lesion"]["diameter_mm"] / 2
    inside = from_centre <= radius
    assert 0.45 < (data[inside] == number["kidney_left"]).mean() < 0.65
    assert (from_centre[data == number["colon"]].min() - radius) == pytest.approx(19, abs=1.5)
    assert (from_centre[data == number["iliopsoas_left"]].min() - radius) == pytest.approx(12, abs=1.5)
