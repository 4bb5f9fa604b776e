"""Numbers of an Assessment against fields whose isotherms are known exactly."""

import time
from dataclasses import replace

import numpy as np
import pytest

from iceball.assessment import Cover, Limit, Spare, assess
from iceball.assessment.cold import ColdMap
from iceball.assessment.margin import Skin, least_margin_mm, margin
from iceball.errors import SegmentationError
from iceball.solve.scene import Line, LineStep
from iceball.space import Grid
from iceball.space.shapes import Ellipsoid, Points, Polyline, Sphere
from tests.assessment.made_by_hand import as_mask, ball, box, history, patient, tilted


def ball_ml(radius_mm):
    return 4 / 3 * np.pi * radius_mm**3 / 1000


@pytest.mark.parametrize("spacing", [1.0, 1.5, 2.0])
def test_a_sphere_in_an_ice_ball_has_the_margin_of_geometry(spacing):
    grid = box(36, spacing)
    centre = (1.3, 0.4, 0.2)
    away = float(np.linalg.norm(centre))
    found = assess(history(grid, ball(grid, 18, centre=centre)), [], patient({"tumour": Sphere((0, 0, 0), 24)}))
    margin = found.margins_mm["0"]
    assert margin.min_mm == pytest.approx(18 - 12 - away, abs=spacing / 4)
    # The margin over a sphere off centre runs evenly from 6 - away to 6 + away: Archimedes.
    assert margin.p05_mm == pytest.approx(6 - away + 0.05 * 2 * away, abs=spacing / 4)
    worst = -12 * np.array(centre) / away
    assert np.linalg.norm(np.array(margin.where_lps_mm) - worst) < 5
    assert found.margins_mm["-20"].min_mm == pytest.approx(18 - 5 - 12 - away, abs=spacing / 4)
    assert found.margins_mm["-40"].min_mm == pytest.approx(18 - 10 - 12 - away, abs=spacing / 4)
    assert margin.not_assessable_fraction == 0
    for t, radius in (("0", 18), ("-20", 13), ("-40", 8)):
        assert found.volumes_ml[t] == pytest.approx(ball_ml(radius), rel=0.02)
    assert found.coverage["0"] == 1
    assert found.coverage["-40"] == pytest.approx((8 / 12) ** 3, abs=0.02)
    assert found.margin_map.margin_mm.min() == pytest.approx(margin.min_mm)
    assert found.target_ml == pytest.approx(ball_ml(12))


@pytest.mark.parametrize("spacing", [1.0, (0.7, 0.7, 3.0)])
def test_the_surface_below_a_margin_is_its_exact_share(spacing):
    """A sphere beside the middle of its ice: the squared distance to that middle is spread evenly (Archimedes)."""
    grid, away = Grid.box((-30,) * 3, (30,) * 3, spacing), 4.0
    found = assess(history(grid, ball(grid, 16, centre=(away, 0, 0))), [], patient({"tumour": Sphere((0, 0, 0), 20)}))
    for t, radius in (("0", 16.0), ("-20", 11.0)):
        for mm, share in found.margins_mm[t].area_below.items():
            cosine = (10**2 + away**2 - (radius - float(mm)) ** 2) / (2 * 10 * away)
            assert share == pytest.approx(np.clip((1 + cosine) / 2, 0, 1), abs=0.02), (t, mm)


def test_the_p05_is_weighted_by_area():
    grid = Grid.box((-40,) * 3, (40,) * 3, (1.0, 1.0, 3.0))
    target = Ellipsoid((0, 0, 0), (20, 30, 40))
    found = assess(history(grid, ball(grid, 24, centre=(3, 0, 0))), [], patient({"tumour": target}))
    rng = np.random.default_rng(0)
    u = rng.normal(size=(300_000, 3))
    u /= np.linalg.norm(u, axis=1)[:, None]
    half = np.array([10, 15, 20])
    # Points spread evenly over a sphere, mapped onto the ellipsoid, stand for areas of this size.
    area = np.linalg.norm(u / half, axis=1)
    margins = 24 - np.linalg.norm(u * half - (3, 0, 0), axis=1)
    order = np.argsort(margins)
    p05 = margins[order][np.searchsorted(np.cumsum(area[order]) / area.sum(), 0.05)]
    assert found.margins_mm["0"].p05_mm == pytest.approx(p05, abs=0.3)
    assert found.margins_mm["0"].min_mm == pytest.approx(margins.min(), abs=0.5)


