"""A pocket moves an organ: volumes stay, distances grow, and what cannot move says so."""

from __future__ import annotations

import numpy as np
import pytest

from iceball.errors import SegmentationError
from iceball.space.shapes import Mask
from iceball.tissue import Anatomy
from iceball.tissue.columns import Columns
from iceball.tissue.displace import displaced
from iceball.tissue.finer import finer_grid
from iceball.tissue.move import Move
from tests.plan.displaced import GAP_MM, body

GIVES = {"air", "gas", "saline"}


def volumes(anatomy: Anatomy) -> dict[str, float]:
    counts = np.bincount(anatomy.labels.data.reshape(-1), minlength=256) * anatomy.labels.grid.voxel_ml
    found: dict[str, float] = {}
    for label, name in anatomy.tissues.items():
        found[name] = found.get(name, 0.0) + float(counts[label])
    return found


@pytest.mark.parametrize("direction", [(1.0, 0.0, 0.0), (0.3, -0.8, 0.5), (-0.58, 0.58, -0.57)])
def test_every_cell_lies_in_exactly_one_column(direction: tuple[float, float, float]) -> None:
    grid = finer_grid(body().labels.grid)
    columns = Columns.of(grid, np.array(direction) / np.linalg.norm(direction))
    index = np.argwhere(np.ones((9, 11, 7), bool)) + 20
    names, step = columns.of_cells(index)
    back = columns.cells(names)[np.arange(len(names)), step]
    assert (back == np.ravel_multi_index(tuple(index.T), grid.shape)).all()
    assert len(np.unique(np.column_stack([names, step]), axis=0)) == len(index)


@pytest.mark.parametrize("thickness", [3.0, 8.0])
@pytest.mark.parametrize("direction", [None, (0.35, -1.0, 0.2)])
def test_every_label_keeps_its_volume_and_the_body_bulges_by_the_pocket(thickness, direction) -> None:
    before = body()
    after = displaced(before, Move("colon", "saline", thickness, 37.0, direction=direction))
    old, new = volumes(before), volumes(after)
    for name in set(old) - GIVES:
        assert new[name] == pytest.approx(old[name], abs=1e-9)
    assert new["saline"] == pytest.approx(after.moved[0].pocket_ml) == pytest.approx(old["air"] - new["air"])
    for name, structure in before.structures.items():
        moved = after.structures[name].shape.volume_ml
        assert moved == pytest.approx(structure.shape.volume_ml, rel=0.01, abs=0.2)


@pytest.mark.parametrize("thickness", [2.0, 7.0])
def test_the_distance_grows_by_the_thickness_within_a_voxel(thickness: float) -> None:
    before = body()
    told = displaced(before, Move("colon", "saline", thickness, 37.0)).moved[0]
    assert told.before_mm == pytest.approx(GAP_MM, abs=1.0)
    assert told.after_mm - told.before_mm == pytest.approx(thickness, abs=max(before.labels.grid.spacing_mm))
    assert told.direction == pytest.approx((0.0, -1.0, 0.0), abs=0.05)


def test_target_bone_and_what_lies_beside_stay_and_what_lies_beyond_goes_along() -> None:
    before = body()
    after = displaced(before, Move("colon", "saline", 6.0, 37.0))
    for name in ("tumour", "vertebrae_L2"):
        assert after.structures[name].shape is before.structures[name].shape
    ureter = after.structures["ureter"].shape.points_mm
    middle = ureter[np.abs(ureter[:, 0]).argmin()]
    assert middle[1] == pytest.approx(12.0 - 6.0, abs=1.0)
    assert (ureter[:, 1] <= 12.0 + 1e-9).all()
    pocket = after.structures["pocket_colon"].shape
    assert isinstance(pocket, Mask)
    low, high = pocket.bounds_mm()
    assert low[1] > 12.0
    assert high[1] < 36.5


def test_the_pocket_tapers_to_nothing_and_is_nowhere_thicker_than_asked() -> None:
    after = displaced(body(), Move("colon", "saline", 8.0, 37.0))
    mask = after.structures["pocket_colon"].shape.volume.data
    thick = mask.sum(axis=1)  # along the way, in cells of 1 mm
    assert thick.max() == 8
    assert max(edge.max() for edge in (thick[0], thick[-1], thick[:, 0], thick[:, -1])) <= 2


def test_the_picture_moves_with_the_labels_and_says_so() -> None:
    before = body()
    after = displaced(before, Move("colon", "saline", 6.0, 37.0))
    assert after.image.grid.matches(after.labels.grid)
    label = next(n for n, name in after.tissues.items() if name == "bowel_wall")
    old = next(n for n, name in before.tissues.items() if name == "bowel_wall")
    assert np.unique(after.image.data[after.labels.data == label]).tolist() == (
        np.unique(before.image.data[before.labels.data == old]).tolist()
    )
    assert "not by an image" in after.notes[-1]


def test_bone_in_the_way_is_refused_by_name_and_the_free_direction_is_free() -> None:
    barred = body(bone=True)
    with pytest.raises(SegmentationError, match="rib_left_11") as refusal:
        displaced(barred, Move("colon", "saline", 10.0, 37.0, footprint_mm=8.0))
    told = refusal.value.remedy.split("[")[1].split("]")[0]
    free = tuple(float(v) for v in told.split(","))
    displaced(barred, Move("colon", "saline", 10.0, 37.0, footprint_mm=8.0, direction=free))


def test_where_the_image_ends_bowel_gas_gives_way_and_without_it_the_move_is_refused() -> None:
    squeezed = displaced(body(air_mm=0.0, gas=True), Move("colon", "saline", 3.0, 37.0, footprint_mm=6.0))
    assert squeezed.moved[0].squeezed_ml == pytest.approx(squeezed.moved[0].pocket_ml)
    assert squeezed.moved[0].pocket_ml > 0
    with pytest.raises(SegmentationError, match="image ends"):
        displaced(body(air_mm=0.0), Move("colon", "saline", 3.0, 37.0, footprint_mm=6.0))


@pytest.mark.parametrize("structure", ["vertebrae_L2", "bone"])
def test_what_is_held_cannot_be_moved(structure: str) -> None:
    with pytest.raises(SegmentationError, match="cannot be moved") as refusal:
        displaced(body(), Move(structure, "saline", 5.0, 37.0))
    assert refusal.value.where == "Pocket.structure"


def test_a_structure_that_nobody_drew_is_refused_with_those_that_were() -> None:
    with pytest.raises(SegmentationError, match="not drawn") as refusal:
        displaced(body(), Move("spleen", "saline", 5.0, 37.0))
    assert "colon" in refusal.value.remedy


def test_a_line_cannot_be_pushed() -> None:
    with pytest.raises(SegmentationError, match="point or a line"):
        displaced(body(), Move("ureter", "saline", 5.0, 37.0))


def test_a_pocket_over_another_is_refused() -> None:
    once = displaced(body(), Move("colon", "saline", 5.0, 37.0))
    with pytest.raises(SegmentationError, match="overlaps"):
        displaced(once, Move("colon", "saline", 5.0, 20.0))
