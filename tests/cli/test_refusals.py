"""Whatever a user types, the answer is a sentence and an exit code, never a traceback."""

import json
from pathlib import Path

import numpy as np
import pytest

from iceball.cli import main
from iceball.io.nifti import write_nifti
from iceball.plan.ways.trajectory import trajectories
from iceball.space import Grid, Volume


def shell(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["iceball", *words])
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


@pytest.fixture
def ct(tmp_path: Path) -> Path:
    grid = Grid.box((-60, -60, -30), (60, 60, 30), 4.0)
    centres = grid.centres_mm()
    body = (centres[..., 0] ** 2 + centres[..., 1] ** 2) < 50**2
    return write_nifti(Volume(grid, np.where(body, 40, -1000).astype(np.int16)), tmp_path / "ct.nii.gz")


CASES = [
    (["new", "{new}", "--ct", "{nowhere}", "--target-sphere", "0,0,0,20"], "no such file"),
    (["new", "{new}", "--ct", "{ct}"], "never guessed"),
    (["new", "{new}", "--target-sphere", "0,0,0,20"], "--ct or --mr"),
    (["new", "{new}", "--ct", "{ct}", "--target-sphere", "0,0,0"], "takes 4"),
    (["new", "{new}", "--ct", "{ct}", "--target-sphere", "a,b,c,d"], "not a list of numbers"),
    (["new", "{new}", "--ct", "{ct}", "--target-sphere", "nan,0,0,20"], "finite"),
    (["new", "{new}", "--ct", "{ct}", "--target-sphere", "0,0,0,-5"], "positive"),
    (["new", "{new}", "--ct", "{ct}", "--target-sphere", "900,0,0,20"], "outside the image"),
    (["new", "{new}", "--ct", "{ct}", "--target-sphere", "0,0,0,20", "--organ", "banana"], "no organ"),
    (["pocket", "{nowhere}", "--move", "colon", "--distance-mm", "5"], "goes with --above"),
    (["pocket", "{nowhere}", "--move", "colon", "--fluid", "beer"], "Known: saline, dextrose, co2"),
    (["pocket", "{nowhere}", "--move", ""], "names no structure"),
    (["pocket", "{nowhere}", "--move", "colon", "--direction", "0,1"], "it takes 3"),
    (["pocket", "{nowhere}", "--move", "colon", "--start-c", "80"], "outside 15 to 42"),
    (["new", "{new}", "--ct", "{ct}", "--target-sphere", "0,0,0,20", "--side", "left"], "not a side"),
    (["new", "{new}", "--ct", "{ct}", "--target-sphere", "0,0,0,20", "--position", "up"], "no patient position"),
    (["new", "{new}", "--ct", "{ct}", "--target-sphere", "0,0,0,20", "--protocol", "warm"], "cannot read"),
    (["new", "{new}", "--ct", "{ct}", "--target", "GTV"], "no --structures"),
    (["new", "{new}", "--mr", "{ct}", "--target-sphere", "0,0,0,20"], "MR gives no tissues"),
    (["new", "{new}", "--ct", "{ct}", "--structures", "{ct}", "--target", "GTV"], ""),
    (["new", "{here}", "--ct", "{ct}", "--target-sphere", "0,0,0,20"], "not empty"),
    (["run", "{nowhere}"], "not a case folder"),
    (["check", "{nowhere}"], "not a case folder"),
    (["report", "{nowhere}"], "not a case folder"),
    (["sources", "{nowhere}"], "not a case folder"),
    (["schema", "banana"], "no schema"),
    (["demo", "--case", "spleen"], "no bundled case"),
]


