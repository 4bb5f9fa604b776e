"""Every number in the package's data files has a value, a unit and a dated source."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

import iceball
from iceball.sources import Constant, DataFile, Source, Sourced, SourceError

PACKAGE = Path(iceball.__file__).parent
# Bundled cases hold patients' inputs (coordinates, plans), not constants of the field.
DATA_FILES = sorted(p for p in PACKAGE.rglob("*.toml") if "cases" not in p.relative_to(PACKAGE).parts)
ALLOWED = {"value", "low", "high", "unit", "source"}


def faults(table: dict[str, Any]) -> list[str]:
    """What is wrong with the numbers of one data file; empty where nothing is."""
    sources: dict[str, Any] = table.get("sources", {})
    found = []
    for key, source in sources.items():
        try:
            Source(key, source["kind"], source["citation"], source["date"])
            year, month, day = source["date"].split("-")
            assert (len(year), len(month), len(day)) == (4, 2, 2)
        except (SourceError, KeyError, ValueError, AssertionError) as error:
            found.append(f"sources.{key}: {error!r}")

    def walk(node: Any, where: str) -> None:
        if isinstance(node, bool):
            return
        if isinstance(node, int | float):
            found.append(f"{where}: a bare number")
        elif isinstance(node, list):
            for i, part in enumerate(node):
                walk(part, f"{where}[{i}]")
        elif isinstance(node, dict) and "value" in node:
            if set(node) - ALLOWED or not {"value", "unit", "source"} <= set(node):
                found.append(f"{where}: has {sorted(node)}")
            elif node["source"] not in sources or not str(node["unit"]).strip():
                found.append(f"{where}: no such source '{node['source']}', or no unit")
            elif not node.get("low", node["value"]) <= node["value"] <= node.get("high", node["value"]):
                found.append(f"{where}: value outside its range")
        elif isinstance(node, dict):
            for key, part in node.items():
                if where or key != "sources":
                    walk(part, f"{where}.{key}" if where else key)

    walk(table, "")
    return found


def number(text: str) -> dict[str, Any]:
    return tomllib.loads(
        f'[sources.a]\nkind = "read"\ncitation = "A paper of 2020"\ndate = "2026-01-01"\n[r.x]\n{text}'
    )


def test_there_are_data_files_to_check() -> None:
    assert {p.name for p in DATA_FILES} >= {
        "tissues.toml",
        "probes.toml",
        "model.toml",
        "segment.toml",
        "common.toml",
        "kidney.toml",
    }


@pytest.mark.parametrize("path", DATA_FILES, ids=lambda p: p.name)
def test_every_number_has_value_unit_and_dated_source(path: Path) -> None:
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    if path.parent.name == "packs":  # a pack may cite what all packs share
        shared = tomllib.loads((path.parent / "common.toml").read_text(encoding="utf-8"))["sources"]
        table["sources"] = shared | table.get("sources", {})
    assert faults(table) == []


@pytest.mark.parametrize("path", DATA_FILES, ids=lambda p: p.name)
def test_every_source_is_cited(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if path.name == "common.toml":
        text = "".join(p.read_text(encoding="utf-8") for p in path.parent.glob("*.toml"))
    for key in tomllib.loads(path.read_text(encoding="utf-8")).get("sources", {}):
        assert f'source = "{key}"' in text, f"{path.name}: source {key} is cited by no number"


def test_a_sound_number_passes_the_check() -> None:
    assert faults(number('k = { value = 1.0, low = 0.5, high = 2.0, unit = "W/m/K", source = "a" }')) == []


@pytest.mark.parametrize(
    "planted",
    [
        "k = 1.0",
        "k = [1.0, 2.0]",
        'k = { value = 1.0, source = "a" }',
        'k = { value = 1.0, unit = "W/m/K" }',
        'k = { value = 1.0, unit = " ", source = "a" }',
        'k = { value = 1.0, unit = "W/m/K", source = "nobody" }',
        'k = { value = 1.0, low = 2.0, high = 3.0, unit = "W/m/K", source = "a" }',
        'k = { value = 1.0, unit = "W/m/K", source = "a", note = "x" }',
        'steps = [ { kind = "freeze", duration_s = 600 } ]',
    ],
)
def test_the_check_bites_on_a_planted_number(planted: str) -> None:
    assert len(faults(number(planted))) >= 1


@pytest.mark.parametrize("change", [{"kind": "heard"}, {"citation": "?"}, {"date": ""}, {"date": "22.11.2026"}])
def test_the_check_bites_on_a_planted_source(change: dict[str, str]) -> None:
    table = number("")
    table["sources"]["a"].update(change)
    assert len(faults(table)) == 1


def test_a_number_without_source_is_refused_when_read() -> None:
    data = DataFile("tissue", "model.toml")
    with pytest.raises(SourceError, match="lacks source, unit"):
        data.number({"k": {"value": 1.0}}, "k", name="planted")
    with pytest.raises(SourceError, match="bare number"):
        data.number({"k": 1.0}, "k", name="planted")


def test_a_constant_carries_its_number_to_the_list_of_sources() -> None:
    source = Source("x", "assumed", "Somebody, because", "2026-01-01")
    constant = Constant("a.b", Sourced(1.0, 0.5, 2.0, "m", source))
    assert float(constant.number) == 1.0
    assert constant.number.assumed


@pytest.mark.parametrize("unit", ["K", "degC", "F", ""])
def test_a_temperature_in_another_unit_is_refused_with_the_right_one(unit: str) -> None:
    source = {"k": {"kind": "read", "citation": "A paper of 2020", "date": "2026-01-01"}}
    data = DataFile("tissue", "model.toml")
    data.sources = {key: Source(key, **s) for key, s in source.items()}
    record = {"coolant_c": {"value": -140.0, "unit": unit, "source": "k"}}
    with pytest.raises(SourceError, match="not in °C") as refused:
        data.number(record, "coolant_c", name="probe.x")
    assert refused.value.where.endswith("probe.x.coolant_c")
    assert refused.value.remedy == "Give it in °C."


VALIDATION = Path(__file__).resolve().parents[1] / "validation"
SHARED = ("exact:", "computed:", "measured:")


@pytest.mark.parametrize("path", sorted(VALIDATION.glob("*/*.toml")), ids=lambda p: f"{p.parent.name}/{p.name}")
def test_every_number_of_a_proof_says_where_it_comes_from(path: Path) -> None:
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    if path.name != "expected.toml":
        assert table["date"], "data of a proof carry the day they were made or read"
        assert path.read_text(encoding="utf-8").startswith("# "), "and say by what"
        return
    assert table["source"].startswith(SHARED)
    assert len(table["source"]) > 15
    for name, row in table["value"].items():
        assert ("at_least" in row) != ({"expected", "tolerance"} <= set(row)), name


@pytest.mark.parametrize("path", sorted(VALIDATION.glob("*/*.csv")), ids=lambda p: f"{p.parent.name}/{p.name}")
def test_measured_data_of_a_proof_lie_beside_their_attribution(path: Path) -> None:
    assert len((path.parent / "ATTRIBUTION.md").read_text(encoding="utf-8")) > 100
