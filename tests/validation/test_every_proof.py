"""Every proof can be loaded as `run_all.py` loads it, also those too long for this suite."""

import pytest

from tests.proofs import VALIDATION, proof_module


@pytest.mark.parametrize("name", sorted(path.parent.name for path in VALIDATION.glob("*/expected.toml")))
def test_a_proof_loads(name, monkeypatch):
    monkeypatch.syspath_prepend(VALIDATION)
    assert callable(proof_module("run_all").load(name).run)


def test_a_proof_on_data_that_are_not_at_hand_is_skipped_and_every_other_is_not(tmp_path, monkeypatch):
    run_all = proof_module("run_all")
    monkeypatch.setattr(run_all, "SHARED", tmp_path)
    assert run_all.missing({"fast": True}) == ""
    assert run_all.missing({"needs": "a_chest"}) == "a_chest"
    (tmp_path / "a_chest").mkdir()
    assert run_all.missing({"needs": "a_chest"}) == ""
