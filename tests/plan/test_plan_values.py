import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iceball.assessment.goals import Cover
from iceball.errors import IceballError, PlanError, ProbeError
from iceball.plan import Placement, Plan, Protocol, Setting, Step, freeze
from iceball.plan.protocol import read_protocol


def test_a_needle_knows_its_active_zone_and_depth() -> None:
    needle = Placement("generic-17g-short", tip_mm=(0, 0, 0), entry_mm=(0, 100, 0))
    start, end = needle.active_zone_mm
    assert needle.depth_mm == 100
    assert start[1] == pytest.approx(needle.kind.standoff_mm.value)
    assert end[1] - start[1] == pytest.approx(needle.kind.active_mm.value)


def test_an_unknown_probe_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ProbeError) as refusal:
        Placement("icerod", tip_mm=(0, 0, 0), entry_mm=(0, 100, 0))
    assert "generic-17g-long" in refusal.value.remedy


@pytest.mark.parametrize(
    ("tip", "entry"),
    [
        ((0, 0, 0), (0, 0, 0)),
        ((0, 0, 0), (0, 10, 0)),
        ((0, 0, 0), (0, 900, 0)),
        ((math.nan, 0, 0), (0, 100, 0)),
        ((math.inf, 0, 0), (0, 100, 0)),
        ((0, 0), (0, 100, 0)),
    ],
)
def test_impossible_needles_are_refused(tip: tuple[float, ...], entry: tuple[float, ...]) -> None:
    with pytest.raises(PlanError):
        Placement("generic-17g-long", tip_mm=tip, entry_mm=entry)  # type: ignore[arg-type]


def test_two_needles_with_one_tip_are_refused() -> None:
    needle = Placement("generic-17g-short", tip_mm=(0, 0, 0), entry_mm=(0, 100, 0))
    with pytest.raises(PlanError, match=r"'needle 2' and 'needle 1' come within 0\.00 mm"):
        Plan(probes=(needle, needle), protocol=freeze(600))


def test_a_needle_without_any_protocol_is_refused() -> None:
    with pytest.raises(PlanError, match="protocol"):
        Plan(probes=(Placement("generic-17g-short", tip_mm=(0, 0, 0), entry_mm=(0, 100, 0)),))


def test_thaw_only_is_no_protocol() -> None:
    with pytest.raises(PlanError, match="never freezes"):
        Protocol((Step("thaw", 60),))


@given(duration=st.floats(allow_nan=True, allow_infinity=True), duty=st.floats(allow_nan=True, allow_infinity=True))
def test_a_step_is_valid_or_refused(duration: float, duty: float) -> None:
    try:
        step = Step("freeze", duration, duty)
    except PlanError:
        return
    assert 0 < step.duration_s <= 86400
    assert 0 < step.duty <= 1


def test_words_become_a_protocol() -> None:
    assert read_protocol("freeze10,thaw8,freeze10") == freeze(600).thaw(480).freeze(600)
    assert read_protocol("freeze10, hold5@40") == freeze(600).hold(300, duty=0.4)
    for bad in ("", "freeze", "freeze-3", "warm10", "freeze10;thaw8"):
        with pytest.raises(PlanError):
            read_protocol(bad)


def test_an_unknown_position_is_refused() -> None:
    with pytest.raises(IceballError, match="HFS"):
        Setting(procedure_position="upside down")


def test_equal_plans_have_equal_keys_and_any_change_shows() -> None:
    needle = Placement("generic-17g-short", tip_mm=(0, 0, 0), entry_mm=(0, 100, 0))
    plan = Plan(probes=(needle,), protocol=freeze(600))
    assert plan.key() == Plan(probes=(needle,), protocol=freeze(600)).key()
    assert plan.key() != plan.edited(reason="x").key()


def test_whole_and_broken_numbers_give_one_hash_to_one_plan() -> None:
    whole = Plan(protocol=freeze(600).hold(60, duty=1), goals=(Cover("tumour", below=-20, margin_mm=5),))
    broken = Plan(protocol=freeze(600.0).hold(60.0, duty=1.0), goals=(Cover("tumour", below=-20.0, margin_mm=5.0),))
    assert whole == broken
    assert whole.key() == broken.key()


def test_two_needles_of_one_name_are_refused() -> None:
    first = Placement("generic-17g-short", (0, 0, 0), (0, 50, 0), name="needle 2")
    second = Placement("generic-17g-short", (15, 0, 0), (15, 50, 0))
    with pytest.raises(PlanError, match="needle 2"):
        Plan(probes=(first, second), protocol=freeze(600))
