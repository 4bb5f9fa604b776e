"""What of a plan a run depends on, field by field."""

from dataclasses import replace

from iceball.assessment.goals import Cover
from iceball.plan import Placement, Plan
from iceball.plan.affected import run_part
from iceball.plan.protocol import Protocol, Step, freeze

NEEDLE = Placement("generic-17g-short", tip_mm=(0, 0, 0), entry_mm=(0, 90, 0))
PLAN = Plan(probes=(NEEDLE,), protocol=freeze(60.0))


def test_what_affects_no_run_is_left_out() -> None:
    named = replace(PLAN, probes=(replace(NEEDLE, name="one", channel="2", bone_access="drill"),), reason="because")
    assert run_part(named) == run_part(PLAN)
    assert run_part(replace(PLAN, goals=(Cover("tumour", -20.0),), review="accepted")) == run_part(PLAN)


def test_every_thousandth_of_a_millimetre_and_every_word_of_the_clock_counts() -> None:
    moved = replace(PLAN, probes=(replace(NEEDLE, tip_mm=(0.001, 0, 0)),))
    twice, held = (replace(PLAN, protocol=Protocol((Step("freeze", 60.0), Step(k, 60.0)))) for k in ("freeze", "hold"))
    parts = {
        run_part(p) for p in (PLAN, moved, twice, held, replace(PLAN, vessel_walls=False), replace(PLAN, probes=()))
    }
    assert len(parts) == 6
