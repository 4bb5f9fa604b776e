"""The issue's list of bad input, through Python and through the shell: a typed refusal that names the field."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import tomli_w

import iceball as ib
from iceball.errors import IceballError, PlanError, ProbeError, SceneError, TissueError
from iceball.plan.protocol import Step
from iceball.solve import Line, LineStep, Material
from iceball.solve.scene import ADIABATIC
from iceball.sources import Source, Sourced, SourceError, data_file
from iceball.tissue import tissue
from tests.cli.test_refusals import shell

NAN = float("nan")
SOURCE = Source("bench", "assumed", "A number made up for this test", "2026-11-22")
GEL = Material("gel", 1000.0, 4100.0, 0.58, 317e3, -0.1, -1.5, (2.0, 0.0, 0.0), (1900.0, 0.0))
NEEDLE = ib.Placement("generic-17g-short", tip_mm=(0, 10, 0), entry_mm=(0, -50, 0))


def sourced(value: float, unit: str) -> Sourced:
    return Sourced(value, value, value, unit, SOURCE)


def card(**changes: object) -> dict[str, object]:
    """A user's card file: the shipped short needle under another name, with changed fields."""
    table = data_file("applicator", "probes.toml").table
    row = {k: v for k, v in table["probe"]["generic-17g-short"].items() if k != "published"}
    return {"sources": table["sources"], "probe": {"mine": {**row, **changes}}}


def tissue_file(**changes: object) -> dict[str, object]:
    """A user's tissue file: the shipped gel under another name, with changed fields."""
    table = data_file("tissue", "tissues.toml").table
    return {"sources": table["sources"], "tissue": {"mine": {**table["tissue"]["gel"], **changes}}}


def of_gel(value: float, unit: str) -> dict[str, object]:
    return {"value": value, "unit": unit, "source": "gel"}


def of_card(value: float, unit: str) -> dict[str, object]:
    return {"value": value, "unit": unit, "source": "power"}


PYTHON: list[tuple[str, Callable[[], object], type[IceballError], str]] = [
    ("negative density", lambda: replace(GEL, density=-1000.0), SceneError, "density"),
    ("negative conductivity", lambda: replace(GEL, conductivity=-0.5), SceneError, "conductivity"),
    ("negative latent heat", lambda: replace(GEL, latent_heat=-1.0), SceneError, "latent_heat"),
    ("negative perfusion", lambda: replace(GEL, perfusion=-0.001), SceneError, "perfusion"),
    ("NaN heat capacity", lambda: replace(GEL, heat_capacity=NAN), SceneError, "heat_capacity"),
    ("NaN frozen conductivity", lambda: replace(GEL, frozen_conductivity=(NAN, 0.0, 0.0)), SceneError, "frozen_cond"),
    ("solidus above liquidus", lambda: replace(GEL, solidus_c=0.5), SceneError, "solidus"),
    (
        "negative density of a tissue",
        lambda: replace(tissue("gel"), density=sourced(-1000.0, "kg/m3")),
        TissueError,
        "gel.density",
    ),
    (
        "solidus of a tissue above its liquidus",
        lambda: replace(tissue("gel"), solidus_c=sourced(5.0, "°C")),
        TissueError,
        "gel.solidus_c",
    ),
    ("NaN with a source", lambda: sourced(NAN, "W/m/K"), SourceError, "bench"),
    ("unknown probe", lambda: replace(NEEDLE, probe="icerod"), ProbeError, "probe"),
    ("zero active length of a line", lambda: Line("n", (0, 0, 0), (0, 0, 0), 0.75, ()), SceneError, "length"),
    (
        "zero active length of a card",
        lambda: replace(ib.probe("generic-17g-short"), active_mm=sourced(0.0, "mm")),
        ProbeError,
        "active_mm",
    ),
    ("duty above 100 %", lambda: Step("freeze", 600.0, 1.2), PlanError, "duty"),
    ("-140 as kelvin in a scene", lambda: LineStep(0.0, 600.0, -140.0 - 273.15), SceneError, "coolant"),
    ("133 K as °C in a scene", lambda: LineStep(0.0, 600.0, 133.0), SceneError, "coolant"),
    (
        "-140 K on a card",
        lambda: replace(ib.probe("generic-17g-short"), coolant_c=sourced(-140.0, "K")),
        ProbeError,
        "coolant_c",
    ),
    (
        "two probes closer than their diameter",
        lambda: ib.Plan(
            probes=[NEEDLE, replace(NEEDLE, tip_mm=(1.0, 10, 0), entry_mm=(1.0, -50, 0))],  # type: ignore[arg-type]
            protocol=ib.freeze(600),
        ),
        PlanError,
        "tip_mm",
    ),
]


