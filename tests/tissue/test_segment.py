"""From an image, organ labels and drawn structures to an Anatomy."""

import numpy as np
import pytest

from iceball.errors import SegmentationError, TissueError
from iceball.space import Grid, Volume
from iceball.space.shapes import Mask, Points, Sphere
from iceball.space.window import grid_of
from iceball.tissue import Anatomy, Structure
from iceball.tissue.ct import axial_axis
from iceball.tissue.segment import build_anatomy, outline
from tests.tissue.phantom import CORTEX_HU, MARROW_HU, RADIUS_MM, ellipse, grid, trunk


def ml(anatomy: Anatomy, tissue: str) -> float:
    codes = [k for k, name in anatomy.tissues.items() if name == tissue]
    return float(np.isin(anatomy.labels.data, codes).sum()) * anatomy.labels.grid.voxel_ml


def at(anatomy: Anatomy, *point_mm: float) -> str:
    i, j, k = np.round(anatomy.labels.grid.to_index(point_mm)).astype(int)
    return anatomy.tissues[int(anatomy.labels.data[i, j, k])]


def ball(x: float, y: float, z: float, diameter: float, name: str = "GTV") -> Structure:
    return Structure(name, Sphere((x, y, z), diameter), "drawn by hand")


def test_ct_numbers_give_air_skin_fat_muscle_and_both_kinds_of_bone() -> None:
    body = build_anatomy(trunk(noise=15))
    assert at(body, 0, -70, 0) == "air"
    assert at(body, 0, -RADIUS_MM[1] + 1.2, 0) == "skin"
    assert at(body, 0, -56, 0) == "fat"
    assert at(body, 45, 0, 0) == "soft_tissue"
    assert at(body, 0, 30, 0) == "bone_cancellous"
    assert at(body, 15.5, 30, 0) == "bone_cortical"
    expected = np.pi * RADIUS_MM[0] * RADIUS_MM[1] * 24 * 2.5 / 1000
    solid = float((body.labels.data != 0).sum()) * body.labels.grid.voxel_ml
    assert solid == pytest.approx(expected, rel=0.02)


def test_the_couch_is_outside() -> None:
    assert at(build_anatomy(trunk()), 0, RADIUS_MM[1] + 6, 0) == "air"


def test_every_orientation_of_the_voxels_gives_the_same_patient() -> None:
    straight, turned = build_anatomy(trunk()), build_anatomy(trunk(grid(turned=True)))
    assert axial_axis(turned.labels.grid) == 0
    for tissue in ("air", "skin", "fat", "soft_tissue", "bone_cortical", "bone_cancellous"):
        assert ml(turned, tissue) == pytest.approx(ml(straight, tissue), rel=1e-6), tissue


def test_gas_in_the_bowel_is_neither_lung_nor_outside_air() -> None:
    body = build_anatomy(trunk(bowel_gas=True))
    assert at(body, 25, -20, 0) == "gas"
    assert ml(body, "lung_aerated") == 0
    assert ml(body, "gas") == pytest.approx(np.pi * 15 * 12 * 60 / 1000, rel=0.05)


def test_lungs_are_tissue_and_not_gas() -> None:
    chest = build_anatomy(trunk(lungs=True, noise=30), organ="lung")
    assert at(chest, 38, -8, 0) == "lung_aerated"
    assert ml(chest, "lung_aerated") == pytest.approx(2 * np.pi * 30 * 36 * 60 / 1000, rel=0.05)
    assert ml(chest, "gas") < 1


def test_lung_cut_by_the_side_of_a_cropped_image_is_still_lung() -> None:
    whole = trunk(lungs=True)
    keep = slice(50, 69)
    matrix = whole.grid.matrix
    matrix[:3, 3] = whole.grid.to_mm((50, 0, 0))
    crop = Volume(type(whole.grid).of((19, 76, 24), matrix), whole.data[keep].copy(), "HU")
    chest = build_anatomy(crop, organ="lung")
    assert at(chest, 40, -8, 0) == "lung_aerated"


