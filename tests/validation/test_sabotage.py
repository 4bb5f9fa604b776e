"""Tests that cannot fail prove nothing: five deliberate faults of physics must be noticed.

`make proof-sabotage` tries all of them.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from tests.proofs import proof_module


@pytest.fixture(scope="module")
def run() -> ModuleType:
    return proof_module("sabotage.run")


def test_every_fault_still_fits_its_source_and_most_are_in_the_laws(run: ModuleType) -> None:
    for fault in run.FAULTS:
        source = (run.ROOT / "src" / "iceball" / fault.file).read_text(encoding="utf-8")
        assert fault.put_into(source) != source
    names = [fault.name for fault in run.FAULTS]
    assert len(names) == len(set(names)) >= 50
    assert sum(not fault.file.startswith("physics/") for fault in run.FAULTS) <= len(names) / 3


def test_five_faults_of_physics_are_noticed(run: ModuleType, tmp_path: Path) -> None:
    copy = run.Copy(tmp_path)
    wanted = proof_module("sabotage.faults").IN_CI
    faults = {fault.name: fault for fault in run.FAULTS}
    assert len(wanted) == 5
    for name, tests in wanted.items():
        caught_by = copy.try_out(faults[name], f"{run.BATTERY}/{tests}").caught_by
        # by a test of ours, not by a file that no longer runs
        assert "::test_" in caught_by, name
