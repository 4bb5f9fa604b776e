"""Own starts, channels, duty, supply pressure, active thaw, and room between needles."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iceball.errors import PlanError
from iceball.io.schema import schema_of
from iceball.io.text import read_toml, write_toml
from iceball.plan import Placement, Plan, freeze
from iceball.plan.caveats import pressure_note
from iceball.plan.constants import constants_of
from iceball.plan.lines import line_of, profile_of
from iceball.plan.ways.apart import apart_mm
from iceball.solve import Line
from tests.plan.test_compose import block

CLOCK = freeze(600).thaw(300).freeze(600)


def needle(x: float = 0.0, probe: str = "generic-17g-short", **changes: object) -> Placement:
    return Placement(probe, tip_mm=(x, 0, 0), entry_mm=(x, 80, 0), **changes)  # type: ignore[arg-type]


def line(placed: Placement, clock: object = CLOCK, **changes: object) -> Line:
    given = {"bound": "power_limited", "body_c": 37.0, **changes}
    return line_of("n", placed, clock, **given)  # type: ignore[arg-type]


def refusal(**parts: object) -> str:
    with pytest.raises(PlanError) as refused:
        Plan(**{"protocol": CLOCK, **parts})  # type: ignore[arg-type]
    return str(refused.value)


def test_a_needle_with_its_own_start_freezes_that_much_later() -> None:
    plan = Plan(probes=(needle(), needle(10, start_s=120)), protocol=CLOCK)
    late = line(plan.probes[1])
    assert [s.start_s for s in late.steps] == [120, 720, 1020]
    assert plan.duration_s == CLOCK.duration_s + 120
    assert plan.freeze_ends_s == (600, 720, 1500, 1620)


def test_somebody_must_start_at_zero() -> None:
    assert "start_s" in refusal(probes=(needle(start_s=60),))


@pytest.mark.parametrize("start", [-1.0, math.nan, math.inf, 1e6])
def test_an_impossible_start_is_refused_by_name(start: float) -> None:
    with pytest.raises(PlanError, match="start_s"):
        needle(start_s=start)


def test_needles_on_one_channel_share_clock_start_and_cryogen() -> None:
    together = (needle(channel="1"), needle(10, channel="1"))
    Plan(probes=together, protocol=CLOCK)
    later = refusal(probes=(together[0], replace(together[1], start_s=60.0)))
    other = refusal(probes=(together[0], replace(together[1], protocol=freeze(300))))
    gas = refusal(probes=(together[0], Placement("generic-24-ln2", (10, 0, 0), (10, 80, 0), channel="1")))
    for words, field in ((later, "start_s"), (other, "protocol"), (gas, "cryogen")):
        assert "'needle 2' and 'needle 1' share channel '1'" in words
        assert field in words
    Plan(probes=(together[0], replace(together[1], channel="2", start_s=60.0)), protocol=CLOCK)


def test_duty_below_what_the_card_allows_is_refused_with_its_place() -> None:
    assert "Plan.protocol.steps[1].duty" in refusal(probes=(needle(),), protocol=freeze(60).hold(60, duty=0.1))
    own = refusal(probes=(needle(protocol=freeze(60, duty=0.19)),))
    assert "Plan.probes[0].protocol.steps[0].duty" in own
    Plan(probes=(needle(),), protocol=freeze(60, duty=0.2))


def test_active_thaw_needs_a_probe_that_is_known_to_thaw() -> None:
    thawed = freeze(60).active_thaw(60)
    assert "generic-24-ln2" in refusal(probes=(needle(probe="generic-24-ln2"),), protocol=thawed)
    step = line(needle(), thawed).steps[1]
    assert step.coolant_c == needle().kind.thaw_c.value  # type: ignore[union-attr]
    assert math.isinf(step.h)
    with pytest.raises(PlanError, match="thaw"):
        line(needle(probe="generic-24-ln2"), thawed)


def test_supply_pressure_scales_power_and_only_that() -> None:
    placed, share = needle(), 200 * 34.4 / (240 * 39.1)
    own, less = line(placed), line(placed, supply_bar=200.0)
    assert less.steps[0].h == pytest.approx(own.steps[0].h * share)
    assert line(placed, supply_bar=240.0) == own
    for a, b in zip(own.steps, less.steps, strict=True):
        assert replace(a, h=1.0).coolant_c == pytest.approx(replace(b, h=1.0).coolant_c, nan_ok=True)
    assert line(placed, supply_bar=200.0, bound="chart_like").steps[0].coolant_c > own.steps[0].coolant_c
    assert line(placed, supply_bar=300.0, bound="chart_like") == line(placed, bound="chart_like")


@given(st.floats(100, 400), st.floats(100, 400))
def test_more_pressure_never_cools_less(low: float, high: float) -> None:
    low, high = sorted((low, high))
    assert line(needle(), supply_bar=low).steps[0].h <= line(needle(), supply_bar=high).steps[0].h * (1 + 1e-12)


def test_pressure_is_argons_alone_and_inside_its_table() -> None:
    for bar in (0.0, -1.0, math.nan, 99.0, 401.0):
        assert "supply_bar" in refusal(probes=(needle(),), supply_bar=bar)
    assert "liquid nitrogen" in refusal(probes=(needle(probe="generic-24-ln2"),), supply_bar=240.0)


def test_a_changed_pressure_is_said_and_sourced() -> None:
    plain = Plan(probes=(needle(),), protocol=CLOCK)
    changed = replace(plain, supply_bar=200.0)
    assert pressure_note(plain) == ""
    assert "200 bar" in pressure_note(changed)
    assert "assumed" in pressure_note(changed)
    names = {c.name for c in constants_of(changed, block())} - {c.name for c in constants_of(plain, block())}
    assert "cryogen.argon.joule_thomson.240_bar" in names


def test_a_plan_with_every_setting_survives_its_file(tmp_path: Path) -> None:
    probes = (needle(channel="A"), needle(10, channel="B", start_s=60.0, protocol=freeze(60).hold(60, duty=0.5)))
    plan = Plan(probes=probes, protocol=CLOCK, supply_bar=250.0)
    assert read_toml(write_toml(tmp_path / "plan.toml", plan, Plan), Plan) == plan


def test_a_plan_file_from_before_these_settings_is_still_read(tmp_path: Path) -> None:
    file = tmp_path / "plan.toml"
    file.write_text(
        '[[probes]]\nprobe = "generic-17g-short"\ntip_mm = [0, 0, 0]\nentry_mm = [0, 80, 0]\n'
        '[[protocol.steps]]\nkind = "freeze"\nduration_s = 60\n'
    )
    assert read_toml(file, Plan) == Plan(probes=(needle(),), protocol=freeze(60))


def test_the_schema_says_what_the_new_fields_affect() -> None:
    schema = schema_of("plan")
    placed = schema["$defs"]["Placement"]["properties"]
    assert placed["start_s"]["affects"] == placed["active_mm"]["affects"] == "run"
    assert placed["channel"]["affects"] == "nothing"
    assert schema["properties"]["supply_bar"]["affects"] == "run"


def test_an_active_length_is_chosen_only_where_the_card_lets_it() -> None:
    with pytest.raises(PlanError, match=r"active_mm: the active length of generic-17g-short is fixed"):
        needle(active_mm=20.0)


def test_needles_side_by_side_may_touch_but_not_overlap() -> None:
    Plan(probes=(needle(), needle(1.5)), protocol=CLOCK)
    words = refusal(probes=(needle(), needle(1.4)))
    assert "'needle 2' and 'needle 1' come within 1.40 mm" in words
    crossing = Placement("generic-17g-short", tip_mm=(10, 40, 1), entry_mm=(-50, 40, 1))
    assert "come within 1.00 mm" in refusal(probes=(needle(), crossing))


@given(st.lists(st.tuples(*[st.floats(-50, 50)] * 3), min_size=4, max_size=4))
def test_no_two_points_of_two_segments_are_nearer_than_their_distance(ends: list[tuple[float, float, float]]) -> None:
    a, b = (ends[0], ends[1]), (ends[2], ends[3])
    least = apart_mm(a, b)
    grid = [i / 20 for i in range(21)]
    on = [[tuple(p + t * (q - p) for p, q in zip(*s, strict=True)) for t in grid] for s in (a, b)]
    sampled = min(math.dist(p, q) for p in on[0] for q in on[1])
    step = max(math.dist(*a), math.dist(*b)) / 20
    assert least <= sampled + 1e-9
    assert least >= sampled - step - 1e-9
    assert apart_mm(b, (a[1], a[0])) == pytest.approx(least, abs=1e-7)


def test_even_cooling_has_no_profile() -> None:
    assert profile_of(needle()) == ()
    assert line(needle()).profile == ()