def test_a_cropped_image_has_no_skin_where_it_ends() -> None:
    whole = trunk(couch=False)
    inner = slice(30, 70), slice(20, 56), slice(None)
    matrix = whole.grid.matrix
    matrix[:3, 3] = whole.grid.to_mm((30, 20, 0))
    crop = build_anatomy(
        Volume(type(whole.grid).of((40, 36, 24), matrix), whole.data[inner].copy(), "HU"), organ="kidney"
    )
    assert ml(crop, "skin") == 0
    assert ml(crop, "air") == 0
    assert "skin" in crop.absent


def test_padding_beyond_the_field_of_view_continues_the_body_and_makes_no_skin() -> None:
    body = trunk(couch=False)
    data = body.data.copy()
    data[:40] = -3024
    cut = build_anatomy(Volume(body.grid, data, "HU"))
    x = body.grid.to_mm((40, 0, 0))[0]
    assert at(cut, x, 0, 0) == "soft_tissue"
    assert at(cut, x - 3, 0, 0) == "soft_tissue"
    assert at(cut, x - 3, RADIUS_MM[1] + 20, 0) == "air"
    assert at(cut, RADIUS_MM[0] - 1.2, 0, 0) == "skin"


def test_skin_is_about_two_millimetres_on_fine_voxels() -> None:
    fine = build_anatomy(trunk(grid((200, 150, 6), 1.0), couch=False))
    around = np.pi * (3 * sum(RADIUS_MM) - np.sqrt((3 * 90 + 65) * (90 + 3 * 65)))
    assert ml(fine, "skin") * 1000 / 6 / around == pytest.approx(2.0, abs=0.4)


def test_numbers_above_bone_and_below_air_are_taken() -> None:
    ct = trunk()
    data = ct.data.copy()
    data[0, 0, 0], data[50, 50, 12] = -1207, 3382
    assert build_anatomy(Volume(ct.grid, data, "HU")).labels.data.dtype == np.uint8


def test_an_organ_full_of_contrast_is_not_bone() -> None:
    ct = trunk()
    data = ct.data.copy()
    p = ct.grid.centres_mm()
    kidney = np.linalg.norm(p - [50, 0, 0], axis=-1) < 22
    data[kidney] = 230
    data[np.linalg.norm(p - [50, 0, 0], axis=-1) < 5] = 700
    body = build_anatomy(Volume(ct.grid, data, "HU"))
    assert at(body, 50, 12, 0) == "soft_tissue"
    assert at(body, 0, 30, 0) == "bone_cancellous"


def label_map(ct: Volume) -> Volume:
    p = ct.grid.centres_mm()
    labels = np.zeros(ct.grid.shape, np.uint8)
    labels[np.linalg.norm(p - [50, 0, 0], axis=-1) < 20] = 3
    labels[ellipse(p, 25, -20, 18, 15) < 1] = 20
    labels[ellipse(p, 0, 30, 18, 18) < 1] = 29
    return Volume(ct.grid, labels, "label")


NAMES = {3: "kidney_left", 20: "colon", 29: "vertebrae_L3", 5: "liver"}


def test_organ_labels_override_the_ct_number_but_gas_stays_gas() -> None:
    ct = trunk(bowel_gas=True)
    body = build_anatomy(ct, organ="kidney", organ_labels=label_map(ct), label_names=NAMES)
    assert at(body, 50, 0, 0) == "kidney"
    assert at(body, 25, -20, 0) == "gas"
    assert at(body, 25, -20 - 13.5, 0) == "bowel_wall"
    assert at(body, 0, 30, 0) == "bone_cancellous"
    assert at(body, 15.5, 30, 0) == "bone_cortical"
    assert set(body.structures) == {"kidney_left", "colon", "vertebrae_L3", "skin"}
    assert body.structures["kidney_left"].shape.volume_ml == pytest.approx(4 / 3 * np.pi * 8, rel=0.05)


def test_marrow_of_a_labelled_bone_is_bone_whatever_its_number() -> None:
    ct = trunk()
    data = ct.data.copy()
    data[data == MARROW_HU] = -40
    ct = Volume(ct.grid, data, "HU")
    body = build_anatomy(ct, organ_labels=label_map(ct), label_names=NAMES)
    assert at(body, 0, 30, 0) == "bone_cancellous"
    assert (data == CORTEX_HU).any()


