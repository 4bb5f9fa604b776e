"""Every proof can be loaded as `run_all.py` loads it, also those too long for this suite."""

import pytest

from tests.proofs import VALIDATION, proof_module


@pytest.mark.parametrize("name", sorted(path.parent.name for path in VALIDATION.glob("*/expected.toml")))
def test_a_proof_loads(name, monkeypatch):
    monkeypatch.syspath_prepend(VALIDATION)
    assert callable(proof_module("run_all").load(name).run)
