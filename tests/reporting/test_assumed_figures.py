"""Assumed figures are listed in every report that used them."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

import iceball as ib
from iceball.plan.constants import constants_of
from iceball.plan.fit.bench import bench_plan
from iceball.reporting.tables import constants_table, sources_table
from iceball.sources import data_file
from iceball.tissue.presets import with_preset
from tests.plan.test_compose import block, one_needle
from tests.reporting import fixture_case as case


def test_a_report_lists_each_assumed_figure_without_being_asked(tmp_path: Path) -> None:
    page = case_report(tmp_path / "report.html").read_text(encoding="utf-8")
    used = constants_of(case.plan(), case.anatomy())
    assumed = [c for c in used if c.number.assumed]
    assert len(assumed) > 50
    words = re.sub(r"<[^>]+>", " ", page)
    for c in assumed:
        assert c.name in words, c.name
        assert c.number.source.key in words
    assert f"{len(assumed)} of {len(used)} are assumed" in words


def case_report(to: Path) -> Path:
    return ib.report(case.verdict(), case.history(), case.plan(), case.anatomy(), to=to, pdf=False)


def test_the_tables_of_a_report_mark_each_assumed_figure_and_name_its_source_once() -> None:
    used = constants_of(one_needle(), block())
    table, sources = constants_table(used), sources_table(used)
    assert table is not None
    assert sources is not None
    marked = {row[0].text for row in table.rows if row[-1].tone == "assumed"}
    assert marked == {c.name for c in used if c.number.assumed}
    named = [row[0].text for row in sources.rows]
    assert set(named) == {c.number.source.key for c in used}
    assert len(named) == len(set(named))
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", row[-1].text) for row in sources.rows)


def fields(room: str, name: str, kind: str, record: str) -> set[str]:
    return {f for f, v in data_file(room, name).records(kind)[record].items() if isinstance(v, dict)}


@pytest.mark.parametrize(
    ("file", "kind", "record", "prefix"),
    [
        ("tissues.toml", "tissue", "kidney", "tissue.kidney"),
        ("model.toml", "model", "run", "model"),
        ("segment.toml", "ct", "thresholds", "ct"),
    ],
)
def test_no_number_of_a_run_is_left_out_of_the_list(file: str, kind: str, record: str, prefix: str) -> None:
    listed = {c.name for c in constants_of(replace(one_needle(), review="starter"), block())}
    assert {f"{prefix}.{f}" for f in fields("tissue", file, kind, record)} <= listed
    assert any(name.startswith("starter.") for name in listed)
    assert any(name.startswith("pack.") for name in listed)


def test_a_block_and_a_published_set_list_their_own_numbers() -> None:
    made = ib.uniform_block("go-smart-kidney", 80)
    listed = {c.name for c in constants_of(bench_plan(made), made)}
    assert {f"bench.{f}" for f in fields("tissue", "bench.toml", "bench", "block")} <= listed
    own = {f"tissue.go-smart-kidney.{f}" for f in fields("tissue", "presets.toml", "tissue", "go-smart-kidney")}
    assert own <= listed
    assert own <= {c.name for c in constants_of(one_needle(), with_preset(block(), "go-smart"))}


def test_every_needle_of_a_plan_is_listed_and_no_other() -> None:
    listed = {c.name.split(".")[1] for c in constants_of(one_needle(), block()) if c.name.startswith("probe.")}
    assert listed == {"generic-17g-long"}