def test_automatic_labels_say_so_until_a_person_accepted_them() -> None:
    ct = trunk()
    raw = build_anatomy(ct, organ_labels=label_map(ct), label_names=NAMES)
    seen = build_anatomy(ct, organ_labels=label_map(ct), label_names=NAMES, labels_reviewed=True)
    assert raw.structures["colon"].origin == "AUTOMATIC, UNREVIEWED"
    assert any("AUTOMATIC, UNREVIEWED" in note for note in raw.notes)
    assert not any("UNREVIEWED" in note for note in seen.notes)
    assert raw.notes[0] == "a phantom"


def test_bone_comes_from_the_ct_number_only_where_no_bone_is_named() -> None:
    ct = trunk()
    without, labelled = build_anatomy(ct), build_anatomy(ct, organ_labels=label_map(ct), label_names=NAMES)
    assert without.structures["bone"].origin == "from CT number"
    assert without.structures["bone"].shape.volume_ml == pytest.approx(np.pi * 18 * 18 * 60 / 1000, rel=0.05)
    assert "bone" not in labelled.structures
    assert labelled.find("bone") is not None


def test_labels_on_another_grid_are_brought_to_the_image() -> None:
    ct = trunk()
    coarse = label_map(trunk(grid((50, 38, 12), 5.0)))
    body = build_anatomy(ct, organ="kidney", organ_labels=coarse, label_names=NAMES)
    assert ml(body, "kidney") == pytest.approx(4 / 3 * np.pi * 8, rel=0.1)


def test_labels_of_a_part_of_the_image_say_so_and_must_hold_the_target() -> None:
    ct = trunk()
    whole = label_map(ct)
    kept = whole.grid.shape[0] * 3 // 4  # to LPS x of about 50: the kidney is cut
    part = Volume(
        grid_of(whole.grid, (slice(0, kept), slice(0, whole.grid.shape[1]), slice(0, whole.grid.shape[2]))),
        whole.data[:kept],
        "label",
    )
    how = {"organ": "kidney", "organ_labels": part, "label_names": NAMES}
    body = build_anatomy(ct, **how, target=ball(30, 0, 0, 8))
    (said,) = [note for note in body.notes if "of the image has none" in note]
    assert float(said.split(" mm: ")[1].split("%")[0]) == pytest.approx(25, abs=2)
    for make in (build_anatomy, outline):
        with pytest.raises(SegmentationError, match="do not hold the whole target"):
            make(ct, **how, target=ball(60, 0, 0, 20))
    full = build_anatomy(ct, organ="kidney", organ_labels=whole, label_names=NAMES, target=ball(60, 0, 0, 20))
    assert not any("has none" in note or "does not touch" in note for note in full.notes)


def test_a_target_away_from_its_labelled_organ_is_told_with_the_distance() -> None:
    ct = trunk()
    how = {"organ": "kidney", "organ_labels": label_map(ct), "label_names": NAMES}
    off = build_anatomy(ct, **how, target=ball(-40, 0, 0, 20))  # the sign of x forgotten: the other side
    (said,) = [note for note in off.notes if "does not touch" in note]
    away = float(said.split(":")[1].split()[0])
    assert away == pytest.approx(60, abs=3)  # middles 90 mm apart, radii of 10 and 20
    near = build_anatomy(ct, **how, target=ball(22, 0, 0, 14))  # grows out of its medial side
    assert not any("does not touch" in note for note in near.notes)


def test_a_drawn_organ_is_painted_like_a_label_and_replaces_it() -> None:
    ct = trunk()
    drawn = Structure("kidney_left", Sphere((-50, 0, 0), 30), "RTSTRUCT")
    body = build_anatomy(ct, organ="kidney", organ_labels=label_map(ct), label_names=NAMES, structures=[drawn])
    assert at(body, -50, 0, 0) == "kidney"
    assert body.structures["kidney_left"].origin == "RTSTRUCT"


def test_points_and_overlapping_structures_are_kept_as_they_are() -> None:
    nerve = Structure("sciatic_nerve", Points([(40.0, 10.0, 0.0)], 0.0), "picked")
    body = build_anatomy(trunk(), organ="soft_tissue", structures=[nerve, ball(40, 10, 0, 10, "cyst")])
    assert body.structures["sciatic_nerve"] is nerve
    assert body.find("nerve") is not None
    assert body.absent == ("great_vessel",)