@pytest.mark.parametrize("degrees", [0, 27])
@pytest.mark.parametrize("spacing", [1.0, 2.0])
def test_a_mask_on_a_coarse_or_tilted_image_has_the_margin_within_half_its_voxel(degrees, spacing):
    image = tilted((60, 60, 24), (1, 1, 3), degrees)
    grid = box(34, spacing)
    mask = as_mask(Ellipsoid((0, 0, 0), (24, 24, 30)), image)
    found = assess(
        history(grid, ball(grid, 22)), [Cover("tumour", below=0, margin_mm=5)], patient({"tumour": mask}, image=image)
    )
    assert found.half_voxel_mm == 1.5
    assert found.margins_mm["0"].min_mm == pytest.approx(22 - 15, abs=1.5)
    assert found.goals[0].tolerance == 1.5
    assert found.goals[0].met is True


def test_two_balls_leave_a_waist_and_the_margin_finds_it():
    grid = box(36, 1.0)
    two = np.minimum(ball(grid, 14, centre=(9, 0, 0)), ball(grid, 14, centre=(-9, 0, 0)))
    found = assess(history(grid, two), [], patient({"tumour": Sphere((0, 0, 0), 16)}))
    waist = np.sqrt(14**2 - 9**2)
    margin = found.margins_mm["0"]
    assert margin.min_mm == pytest.approx(waist - 8, abs=0.5)
    assert abs(margin.where_lps_mm[0]) < 1.5


def test_partial_ice_has_a_negative_margin_and_half_the_coverage():
    grid = box(30, 1.0)
    half_space = np.clip(grid.centres_mm()[..., 0] * 3, -60, 37)
    found = assess(
        history(grid, half_space), [Cover("tumour", below=0, fraction=0.5)], patient({"tumour": Sphere((0, 0, 0), 20)})
    )
    assert found.coverage["0"] == pytest.approx(0.5, abs=0.01)
    assert found.margins_mm["0"].min_mm == pytest.approx(-10, abs=0.3)
    assert found.doubt["coverage.0"].low == pytest.approx(0.5 - 0.5 * 0.075, abs=0.01)


def test_without_ice_nothing_is_invented():
    grid = box(30, 2.0)
    goals = [Cover("tumour", below=0), Spare("colon", above=0), Limit("volume_ml.0", 1), Limit("needles", 2)]
    anatomy = patient({"tumour": Sphere((0, 0, 0), 20), "colon": Sphere((20, 0, 0), 10)})
    found = assess(history(grid, np.full(grid.shape, 36.5)), goals, anatomy, needles=3)
    assert found.margins_mm["0"].min_mm is None
    assert found.margins_mm["0"].reason == "no tissue reached 0 °C"
    assert found.volumes_ml == {"0": 0, "-20": 0, "-40": 0}
    assert found.coverage["0"] == 0
    assert found.margin_map is None
    (colon,) = found.structures
    assert (colon.distance_to_0c_mm, colon.first_reached_s, colon.frozen_ml) == (None, None, 0)
    assert colon.min_temperature_c == 36.5
    assert [v.met for v in found.goals] == [False, True, True, False]
    assert found.status == "goals not met"


def test_structures_tell_temperature_volume_distance_and_time():
    grid = box(40, 1.0)
    celsius = ball(grid, 16)
    first = np.where(celsius < 0, 10 * np.linalg.norm(grid.centres_mm(), axis=-1), np.nan)
    anatomy = patient(
        {
            "tumour": Sphere((0, 0, 0), 20),
            "colon": Sphere((30, 0, 0), 16),
            "stomach": Sphere((0, 18, 0), 12),
            "nerve": Polyline(np.array([[-20.3, -30, 0.2], [-20.3, 30, 0.2]])),
            "ureter": Points(np.array([[0.2, 0.1, 14.0]])),
            "far": Sphere((90, 0, 0), 10),
        }
    )
    found = assess(history(grid, celsius, first_frozen_s=first), [], anatomy)
    by_name = {s.name: s for s in found.structures}
    assert set(by_name) == {"colon", "stomach", "nerve", "ureter"}
    assert any("far" in note for note in found.notes)
    colon, stomach, nerve, ureter = (by_name[n] for n in ("colon", "stomach", "nerve", "ureter"))
    assert colon.distance_to_0c_mm == pytest.approx(22 - 16, abs=0.3)
    assert colon.min_temperature_c == pytest.approx(24, abs=1)
    assert (colon.first_reached_s, colon.frozen_ml) == (None, 0)
    assert stomach.distance_to_0c_mm == pytest.approx(12 - 16, abs=0.3)
    assert stomach.min_temperature_c == pytest.approx(-16, abs=1)
    assert stomach.first_reached_s == pytest.approx(120, abs=10)
    # The lens that two balls share: radii 16 and 6, centres 18 apart.
    lens = np.pi * (16 + 6 - 18) ** 2 * (18**2 + 2 * 18 * 22 - 3 * (16 - 6) ** 2) / (12 * 18) / 1000
    assert stomach.frozen_ml == pytest.approx(lens, rel=0.03)
    assert nerve.distance_to_0c_mm == pytest.approx(4.3, abs=0.1)
    assert nerve.frozen_ml == 0
    assert ureter.distance_to_0c_mm == pytest.approx(14 - 16, abs=0.1)
    assert ureter.min_temperature_c == pytest.approx(-8, abs=0.5)
    assert found.doubt["distance_to_0c_mm.colon"].high - colon.distance_to_0c_mm == pytest.approx(0.5)


