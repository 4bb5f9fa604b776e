"""A grid that the memory cannot hold is refused before it is allocated."""

import re

import pytest

from iceball.errors import PlanError
from iceball.plan import memory
from iceball.plan.memory import free_bytes, must_fit


def test_a_grid_larger_than_the_memory_is_refused_with_a_spacing_that_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda: 10_000_000_000)
    with pytest.raises(PlanError, match="million cells need about") as refused:
        must_fit(80_000_000, together=2, kept=4, spacing_mm=0.25)
    fits = float(re.findall(r"about ([\d.]+) mm", refused.value.remedy)[0])
    must_fit(int(80_000_000 * (0.25 / fits) ** 3), together=2, kept=4, spacing_mm=fits)


def test_an_ordinary_grid_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda: 2_000_000_000)
    must_fit(1_300_000, together=2, kept=4, spacing_mm=1.0)


def test_a_system_that_does_not_tell_its_memory_refuses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda: None)
    must_fit(10**12, spacing_mm=0.25)


def test_the_free_memory_is_a_sensible_number_where_it_is_known() -> None:
    free = free_bytes()
    assert free is None or 1e7 < free < 1e15
