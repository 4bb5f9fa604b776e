"""The report's table of competing hypotheses of cell death."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from iceball.assessment import assess
from iceball.plan.constants import constants_of
from iceball.reporting.cell_death import death_margins_table, deaths_table
from tests.reporting import fixture_case as case


def test_hypotheses_of_cell_death_stand_beside_the_isotherms() -> None:
    history = replace(case.history(), cycles_frozen=np.ones(case.history().minimum_c.shape, np.uint8))
    verdict = assess(history, (), case.anatomy())
    table = deaths_table(verdict)
    assert table is not None
    assert "competing hypotheses" in table.title
    names = [row[0].text for row in table.rows]
    assert names[:3] == ["0 °C or colder", "−20 °C or colder", "−40 °C or colder"]
    assert sum("leads" in name for name in names) == 1
    assert {"all ice but a rim of 1 mm", "all ice but a rim of 3 to 5 mm", "all ice but a rim of 10 mm"} <= set(names)
    assert all(len(row) == len(table.head) for row in table.rows)
    assert any(cell.text.startswith("assumed") for row in table.rows for cell in row)
    assert all("kill" not in cell.text for row in table.rows for cell in row)


def test_margins_to_isotherms_and_to_likely_and_sure_death_stand_in_one_table() -> None:
    verdict = assess(case.history(), (), case.anatomy())
    table = death_margins_table(verdict)
    assert table is not None
    rows = {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}
    assert list(rows)[:3] == ["0 °C or colder", "−20 °C or colder", "−40 °C or colder"]
    graded = [d for d in verdict.kill if d.form == "logistic"]
    assert graded
    for d in graded:
        half, sure = (float(rows[f"{d.label}, P ≥ {p}"][0].replace("−", "-")) for p in ("0.5", "0.9"))
        assert sure <= half
    assert all(len(row) == len(table.head) for row in table.rows)


def test_variants_and_old_results_without_hypotheses_have_no_table() -> None:
    assert deaths_table(case.verdict()) is None
    assert death_margins_table(case.verdict()) is None


def test_every_assumed_number_of_a_shown_hypothesis_is_among_the_reports_constants() -> None:
    listed = {c.name: c.number for c in constants_of(case.plan(), case.anatomy())}
    assert listed["death.history.hold_rate"].assumed
    assert listed["death.tumour_vessels.shift_k"].assumed
    assert "death.prostate.edge_c" not in listed
    assert "death.prostate.edge_c" in {
        c.name for c in constants_of(replace(case.plan(), kill="prostate"), case.anatomy())
    }
