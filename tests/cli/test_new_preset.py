"""`iceball new --preset`: a patient's case by the numbers of another model."""

import json
from pathlib import Path

import pytest

from iceball.io.case import Case
from tests.cli.test_refusals import ct, shell

__all__ = ["ct"]
COMMON = ("--target-sphere", "0,0,0,16", "--organ", "soft_tissue", "--tissue", "liver")


def test_a_case_remembers_its_preset_and_says_what_differs(
    ct: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "case"
    assert shell(monkeypatch, "new", str(folder), "--ct", str(ct), *COMMON, "--preset", "go-smart") == 0
    assert 'preset = "go-smart"' in (folder / "case.toml").read_text(encoding="utf-8")
    present = set(Case.open(folder).anatomy().tissues.values())
    assert {"go-smart-liver", "go-smart-tumour"} <= present
    assert "liver" not in present
    capsys.readouterr()
    assert shell(monkeypatch, "check", str(folder), "--json") == 0
    notes = " ".join(json.loads(capsys.readouterr().out)["notes"])
    assert "Preset Go-SMART" in notes
    assert "What differs" in notes


def test_a_case_without_one_stays_iceballs_own(ct: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "case"
    assert shell(monkeypatch, "new", str(folder), "--ct", str(ct), *COMMON) == 0
    assert "liver" in Case.open(folder).anatomy().tissues.values()


def test_an_unknown_preset_is_refused_and_nothing_is_made(
    ct: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "case"
    assert shell(monkeypatch, "new", str(folder), "--ct", str(ct), *COMMON, "--preset", "comsol") == 1
    assert "Known presets: go-smart, micromachines-2025" in " ".join(capsys.readouterr().err.split())
    assert not folder.exists()