def test_a_structure_beyond_the_box_but_near_a_needle_is_listed():
    grid = box(30, 2.0)
    line = Line("needle 1", (0, 0, 0), (0, 0, 20), 0.75, (LineStep(0, 600, -140),))
    anatomy = patient({"tumour": Sphere((0, 0, 0), 16), "near": Sphere((42, 0, 0), 10), "far": Sphere((80, 0, 0), 10)})
    found = assess(history(grid, ball(grid, 12), lines=(line,)), [Spare("near"), Spare("far", 0, 5)], anatomy)
    assert [s.name for s in found.structures] == ["near"]
    assert found.structures[0].min_temperature_c == 37
    assert found.structures[0].distance_to_0c_mm == pytest.approx(37 - 12, abs=1)
    assert [v.met for v in found.goals] == [True, True]
    assert "beyond the simulated box" in found.goals[1].reason


def test_gas_is_never_ice_nor_tissue():
    grid = box(30, 1.0)
    centres = grid.centres_mm()
    gas = centres[..., 1] > 5
    solid = history(grid, ball(grid, 12))
    open_air = history(grid, ball(grid, 12), gas=gas)
    anatomy = patient({"tumour": Sphere((0, 0, 0), 16), "lumen": Sphere((0, 20, 0), 10)})
    whole, cut = assess(solid, [], anatomy), assess(open_air, [Spare("lumen", above=0)], anatomy)
    cap = np.pi * 7**2 * (3 * 12 - 7) / 3 / 1000
    assert whole.volumes_ml["0"] - cut.volumes_ml["0"] == pytest.approx(cap, rel=0.04)
    assert cut.coverage["0"] == 1
    assert cut.margins_mm["0"].min_mm == pytest.approx(4, abs=0.5)
    assert cut.structures == ()
    assert cut.not_assessed[-1].startswith("lumen: lies in gas")
    assert cut.goals[0].met is None


def test_warm_tissue_at_gas_shows_no_isotherm():
    grid = box(20, 1.0)
    gas = grid.centres_mm()[..., 0] > 8
    found = assess(history(grid, np.full(grid.shape, 20.0), gas=gas), [], patient({"tumour": Sphere((6, 0, 0), 10)}))
    assert found.volumes_ml["0"] == 0
    assert found.margins_mm["0"].min_mm is None


def test_a_target_cut_by_the_image_is_not_assessable_there():
    image = Grid.box((-30, -30, -30), (30, 30, 4), (1.0, 1.0, 2.0))
    grid = box(34, 1.0)
    mask = as_mask(Sphere((0, 0, 0), 20), image)
    goals = [
        Cover("tumour", below=0, margin_mm=5),
        Cover("tumour", below=0, margin_mm=9),
        Cover("tumour", below=0, fraction=0.9),
    ]
    found = assess(history(grid, ball(grid, 17)), goals, patient({"tumour": mask}, image=image))
    margin = found.margins_mm["0"]
    cap_area = np.pi * (100 - 16)
    kept_area = 2 * np.pi * 10 * 14
    assert margin.not_assessable_fraction == pytest.approx(cap_area / (cap_area + kept_area), abs=0.06)
    assert margin.min_mm == pytest.approx(7, abs=1)
    assert [v.met for v in found.goals] == [None, False, None]
    assert "image ends" in found.goals[0].reason
    assert found.status == "goals not met"


def test_a_target_larger_than_the_box_is_not_covered_beyond_it():
    grid = box(12, 1.0)
    found = assess(
        history(grid, ball(grid, 40)),
        [Cover("tumour", 0), Cover("tumour", 0, 0, 0.99)],
        patient({"tumour": Sphere((0, 0, 0), 40)}),
    )
    assert found.coverage["0"] == pytest.approx(24**3 / (4 / 3 * np.pi * 20**3), abs=0.05)
    assert found.margins_mm["0"].not_assessable_fraction == pytest.approx(1.0, abs=0.01)
    assert not any(v.met for v in found.goals)


def test_volumes_are_given_for_each_freeze():
    grid = box(26, 1.0)
    freezes = [ball(grid, r).astype(np.float32) for r in (10, 14)]
    found = assess(history(grid, ball(grid, 14), freezes=freezes), [], patient({"tumour": Sphere((0, 0, 0), 16)}))
    assert [v["0"] for v in found.volumes_end_of_freeze_ml] == pytest.approx([ball_ml(10), ball_ml(14)], rel=0.02)
    assert found.volumes_end_of_freeze_ml[1]["-20"] == pytest.approx(ball_ml(9), rel=0.02)