@pytest.mark.parametrize(("words", "said"), CASES, ids=[" ".join(w)[:60] for w, _ in CASES])
def test_bad_input_is_refused_with_a_sentence(
    words: list[str],
    said: str,
    ct: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    places = {"new": tmp_path / "case", "nowhere": tmp_path / "nowhere", "here": tmp_path, "ct": ct}
    code = shell(monkeypatch, *(w.format(**places) for w in words))
    told = capsys.readouterr()
    assert code == 1
    assert said in " ".join(told.err.split())
    assert "Traceback" not in told.err
    assert not (tmp_path / "case").exists()


def test_wrong_use_of_the_command_line_ends_with_two(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shell(monkeypatch, "run") == 2
    assert shell(monkeypatch, "freeze") == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_refusal_with_json_is_one_object(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shell(monkeypatch, "run", str(tmp_path / "none"), "--json") == 1
    error = json.loads(capsys.readouterr().out)["error"]
    assert set(error) == {"code", "what", "where", "remedy"}
    assert error["remedy"]


def test_a_target_may_lie_at_negative_coordinates(
    ct: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "case"
    words = ["new", str(folder), "--ct", str(ct), "--target-sphere", "-5,-4,3,16", "--organ", "soft_tissue"]
    assert shell(monkeypatch, *words) == 0
    assert (folder / "plan.toml").is_file()


def test_a_starter_counts_as_edited_once_a_person_changed_it(
    ct: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from iceball.io.case import Case

    folder = tmp_path / "case"
    shell(monkeypatch, "new", str(folder), "--ct", str(ct), "--target-sphere", "0,0,0,16", "--organ", "soft_tissue")
    case = Case.open(folder)
    assert case.plan().review == "starter"
    file = folder / "plan.toml"
    file.write_text(file.read_text().replace("duration_s = 480.0", "duration_s = 300.0"))
    assert Case.open(folder).plan().review == "edited"
    file.write_text(file.read_text().replace('review = "starter"', 'review = "accepted"'))
    assert Case.open(folder).plan().review == "accepted"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("duration_s = 480.0", "duration_s = -1.0", "duration"),
        ("duration_s = 480.0", "duration = 480.0", "duration"),
        ('review = "starter"', 'review = "starter"\ncolour = "blue"', "colour"),
        ('probe = "generic-17g-long"', 'probe = "icerod"', "icerod"),
        ('probe = "generic-17g-short"', 'probe = "icerod"', "icerod"),
        ("tip_mm = [", "tip_mm = [ nan, ", "tip_mm"),
        ("goals = [", "goals = [ 5, ", "goals"),
    ],
)
def test_a_plan_broken_by_hand_is_refused_with_the_place(
    old: str,
    new: str,
    said: str,
    ct: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "case"
    shell(monkeypatch, "new", str(folder), "--ct", str(ct), "--target-sphere", "0,0,0,16", "--organ", "soft_tissue")
    file = folder / "plan.toml"
    text = file.read_text()
    if old not in text:
        pytest.skip("this starter took the other needle")
    file.write_text(text.replace(old, new, 1))
    capsys.readouterr()
    assert shell(monkeypatch, "check", str(folder)) == 1
    told = capsys.readouterr().err
    assert said in told
    assert "Traceback" not in told


def test_a_target_that_no_needle_reaches_is_told_at_every_door(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(trajectories.__kwdefaults__, "directions", 300)
    grid = Grid.box((-48, -48, -48), (48, 48, 48), 6.0)
    inside = np.full(grid.shape, 40, np.int16)
    inside[0, 0, 0] = -80  # a drop of fat: without any number below 0 it would be no CT
    ct = write_nifti(Volume(grid, inside), tmp_path / "ct.nii.gz")
    case = str(tmp_path / "case")
    assert shell(monkeypatch, "new", case, "--ct", str(ct), "--target-sphere", "0,0,0,20", "--organ", "kidney") == 0
    capsys.readouterr()
    assert shell(monkeypatch, "trajectories", case) == 0
    assert "No way is open. Take an image that shows the skin" in " ".join(capsys.readouterr().out.split())
    assert shell(monkeypatch, "search", case) == 1
    assert "no needle reaches the target" in " ".join(capsys.readouterr().err.split())
    assert shell(monkeypatch, "check", case) == 0
    assert "so no known skin" in " ".join(capsys.readouterr().out.split())