def test_the_target_is_painted_on_top_of_everything() -> None:
    ct = trunk()
    body = build_anatomy(ct, organ="kidney", organ_labels=label_map(ct), label_names=NAMES, target=ball(60, 0, 0, 28))
    assert at(body, 60, 0, 0) == at(body, 72, 0, 0) == "tumour"
    assert ml(body, "tumour") == pytest.approx(np.pi / 6 * 2.8**3, rel=0.05)
    assert body.target.origin == "drawn by hand"
    assert body.target.name == "tumour"


def test_without_a_label_the_soft_tissue_of_an_organ_is_assumed_to_be_that_organ() -> None:
    body = build_anatomy(trunk(), organ="kidney", target=ball(60, 0, 0, 28))
    assert at(body, 30, 0, 0) == "kidney"
    assert any("kidney has no label" in note for note in body.notes)
    assert "soft_tissue" not in body.tissues.values()


def test_what_nobody_drew_is_absent() -> None:
    ct = trunk()
    body = build_anatomy(ct, organ="kidney", organ_labels=label_map(ct), label_names=NAMES)
    assert body.absent == ("duodenum", "ureter", "renal_pelvis", "adrenal", "psoas_nerve")
    assert body.structure("bowel") is not None
    assert body.structure("great_vessel") is None
    with pytest.raises(SegmentationError, match="no structure called 'bowl'"):
        body.structure("bowl")


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (ball(500, 0, 0, 28), "100% of the target.*lies outside the image"),
        (ball(0, 0, 28, 20), "of the target.*lies outside the image"),
        (ball(95, -60, 0, 20), "lies in the air outside the body"),
        (ball(0, 0, 0, 0.2), "smaller than a voxel"),
        (Structure("GTV", Points([(0.0, 0.0, 0.0)], 0.0), "picked"), "a point or a line"),
    ],
)
def test_a_target_outside_image_or_body_is_refused(target: Structure, words: str) -> None:
    with pytest.raises(SegmentationError, match=words) as refusal:
        build_anatomy(trunk(), organ="kidney", target=target)
    assert refusal.value.where == "target"
    assert refusal.value.remedy


def test_a_target_that_bulges_a_little_beyond_the_skin_is_kept_with_a_note() -> None:
    body = build_anatomy(trunk(), organ="soft_tissue", target=ball(80, 0, 0, 26))
    assert any("looks like outside air" in note for note in body.notes)
    assert at(body, 91.5, 0, 0) == "tumour"


def test_labels_without_names_are_refused_and_never_guessed() -> None:
    ct = trunk()
    with pytest.raises(SegmentationError, match="labels 3, 20, 29 have no name"):
        build_anatomy(ct, organ_labels=label_map(ct))
    with pytest.raises(SegmentationError, match="labels 29 have no name"):
        build_anatomy(ct, organ_labels=label_map(ct), label_names={3: "kidney_left", 20: "colon"})
    with pytest.raises(SegmentationError, match="'colon' is used twice"):
        build_anatomy(ct, organ_labels=label_map(ct), label_names={3: "colon", 20: "colon", 29: "sacrum"})


def test_an_empty_or_misplaced_or_fractional_label_map_is_refused() -> None:
    ct = trunk()
    empty = Volume(ct.grid, np.zeros(ct.grid.shape, np.uint8), "label")
    with pytest.raises(SegmentationError, match="no cell has a label"):
        build_anatomy(ct, organ_labels=empty, label_names=NAMES)
    matrix = ct.grid.matrix
    matrix[2, 3] += 1000
    away = Volume(type(ct.grid).of(ct.grid.shape, matrix), label_map(ct).data.copy(), "label")
    with pytest.raises(SegmentationError, match="no labelled cell lies on the image"):
        build_anatomy(ct, organ_labels=away, label_names=NAMES)
    half = Volume(ct.grid, np.full(ct.grid.shape, 0.5, np.float32), "label")
    with pytest.raises(SegmentationError, match="not whole numbers"):
        build_anatomy(ct, organ_labels=half, label_names=NAMES)


