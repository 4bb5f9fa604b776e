"""A search through a template, and needles of more than one kind in one plan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from iceball.applicator import probe
from iceball.assessment import Cover
from iceball.errors import PlanError
from iceball.plan import Plan, freeze
from iceball.plan.search.layout import Layout
from iceball.plan.search.search import search
from iceball.plan.ways.survey import Room
from iceball.plan.ways.template import Template
from iceball.plan.ways.terrain import Terrain
from iceball.plan.ways.through import check_template
from iceball.tissue import Anatomy
from tests.plan.test_template import PLATE, pelvis

SHORT, LONG = probe("generic-17g-short"), probe("generic-17g-long")
PLAN = Plan(protocol=freeze(120), goals=(Cover("tumour", 0.0),), template=PLATE)


@pytest.fixture(scope="module", autouse=True)
def short() -> Iterator[None]:
    """Fewer looks of the sketch: what is tested here does not need more."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("iceball.plan.search.polish.EVALUATIONS", 60)
        patch.setattr("iceball.plan.search.search.DIRECTIONS", 200)
        yield


@pytest.fixture(scope="module")
def patient() -> Anatomy:
    return pelvis().anatomy("prostate")


@pytest.fixture(scope="module")
def terrain(patient: Anatomy) -> Terrain:
    return Terrain.of(patient)


def test_whatever_its_numbers_a_layout_through_a_template_lies_in_its_holes_at_whole_depths(terrain: Terrain) -> None:
    turned = Template((-30.0, 30.0, -60.0), into=(0.0, 0.1, 1.0), up=(0.0, -1.0, 0.1))
    dice = np.random.default_rng(3)
    for template in (PLATE, turned):
        layout = Layout.of(terrain, SHORT, -template.axes[2], 2, leaning=True, template=template)
        assert layout.start.shape == (6,)
        for _ in range(5):
            tips = layout.tips_mm(layout.start + dice.normal(0, 0.7, 6))
            at = (tips - np.array(template.hole_a1_mm)) @ template.axes.T
            assert np.allclose(at[:, :2] / 5, np.rint(at[:, :2] / 5), atol=1e-6)
            assert np.allclose(at[:, 2], np.rint(at[:, 2]), atol=1e-6)
            assert np.allclose(layout.direction(layout.start), -template.axes[2])


def test_a_search_through_a_template_proposes_holes_and_depths(patient: Anatomy) -> None:
    found = search(patient, PLAN, objective="margin", kinds=[SHORT.name], budget_s=600, most_runs=1, most_needles=2)
    assert found.plan.template == PLATE
    assert check_template(found.plan) == []
    for needle in found.best.probes:
        seat = PLATE.seat(needle)
        assert (needle.name, seat.fits) == (seat.hole, True)
        assert seat.depth_mm == pytest.approx(round(seat.depth_mm), abs=0.02)
    again = search(patient, found.plan, objective="margin", kinds=[SHORT.name], budget_s=600, most_runs=1)
    assert again.best.probes == found.best.probes  # it begins with them


def test_a_template_beside_the_target_is_refused(patient: Anatomy) -> None:
    aside = replace(PLAN, template=Template((60.0, 30.0, -60.0)))
    with pytest.raises(PlanError, match="no hole lies over the target"):
        search(patient, aside, kinds=[SHORT.name])


def test_a_layout_keeps_its_zones_middles_when_one_needle_becomes_another_kind_or_one_joins(terrain: Terrain) -> None:
    layout = Layout.of(terrain, LONG, np.array([0.0, 0.0, -1.0]), 2, leaning=True)
    other = layout.with_kind(1, SHORT)
    assert [k.name for k in other.kinds] == [LONG.name, SHORT.name]
    was, now = layout.zones_mm(layout.start), other.zones_mm(layout.start)
    assert np.allclose(was.mean(axis=1), now.mean(axis=1))
    assert np.linalg.norm(now[1, 1] - now[1, 0]) == pytest.approx(SHORT.active_mm.value)
    joined = other.joined(SHORT, np.array([3.0, 4.0, 20.0]))
    zones = joined.zones_mm(joined.start)
    assert np.allclose(zones[:2], now)
    assert np.allclose(zones[2].mean(axis=0), [3.0, 4.0, 20.0])
    ways = other.ways([layout.start], terrain, Room())[0]
    assert sorted(p.probe for p in other.placements(ways)) == [LONG.name, SHORT.name]
