"""A case whose nerves nobody drew: they are derived from the ribs when the case is made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from iceball.errors import CaseError, SegmentationError
from iceball.io.case import Case
from iceball.io.intake import Request, new_case
from iceball.space import Grid, Header, Volume
from iceball.space.shapes import Polyline
from iceball.tissue.intercostal import DERIVED

RIBS_MM = (22.0, -22.0)


def chest() -> Volume:
    """Air where x < -30, muscle up to 0, then lung; two ribs along y."""
    grid = Grid.box((-50, -50, -50), (50, 50, 50), 2.5)
    points = grid.centres_mm()
    hu = np.select([points[..., 0] < -30, points[..., 0] < 0], [-1000, 50], -800).astype(np.int16)
    for z in RIBS_MM:
        hu[np.hypot(points[..., 0] + 8, points[..., 2] - z) < 5] = 900
    return Volume(grid, hu, "HU", Header(modality="CT"))


def request(**more: object) -> Request:
    return Request(Path("chest"), organ="pleura", target_sphere=(2, 0, 0, 16), nerves=True, **more)  # type: ignore[arg-type]


def test_nerves_under_the_ribs_are_stored_with_where_they_come_from(tmp_path: Path) -> None:
    case = new_case(tmp_path / "case", request(), image=chest())
    found = [s for s in case.record.structures if s.name.startswith("intercostal_nerve")]
    assert [s.origin for s in found] == [DERIVED, DERIVED]
    body = case.anatomy()
    assert "intercostal_nerve" not in body.absent
    for structure, z in zip(found, RIBS_MM, strict=True):
        line = body.structures[structure.name].shape
        assert isinstance(line, Polyline)
        assert line.points_mm[:, 2] == pytest.approx(z - 6, abs=2)
    with pytest.raises(CaseError, match="intercostal_nerve_1"):
        Case.open(tmp_path / "case").with_structures([body.structures["intercostal_nerve_1"]])


def test_without_ribs_the_case_is_not_made(tmp_path: Path) -> None:
    image = chest()
    soft = Volume(image.grid, np.where(image.data > 800, 50, image.data).astype(np.int16), "HU", image.header)
    with pytest.raises(SegmentationError, match="no rib"):
        new_case(tmp_path / "case", request(), image=soft)
    assert not (tmp_path / "case").exists()
