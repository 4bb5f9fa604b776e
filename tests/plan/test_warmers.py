"""Warmers: a urethra that stays warm beside ice, a bag on the skin, and what cannot be."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from iceball.applicator.warmer import warmers
from iceball.assessment import assess
from iceball.assessment.goals import Spare
from iceball.errors import IceballError, PlanError, ProbeError
from iceball.plan import Placement, Plan, Warming, freeze
from iceball.plan.compose import Conditions, Flow, compose
from iceball.plan.predict import simulate
from iceball.plan.stopping.stops import latest_stops
from iceball.plan.treated import as_treated
from iceball.solve import Scene, Simulation
from iceball.space.shapes import Ellipsoid, Points, Polyline, Sphere
from iceball.tissue import Anatomy, Structure
from iceball.tissue.phantom import Part, phantom

COARSE = Conditions(spacing_mm=2.5)
DEPTH_MM = 50.0
CATHETER_MM = 7.3
BESIDE_MM = 5.0 + CATHETER_MM / 2
"""From the urethra's middle to the needle: 5 mm beside its wall, as the needles of case K 18."""


def prostate(**structures: Any) -> Anatomy:
    """A gland in soft tissue under skin and air, a urethra through it, a target beside the urethra."""
    gland = Part("prostate", Ellipsoid((0, DEPTH_MM, 0), (50, 44, 50)), "prostate")
    line = np.array([(0.0, DEPTH_MM, -45.0), (0.0, DEPTH_MM, 45.0)])
    urethra = Part("vessel_wall", Polyline(line, CATHETER_MM / 2), "urethra")
    target = Sphere((BESIDE_MM + 6, DEPTH_MM, 0), 8)
    return phantom(
        (110, 100, 110), 2.5, (gland, urethra), target=target, organ="prostate", layers=(("skin", 2.5),),
        air_above_mm=15, structures=structures,
    )  # fmt: skip


def plan(*warming: Warming, duration_s: float = 420.0, depth_mm: float = DEPTH_MM + 20) -> Plan:
    needle = Placement("generic-17g-long", tip_mm=(BESIDE_MM, depth_mm, 0), entry_mm=(BESIDE_MM, 0, 0))
    return Plan((needle,), freeze(duration_s), warmers=warming)


@pytest.fixture(scope="module")
def runs() -> dict[str, Any]:
    """Seven minutes of freezing 5 mm beside the urethra, with and without its warmer."""
    found = {}
    for name, warming in (("on", (Warming("urethral-warmer", "urethra"),)), ("off", ())):
        history = simulate(plan(*warming), prostate(), conditions=Conditions(spacing_mm=1.5), doubt=False)
        found[name] = history, assess(history, (), prostate())
    return found


def urethra_c(verdict: Any) -> float:
    return float(next(s.min_temperature_c for s in verdict.structures if s.name == "urethra"))


def coldest_face_c(history: Any) -> float:
    """Lowest temperature of the warmer's surface: between what circulates and the middle of the tissue cell beside."""
    scene, k_ice = history.scene, 1.7
    (wall,) = [w for w in scene.walls if "urethral" in w.name]
    beside = binary_dilation(scene.labels == wall.label) & np.isfinite(history.minimum_c)
    half = k_ice / (scene.grid.spacing_mm[0] / 2000)
    celsius = float(history.minimum_c[beside].min())
    return (wall.h * wall.ambient_c + half * celsius) / (wall.h + half)


def test_a_warmed_urethra_stays_warm_beside_a_needle(runs: dict[str, Any]) -> None:
    warm, cold = urethra_c(runs["on"][1]), urethra_c(runs["off"][1])
    assert warm > cold + 10  # both of the tissue beside it: five millimetres beside a needle a bare urethra freezes
    assert cold < -20
    assert coldest_face_c(runs["on"][0]) > -10  # case K 18 of the evidence
    assert runs["on"][0].heat.walls_j > runs["off"][0].heat.walls_j + 300


def test_a_urethra_drawn_as_a_line_is_judged_by_the_tissue_around_its_warmer() -> None:
    course = np.array([(0.0, DEPTH_MM, z) for z in (-45.0, -20.0, 0.0, 20.0, 45.0)])
    drawn = prostate()
    line = replace(drawn, structures={**drawn.structures, "urethra": Structure("urethra", Points(course), "drawn")})
    asked = replace(plan(Warming("urethral-warmer", "urethra")), goals=(Spare("urethra", above=0.0),))
    wide = as_treated(asked, line)
    assert (
        wide.structures["urethra"].shape.radius_mm == Warming("urethral-warmer", "urethra").card.diameter_mm.value / 2
    )
    assert as_treated(asked, wide) is wide
    assert as_treated(plan(), wide).structures["urethra"] is line.structures["urethra"]  # another plan, no warmer

    verdicts = []
    for anatomy in (line, drawn):
        prediction = simulate(asked, anatomy, conditions=Conditions(spacing_mm=2.5), doubt=False)
        verdict = assess(prediction, asked.goals, as_treated(asked, anatomy))
        (goal,) = verdict.goals
        assert goal.met is False
        verdicts.append(urethra_c(verdict))
    assert verdicts[0] == pytest.approx(verdicts[1], abs=3)


def test_the_warmer_lifts_what_lies_five_to_ten_mm_from_it(runs: dict[str, Any]) -> None:
    grid = runs["on"][0].scene.grid
    at = grid.centres_mm()
    away = np.hypot(at[..., 0], at[..., 1] - DEPTH_MM) - CATHETER_MM / 2
    ring = (away > 5) & (away < 10) & (abs(at[..., 2]) < 15) & (runs["off"][0].minimum_c < 20)
    warmer = runs["on"][0].minimum_c[ring] - runs["off"][0].minimum_c[ring]
    assert np.percentile(warmer, 5) > 0
    assert warmer.mean() > 1


