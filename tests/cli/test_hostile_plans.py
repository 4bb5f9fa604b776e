"""Plans that a person got wrong by hand: refused before anything is simulated, or told in the result."""

import json
from pathlib import Path

import numpy as np
import pytest

from iceball.errors import PlanError
from iceball.io.nifti import write_nifti
from iceball.space import Grid, Volume
from tests.cli.test_refusals import shell

NEEDLE = '{ probe = "generic-17g-short", tip_mm = [0.0, 10.0, 0.0], entry_mm = [0.0, -50.0, 0.0] }'
THROUGH = '{ probe = "generic-17g-short", tip_mm = [9.0, 10.0, 0.0], entry_mm = [-9.0, -49.0, 0.0] }'
SHALLOW = '{ probe = "generic-17g-short", tip_mm = [15.0, -35.0, 0.0], entry_mm = [15.0, -80.0, 0.0] }'
FREEZE = '[protocol]\nsteps = [{ kind = "freeze", duration_s = 30.0 }]\n'


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from iceball.io.intake import Request, new_case
    from iceball.plan import freeze

    place = tmp_path_factory.mktemp("hostile")
    grid = Grid.box((-60, -60, -56), (60, 60, 56), 4.0)
    centres = grid.centres_mm()
    body = centres[..., 0] ** 2 + centres[..., 1] ** 2 < 50**2
    ct = write_nifti(Volume(grid, np.where(body, 40, -1000).astype(np.int16)), place / "ct.nii.gz")
    request = Request(ct, organ="soft_tissue", target_sphere=(0, 0, 0, 16), protocol=freeze(30))
    return new_case(place / "a case", request).folder


def plan(case: Path, probes: str = NEEDLE, rest: str = FREEZE, goals: str = "") -> None:
    (case / "plan.toml").write_text(f'probes = [{probes}]\ngoals = [{goals}]\nreview = "edited"\n{rest}')


