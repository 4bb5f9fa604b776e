"""Probes as the data file gives them."""

import pytest

from iceball.applicator import Probe, probe, probes
from iceball.errors import ProbeError


@pytest.mark.parametrize("kind", probes().values(), ids=lambda p: p.name)
def test_each_probe_is_possible_and_names_no_product(kind: Probe) -> None:
    assert kind.name.startswith("generic-")
    assert kind.printed == "unknown"
    assert kind.radius_mm.low > 0
    assert kind.standoff_mm.low >= 0
    assert kind.standoff_mm.high + kind.active_mm.high < kind.usable_mm.low
    assert kind.coolant_c.high < -40
    assert kind.cryogen.boiling_c.value <= kind.coolant_c.low
    assert kind.thaw_c is None or kind.thaw_c.low > 0
    assert kind.h.low > 0


def test_short_and_long_needles_differ_in_their_active_length_only() -> None:
    short, long = probe("generic-17g-short"), probe("generic-17g-long")
    assert (short.active_mm.value, long.active_mm.value) == (20.0, 39.0)
    for field in ("radius_mm", "coolant_c", "thaw_c", "h", "time_constant_s"):
        assert getattr(short, field) == getattr(long, field)
    assert (long.h.low, long.h.value, long.h.high) == (1000, 2000, 5000)
    assert long.h.assumed


def test_an_unknown_probe_is_refused_with_the_known_names() -> None:
    with pytest.raises(ProbeError, match=r"no probe called 'icerod'.*generic-17g-long"):
        probe("icerod")