def test_a_warmer_that_is_off_is_a_wall_that_exchanges_nothing() -> None:
    brief = Warming("urethral-warmer", "urethra", start_s=60, duration_s=120)
    scene = compose(plan(brief), prostate(), conditions=COARSE)
    (wall,) = [w for w in scene.walls if "urethral" in w.name]
    assert wall.at(30.0)[0] == 0
    assert wall.at(90.0) == pytest.approx((wall.steps[0].h, 43.0))
    assert wall.at(200.0)[0] == 0


def test_low_and_high_flow_take_the_ends_of_a_warmers_film() -> None:
    made = plan(Warming("urethral-warmer", "urethra"))
    flows: tuple[Flow, ...] = ("low", "nominal", "high")
    scenes = [compose(made, prostate(), conditions=Conditions(flow, spacing_mm=2.5)) for flow in flows]
    h = [next(wall.h for wall in scene.walls if "urethral" in wall.name) for scene in scenes]
    assert h[0] / h[1] == pytest.approx(390 / 650)
    assert h[2] / h[1] == pytest.approx(1000 / 650)


def before_skin(scene: Scene) -> Any:
    return next(w for w in scene.walls if "saline" in w.name)


def test_a_warm_bag_warms_the_skin_below_it() -> None:
    bag = Warming("warm-saline-bag", centre_mm=(BESIDE_MM, 0, 0), radius_mm=25)
    shallow = {"depth_mm": 44.0, "duration_s": 400.0}
    with_bag = compose(plan(bag, **shallow), prostate(), conditions=COARSE)
    bare = Simulation(compose(plan(**shallow), prostate(), conditions=COARSE)).run()
    warmed = Simulation(with_bag).run()
    wall = before_skin(with_bag)
    assert wall.ambient_c == 39.0
    assert wall.h == pytest.approx(120.0, rel=0.02)  # flat skin along the cells: faces are as large as it
    skin = [n for n, m in enumerate(with_bag.materials) if m is not None and m.name == "skin"]
    at = with_bag.grid.centres_mm()
    below = np.isin(with_bag.labels, skin) & (np.hypot(at[..., 0] - BESIDE_MM, at[..., 2]) < 15)
    assert warmed.minimum_c[below].min() > bare.minimum_c[below].min() + 5


def test_a_bag_that_comes_later_leaves_air_before_that() -> None:
    bag = Warming("warm-saline-bag", centre_mm=(BESIDE_MM, 0, 0), radius_mm=25, start_s=100)
    scene = compose(plan(bag), prostate(), conditions=COARSE)
    wall, air = before_skin(scene), next(w for w in scene.walls if w.name == "air")
    assert wall.at(0.0) == (air.h, air.ambient_c)
    assert wall.at(101.0)[1] == 39.0


@pytest.mark.parametrize(
    ("warming", "where"),
    [
        ({"warmer": "urethral-warmer"}, "structure"),
        ({"warmer": "urethral-warmer", "structure": "urethra", "temperature_c": 60.0}, "temperature_c"),
        ({"warmer": "urethral-warmer", "structure": "urethra", "centre_mm": (0, 0, 0)}, "centre_mm"),
        ({"warmer": "warm-saline-bag", "structure": "skin"}, "centre_mm"),
        ({"warmer": "warm-saline-bag", "centre_mm": (0, 0, 0), "radius_mm": 500.0}, "radius_mm"),
        ({"warmer": "warm-saline-bag", "centre_mm": (0, 0, 0), "duration_s": 0.0}, "duration_s"),
        ({"warmer": "warm-saline-bag", "centre_mm": (0, 0, 0), "start_s": -1.0}, "start_s"),
    ],
)
def test_a_warmer_that_cannot_be_is_refused(warming: dict[str, Any], where: str) -> None:
    with pytest.raises(PlanError) as refusal:
        Warming(**warming)
    assert where in refusal.value.where


def test_a_warmer_that_nobody_knows_is_refused_by_name() -> None:
    with pytest.raises(ProbeError, match="no warmer called 'stove'"):
        Warming("stove", "urethra")
    assert {card.place for card in warmers().values()} == {"lumen", "skin"}


@pytest.mark.parametrize(
    ("warming", "where"),
    [
        ((Warming("pyeloperfusion", "renal_pelvis"),), "Plan.warmers[0].structure"),
        ((Warming("warm-saline-bag", centre_mm=(0, 30, 0)),), "Plan.warmers[0].centre_mm"),
        ((Warming("urethral-warmer", "urethra"), Warming("pyeloperfusion", "urethra")), "Plan.warmers[1].structure"),
        (
            (Warming("warm-gel", centre_mm=(0, 0, 0)), Warming("warm-saline-bag", centre_mm=(30, 0, 0))),
            "Plan.warmers[1].centre_mm",
        ),
        ((Warming("urethral-warmer", "urethra", start_s=9000),), "Plan.warmers[0].start_s"),
    ],
)
def test_a_warmer_that_has_no_place_is_refused(warming: tuple[Warming, ...], where: str) -> None:
    with pytest.raises(IceballError) as refusal:
        compose(plan(*warming), prostate(), conditions=COARSE)
    assert refusal.value.where == where


def test_the_advice_when_to_stop_knows_warmers_that_come_late() -> None:
    late = plan(Warming("urethral-warmer", "urethra", start_s=150), duration_s=240.0)
    found = latest_stops(
        late.edited(goals=(Spare("urethra", above=10),)), prostate(), conditions=Conditions(spacing_mm=4.0)
    )
    assert {stop.thaw for stop in found} == {"passive", "active"}
    assert all(stop.needed for stop in found)