def test_the_histogram_rises_to_one_and_agrees_with_the_coverage():
    grid = box(30, 1.0)
    found = assess(
        history(grid, ball(grid, 14)), [], patient({"tumour": Sphere((0, 0, 0), 24), "colon": Sphere((16, 0, 0), 8)})
    )
    pairs = dict(found.histogram["tumour"])
    fractions = list(pairs.values())
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert pairs[-20.0] == pytest.approx(found.coverage["-20"], abs=0.02)
    assert set(found.histogram) == {"tumour", "colon"}


def test_a_target_is_needed():
    grid = box(10, 2.0)
    with pytest.raises(SegmentationError):
        assess(history(grid, ball(grid, 5)), [], patient({"colon": Sphere((0, 0, 0), 5)}))


def test_thirty_structures_on_a_million_cells_take_seconds():
    grid = box(50, 1.0)
    image = Grid.box((-80,) * 3, (80,) * 3, 2.0)
    rng = np.random.default_rng(0)
    shapes = {"tumour": as_mask(Sphere((0, 0, 0), 28), image)}
    for i in range(30):
        shapes[f"organ {i}"] = as_mask(Ellipsoid(rng.uniform(-50, 50, 3), rng.uniform(10, 60, 3)), image)
    record = history(grid, ball(grid, 20))
    goals = [Cover("tumour", 0, 5), Cover("tumour", -20), Spare("organ 1", 0, 5)]
    anatomy = patient(shapes, image=image)
    start = time.process_time()
    assess(record, goals, anatomy)
    # 1.5 s of processor time alone; the bound leaves room for a busy machine.
    assert time.process_time() - start < 6


def test_a_history_of_moved_organs_is_not_measured_on_unmoved_ones():
    grid = box(30, 2.0)
    run = history(grid, ball(grid, 14))
    run = replace(run, made_by={**run.made_by, "moved": "colon 10 mm of dextrose"})
    with pytest.raises(SegmentationError, match="colon 10 mm"):
        assess(run, [], patient({"tumour": Sphere((0, 0, 0), 20)}))


def test_no_number_depends_on_how_many_are_measured_at_a_time(monkeypatch):
    image = Grid.box((-40,) * 3, (40,) * 3, 2.0)
    drawn = {
        "tumour": Sphere((0, 0, 0), 24),
        "colon": Ellipsoid((22, 0, 0), (16, 30, 30)),
        "spleen": Sphere((0, 18, 0), 9),
    }
    anatomy = patient({name: as_mask(shape, image) for name, shape in drawn.items()}, image=image, organ="kidney")
    grid = box(30, 2.0)
    run, goals = (
        history(grid, ball(grid, 14)),
        [Cover("tumour", 0, 2), Cover("tumour", -20, fraction=0.9), Spare("colon", 0, 3)],
    )
    told = []
    for threads in (1, 3):
        monkeypatch.setattr("iceball.assessment.measure.available", lambda threads=threads: threads)
        told.append(assess(run, goals, anatomy).as_json())
    assert told[0] == told[1]
    assert len(told[0]["kill"]) == 6


@pytest.mark.parametrize("radius", [6.0, 11.0, 18.0])
def test_the_least_margin_alone_is_the_smallest_of_all(radius):
    grid, image = box(24, 1.5), Grid.box((-24, -24, -6), (24, 24, 24), 1.0)
    cold = ColdMap.of(history(grid, ball(grid, radius)).minimum_c, history(grid, ball(grid, radius)))
    skin = Skin.of(as_mask(Ellipsoid((1, 2, 0), (20, 24, 26)), image), cold, image)
    assert skin.at_image_end.any()
    for celsius in (0.0, -10.0, -20.0, -300.0):
        assert least_margin_mm(skin, cold.isotherm(celsius)) == margin(skin, cold.isotherm(celsius))[0].min_mm


def test_maps_of_several_fields_are_those_of_each():
    grid = box(15, 1.5)
    run = history(grid, ball(grid, 8))
    fields = [run.minimum_c.copy(), run.minimum_c + 3, run.minimum_c - 2]
    fields[0][:4], fields[1][:4], fields[2][:, -3:] = np.nan, np.nan, np.nan
    for field, one in zip(fields, ColdMap.of_each(fields, run), strict=True):
        alone = ColdMap.of(field, run)
        assert (one.tissue == np.isfinite(field)).all()
        assert (one.celsius[one.tissue] == field[one.tissue]).all()
        assert (one.celsius == alone.celsius).all()
        assert (one.labels == alone.labels).all()
        assert np.isfinite(one.celsius).all()