@pytest.mark.parametrize(("make", "kind", "field"), [p[1:] for p in PYTHON], ids=[p[0] for p in PYTHON])
def test_python_refuses_it_by_the_field(make: Callable[[], object], kind: type[IceballError], field: str) -> None:
    with pytest.raises(kind) as refused:
        make()
    told = refused.value.as_json()
    assert field in f"{told['where']} {told['what']}"
    assert told["what"]


TISSUES: list[tuple[str, dict[str, object], str]] = [
    ("negative property", tissue_file(density=of_gel(-1000.0, "kg/m3")), "mine.density"),
    ("NaN property", tissue_file(conductivity=of_gel(NAN, "W/m/K")), "mine.conductivity"),
    ("solidus above liquidus", tissue_file(solidus_c=of_gel(-0.01, "°C")), "mine.solidus_c"),
    ("-140 K", tissue_file(solidus_c=of_gel(-140.0, "K")), "mine.solidus_c"),
]
CARDS: list[tuple[str, dict[str, object], str]] = [
    ("zero active length", card(active_mm=of_card(0.0, "mm")), "mine.active_mm"),
    ("NaN film", card(h=of_card(NAN, "W/m2/K")), "mine.h"),
    ("negative film", card(h=of_card(-2000.0, "W/m2/K")), "mine.h"),
    ("-140 K", card(coolant_c=of_card(-140.0, "K")), "mine.coolant_c"),
    ("least duty above 100 %", card(duty_least=of_card(1.2, "1")), "mine.duty_least"),
]


@pytest.mark.parametrize(
    ("variable", "table", "field"),
    [("ICEBALL_TISSUES", t, f) for _, t, f in TISSUES] + [("ICEBALL_PROBES", t, f) for _, t, f in CARDS],
    ids=[f"tissue: {n}" for n, *_ in TISSUES] + [f"card: {n}" for n, *_ in CARDS],
)
def test_the_shell_refuses_a_users_file_by_the_field(
    variable: str,
    table: dict[str, object],
    field: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(tomli_w.dumps(table), encoding="utf-8")
    monkeypatch.setenv(variable, str(file))
    words = ["new", str(tmp_path / "case"), "--medium", "gel", "--size-mm", "80", "--probe", "generic-17g-short"]
    assert shell(monkeypatch, *words, "--json") == 1
    error = json.loads(capsys.readouterr().out)["error"]
    assert field in error["where"]
    assert error["code"] in {"tissue", "probe", "source"}
    assert not (tmp_path / "case").exists()


def test_the_shell_refuses_a_bad_plan_by_the_field(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case = tmp_path / "case"
    words = ["new", str(case), "--medium", "gel", "--size-mm", "80", "--probe", "generic-17g-short"]
    assert shell(monkeypatch, *words) == 0
    file = case / "plan.toml"
    good = file.read_text(encoding="utf-8")
    second = (
        '[[probes]]\nprobe = "generic-17g-short"\ntip_mm = [1.0, 12.0, 0.0]\nentry_mm = [1.0, -40.0, 0.0]\n\n[protocol]'
    )
    for old, new, field in (
        ('probe = "generic-17g-short"', 'probe = "icerod"', "icerod"),
        ("duty = 1.0", "duty = 1.2", "duty"),
        ("duty = 1.0", "duty = nan", "duty"),
        ("below = 0.0", 'below = "-140 K"', "below"),
        ("below = 0.0", "below = -273.0", "below"),
        ("[protocol]", second, "tip_mm"),
    ):
        assert old in good
        file.write_text(good.replace(old, new, 1), encoding="utf-8")
        capsys.readouterr()
        assert shell(monkeypatch, "check", str(case), "--json") == 1, new
        error = json.loads(capsys.readouterr().out)["error"]
        assert field in f"{error['where']} {error['what']}", error
    for option, value, field in (
        ("--probe", "icerod", "probe"),
        ("--protocol", "freeze10@120", "duty"),
        ("--start-c", "310.15", "start_c"),
        ("--bath-c", "-140", "bath_c"),
    ):
        capsys.readouterr()
        assert shell(monkeypatch, *words[:1], str(tmp_path / "other"), *words[2:6], option, value, "--json") == 1
        error = json.loads(capsys.readouterr().out)["error"]
        assert field in f"{error['where']} {error['what']}", error


def test_what_is_off_is_not_mistaken_for_a_temperature() -> None:
    assert LineStep(0.0, 600.0, ADIABATIC).is_off
