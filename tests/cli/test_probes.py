"""Cards from a shell: listed, held against their charts, drawn, and fitted anew."""

import json
from pathlib import Path

import pytest

from iceball.applicator import probe, probes
from tests.cli.test_refusals import shell

TABLE = """
[sources.bench]
kind = "read"
citation = "Our own bench run of one minute in gel."
date = "2026-11-22"

[published]
medium = "gel"
start_c = { value = 37.0, unit = "°C", source = "bench" }
steps = [ { kind = "freeze", duration_s = { value = 60.0, unit = "s", source = "bench" } } ]
isotherms = [
  { at_c = { value = 0.0, unit = "°C", source = "bench" }, width_mm = { value = 9.0, unit = "mm", source = "bench" } },
  { at_c = { value = -9.0, unit = "°C", source = "bench" }, width_mm = { value = 7.0, unit = "mm", source = "bench" } },
]
"""


def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, object]:
    assert shell(monkeypatch, *words, "--json") == 0
    return json.loads(capsys.readouterr().out)  # type: ignore[no-any-return]


def test_every_card_is_listed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    table = told(monkeypatch, capsys, "probes")
    assert [row["name"] for row in table["probes"]] == list(probes())  # type: ignore[attr-defined]
    assert shell(monkeypatch, "probes") == 0
    text = capsys.readouterr().out
    assert "chart (remembered, never a bar)" in text
    assert "handle unknown, MR unknown" in text


def test_a_chart_is_held_against_our_run_and_drawn(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    picture = tmp_path / "cards.png"
    words = ("probes", "generic-17g-short", "--compare", "--spacing-mm", "3", "--figure", str(picture))
    (row,) = told(monkeypatch, capsys, *words)["probes"]  # type: ignore[misc]
    charts = row["charts"]["read chart"]
    assert [c["at_c"] for c in charts] == [0.0, -20.0, -40.0]
    assert charts[0]["chart_mm"] == [24.0, 30.0]
    assert charts[0]["off_mm"][0] == pytest.approx(charts[0]["ours_mm"][0] - 24.0)
    assert abs(charts[0]["off_mm"][0]) < 3
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_fitted_card_can_be_used_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "table.toml").write_text(TABLE, encoding="utf-8")
    card = tmp_path / "card.toml"
    words = ("--table", str(tmp_path / "table.toml"), "--parameters", "h", "--spacing-mm", "3", "--to", str(card))
    fitted = told(monkeypatch, capsys, "probe-fit", "generic-17g-short", *words, "--name", "bench-needle")
    monkeypatch.setenv("ICEBALL_PROBES", str(card))
    mine = probe("bench-needle")
    assert mine.h.value == pytest.approx(fitted["values"]["h"])  # type: ignore[index]
    assert mine.h.low < mine.h.value < mine.h.high
    assert mine.h.source.kind == "calculated"
    assert mine.radius_mm == probe("generic-17g-short").radius_mm


@pytest.mark.parametrize(
    ("csv", "said"),
    [
        ("", "first column 'time_s'"),
        ("time,1mm\n0,20\n", "first column 'time_s'"),
        ("time_s,near\n0,20\n", "column 'near' is no distance"),
        ("time_s,1mm,1.0mm\n0,20,20\n", "a distance twice"),
        ("time_s,1mm_sem\n0,20\n", "no temperature column"),
        ("time_s,1mm,2mm,1mm_sem\n0,20,20,1\n", "for some distances only"),
        ("time_s,1mm\n0,cold\n", "line 2"),
        ("time_s,1mm\n0,nan\n", "not finite"),
        ("time_s,1mm\n0,20,20\n", "has 3 columns"),
        ("time_s,1mm\n5,20\n5,20\n", "times must rise"),
    ],
)
def test_a_trace_file_that_is_none_is_refused_with_its_place(
    csv: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "trace.csv"
    file.write_text(csv)
    assert shell(monkeypatch, "probe-fit", "generic-17g-short", "--traces", str(file), "--protocol", "freeze1") == 1
    err = capsys.readouterr().err
    assert said in err
    assert "trace.csv" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("generic-17g-long",), "no table that was read"),
        (("generic-24-ln2",), "no table that was read"),
        (("icerod",), "no probe called 'icerod'"),
        (("generic-17g-short", "--traces", "x.csv"), "traces need their protocol"),
        (("generic-17g-short", "--traces", "x.csv", "--table", "y.toml"), "either --table or --traces"),
        (("generic-17g-short", "--table", "nowhere.toml"), "nowhere.toml"),
    ],
)
def test_a_fit_without_a_measurement_is_refused(
    words: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shell(monkeypatch, "probe-fit", *words) == 1
    assert said in capsys.readouterr().err


def test_a_shipped_name_is_no_name_for_a_fitted_card(tmp_path: Path) -> None:
    import numpy as np

    from iceball.errors import ProbeError
    from iceball.io.probe_files import write_card
    from iceball.plan.fit.calibrate import fit

    found = fit(lambda p: np.array([p["h"]]), np.array([1500.0]), start={"h": 1400.0}, sigma=1.0)
    with pytest.raises(ProbeError, match="name of a shipped card"):
        write_card(tmp_path / "x.toml", probe("generic-17g-short"), found, name="generic-17g-long", citation="a bench")
