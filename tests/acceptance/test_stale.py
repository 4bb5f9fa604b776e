"""Each field of a plan does what its published schema says: it asks for a new run, a new assessment, or nothing."""

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w

from iceball.io.case import Case
from iceball.io.schema import schema_of
from iceball.io.text import read_json, write_json
from iceball.plan import Plan
from iceball.sources import data_file
from iceball.space import Grid, Header, Volume
from iceball.space.shapes import Sphere
from iceball.tissue import TARGET, Structure
from tests.acceptance import surroundings
from tests.acceptance.shell import done, shell

Table = dict[str, Any]

PLAN: Table = {
    "review": "edited",
    "reason": "because",
    "template": {"hole_a1_mm": [-30.0, 30.0, -60.0], "into": [0.0, 0.0, 1.0], "up": [0.0, -1.0, 0.0]},
    "setting": {
        "side": "L",
        "procedure_position": "HFS",
        "image_breathing": "in",
        "procedure_breathing": "in",
        "bore_mm": 800.0,
    },
    "protocol": {
        "steps": [
            {"kind": "freeze", "duration_s": 60.0, "duty": 1.0},
            {"kind": "thaw", "duration_s": 30.0},
            {"kind": "freeze", "duration_s": 30.0, "duty": 0.8},
        ]
    },
    "probes": [
        {"probe": "adjustable", "tip_mm": [-8.0, 0.0, 0.0], "entry_mm": [-8.0, 46.0, 0.0], "name": "one"},
        {
            "probe": "generic-17g-long",
            "tip_mm": [8.0, 0.0, 0.0],
            "entry_mm": [8.0, 46.0, 0.0],
            "protocol": {
                "steps": [
                    {"kind": "freeze", "duration_s": 60.0, "duty": 1.0},
                    {"kind": "hold", "duration_s": 30.0, "duty": 0.5},
                ]
            },
        },
    ],
    "goals": [
        {"kind": "cover", "structure": TARGET, "below": -20.0, "margin_mm": 0.0, "fraction": 0.5},
        {"kind": "spare", "structure": "colon", "above": 0.0, "distance_mm": 2.0},
        {"kind": "limit", "quantity": "volume_ml.0", "at_most": 50.0},
        {"kind": "treat", "below": 0.0, "depth_mm": 0.0, "cycles": 1, "fraction": 0.9},
    ],
    "limits": [{"structure": "colon", "by": "A. Surgeon", "reason": "near by", "date": "2026-11-22", "alarm_mm": 9.0}],
    "vent": "passive",
    "spots": [
        {
            "applicator": "generic-ln2-spray",
            "centre_mm": [0.0, -46.0, 0.0],
            "dwell_s": 20.0,
            "start_s": 5.0,
            "thaw_s": 20.0,
            "cycles": 2,
        }
    ],
}


def alarm_in_celsius(plan: Table) -> None:
    """The alarm as a temperature instead of a distance."""
    del plan["limits"][0]["alarm_mm"]
    plan["limits"][0]["alarm_c"] = 5.0


def setting(*path: str | int, to: Any) -> Callable[[Table], None]:
    """An edit: that place gets another value."""

    def edit(plan: Table) -> None:
        place: Any = plan
        for step in path[:-1]:
            place = place[step]
        assert place[path[-1]] != to
        place[path[-1]] = to

    return edit


