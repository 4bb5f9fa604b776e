"""The README's figures of accuracy come from the proofs, and from nowhere else."""

from __future__ import annotations

import re
import tomllib
from types import ModuleType

import pytest

from tests.docs.pages import ROOT
from tests.proofs import proof_module

PROOFS = sorted((ROOT / "validation").glob("*/expected.toml"))


@pytest.fixture(scope="module")
def run_all() -> ModuleType:
    return proof_module("run_all")


def rows(text: str) -> list[tuple[str, str, float, float, float]]:
    row = r"^\| \[(\w+)\]\(\S+\) \| `([^`]+)`[^|]*\| (\S+) \| (\S+) \| ± (\S+) \| [^|]*\|$"
    found = re.findall(row, text, re.MULTILINE)
    return [(proof, key, float(a), float(b), float(c)) for proof, key, a, b, c in found]


def test_the_readme_shows_every_proof_with_its_own_expected_values(run_all: ModuleType) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert text.count(run_all.BEGIN) == text.count(run_all.END) == 1
    part = text.split(run_all.BEGIN)[1].split(run_all.END)[0]
    proofs = {p.parent.name: tomllib.loads(p.read_text(encoding="utf-8")) for p in PROOFS}
    expected = {name: proof["value"] for name, proof in proofs.items()}
    shown = rows(part)
    assert {name for name, proof in proofs.items() if proof["fast"]} <= {proof for proof, *_ in shown} <= set(expected)
    for proof, key, measured, wanted, tolerance in shown:
        assert wanted == pytest.approx(expected[proof][key]["expected"], rel=1e-3), key
        assert tolerance == pytest.approx(expected[proof][key]["tolerance"], rel=1e-2), key
        assert abs(measured - wanted) <= 1.01 * tolerance or "**OFF**" in part, key
    assert re.search(r"measured on \d{4}-\d\d-\d\d at commit [0-9a-f]{7,}", part)


def test_every_proof_says_problem_metric_and_tolerance_and_shows_values_it_has() -> None:
    assert PROOFS
    for file in PROOFS:
        problem = (file.parent / "problem.md").read_text(encoding="utf-8")
        assert all(f"**{word}.**" in problem for word in ("Problem", "Metric", "Tolerance")), file
        assert (file.parent / "run.py").is_file()
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        assert set(table["show"]) <= set(table["value"]), file


def test_the_table_names_a_value_that_is_off(run_all: ModuleType) -> None:
    good, off = run_all.Value("neumann", "a", 1.0, 1.05, 0.1), run_all.Value("neumann", "b", 2.0, 1.0, 0.1)
    text = run_all.table([good, off], {"neumann": ["a"]}, made="measured on 2026-01-01 at commit abc1234.")
    assert "`b` (nearest to its tolerance) **OFF**" in text
    assert "1 of 2 values within tolerance" in text
    assert run_all.Value("neumann", "c", float("nan"), 1.0, 0.1).used > 1


def test_results_that_are_kept_stand_in_the_table_with_their_day_and_commit(run_all: ModuleType) -> None:
    expected = {
        name: {"source": "exact: a law", "show": ["a"], "value": {"a": {"expected": 1.0, "tolerance": 0.1}}}
        for name in ("one", "two", "three")
    }
    results: dict[str, object] = {"gone": {"date": "2025-01-01", "commit": "0000000", "values": {"a": 9.0}}}
    for name, day in (("one", "2026-01-01"), ("two", "2026-01-01"), ("three", "2026-01-01"), ("three", "2026-02-02")):
        measured = run_all.Value(name, "a", float("nan") if day > "2026-02" else 1.02, 1.0, 0.1)
        run_all.keep(results, [measured], date=day, commit="abc1234" if day < "2026-02" else "def5678")
    text = run_all.kept_table(results, expected)
    assert (
        "2 of 3 values within tolerance; measured on 2026-01-01 at commit abc1234; on 2026-02-02 at def5678: three."
        in text
    )
    assert "| `a` (nearest to its tolerance) **OFF** | nan |" in text
