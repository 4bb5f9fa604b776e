"""The demo's own scene, on the cells that `make demo` takes, through the minutes in which its needles are hardest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from iceball.cli.cases import DEFAULT_SPACING_MM
from iceball.io.bundled import bundled_case
from iceball.plan.compose import Conditions, compose
from iceball.plan.plan import Plan
from iceball.plan.predict import FACES_PER_MM, NOMINAL, OF_ALL, OF_NEEDLES, variants_of
from iceball.solve import Scene, Simulation
from iceball.solve.coarse import coarser
from iceball.solve.march import UNDERSHOOT_K
from iceball.solve.memory import mixed_faces
from iceball.tissue import Anatomy

SECONDS = 90.0
"""What two tissues beside one needle did to each other showed after 67 s."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Anatomy]:
    case = bundled_case("kidney", tmp_path_factory.mktemp("demo") / "kidney")
    return case.plan(), case.anatomy()


def beginning(demo: tuple[Plan, Anatomy], variant: str) -> Scene:
    flow, bound, _ = variants_of(demo[0])[variant]
    scene = compose(*demo, conditions=Conditions(flow=flow, bound=bound, spacing_mm=DEFAULT_SPACING_MM))
    return replace(scene, duration_s=SECONDS, freeze_ends_s=())


def runs_to_its_end(scene: Scene) -> None:
    coolant_c = np.nanmin([step.coolant_c for line in scene.lines for step in line.steps])
    history = Simulation(scene).run()
    assert history.result.name == "finished"
    assert coolant_c - UNDERSHOOT_K < np.nanmin(history.minimum_c) < -60.0
    assert history.heat.residual < 1e-4


@pytest.mark.parametrize("variant", [NOMINAL, *OF_NEEDLES, *OF_ALL])
def test_every_variant_of_the_demo_comes_through_its_first_minutes(demo: tuple[Plan, Anatomy], variant: str) -> None:
    runs_to_its_end(beginning(demo, variant))


def test_the_coarser_run_that_tells_the_doubt_comes_through_too(demo: tuple[Plan, Anatomy]) -> None:
    runs_to_its_end(coarser(beginning(demo, NOMINAL)))


@pytest.mark.parametrize("spacing_mm", [1.0, 2.0])
def test_its_tissues_meet_on_fewer_faces_than_memory_is_asked_for(
    demo: tuple[Plan, Anatomy], spacing_mm: float
) -> None:
    labels = compose(*demo, conditions=Conditions(spacing_mm=spacing_mm)).labels
    assert 0.5 < mixed_faces(labels) / (FACES_PER_MM * spacing_mm * labels.size) < 0.9