SPOT = ("spots", 0)
OWN = ("probes", 1, "protocol", "steps", 1)
EDITS: dict[str, Callable[[Table], None]] = {
    "probes": lambda plan: plan["probes"].pop(),
    "probes.probe": setting("probes", 0, "probe", to="generic-17g-long"),
    "probes.tip_mm": setting("probes", 0, "tip_mm", to=[-8.0, 1.0, 0.0]),
    "probes.entry_mm": setting("probes", 0, "entry_mm", to=[-9.0, 46.0, 0.0]),
    "probes.name": setting("probes", 0, "name", to="uno"),
    "probes.start_s": lambda plan: plan["probes"][1].update(start_s=5.0),
    "probes.channel": lambda plan: plan["probes"][1].update(channel="2"),
    "probes.pull_back_mm": lambda plan: plan["probes"][0].update(pull_back_mm=4.0),
    "probes.active_mm": lambda plan: plan["probes"][0].update(active_mm=24.0),
    "probes.protocol": lambda plan: plan["probes"][1].pop("protocol"),
    "probes.protocol.steps": lambda plan: plan["probes"][1]["protocol"]["steps"].pop(),
    "probes.protocol.steps.kind": setting(*OWN, "kind", to="thaw"),
    "probes.protocol.steps.duration_s": setting(*OWN, "duration_s", to=31.0),
    "probes.protocol.steps.duty": setting(*OWN, "duty", to=0.6),
    "protocol": setting("protocol", to={"steps": [{"kind": "freeze", "duration_s": 50.0}]}),
    "protocol.steps": lambda plan: plan["protocol"]["steps"].pop(),
    "protocol.steps.kind": setting("protocol", "steps", 1, "kind", to="active_thaw"),
    "protocol.steps.duration_s": setting("protocol", "steps", 1, "duration_s", to=31.0),
    "protocol.steps.duty": setting("protocol", "steps", 2, "duty", to=0.9),
    "goals": lambda plan: plan["goals"].pop(),
    "goals.Cover.structure": setting("goals", 0, "structure", to="colon"),
    "goals.Cover.below": setting("goals", 0, "below", to=-30.0),
    "goals.Cover.margin_mm": setting("goals", 0, "margin_mm", to=1.0),
    "goals.Cover.fraction": setting("goals", 0, "fraction", to=0.6),
    "goals.Cover.capsule": lambda plan: plan["goals"][0].update(capsule=False, fraction=1.0),
    "goals.Cover.kind": setting("goals", 0, to={"kind": "spare", "structure": TARGET}),
    "goals.Spare.structure": setting("goals", 1, "structure", to=TARGET),
    "goals.Spare.above": setting("goals", 1, "above", to=5.0),
    "goals.Spare.distance_mm": setting("goals", 1, "distance_mm", to=4.0),
    "goals.Spare.kind": setting("goals", 1, to={"kind": "cover", "structure": "colon", "below": 0.0}),
    "goals.Limit.quantity": setting("goals", 2, "quantity", to="volume_ml.-20"),
    "goals.Limit.at_most": setting("goals", 2, "at_most", to=51.0),
    "goals.Limit.kind": setting("goals", 2, to={"kind": "spare", "structure": TARGET}),
    "goals.Treat.below": setting("goals", 3, "below", to=-20.0),
    "goals.Treat.depth_mm": setting("goals", 3, "depth_mm", to=1.0),
    "goals.Treat.cycles": setting("goals", 3, "cycles", to=2),
    "goals.Treat.fraction": setting("goals", 3, "fraction", to=0.8),
    "goals.Treat.kind": setting("goals", 3, to={"kind": "spare", "structure": TARGET}),
    "limits": lambda plan: plan.pop("limits"),
    "limits.structure": setting("limits", 0, "structure", to="great_vessel"),
    "limits.by": setting("limits", 0, "by", to="B. Surgeon"),
    "limits.reason": setting("limits", 0, "reason", to="nearer by"),
    "limits.date": setting("limits", 0, "date", to="2026-11-23"),
    "limits.stop_c": lambda plan: plan["limits"][0].update(stop_c=1.0),
    "limits.stop_mm": lambda plan: plan["limits"][0].update(stop_mm=1.0),
    "limits.alarm_c": alarm_in_celsius,
    "limits.alarm_mm": setting("limits", 0, "alarm_mm", to=8.0),
    "vent": setting("vent", to="active"),
    "spots": lambda plan: plan.pop("spots"),
    "spots.applicator": setting(*SPOT, "applicator", to="generic-ln2-jet"),
    "spots.centre_mm": setting(*SPOT, "centre_mm", to=[8.0, -45.3, 0.0]),
    "spots.dwell_s": setting(*SPOT, "dwell_s", to=21.0),
    "spots.start_s": setting(*SPOT, "start_s", to=6.0),
    "spots.thaw_s": setting(*SPOT, "thaw_s", to=21.0),
    "spots.cycles": setting(*SPOT, "cycles", to=1),
    "spots.radius_mm": lambda plan: plan["spots"][0].update(radius_mm=15.0),
    "spots.device": lambda plan: plan["spots"][0].update(device="left"),
    "spots.name": lambda plan: plan["spots"][0].update(name="apex"),
    "probes.bone_access": lambda plan: plan["probes"][0].update(bone_access="drill"),
    "kill": lambda plan: plan.update(kill="prostate"),
    "supply_bar": lambda plan: plan.update(supply_bar=200.0),
    "review": setting("review", to="accepted"),
    "template": lambda plan: plan.pop("template"),
    "template.hole_a1_mm": lambda plan: plan["template"].update(hole_a1_mm=[0.0, 0.0, 0.0]),
    "template.into": lambda plan: plan["template"].update(into=[0.0, 0.1, 1.0], up=[0.0, -1.0, 0.1]),
    "template.up": lambda plan: plan["template"].update(up=[1.0, 0.0, 0.0]),
    "setting": lambda plan: plan.pop("setting"),
    "setting.side": setting("setting", "side", to="R"),
    "setting.procedure_position": setting("setting", "procedure_position", to="HFP"),
    "setting.image_breathing": setting("setting", "image_breathing", to="out"),
    "setting.bore_mm": lambda plan: plan["setting"].update(bore_mm=700.0),
    "setting.procedure_breathing": setting("setting", "procedure_breathing", to="out"),
    "reason": setting("reason", to="because of that"),
}


def fields(schema: Table, of: Table, above: str = "") -> Iterator[tuple[str, str]]:
    """Every field of the plan and what the schema says that it affects."""
    for name, field in of["properties"].items():
        place = f"{above}{name}"
        yield place, field["affects"]
        for kind in _kinds(field):
            inner = schema["$defs"][kind]
            deeper = f"{place}.{kind}." if "oneOf" in field.get("items", {}) else f"{place}."
            yield from fields(schema, inner, deeper)


