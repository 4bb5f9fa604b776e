"""The limits shipped for nerves and the spinal cord are never looser than a stop at 0 °C and an alarm at 10 °C."""

from __future__ import annotations

import pytest

from iceball.assessment.goals import Spare
from iceball.plan.defaults import default_goals
from iceball.plan.stopping.limits import limit_constants, protection_of, protections
from iceball.tissue.organs import groups, organs
from tests.assessment.made_by_hand import patient

NERVES = (
    "nerve",
    "psoas_nerve",
    "phrenic_nerve",
    "intercostal_nerve",
    "spinal_cord",
    "sciatic_nerve_left",
    "lumbar_plexus",
)


@pytest.mark.parametrize("name", NERVES)
def test_nerves_and_cord_stop_at_0_and_alarm_at_10_or_earlier(name: str) -> None:
    found = protection_of(name)
    assert found is not None
    assert found.stop_c is not None
    assert found.alarm_c is not None
    assert found.stop_c.low >= 0
    assert found.alarm_c.low >= 10
    assert found.alarm_c.value >= found.stop_c.value


def test_every_nerve_of_the_vocabulary_is_protected() -> None:
    members = {m.rstrip("*_") for group, ms in groups().items() if "nerve" in group for m in ms}
    assert len(members) > 8
    assert all(protection_of(member) is not None for member in members)


@pytest.mark.parametrize("organ", ["", *organs()])
def test_no_proposed_goal_on_a_nerve_is_looser_than_its_limit(organ: str) -> None:
    for goal in default_goals(organ):
        if isinstance(goal, Spare) and (limit := protection_of(goal.structure)) is not None:
            assert limit.stop_c is not None
            assert goal.above >= limit.stop_c.value


def test_the_cord_is_kept_warmer_than_a_nerve_and_other_structures_have_no_such_limit() -> None:
    nerve, cord = protection_of("sciatic_nerve"), protection_of("spinal_cord")
    assert nerve is not None
    assert cord is not None
    assert nerve.stop_c is not None
    assert cord.stop_c is not None
    assert cord.stop_c.value > nerve.stop_c.value
    assert protection_of("colon") is None
    assert {p.name for p in protections()} == {"nerve", "spinal_cord"}


def test_a_drawn_nerve_lists_the_numbers_of_its_limit() -> None:
    from iceball.space.shapes import Sphere

    drawn = patient({"tumour": Sphere((0, 0, 0), 10), "sciatic_nerve_left": Sphere((0, 30, 0), 4)})
    assert [c.name for c in limit_constants(drawn)] == ["limit.nerve.stop_c", "limit.nerve.alarm_c"]
    assert limit_constants(patient({"tumour": Sphere((0, 0, 0), 10)})) == ()