@pytest.mark.parametrize(
    ("probes", "rest", "goals", "said"),
    [
        (NEEDLE, FREEZE.replace("30.0", "true"), "", "wrong kind"),
        (NEEDLE, FREEZE.replace("30.0", '"30"'), "", "wrong kind"),
        (NEEDLE.replace("10.0", '"10"'), FREEZE, "", "wrong kind"),
        (NEEDLE.replace(" }", ", protocol = { steps = [] } }"), FREEZE, "", "without a step"),
        (f"{NEEDLE}, {THROUGH}", FREEZE, "", "come within 0.00 mm of each other"),
        (NEEDLE, f"supply_bar = 900.0\n{FREEZE}", "", "Plan.supply_bar: 900 bar is outside"),
        (NEEDLE.replace(" }", ", active_mm = 0.0 }"), FREEZE, "", "active_mm: the active length"),
        (NEEDLE, FREEZE.replace(" }]", ", duty = 1.2 }]"), "", "duty 1.2 is not above 0 and at most 1"),
        (NEEDLE, FREEZE.replace(" }]", ", duty = 0.1 }]"), "", "10% is less than the 20%"),
        (NEEDLE, FREEZE, '{ kind = "spare", structure = "spleeen" }', "no structure called 'spleeen'"),
        (NEEDLE, FREEZE, '{ kind = "cover", structure = "spleeen", below = 0 }', "no structure called 'spleeen'"),
    ],
)
@pytest.mark.parametrize("verb", ["check", "run"])
def test_a_plan_that_means_nothing_is_refused_before_it_is_run(
    case: Path,
    probes: str,
    rest: str,
    goals: str,
    said: str,
    verb: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    plan(case, probes, rest, goals)
    assert shell(monkeypatch, verb, str(case)) == 1
    told = capsys.readouterr()
    assert said in told.err
    assert "Simulating" not in told.err
    assert not list(case.glob("runs/*"))


def test_a_plan_saved_with_a_byte_order_mark_is_read(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan(case)
    file = case / "plan.toml"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert shell(monkeypatch, "check", str(case)) == 0


def test_a_needle_that_lies_wholly_outside_the_body_is_refused(
    case: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plan(case, NEEDLE.replace("10.0", "200.0").replace("-50.0", "140.0"))
    assert shell(monkeypatch, "simulate", str(case), "--spacing-mm", "4") == 1
    assert "no part of any active zone lies in tissue" in capsys.readouterr().err


def test_a_plan_without_needles_is_an_error_of_the_check(
    case: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plan(case, "")
    shell(monkeypatch, "check", str(case), "--json")
    (finding,) = json.loads(capsys.readouterr().out)["findings"]
    assert (finding["severity"], "no needle" in finding["what"]) == ("error", True)


def test_the_result_of_a_plan_that_cannot_be_carried_out_says_so(
    case: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plan(case, f"{NEEDLE}, {SHALLOW}")
    assert shell(monkeypatch, "simulate", str(case), "--spacing-mm", "4") == 0
    capsys.readouterr()
    assert shell(monkeypatch, "assess", str(case), "--json") == 0
    notes = json.loads(capsys.readouterr().out)["notes"]
    assert any("ERROR in the plan" in note and "in the air" in note for note in notes)
    assert any("NOT CHECKED in the plan" in note and "handle diameter" in note for note in notes)


def test_what_to_type_next_can_be_typed(
    case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--ct", str(case / "images/image.nii.gz"), "--target-sphere", "0,0,0,16", "--organ"]
    shell(monkeypatch, "new", str(tmp_path / "my case"), *words, "soft_tissue")
    assert f"iceball run '{tmp_path / 'my case'}'" in capsys.readouterr().out
    shell(monkeypatch, "new", str(tmp_path / "lung"), *words, "lung")
    assert "place needles in" in capsys.readouterr().out
    shell(monkeypatch, "new", str(tmp_path / "eye"), *words, "eye")
    said = capsys.readouterr().out
    assert f"iceball spray {tmp_path / 'eye'} --centre X,Y,Z --no-needles" in said
    assert "place needles in" not in said


def test_a_disk_that_refuses_is_no_fault_of_ours(
    case: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "/somewhere")

    plan(case)
    monkeypatch.setattr("iceball.io.case.Case.open", full)
    assert shell(monkeypatch, "check", str(case), "--json") == 1
    told = capsys.readouterr()
    assert json.loads(told.out)["error"]["code"] == "file"
    assert "No space left on device" in told.err


def test_a_refusal_reads_as_two_sentences() -> None:
    assert str(PlanError("has the same tip", where="a", remedy="Move it.")) == "a: has the same tip. Move it."
    assert str(PlanError("has the same tip.", remedy="Move it.")) == "has the same tip. Move it."
    assert str(PlanError("never freezes")) == "never freezes"


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_a_poor_terminal_ends_no_command_and_spoils_no_json(case: Path, encoding: str) -> None:
    import os
    import subprocess
    import sys

    plan(case, NEEDLE.replace(" }", ', name = "Nadel °1" }'))
    words = [sys.executable, "-m", "iceball.cli"]
    environ = {**os.environ, "PYTHONIOENCODING": encoding}
    said = subprocess.run([*words, "check", str(case)], capture_output=True, env=environ, check=False)
    assert (said.returncode, said.stderr) == (0, b"")
    as_json = subprocess.run([*words, "sources", str(case), "--json"], capture_output=True, env=environ, check=True)
    assert any("°C" in row["unit"] for row in json.loads(as_json.stdout.decode(encoding))["constants"])
    refused = subprocess.run([*words, "run", "nowhere°", "--json"], capture_output=True, env=environ, check=False)
    assert json.loads(refused.stdout.decode(encoding))["error"]["where"] == "nowhere°"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_an_output_that_is_full_is_told_in_one_sentence(case: Path) -> None:
    import subprocess
    import sys

    plan(case)
    words = [sys.executable, "-m", "iceball.cli", "check", str(case), "--json"]
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, check=False)
    assert ended.returncode == 1
    assert b"No space left" in ended.stderr
    assert b"Traceback" not in ended.stderr


def test_a_case_that_cannot_be_written_is_refused_before_the_simulation(
    case: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plan(case)
    runs = case / "runs"
    kept = runs.exists()
    if kept:
        runs.rename(case / "kept")
    runs.write_text("a file where the folder should be")
    try:
        monkeypatch.setattr("iceball.plan.predict.predict", lambda *_, **__: pytest.fail("simulated"))
        assert shell(monkeypatch, "run", str(case)) == 1
    finally:
        runs.unlink()
        if kept:
            (case / "kept").rename(runs)
    assert "File exists" in capsys.readouterr().err