def test_two_structures_of_one_name_are_refused() -> None:
    with pytest.raises(SegmentationError, match="'cyst' is used twice"):
        build_anatomy(trunk(), structures=[ball(0, 0, 0, 9, "cyst"), ball(5, 0, 0, 9, "cyst")])


def mr(*, air: bool) -> Volume:
    cells = grid()
    p = cells.centres_mm()
    random = np.random.default_rng(2)
    signal = np.abs(random.normal(0, 6, cells.shape))
    inside = ellipse(p, 0, 0, *RADIUS_MM) < 1 if air else np.ones(cells.shape, bool)
    signal[inside] = random.normal(400, 60, int(inside.sum()))
    signal[ellipse(p, 0, 0, 70, 45) < 1] -= 150
    return Volume(cells, signal.astype(np.float32), "MR")


def test_mr_needs_a_named_tissue() -> None:
    with pytest.raises(TissueError, match="--tissue NAME"):
        build_anatomy(mr(air=True), organ="soft_tissue", target=ball(0, 0, 0, 30))
    with pytest.raises(TissueError, match="no tissue called 'meat'"):
        build_anatomy(mr(air=True), tissue_name="meat")


def test_mr_is_one_tissue_inside_its_dark_border_and_says_so() -> None:
    body = build_anatomy(mr(air=True), organ="soft_tissue", target=ball(0, 0, 0, 30), tissue_name="muscle")
    assert set(body.tissues.values()) == {"air", "skin", "muscle", "tumour"}
    assert ml(body, "air") == pytest.approx((250 * 190 - np.pi * 90 * 65) * 60 / 1000, rel=0.05)
    assert body.structures["skin"].origin == "from the dark border of the MR"
    assert any("assumed to be 'muscle'" in note and "outside air" in note for note in body.notes)


def test_mr_inside_the_body_has_no_air_and_no_skin() -> None:
    body = build_anatomy(mr(air=False), organ="prostate", target=ball(0, 0, 0, 15), tissue_name="prostate")
    assert set(body.tissues.values()) == {"prostate", "tumour"}
    assert "skin" not in body.structures
    assert any("No outside air was found" in note for note in body.notes)


def test_dark_tissue_at_a_side_and_masked_maps_make_no_skin_on_mr() -> None:
    body = mr(air=False)
    shaded, masked = body.data.copy(), mr(air=True).data.copy()
    shaded[:20] *= 0.1
    masked[ellipse(body.grid.centres_mm(), 0, 0, *RADIUS_MM) >= 1] = 0
    for data in (shaded, masked):
        assert "skin" not in build_anatomy(Volume(body.grid, data, "MR"), tissue_name="muscle").structures


def test_an_image_of_neither_kind_is_refused() -> None:
    ct = trunk()
    with pytest.raises(TissueError, match="cannot be told from an image of 'degC'"):
        build_anatomy(Volume(ct.grid, ct.data.copy(), "degC"))


def test_a_named_tissue_replaces_soft_tissue_on_ct_with_a_note() -> None:
    body = build_anatomy(trunk(), tissue_name="muscle")
    assert at(body, 45, 0, 0) == "muscle"
    assert any("assumed to be 'muscle'" in note for note in body.notes)


def test_a_label_keeps_only_its_own_crop() -> None:
    ct = trunk()
    body = build_anatomy(ct, organ_labels=label_map(ct), label_names=NAMES)
    shape = body.structures["kidney_left"].shape
    assert isinstance(shape, Mask)
    assert shape.volume.data.size < 20**3


def test_metal_is_told_as_what_it_was_taken_for() -> None:
    grid = Grid.box((-40, -40, -20), (40, 40, 20), 4.0)
    data = np.full(grid.shape, 40, np.int16)
    plain = build_anatomy(Volume(grid, data.copy(), "HU"))
    assert not any("metal" in note for note in plain.notes)
    data[8:10, 8:10, 4] = 3071
    told = [note for note in build_anatomy(Volume(grid, data, "HU")).notes if "metal" in note]
    assert len(told) == 1
    assert told[0].startswith("0.26 mL")
