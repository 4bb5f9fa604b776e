"""Goals and protocols proposed by organ."""

import pytest

from iceball.assessment.goals import Cover, Spare
from iceball.errors import PlanError, TissueError
from iceball.plan import Placement, Plan, freeze
from iceball.plan.defaults import (
    default_constants,
    default_goals,
    default_protocol,
    defaults_of,
    protocol_reason,
    surface_constants,
    surface_of,
)
from iceball.plan.search.starter import starter_plan
from iceball.plan.ways.geometry import check_plan
from iceball.plan.ways.trajectory import trajectories
from iceball.space.shapes import Sphere
from iceball.tissue.organs import groups, organ_of, organs
from iceball.tissue.phantom import phantom
from iceball.units import minutes

EVERY = ("", *organs())


@pytest.mark.parametrize("organ", EVERY)
def test_every_organ_has_goals_a_reason_and_sourced_numbers(organ: str) -> None:
    proposed = defaults_of(organ)
    assert any(isinstance(g, Cover) and g.structure == "tumour" for g in proposed.goals)
    assert len(proposed.reason) > 20
    steps = proposed.protocol.steps if proposed.protocol else ()
    covers = [g for g in proposed.goals if isinstance(g, Cover)]
    own = [c for c in default_constants(organ) if c.name.startswith("pack.")]
    assert len(own) == 2 * len(covers) + len(steps) + (proposed.preferred_margin_mm is not None)
    spared = {g.structure for g in proposed.goals if isinstance(g, Spare)}
    limits = {c.name.split(".")[1] for c in default_constants(organ)} - {organ or "unknown"}
    assert bool(limits) == bool(spared)


@pytest.mark.parametrize("organ", organs())
def test_structures_to_spare_are_expected_there_or_are_groups(organ: str) -> None:
    for goal in default_goals(organ):
        if isinstance(goal, Spare):
            assert goal.structure in organ_of(organ).expected or goal.structure in groups()


@pytest.mark.parametrize("organ", ["kidney", "soft_tissue"])
def test_kidney_and_soft_tissue_ask_for_five_millimetres_and_minus_twenty(organ: str) -> None:
    goals = default_goals(organ)
    assert Cover("tumour", below=0, margin_mm=5) in goals
    assert Cover("tumour", below=-20) in goals
    protocol = default_protocol(organ)
    assert protocol is not None
    assert [(s.kind, s.duration_s / minutes) for s in protocol.steps] == [("freeze", 10), ("thaw", 8), ("freeze", 10)]


@pytest.mark.parametrize("organ", ["lung", "liver", "pleura"])
def test_lung_liver_and_pleura_ask_for_five_and_prefer_ten(organ: str) -> None:
    preferred = defaults_of(organ).preferred_margin_mm
    assert Cover("tumour", below=0, margin_mm=5) in default_goals(organ)
    assert preferred is not None
    assert preferred.value == 10


def test_other_organs_ask_for_their_own_margins() -> None:
    assert Cover("tumour", below=0, margin_mm=3) in default_goals("bone")
    assert Cover("tumour", below=0, margin_mm=10) in default_goals("breast")
    assert Cover("tumour", below=-40) in default_goals("prostate")


@pytest.mark.parametrize("organ", ["kidney", "liver"])
def test_bowel_stays_five_millimetres_from_the_ice(organ: str) -> None:
    assert Spare("bowel", above=0, distance_mm=5) in default_goals(organ)


@pytest.mark.parametrize("organ", ["lung", "breast", "lymph_node", "eye"])
def test_no_protocol_is_proposed_where_no_source_was_read(organ: str) -> None:
    assert default_protocol(organ) is None
    assert "give " in protocol_reason(organ)


def test_a_surface_is_frozen_by_the_organs_pack_or_as_in_the_trial_and_never_by_guess() -> None:
    assert [surface_of(o).dwell_s.value for o in ("cervix", "pleura", "soft_tissue", "")] == [180, 20, 20, 20]
    assert {c.name.split(".")[1] for c in surface_constants("soft_tissue")} == {"pleura"}
    with pytest.raises(PlanError, match="Sources disagree"):
        surface_of("eye")


@pytest.mark.parametrize("organ", ["eye", "cervix"])
def test_a_pack_for_discs_gets_no_needle_and_no_trajectory(organ: str) -> None:
    body = phantom((90, 90, 90), 6.0, target=Sphere((0, 45, 0), 14), organ=organ, air_above_mm=18)
    plan = starter_plan(body, protocol=freeze(600.0))
    assert plan.probes == ()
    assert f"the pack of {organ} is for contact applicators" in plan.reason
    with pytest.raises(PlanError, match="without needles or trajectories"):
        trajectories(body)
    placed = Plan(probes=(Placement("generic-17g-short", (0, 57, 0), (0, 0, 0)),), protocol=freeze(600.0))
    assert any("contact" in finding.what for finding in check_plan(placed, body))


def test_an_unknown_organ_gets_assumed_proposals() -> None:
    assert Cover("tumour", below=0, margin_mm=5) in default_goals("")
    assert default_protocol("") is not None
    assert all(c.number.assumed for c in default_constants(""))
    assert protocol_reason("").startswith("Assumed")


def test_a_name_that_is_no_organ_is_refused() -> None:
    with pytest.raises(TissueError, match="no organ called 'toe'"):
        default_goals("toe")