def _kinds(field: Table) -> list[str]:
    forms = [field, field.get("items", {}), *field.get("anyOf", []), *field.get("items", {}).get("oneOf", [])]
    return [form["$ref"].rsplit("/", 1)[-1] for form in forms if "$ref" in form]


FIELDS = dict(fields(schema_of("plan"), schema_of("plan")))


@pytest.fixture(scope="module")
def monkeypatch_module() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory, monkeypatch_module: pytest.MonkeyPatch) -> tuple[Path, Table]:
    folder = tmp_path_factory.mktemp("stale") / "case"
    grid = Grid.box((-60, -60, -40), (60, 60, 40), 4.0)
    at = grid.centres_mm()
    body = at[..., 0] ** 2 + at[..., 1] ** 2 < 46**2
    image = Volume(grid, np.where(body, 40, -1000).astype(np.int16), "HU", Header("CT", patient_position="HFS"))
    drawn = [Structure(TARGET, Sphere((0, 12, 0), 16), "drawn"), Structure("colon", Sphere((0, -14, 0), 14), "drawn")]
    cards = tmp_path_factory.mktemp("cards") / "cards.toml"
    shipped = data_file("applicator", "probes.toml").table
    card = {k: v for k, v in shipped["probe"]["generic-17g-short"].items() if k != "published"}
    card = {"sources": shipped["sources"], "probe": {"adjustable": {**card, "length": "adjustable"}}}
    cards.write_text(tomli_w.dumps(card), encoding="utf-8")
    monkeypatch_module.setenv("ICEBALL_PROBES", str(cards))
    # advice on when to stop says nothing of what is stale, and is simulated anew for every goal
    monkeypatch_module.setattr("iceball.plan.stopping.stops.latest_stops", lambda *plan, **how: ())
    Case.create(folder, title="Stale", image=image, structures=drawn, organ="kidney")
    write(folder, PLAN)
    done("simulate", folder, "--spacing-mm", 4)
    return folder, done("assess", folder, "--json").json


def write(folder: Path, plan: Table) -> None:
    (folder / "plan.toml").write_text(tomli_w.dumps(plan), encoding="utf-8")


def test_every_field_of_the_schema_is_tried_here() -> None:
    # a plan.toml that says it were as placed is refused: see tests/io/test_placed.py
    assert set(EDITS) | set(surroundings.EDITS) | {"stage"} == set(FIELDS)
    assert set(FIELDS.values()) == {"run", "assessment", "nothing"}
    assert Plan.__dataclass_fields__.keys() == {name for name in FIELDS if "." not in name}


@pytest.mark.parametrize("field", sorted(EDITS))
def test_an_edited_field_makes_stale_what_the_schema_says(field: str, case: tuple[Path, Table]) -> None:
    folder, before = case
    plan = copy.deepcopy(PLAN)
    EDITS[field](plan)
    write(folder, plan)
    answer = shell("assess", folder, "--json")
    if FIELDS[field] == "run":
        for refused in (answer, shell("report", folder, "--to", folder.parent / "no.html", "--json")):
            assert refused.code == 1
            assert refused.json["error"]["code"] == "stale"
        assert not (folder.parent / "no.html").exists()
        return
    assert answer.code == 0, answer.err
    after = answer.json
    assert after["made_by"]["run_key"] == before["made_by"]["run_key"]
    assert after["volumes_ml"] == before["volumes_ml"]
    same = after["made_by"]["assessment_key"] == before["made_by"]["assessment_key"]
    assert same == (FIELDS[field] == "nothing")
    judged = {"kill": "kill", "limits": "structures"}.get(field.partition(".")[0], "goals")
    assert (after[judged] == before[judged]) == same


@pytest.mark.parametrize("field", sorted(surroundings.EDITS))
def test_an_edited_pocket_vessel_or_warmer_makes_another_scene_as_the_schema_says(field: str) -> None:
    part = field.split(".")[0].replace("vessel_walls", "vessels")
    assert FIELDS[field] == "run"
    assert surroundings.scenes(part, surroundings.EDITS[field]) != surroundings.unchanged(part)


def test_a_run_of_another_version_is_stale(case: tuple[Path, Table]) -> None:
    folder, before = case
    write(folder, PLAN)
    file = folder / "runs" / before["made_by"]["run_key"] / "run.json"
    table = read_json(file)
    old = copy.deepcopy(table)
    for history in old["histories"].values():
        history["made_by"]["version"] = "0.0.1"
    write_json(file, old)
    assert shell("assess", folder, "--json").json["error"]["code"] == "stale"
    write_json(file, table)
    assert shell("assess", folder).code == 0


def test_a_run_of_another_anatomy_is_stale(case: tuple[Path, Table]) -> None:
    folder, _ = case
    write(folder, PLAN)
    file = folder / "case.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('organ = "kidney"', 'organ = "soft_tissue"'), encoding="utf-8")
    assert shell("assess", folder, "--json").json["error"]["code"] == "stale"
    file.write_text(text, encoding="utf-8")
    assert shell("assess", folder).code == 0
