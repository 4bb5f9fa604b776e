"""The thickness of a slice is not the distance of two."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest

from iceball.io import read_dicom
from tests.io.make_dicom import write_series


@pytest.mark.parametrize("thickness", ["1.0", "5.0"])
def test_spacing_comes_from_positions_whatever_the_thickness_says(tmp_path: Path, thickness: str) -> None:
    write_series(tmp_path, spacing_mm=(0.8, 0.7, 2.5))
    for file in tmp_path.iterdir():
        dataset = pydicom.dcmread(file)
        dataset.SliceThickness = dataset.SpacingBetweenSlices = thickness
        dataset.save_as(file)
    assert sorted(read_dicom(tmp_path).grid.spacing_mm) == pytest.approx([0.7, 0.8, 2.5])
