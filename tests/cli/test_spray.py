"""Surfaces from the shell: a case of a phantom is painted, checked, run and reported; what cannot be is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

import iceball as ib
from iceball.assessment.schema import assessment_schema
from iceball.io import Case
from iceball.space.box import Box
from iceball.tissue.phantom import phantom
from tests.acceptance.json_schema import problems
from tests.acceptance.shell import done, shell

ONE = ("--centre", "0,0,0", "--within-mm", 0, "--dwell-s", 10, "--thaw-s", 20)


@pytest.fixture
def case(tmp_path: Path) -> Path:
    body = phantom((48, 24, 48), 4.0, target=Box((-8, 0, -8), (8, 8, 8)), air_above_mm=8)
    made = Case.create_phantom(tmp_path / "case", title="A plaque", anatomy=body)
    made.save_plan(ib.Plan(goals=[ib.Cover("tumour", below=0)]))
    return made.folder


def test_a_spray_goes_from_the_shell_to_a_report(case: Path) -> None:
    painted = done("spray", case, *ONE, "--vent", "passive", "--json").json
    assert len(painted["spots"]) == 1
    assert painted["gas"]["gas_l"]["value"] == pytest.approx(20 * 0.5 * 0.694)
    checked = done("check", case, "--json").json
    assert (checked["needles"], checked["spots"]) == (0, 1)
    assert checked["gas"]["vent"] == "passive"
    assert [f["severity"] for f in checked["findings"]] == ["not checked"]
    answer = done("run", case, "--spacing-mm", 4, "--members", 0, "--json").json
    assert problems(answer, assessment_schema()) == []
    assert set(answer["variants"]) == {"low_h", "high_h", "low_flow", "high_flow"}
    assert answer["surface"]["applied"]["2"] > 0.8
    low, judged, high = (
        a["surface"]["depth_mm"]["0"]["median"]
        for a in (answer["variants"]["low_h"], answer, answer["variants"]["high_h"])
    )
    assert 0 < low < judged < high
    report = Path(answer["report"])
    assert "Vent declared: passive" in report.read_text(encoding="utf-8")
    assert report.with_suffix(".pdf").stat().st_size > 10_000
    assert done("assess", case, "--json").json["surface"] == answer["surface"]
    constants = done("sources", case, "--json").json["constants"]
    assert {"spray.generic-ln2-spray.h", "spray.generic-ln2-spray.expansion"} <= {c["name"] for c in constants}


def test_no_vent_is_refused_by_its_field_and_the_plan_stays_as_it_was(case: Path) -> None:
    before = (case / "plan.toml").read_bytes()
    refused = shell("spray", case, *ONE, "--json")
    assert (refused.code, refused.json["error"]["where"]) == (1, "Plan.vent")
    assert (case / "plan.toml").read_bytes() == before


def test_a_spot_outside_the_surface_is_refused_by_its_field(case: Path) -> None:
    refused = shell("spray", case, "--centre", "0,15,0", "--vent", "passive", "--json")
    assert refused.json["error"]["where"] == "centre_mm"
    done("spray", case, *ONE, "--vent", "passive")
    file = case / "plan.toml"
    origin = "centre_mm = [\n    0.0,\n    {:.1f},"
    assert origin.format(0) in file.read_text(encoding="utf-8")
    file.write_text(file.read_text(encoding="utf-8").replace(origin.format(0), origin.format(16)), encoding="utf-8")
    refused = shell("simulate", case, "--spacing-mm", 4, "--json")
    assert (refused.code, refused.json["error"]["where"]) == (1, "Plan.spots[0].centre_mm")
    assert "16.0 mm off, 16.0 mm anterior" in refused.json["error"]["what"]
    assert done("check", case, "--json").json["findings"][0]["severity"] == "error"


def test_vent_cannot_be_taken_out_of_a_plan_that_sprays(case: Path) -> None:
    done("spray", case, *ONE, "--vent", "active")
    file = case / "plan.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('vent = "active"', 'vent = ""'), encoding="utf-8")
    refused = shell("check", case, "--json")
    assert (refused.code, refused.json["error"]["where"]) == (1, "Plan.vent")


def test_spots_are_added_after_those_that_are_there(case: Path) -> None:
    first = done("spray", case, *ONE, "--vent", "passive", "--json").json
    second = done("spray", case, *ONE, "--add", "--json").json
    assert second["spots"][0]["start_s"] == first["duration_s"]
    assert done("check", case, "--json").json["spots"] == 2


def test_applicators_are_listed_with_their_sources() -> None:
    listed = {a["name"]: a for a in done("applicators", "--json").json["applicators"]}
    assert listed["generic-ln2-spray"]["needs_vent"]
    assert not listed["generic-co2-disc"]["needs_vent"]
    assert all(n["source"] for a in listed.values() for n in a["numbers"].values())
    assert "a plan must declare a vent" in done("applicators", "generic-ln2-jet").out
    assert shell("applicators", "garden-hose", "--json").json["error"]["code"] == "probe"
