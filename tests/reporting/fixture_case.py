"""A hand-made patient for the report: an ellipse of a body, a kidney with a tumour, bowel with gas, three needles.

The temperatures are a formula (distance to the active zones), not a simulation: only the report is tried here.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from iceball.assessment.assessment import Assessment, AtRisk, Doubt, Margin, MarginMap, Verdict
from iceball.assessment.goals import Cover, Limit, Spare
from iceball.plan import Placement, Plan, Setting, freeze
from iceball.plan.plan import Plan as PlanType
from iceball.solve.history import HeatBalance, History, Result
from iceball.solve.scene import Material, Scene
from iceball.solve.wall import Wall
from iceball.sources import Constant, Source, Sourced
from iceball.space import Grid, Header, Volume
from iceball.space.shapes import Ellipsoid, Polyline, Sphere
from iceball.tissue import Anatomy, Structure
from iceball.units import minutes

TUMOUR = (62.0, 32.0, 10.0)
COLON = (70.0, -14.0, 8.0)


@cache
def anatomy() -> Anatomy:
    grid = Grid.box((-170, -120, -70), (170, 130, 90), (2.0, 2.0, 3.0))
    at = grid.centres_mm()
    body = ((at[..., 0] / 155) ** 2 + ((at[..., 1] - 5) / 105) ** 2) < 1
    inner = ((at[..., 0] / 140) ** 2 + ((at[..., 1] - 5) / 90) ** 2) < 1
    kidney = Ellipsoid((48.0, 32.0, 0.0), (52.0, 48.0, 110.0))
    colon = Sphere(COLON, 36.0)
    spine = Ellipsoid((0.0, 45.0, 10.0), (44.0, 40.0, 400.0))
    hu = np.full(grid.shape, -1000.0)
    hu[body] = -100
    hu[inner] = 45
    for shape, value in (
        (kidney, 120),
        (spine, 400),
        (colon, 30),
        (Sphere(COLON, 26.0), -900),
        (Sphere(TUMOUR, 28.0), 70),
    ):
        hu[shape.occupancy(grid) > 0.5] = value
    hu += np.random.default_rng(3).normal(0, 12, grid.shape)
    labels = np.zeros(grid.shape, np.uint8)
    labels[body], labels[inner] = 1, 2
    labels[spine.occupancy(grid) > 0.5] = 4
    labels[kidney.occupancy(grid) > 0.5] = 3
    labels[Sphere(COLON, 26.0).occupancy(grid) > 0.5] = 5
    header = Header(
        "CT",
        "K1",
        "1.2.3",
        "1.2.840.1.4",
        "Abdomen 3 mm",
        "20240131",
        "HFS",
        notes=("One slice was sorted by position.",),
    )
    automatic = "TotalSegmentator, AUTOMATIC, UNREVIEWED"
    drawn = {
        "tumour": Structure("tumour", Sphere(TUMOUR, 28.0), "synthetic sphere of 28 mm"),
        "kidney_left": Structure("kidney_left", kidney, automatic),
        "colon": Structure("colon", colon, automatic),
        "ureter_left": Structure(
            "ureter_left", Polyline(np.array([[30.0, 20, -60], [28, 18, -10], [32, 24, 5]]), 2.0), "drawn by hand"
        ),
    }
    image = Volume(grid, hu.astype(np.int16), "HU", header)
    tissues = {0: "air", 5: "gas", 1: "fat", 2: "muscle", 3: "kidney", 4: "bone_cortical"}
    notes = ("Tissue outside the organ labels comes from CT numbers.",)
    return Anatomy(image, Volume(grid, labels, "label"), tissues, drawn, "kidney", notes)


def plan(**changes: object) -> PlanType:
    tips = ((58.0, 22.0, 8.0), (68.0, 22.0, 4.0), (62.0, 22.0, 18.0))
    needles = tuple(
        Placement("generic-17g-long", tip, (tip[0] + 12, 100.0, tip[2] - 6 + 4 * i)) for i, tip in enumerate(tips)
    )
    goals = (
        Cover("tumour", below=0, margin_mm=5),
        Cover("tumour", below=-20),
        Spare("bowel", above=0, distance_mm=5),
        Limit("volume_ml.0", 60),
    )
    setting = Setting(
        side="L", procedure_position="HFP", image_breathing="inspiration", procedure_breathing="expiration"
    )
    made = Plan(
        needles,
        freeze(10 * minutes).thaw(8 * minutes).freeze(10 * minutes).active_thaw(3 * minutes),
        goals,
        review="starter",
        setting=setting,
        reason="1–2 rule: a 28 mm tumour takes 3 needles.",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


@cache
def history() -> History:
    grid = Grid.box((0, -45, -50), (140, 105, 70), 1.5)
    at = grid.centres_mm()
    nearest = np.full(grid.shape, np.inf)
    for needle in plan().probes:
        a, b = (np.array(p) for p in needle.active_zone_mm)
        t = np.clip(((at - a) @ (b - a)) / ((b - a) @ (b - a)), 0, 1)
        nearest = np.minimum(nearest, np.linalg.norm(at - a - t[..., None] * (b - a), axis=-1))
    minimum = (-120 + 157 * (1 - np.exp(-nearest / 9.0))).astype(np.float32)
    gas = Sphere(COLON, 26.0).occupancy(grid) > 0.5
    minimum[gas] = np.nan
    water = Material("muscle", 1090, 3400, 0.5, 250e3, -0.5, -8.0, (2.2, 0.0, 0.0), (2000.0, 5.0), 0.002)
    labels = np.where(gas, 1, 0).astype(np.uint8)
    scene = Scene(
        grid,
        labels,
        (water, None),
        31 * minutes,
        walls=(Wall("bowel gas", 1, 5.0, 37.0),),
        freeze_ends_s=(600.0, 1680.0),
    )
    times = np.arange(0, 31 * minutes + 1, 20.0)
    cold = np.where(
        times < 600,
        1 - np.exp(-times / 120),
        np.where(times < 1080, np.exp(-(times - 600) / 300), 1 - np.exp(-(times - 1080) / 100)),
    )
    cold = np.where(times > 1680, np.exp(-(times - 1680) / 60), cold)
    sensors = {"tumour centre": 37 - 110 * cold, "colon wall": 37 - 30 * cold}
    watts = {n: 22 * cold * (1 + 0.1 * i) for i, n in enumerate(plan().name_of)}
    empty = np.full(grid.shape, np.nan, np.float32)
    return History(
        scene=scene,
        minimum_c=minimum,
        end_of_freeze_c=(minimum,),
        final_c=minimum,
        time_below_s={"-20": empty},
        first_frozen_s=empty,
        cycles_frozen=np.zeros(grid.shape, np.uint8),
        cooling_rate=empty,
        sensor_times_s=times,
        sensors_c=sensors,
        needle_watts=watts,
        heat=HeatBalance(-40e3, -42e3, 1e2, 0.0, 1.5e3, 4e2, 0.0, 0.0, 4e-4),
        outer_drift_k=0.12,
        result=Result.finished,
        made_by={"version": "0.1.0", "backend": "cpu", "seconds": 41.2, "run_key": "ab" * 8},
        notes=("12 % of the simulated box lies beyond the image: there its edge tissue continues.",),
    )


@cache
def margin_map() -> MarginMap:
    from skimage.measure import marching_cubes

    h = history()
    grid = Grid.box(np.array(TUMOUR) - 20, np.array(TUMOUR) + 20, 1.0)
    points, triangles, _, _ = marching_cubes(Sphere(TUMOUR, 28.0).occupancy(grid), 0.5)
    place = grid.to_mm(points)
    index = np.round(h.scene.grid.to_index(place)).astype(int)
    # A made-up slope from temperature to distance; the report only shows it.
    margin = -h.minimum_c[tuple(index.T)] / 6.0
    return MarginMap(place, triangles.astype(np.int64), margin.astype(float))


def verdict(**changes: object) -> Assessment:
    surface = margin_map()
    worst = int(np.nanargmin(surface.margin_mm))
    where = tuple(float(v) for v in surface.points_mm[worst])
    least = float(surface.margin_mm[worst])
    curve = tuple((float(t), float(np.clip((t + 60) / 90, 0, 1))) for t in range(-80, 41, 2))
    later = tuple((float(t), float(np.clip((t - 8) / 29, 0, 1))) for t in range(-80, 41, 2))
    one = Assessment(
        volumes_ml={"0": 41.23, "-20": 24.04, "-40": 15.5},
        volumes_end_of_freeze_ml=({"0": 36.1, "-20": 20.2, "-40": 12.9}, {"0": 41.0, "-20": 23.8, "-40": 15.4}),
        coverage={"0": 1.0, "-20": 0.9799, "-40": 0.71},
        margins_mm={
            "0": Margin(least, least + 1.2, where, 0.0),  # type: ignore[arg-type]
            "-20": Margin(-1.62, 0.4, where),  # type: ignore[arg-type]
            "-40": Margin(None, None, None, reason="no surface at −40 °C meets the tumour"),
        },
        structures=(
            AtRisk("kidney_left", "TotalSegmentator, AUTOMATIC, UNREVIEWED", -96.31, 9.34, -14.2, 31.0),
            AtRisk("colon", "TotalSegmentator, AUTOMATIC, UNREVIEWED", 4.96, 0.0, 4.96, None),
            AtRisk("ureter_left", "drawn by hand", 30.2, 0.0, 14.3, None),
        ),
        not_assessed=("duodenum", "adrenal_gland", "psoas_nerves", "skin"),
        goals=(
            Verdict("0 °C covers tumour + 5 mm", False, 4.9999, "mm", 0.5),
            Verdict("-20 °C covers 99% of tumour", False, 0.9799, "fraction", 0.01),
            Verdict("nothing below 0 °C within 5 mm of bowel", None, None, "°C", reason="small bowel was not drawn"),
            Verdict("volume_ml.0 at most 60", True, 41.23, "mL", 0.8),
        ),
        target_ml=11.5,
        histogram={"tumour": curve, "colon": later},
        margin_map=surface,
        doubt={"margins_mm.0.min": Doubt(least - 1.9, least + 0.96, "flow")},
        numerical={"margins_mm.0.min": 0.203},
        made_by={"assessment_key": "cd" * 32},
        notes=("Margins are right to half a voxel (0.75 mm).",),
    )
    if "variants" not in changes:
        changes["variants"] = {name: replace(one, doubt={}) for name in ("chart_like", "low_flow", "high_flow")}
    return replace(one, **changes)  # type: ignore[arg-type]


def constants() -> tuple[Constant, ...]:
    read = Source("itis5", "read", "IT'IS tissue database, version 5.0, kidney, read for this test.", "2026-11-21")
    guess = Source(
        "flow", "assumed", "Iceball founders: flow falls at the edge of the ice, nobody measured it here.", "2026-11-21"
    )
    return (
        Constant("tissue.kidney.density", Sourced(1066, 1048, 1092, "kg/m3", read)),
        Constant("tissue.kidney.perfusion", Sourced(0.0036, 0.0005, 0.0155, "1/s", guess)),
    )
