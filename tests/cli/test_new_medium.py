"""`iceball new --medium`: a block goes through every door like a patient's case."""

import json
from pathlib import Path

import pytest

from iceball.io.case import Case
from tests.cli.test_refusals import shell

SAID = "uniform block of gel, 20 °C, bath 37 °C"
BLOCK = ("--medium", "gel", "--size-mm", "50", "--start-c", "20", "--probe", "generic-17g-short")


def test_a_block_goes_through_every_door(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(tmp_path / "block")
    assert shell(monkeypatch, "new", folder, *BLOCK, "--protocol", "freeze1") == 0
    assert not (tmp_path / "block" / "images").exists()
    assert shell(monkeypatch, "check", folder) == 0
    told = capsys.readouterr().out
    assert SAID in told
    assert "NOT ASSESSED" not in told
    assert "warning" not in told
    assert shell(monkeypatch, "simulate", folder, "--spacing-mm", "4", "--json") == 0
    for verb in ("assess", "sources", "report"):
        capsys.readouterr()
        assert shell(monkeypatch, verb, folder, "--json") == 0, verb
        read = json.loads(capsys.readouterr().out)
        assert read
    page = Path(read["report"]).read_text(encoding="utf-8")
    assert SAID in page
    assert "BENCH BLOCK, NO PATIENT" in page
    assert "NOT ASSESSED" not in page
    assert "illustrative" not in page
    assert Path(read["report"]).with_suffix(".pdf").stat().st_size > 10_000
    case = Case.open(folder)
    assert case.anatomy().bench == case.record.bench
    assert case.image().grid == case.anatomy().image.grid


def test_the_target_of_a_block_may_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "block"
    assert shell(monkeypatch, "new", str(folder), *BLOCK, "--target-sphere", "0,5,0,12") == 0
    low, high = Case.open(folder).anatomy().target.shape.bounds_mm()
    assert low.tolist() == [-6, -1, -6]
    assert high.tolist() == [6, 11, 6]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--medium", "gel"], "--size-mm"),
        (["--medium", "cheese", "--size-mm", "80"], "Known tissues"),
        (["--medium", "gel", "--size-mm", "10"], "Bench.size_mm"),
        (["--medium", "gel", "--size-mm", "80", "--start-c", "310"], "Bench.start_c"),
        (["--medium", "gel", "--size-mm", "80", "--bath-c", "-140"], "Bench.bath_c"),
        (["--medium", "gel", "--size-mm", "80", "--bath-c", "nan"], "Bench.bath_c"),
        (["--medium", "gel", "--size-mm", "45"], "does not fit"),
        (["--medium", "gel", "--size-mm", "80", "--probe", "icerod"], "no probe called"),
        (["--medium", "gel", "--size-mm", "80", "--organ", "kidney"], "--organ"),
        (["--medium", "gel", "--size-mm", "80", "--ct", "here"], "--ct"),
        (["--medium", "gel", "--size-mm", "80", "--target-sphere", "0,0,0,200"], "reaches out of the block"),
        (["--medium", "gel", "--size-mm", "80", "--target-sphere", "0,0,0"], "takes 4"),
        (["--size-mm", "80"], "only a block"),
        (["--no-blood"], "only a block"),
    ],
    ids=lambda x: " ".join(x)[:50] if isinstance(x, list) else "",
)
def test_a_wrong_block_is_refused_with_a_sentence(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shell(monkeypatch, "new", str(tmp_path / "block"), *words) == 1
    told = " ".join(capsys.readouterr().err.split())
    assert said in told
    assert "Traceback" not in told
    assert not (tmp_path / "block").exists()
