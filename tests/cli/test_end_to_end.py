"""Both bundled cases from the shell: images in, one JSON object, a report and a run folder out."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from iceball.io import Case
from iceball.io.bundled import bundled_case
from iceball.io.schema import schema_of
from iceball.plan.predict import variants_of
from tests.acceptance.json_schema import problems
from tests.acceptance.shell import Answer, done, edit, run_folder, shell, shorten

SPACING = ("--spacing-mm", 4)
SYNTHETIC = "SYNTHETIC LESION ON A REAL CT, automatic labels"
STARTER = "Machine-made starter, not reviewed"


@pytest.fixture(scope="module")
def kidney(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Answer]:
    folder = tmp_path_factory.mktemp("demo") / "kidney"
    with patch("iceball.io.bundled.bundled_case", in_haste):
        return folder, done("demo", "--to", folder, *SPACING, "--members", 2, "--json")


def in_haste(which: str, to: Path) -> Case:
    """The bundled case with steps a fifth as long; who made its plan stays as it is."""
    case = bundled_case(which, to)
    plan = case.plan()
    steps = tuple(replace(step, duration_s=step.duration_s / 5) for step in plan.protocol.steps)
    case.save_plan(replace(plan, protocol=replace(plan.protocol, steps=steps)))
    return case


@pytest.fixture(scope="module")
def sarcoma(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Answer]:
    folder = tmp_path_factory.mktemp("demo") / "sarcoma"
    bundled_case("sarcoma", folder)
    shorten(folder)
    return folder, done("run", folder, *SPACING, "--members", 0, "--json")


@pytest.fixture(params=["kidney", "sarcoma"])
def case(request: pytest.FixtureRequest) -> tuple[Path, Answer]:
    found: tuple[Path, Answer] = request.getfixturevalue(request.param)
    return found


def test_the_json_is_one_object_of_the_published_schema(case: tuple[Path, Answer]) -> None:
    schema = done("schema", "assessment").json
    assert not problems(case[1].json, schema)
    assert problems({**case[1].json, "margins_mm": {}}, schema)


def test_the_json_has_every_key_that_was_promised(case: tuple[Path, Answer]) -> None:
    data = case[1].json
    for found in (data, *data["variants"].values()):
        assert list(found["volumes_ml"]) == list(found["coverage"]) == list(found["margins_mm"]) == ["0", "-20", "-40"]
        assert all(list(v) == ["0", "-20", "-40"] for v in found["volumes_end_of_freeze_ml"])
        assert all({"min", "p05", "where_lps_mm"} <= set(m) for m in found["margins_mm"].values())
        risk = {"name", "min_temperature_c", "frozen_ml", "distance_to_0c_mm", "first_reached_s"}
        assert found["structures"]
        assert all(risk <= set(s) for s in found["structures"])
        assert all({"goal", "met", "value"} <= set(g) for g in found["goals"])
        assert all({"low", "high", "kind"} == set(d) for d in found["doubt"].values())
    assert set(data["variants"]) == {"chart_like", "low_flow", "high_flow"}
    assert {"version", "commit", "run_key", "backend", "method", "spacing_mm", "seconds"} <= set(data["made_by"])
    assert data["not_assessed"]
    assert data["status"] != "all goals met"


def test_colder_is_smaller_and_the_bounds_are_in_order(case: tuple[Path, Answer]) -> None:
    data = case[1].json
    variants = {"nominal": data, **data["variants"]}
    ice = {name: found["volumes_ml"] for name, found in variants.items()}
    for name, found in variants.items():
        for table in (found["volumes_ml"], found["coverage"], *found["volumes_end_of_freeze_ml"]):
            assert table["-40"] <= table["-20"] <= table["0"], name
        assert ice[name]["0"] > 1
    for level in ("0", "-20", "-40"):
        assert ice["chart_like"][level] >= ice["nominal"][level]
        assert ice["low_flow"][level] >= ice["nominal"][level] >= ice["high_flow"][level]
        low, high = (data["doubt"][f"volumes_ml.{level}"][end] for end in ("low", "high"))
        assert low <= ice["high_flow"][level]
        assert high >= ice["chart_like"][level]


def test_the_result_says_who_made_the_plan_and_where_it_is_only_illustrative(
    kidney: tuple[Path, Answer], sarcoma: tuple[Path, Answer]
) -> None:
    starter, edited = (" ".join(answer.json["notes"]) for _, answer in (kidney, sarcoma))
    assert "Machine-made starter, not reviewed." in starter
    assert "Machine-made" not in edited
    for notes in (starter, edited):
        assert "trajectories and bowel distances are illustrative" in notes


def test_the_run_folder_is_named_by_its_run_key(case: tuple[Path, Answer]) -> None:
    folder, answer = case
    assert run_folder(folder).name == answer.json["made_by"]["run_key"]


def test_the_report_says_what_it_is(kidney: tuple[Path, Answer], sarcoma: tuple[Path, Answer]) -> None:
    for (folder, answer), said in ((kidney, (SYNTHETIC, STARTER)), (sarcoma, ("GTV_Mass_CT",))):
        path = Path(answer.json["report"])
        assert path == run_folder(folder) / "report.html"
        page = path.read_text(encoding="utf-8")
        printed = _text_of(path.with_suffix(".pdf"))
        for words in ("RESEARCH USE ONLY", *said):
            assert words in page
            assert printed is None or words in printed
        assert "killed" not in page.lower()


def test_assess_and_report_give_the_newest_run_again(kidney: tuple[Path, Answer], tmp_path: Path) -> None:
    folder, answer = kidney
    first = answer.json
    first.pop("report")
    assert done("assess", folder, "--json").json == first
    assert STARTER in (folder / "runs" / first["made_by"]["run_key"] / "report.html").read_text(encoding="utf-8")
    told = done("report", folder, "--to", tmp_path / "again.html")
    assert told.out.strip() == f"Report: {tmp_path / 'again.html'}"
    assert (tmp_path / "again.pdf").is_file()


def test_stops_and_hypotheses_of_cell_death_are_in_the_run_and_can_be_asked_for(kidney: tuple[Path, Answer]) -> None:
    folder, answer = kidney
    asked = done("stop", folder, "--spacing-mm", 4, "--json").json["stops"]
    assert [(s["goal"], s["thaw"]) for s in asked] == [(s["goal"], s["thaw"]) for s in answer.json["stops"]]
    assert {s["thaw"] for s in asked} == {"passive", "active"}
    assert all(s["needed"] or s["advice"].startswith("not needed") for s in asked)
    assert answer.json["kill"][0]["leads"]
    assert done("assess", folder, "--kill", "rim_10", "--json").json["kill"][0]["name"] == "rim_10"
    refused = shell("assess", folder, "--kill", "certain", "--json")
    assert refused.json["error"]["where"] == "Plan.kill"


def test_the_same_plan_gives_the_same_bits_again(sarcoma: tuple[Path, Answer]) -> None:
    folder, answer = sarcoma
    again = done("simulate", folder, *SPACING, "--json").json
    assert Path(again["run"]) == run_folder(folder)
    made = variants_of(Case.open(folder).plan())
    assert again["ended"] == dict.fromkeys(made, "Finished: the whole protocol was simulated.")
    assert _numbers(done("assess", folder, "--json").json) == _numbers(answer.json)


def test_check_tells_what_is_missing_and_who_made_the_plan(kidney: tuple[Path, Answer]) -> None:
    told = done("check", kidney[0], "--json").json
    assert told["review"] == "starter"
    assert "ureter" in told["not_assessed"]
    assert any("SYNTHETIC" in note for note in told["notes"])
    assert "starter" in done("check", kidney[0]).out


def test_every_constant_of_a_run_has_value_unit_source_and_date(case: tuple[Path, Answer]) -> None:
    rows = done("sources", case[0], "--json").json["constants"]
    assert len(rows) > 50
    for row in rows:
        assert row["low"] <= row["value"] <= row["high"], row["name"]
        assert row["kind"] in ("read", "calculated", "assumed"), row["name"]
        assert all(row[key] for key in ("unit", "source", "date")), row["name"]
    names = " ".join(row["name"] for row in rows)
    for needed in ("perfusion", "conductivity", "latent_heat", "coolant_c", "body_c"):
        assert needed in names
    table = done("sources", case[0]).out
    assert "perfusion" in table


@pytest.mark.parametrize(
    "words", [("doctor", "--json"), ("schema", "plan"), ("schema", "case"), ("schema", "assessment")]
)
def test_what_the_installation_says_of_itself_is_one_json_object(words: list[str]) -> None:
    assert done(*words).json


def test_the_doctor_tells_the_memory_that_runs_may_take() -> None:
    assert re.fullmatch(r"[\d.]+ GB|not told by this system", done("doctor", "--json").json["free memory"])


CTRL_C = """
import os, signal, sys
import iceball.plan.predict as room
from iceball.cli import main

signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever was inherited
real, pressed = room.simulate, []

def simulate(*arguments, progress, **rest):
    def told(done, words):
        if done > 0.05 and not pressed:
            pressed.append(os.kill(os.getpid(), signal.SIGINT))
        progress(done, words)
    return real(*arguments, progress=told, **rest)

room.simulate = simulate
main()
"""


def test_ctrl_c_in_mid_simulation_leaves_nothing_behind(sarcoma: tuple[Path, Answer], tmp_path: Path) -> None:
    folder, scratch = tmp_path / "case", tmp_path / "scratch"
    shutil.copytree(sarcoma[0], folder, ignore=shutil.ignore_patterns("runs"))
    scratch.mkdir()
    ended = subprocess.run(
        [sys.executable, "-c", CTRL_C, "run", str(folder), *map(str, SPACING), "--json"],
        capture_output=True,
        text=True,
        env={**os.environ, "TMPDIR": str(scratch), "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=120,
    )
    assert ended.returncode == 130, ended.stderr
    assert "Traceback" not in ended.stderr
    assert json.loads(ended.stdout)["error"]["code"] == "cancelled"
    assert {p.name for p in folder.iterdir()} <= {"case.toml", "images", "plan.toml", "runs"}
    assert not list(folder.glob("runs/*"))
    assert not list(scratch.iterdir())
    assert shell("simulate", folder, *SPACING).code == 0
    assert len(list((folder / "runs").iterdir())) == 1


def _numbers(data: dict[str, Any]) -> dict[str, Any]:
    parts = ("volumes_ml", "volumes_end_of_freeze_ml", "coverage", "margins_mm", "structures", "goals")
    return {part: data[part] for part in parts} | {n: _numbers(v) for n, v in data.get("variants", {}).items()}


def _text_of(pdf: Path) -> str | None:
    """The words of a PDF on one line, where a reader is installed."""
    assert pdf.read_bytes().startswith(b"%PDF-")
    reader = shutil.which("pdftotext")
    if reader is None:
        return None
    text = subprocess.run([reader, "-raw", pdf, "-"], capture_output=True, text=True, check=True).stdout
    return " ".join(text.split())


def test_a_spread_is_made_for_the_newest_run_kept_and_stale_once_a_goal_changes(
    sarcoma: tuple[Path, Answer], tmp_path: Path
) -> None:
    folder = tmp_path / "case"
    shutil.copytree(sarcoma[0], folder)
    assert sarcoma[1].json["spread"] is None
    first = done("spread", folder, "--members", 2, "--spacing-mm", 4, "--json").json["spread"]
    assert first["members"] == 2
    members = sorted((run_folder(folder) / "members").glob("*/*.npz"))
    assert len(members) == 2
    before = [p.stat().st_mtime_ns for p in members]
    more = done("spread", folder, "--members", 3, "--spacing-mm", 4, "--json").json["spread"]
    assert more["members"] == 3
    assert [p.stat().st_mtime_ns for p in members] == before  # those that were there were not run again
    assert done("assess", folder, "--json").json["spread"] == more
    edit(folder, "below = -20.0", "below = -21.0")
    stale = done("assess", folder, "--json").json
    assert stale["spread"] is None
    assert any("STALE" in note for note in stale["notes"])


def test_a_spread_without_a_run_is_refused(sarcoma: tuple[Path, Answer], tmp_path: Path) -> None:
    shutil.copytree(sarcoma[0], tmp_path / "case", ignore=shutil.ignore_patterns("runs"))
    refused = shell("spread", tmp_path / "case", "--json")
    assert refused.code == 1
    assert "has no finished run" in refused.json["error"]["what"]


def test_the_skin_is_mapped_with_the_best_ways_and_what_closes_the_rest(kidney: tuple[Path, Answer]) -> None:
    folder = kidney[0]
    found = done("trajectories", folder, "--count", 3, "--json").json
    assert 0.1 < found["open_fraction"] < 0.5
    assert {"colon", "spleen", "bone"} <= set(found["closed_by"])
    assert len(found["best"]) == 3
    assert all(way["gap_mm"] >= 3 for way in found["best"])
    assert Path(found["figure"]).read_bytes().startswith(b"\x89PNG")
    assert problems(found, schema_of("trajectories")) == []
