"""The report's table of latest safe stops."""

from __future__ import annotations

import json
from dataclasses import replace

from iceball.assessment import Assessment
from iceball.assessment.schema import assessment_schema
from iceball.assessment.stopping import Stop
from iceball.reporting.stopping import stops_table
from iceball.reporting.tables import volumes_table
from tests.acceptance.json_schema import problems
from tests.assessment.test_schema import nominal
from tests.reporting import fixture_case as case

NEEDED = Stop(
    "nothing below 0 °C in bowel", "bowel", 0.0, "passive", True, 395.9, 0.4, 440.0, 2.31, 0.5, 0.3, 10.0, 300.0
)
SAFE = Stop("nothing below 0 °C in skin", "skin", 0.0, "passive", False, lowest_c=33.0)
NEVER = replace(
    NEEDED,
    thaw="active",
    latest_s=None,
    reason="4.2 mm from an active zone is too near to tell on these cells, whatever is tried",
)
UNSEEN = Stop("nothing below 0 °C in ureter", "ureter", 0.0, "passive", False, reason="NOT ASSESSED: it lies in gas")


def test_a_needed_stop_has_its_row_and_a_needless_one_is_named_below() -> None:
    table = stops_table(case.verdict(stops=(NEEDED, SAFE, NEVER, UNSEEN), variants={}))
    assert table is not None
    rows = [[cell.text for cell in row] for row in table.rows]
    assert rows[0][1:] == ["passive thaw", "6:35", "0.4 °C", "7:20", "2.4 K", "5:00 (10 °C)"]
    assert rows[1][2] == NEVER.sentence  # whole, however long
    assert rows[2][2] == "NOT ASSESSED"
    assert "skin" in table.note
    assert stops_table(case.verdict()) is None


def test_stops_are_published_read_back_and_said_in_words() -> None:
    data = {**nominal()}
    whole = Assessment.from_json(data)
    told = replace(whole, stops=(NEEDED, SAFE, NEVER))
    plain = json.loads(json.dumps(told.as_json(), allow_nan=False))
    assert not problems(plain, assessment_schema())
    assert plain["stops"][0]["advice"] == "stop by 6:35"
    assert Assessment.from_json(plain).stops == told.stops
    assert "stop by 6:35 (lowest 0.4 °C); limit reached at 7:20, 2.4 K beyond it if stopped then" in str(told)


def test_the_report_says_by_how_much_each_freeze_grew_the_ice() -> None:
    rows = {row[0].text: [cell.text for cell in row[1:]] for row in volumes_table(case.verdict()).rows}
    assert rows["growth, freeze 2 over freeze 1"] == ["+14 %", "+18 %", "+19 %"]
    smaller = replace(case.verdict(), volumes_end_of_freeze_ml=({"0": 2.0, "-20": 0.0}, {"0": 1.5, "-20": 0.1}))
    rows = {row[0].text: [cell.text for cell in row[1:]] for row in volumes_table(smaller).rows}
    assert rows["growth, freeze 2 over freeze 1"] == ["−25 %", "–", "–"]
