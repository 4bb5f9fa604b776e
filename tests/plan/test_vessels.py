"""Vessels: named and drawn ones become walls, thin ones stay in the perfusion, clamped ones stand still."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from iceball.errors import PlanError
from iceball.io.segmentation import drawn_structures
from iceball.io.text import read_toml, write_toml
from iceball.plan import Placement, Plan, Vessel, Warming, freeze
from iceball.plan.compose import Conditions, box_around, compose
from iceball.plan.warm.lumen import lumens
from iceball.solve import Scene, Simulation
from iceball.space import Grid, Volume
from iceball.space.shapes import Ellipsoid, Mask, Polyline, Sphere
from iceball.tissue import Anatomy, Structure
from iceball.tissue.phantom import Part, phantom

MIDDLE_MM = 50.0
COARSE = Conditions(spacing_mm=2.5)
LINE = ((11.0, 4.0, 0.0), (11.0, 96.0, 0.0))


def tube(width_mm: float, x_mm: float = 11.0) -> Polyline:
    return Polyline(np.array([(x_mm, 4.0, 0.0), (x_mm, 96.0, 0.0)]), width_mm / 2)


def liver(*parts: Part, **structures: Any) -> Anatomy:
    """Liver under the skin; a named blood vessel in it unless other parts are given."""
    target = Sphere((0, MIDDLE_MM, 0), 10)
    return phantom((110, 100, 110), 2.0, parts, target=target, organ="liver", base="liver", structures=structures)


def plan(**changes: Any) -> Plan:
    needle = Placement("generic-17g-long", tip_mm=(0, MIDDLE_MM + 22, 0), entry_mm=(0, 0, 0))
    return Plan((needle,), freeze(240.0), **changes)


def walls_of(scene: Scene, name: str) -> list[Any]:
    return [wall for wall in scene.walls if wall.flow == name]


def test_a_drawn_vessel_becomes_walls_about_as_long_as_it_is_wide() -> None:
    anatomy = liver(Part("blood", tube(6.0), "portal_vein_and_splenic_vein"))
    scene = compose(plan(), anatomy, conditions=COARSE)
    pieces = walls_of(scene, "portal_vein_and_splenic_vein")
    assert 13 <= len(pieces) <= 18
    volume = sum(int((scene.labels == w.label).sum()) for w in pieces) * 2.5**3
    assert volume == pytest.approx(np.pi * 9 * 96, rel=0.25)  # as it was drawn, in cells of 2 mm
    off = compose(plan(vessel_walls=False), anatomy, conditions=COARSE)
    assert not walls_of(off, "portal_vein_and_splenic_vein")


def test_any_structure_that_blood_fills_is_a_vessel() -> None:
    anatomy = liver(Part("blood", tube(6.0), "feeding_artery"), Part("fat", tube(6.0, -20.0), "a_duct"))
    (found,) = lumens(plan(), anatomy, box_around(plan(), anatomy, COARSE))
    assert (found.name, found.what, found.asked) == ("feeding_artery", "wall", False)
    assert found.width_mm == pytest.approx(6.0, abs=0.6)


def test_a_thin_vessel_stays_in_the_perfusion_and_says_so() -> None:
    anatomy = liver(Part("blood", Polyline(np.array(LINE), 1.0), "aorta"))
    (found,) = lumens(plan(), anatomy, box_around(plan(), anatomy, COARSE))
    assert found.what == "perfused"
    assert "less than 3 mm" in found.why
    assert not walls_of(compose(plan(), anatomy, conditions=COARSE), "aorta")


def test_a_labelled_vessel_too_thin_to_measure_stays_in_the_perfusion() -> None:
    sliver = Mask(Volume(Grid.box((10, 40, -0.1), (10.2, 60, 0.1), 0.2), np.ones((1, 100, 1), np.uint8), "mask"))
    for shape in (Polyline(np.array(LINE), 0.1), sliver):
        anatomy = liver().with_structure(Structure("aorta", shape, "drawn"))
        (found,) = lumens(plan(), anatomy, box_around(plan(), anatomy, COARSE))
        assert found.what == "perfused"


def test_a_middle_line_has_the_volume_of_its_vessel_on_any_cells() -> None:
    for spacing in (1.5, 2.5, 3.0):
        vessel = Vessel(line_mm=LINE, diameter_mm=6.0, name="v")
        scene = compose(plan(vessels=(vessel,)), liver(), conditions=Conditions(spacing_mm=spacing))
        volume = sum(int((scene.labels == w.label).sum()) for w in walls_of(scene, "v")) * spacing**3
        assert volume == pytest.approx(np.pi * 9 * 92, rel=0.02)


def test_blood_that_has_been_cooled_for_longer_warms_less() -> None:
    along = compose(plan(vessels=(Vessel(line_mm=LINE, diameter_mm=6.0),)), liver(), conditions=COARSE)
    against = compose(plan(vessels=(Vessel(line_mm=LINE[::-1], diameter_mm=6.0),)), liver(), conditions=COARSE)

    def by_depth(scene: Scene) -> list[float]:
        walls = {w.label: w for w in walls_of(scene, "vessel 1")}
        depth = {n: scene.grid.to_mm(np.argwhere(scene.labels == n))[:, 1].mean() for n in walls}
        return [walls[n].h for n in sorted(walls, key=lambda n: depth[n])]

    down, up = by_depth(along), by_depth(against)
    assert np.mean(down[:3]) > 1.3 * np.mean(down[-3:])
    assert np.mean(up[-3:]) > 1.3 * np.mean(up[:3])


def test_faster_blood_and_more_of_it_warm_more() -> None:
    vessels = [Vessel(line_mm=LINE, diameter_mm=6.0, speed_m_s=v, share=s) for v, s in ((0.4, 1), (0.2, 1), (0.2, 0.2))]
    at_ice = [lumens(plan(vessels=(v,)), liver(), box_around(plan(), liver(), COARSE))[0].h_at_ice() for v in vessels]
    assert at_ice == sorted(at_ice, reverse=True)
    unknown = plan(vessels=(Vessel(line_mm=LINE, diameter_mm=6.0),))
    (unsure,) = lumens(unknown, liver(), box_around(unknown, liver(), COARSE))
    assert unsure.h_at_ice("low") < unsure.h_at_ice() < unsure.h_at_ice("high")
    low, high = (compose(unknown, liver(), conditions=replace(COARSE, flow=flow)) for flow in ("low", "high"))
    assert all(a.h < b.h for a, b in zip(walls_of(low, "vessel 1"), walls_of(high, "vessel 1"), strict=True))


def test_clamped_blood_stands_still_and_freezes() -> None:
    scene = compose(plan(vessels=(Vessel(line_mm=LINE, diameter_mm=6.0, share=0.0),)), liver(), conditions=COARSE)
    assert not walls_of(scene, "vessel 1")
    (still,) = [n for n, m in enumerate(scene.materials) if m is not None and m.name == "blood_still"]
    assert scene.materials[still].perfusion == 0  # type: ignore[union-attr]
    assert (scene.labels == still).any()


@pytest.fixture(scope="module")
def runs() -> dict[str, Any]:
    """Ice beside a vessel 11 mm away: at full speed, at a tenth of it, clamped."""
    found = {}
    for name, share in (("full", 1.0), ("reduced", 0.1), ("clamped", 0.0)):
        made = plan(vessels=(Vessel(line_mm=LINE, diameter_mm=6.0, share=share),))
        found[name] = Simulation(compose(made, liver(), conditions=COARSE)).run()
    return found


def test_ice_retreats_from_a_vessel_by_its_flow_on_the_side_of_the_vessel(runs: dict[str, Any]) -> None:
    volume = {name: float((h.end_of_freeze_c[0] <= 0).sum()) for name, h in runs.items()}
    assert volume["full"] < volume["reduced"] < volume["clamped"]
    grid = runs["full"].scene.grid
    x = grid.centres_mm()[..., 0]
    for name in ("full", "reduced"):
        ice = runs[name].end_of_freeze_c[0] <= 0
        assert (ice & (x > 0)).sum() < (ice & (x < 0)).sum()
    assert runs["full"].heat.walls_j > runs["reduced"].heat.walls_j > 0
    assert all(h.heat.residual < 1e-3 for h in runs.values())


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({}, "structure"),
        ({"structure": "aorta", "line_mm": LINE}, "structure"),
        ({"line_mm": LINE}, "diameter_mm"),
        ({"line_mm": (LINE[0],), "diameter_mm": 6.0}, "line_mm"),
        ({"line_mm": ((0.0, 1.0), (2.0, 3.0)), "diameter_mm": 6.0}, "line_mm"),
        ({"line_mm": LINE, "diameter_mm": 2.0}, "diameter_mm"),
        ({"line_mm": LINE, "diameter_mm": float("nan")}, "diameter_mm"),
        ({"line_mm": LINE, "diameter_mm": 6.0, "speed_m_s": 0.0}, "speed_m_s"),
        ({"line_mm": LINE, "diameter_mm": 6.0, "share": 1.5}, "share"),
        ({"line_mm": LINE, "diameter_mm": 6.0, "blood_c": 60.0}, "blood_c"),
    ],
)
def test_a_vessel_that_cannot_be_is_refused(fields: dict[str, Any], where: str) -> None:
    with pytest.raises(PlanError) as refusal:
        Vessel(**fields)
    assert where in refusal.value.where


def test_a_vessel_wider_than_the_organ_it_runs_in_is_refused() -> None:
    kidney = Part("kidney", Ellipsoid((11, MIDDLE_MM, 0), (30, 100, 30)), "kidney_left")
    made = plan(vessels=(Vessel(line_mm=LINE, diameter_mm=40.0),))
    with pytest.raises(PlanError, match="wider than the kidney left") as refusal:
        compose(made, liver(kidney), conditions=COARSE)
    assert refusal.value.where == "Plan.vessels[0].diameter_mm"
    beside = tuple((x + 10, y, z) for x, y, z in LINE)  # its middle runs along the organ's edge
    with pytest.raises(PlanError, match="fill most of it"):
        compose(plan(vessels=(Vessel(line_mm=beside, diameter_mm=40.0),)), liver(kidney), conditions=COARSE)
    compose(plan(vessels=(Vessel(line_mm=LINE, diameter_mm=12.0),)), liver(kidney), conditions=COARSE)


def test_a_vessel_that_is_not_drawn_or_drawn_otherwise_is_refused() -> None:
    with pytest.raises(PlanError, match="no structure called 'aorta'") as refusal:
        compose(plan(vessels=(Vessel("aorta"),)), liver(), conditions=COARSE)
    assert refusal.value.where == "Plan.vessels[0].structure"
    drawn = liver(Part("blood", tube(6.0), "aorta"))
    with pytest.raises(PlanError, match="drawn") as refusal:
        compose(plan(vessels=(Vessel("aorta", diameter_mm=20.0),)), drawn, conditions=COARSE)
    assert refusal.value.where == "Plan.vessels[0].diameter_mm"
    with pytest.raises(PlanError, match="thinner than the cells"):
        compose(plan(vessels=(Vessel(line_mm=LINE, diameter_mm=3.0),)), liver(), conditions=Conditions(spacing_mm=4.0))


def test_points_of_slicer_are_a_vessels_middle_line(tmp_path: Path) -> None:
    controls = [{"position": [-p[0], -p[1], p[2]], "positionStatus": "defined"} for p in LINE]
    markup = {"markups": [{"coordinateSystem": "RAS", "controlPoints": controls}]}
    (tmp_path / "feeder.mrk.json").write_text(json.dumps(markup))
    base = liver()
    (points,) = drawn_structures((tmp_path / "feeder.mrk.json",), base.image)
    anatomy = base.with_structure(points)
    scene = compose(plan(vessels=(Vessel("feeder", diameter_mm=5.0),)), anatomy, conditions=COARSE)
    assert len(walls_of(scene, "feeder")) > 10
    with pytest.raises(PlanError, match="without a width"):
        compose(plan(vessels=(Vessel("feeder"),)), anatomy, conditions=COARSE)


def test_vessels_and_warmers_are_appended_to_a_written_plan_and_read_back(tmp_path: Path) -> None:
    file = write_toml(tmp_path / "plan.toml", plan(), Plan)
    assert "vessels =" not in file.read_text()
    more = '[[vessels]]\nline_mm = [[1, 2, 3], [4, 5, 6]]\ndiameter_mm = 4.0\n[[warmers]]\nwarmer = "urethral-warmer"\n'
    file.write_text(f'{file.read_text()}\n{more}structure = "urethra"\n')
    read = read_toml(file, Plan)
    assert read.vessels == (Vessel(line_mm=((1, 2, 3), (4, 5, 6)), diameter_mm=4.0),)
    assert read.warmers == (Warming("urethral-warmer", "urethra"),)
    again = read_toml(write_toml(tmp_path / "again.toml", read, Plan), Plan)
    assert again == read
    assert again.key() == read.key()


def test_two_vessels_of_one_name_are_refused() -> None:
    with pytest.raises(PlanError) as refusal:
        plan(vessels=(Vessel("aorta"), Vessel("aorta", diameter_mm=6.0)))
    assert refusal.value.where == "Plan.vessels[1].structure"


def test_a_vessel_between_two_needles_freezes_shut_the_sooner_the_slower_it_flows() -> None:
    needles = tuple(
        Placement("generic-17g-long", tip_mm=(x, MIDDLE_MM + 22, 0), entry_mm=(x, 0, 0)) for x in (-6.0, 6.0)
    )
    middle = ((0.0, 4.0, 0.0), (0.0, 96.0, 0.0))
    shut_s = []
    for share in (0.01, 1.0):
        vessel = Vessel(line_mm=middle, diameter_mm=4.0, share=share, name="feeder")
        made = Plan(needles, freeze(400.0), vessels=(vessel,))
        history = Simulation(compose(made, liver(), conditions=COARSE)).run()
        said = [note for note in history.notes if note.startswith("feeder froze shut at")]
        shut_s.append(float(said[0].split(" at ")[1].split(" s")[0]) if said else np.inf)
    assert 60 < shut_s[0] < 300
    assert shut_s[1] > 1.1 * shut_s[0]
