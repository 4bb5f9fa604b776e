"""The hazard table names, for each control, a test that exists, or says that there is none yet."""

from __future__ import annotations

import re

from tests.docs.pages import ROOT

ROWS = [
    [cell.strip() for cell in line.strip().strip("|").split("|")]
    for line in (ROOT / "docs" / "safety" / "hazards.md").read_text(encoding="utf-8").splitlines()
    if re.match(r"\| [FS]\d+ \|", line)
]


def test_every_control_names_its_test_or_says_that_there_is_none() -> None:
    assert len(ROWS) > 20
    assert len({row[0] for row in ROWS}) == len(ROWS)
    for number, _, _, test in ROWS:
        assert "::" in test or "no test yet" in test, number


def test_every_named_test_exists() -> None:
    named = [pair for row in ROWS for pair in re.findall(r"`(tests/\S+\.py)::(\w+)`", row[3])]
    assert named
    missing = [
        f"{file}::{name}"
        for file, name in named
        if not (ROOT / file).is_file() or f"def {name}(" not in (ROOT / file).read_text(encoding="utf-8")
    ]
    assert missing == []
