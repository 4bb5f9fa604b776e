"""Tissue that is another after it was frozen: flooded lung, and a rim that more blood flows through."""

from pathlib import Path

import numpy as np
import pytest

import iceball as ib
from iceball.io.case import Case
from iceball.io.runs import latest_run, load_prediction
from iceball.plan.compose import Conditions, compose, material_of
from iceball.plan.constants import constants_of
from iceball.plan.fit.bench import bench_plan
from iceball.solve import Bioheat, Simulation
from iceball.tissue import tissue
from iceball.tissue.model import model
from tests.cli.test_refusals import shell
from tests.plan.test_compose import block, one_needle

TWICE = ib.freeze(300).thaw(300).freeze(300)


def test_aerated_lung_floods_by_a_rule_and_other_tissue_does_not() -> None:
    scene = compose(one_needle(), block("lung_aerated"), conditions=Conditions(spacing_mm=3.0))
    (rule,) = scene.rules
    old, new = scene.materials[rule.label], scene.materials[rule.becomes]
    assert old is not None
    assert new is not None
    assert (old.name, new.name, rule.when) == ("lung_aerated", "lung_deflated", "thawed")
    assert new == material_of(tissue("lung_deflated"))
    assert compose(one_needle(), block("kidney"), conditions=Conditions(spacing_mm=3.0)).rules == ()
    names = {c.name for c in constants_of(one_needle(), block("lung_aerated"))}
    assert "tissue.lung_deflated.density" in names


def test_flooded_lung_makes_the_second_freeze_another_one() -> None:
    made = ib.uniform_block("lung_aerated", 60)
    plan = bench_plan(made, probe_name="generic-17g-short", protocol=TWICE)
    history = ib.simulate(plan, made, spacing_mm=3.0, doubt=False)
    assert any("lung_aerated became lung_deflated" in note for note in history.notes)
    # Without air the ice conducts four times as well, so the cold of the second freeze gets farther.
    scene = compose(plan, made, conditions=Conditions(spacing_mm=3.0))
    dry = Simulation(replace_rules(scene), bioheat=Bioheat()).run()
    flooded = int(np.count_nonzero(history.end_of_freeze_c[1] <= 0))
    assert flooded > int(np.count_nonzero(dry.end_of_freeze_c[1] <= 0))
    assert (history.end_of_freeze_c[0] == dry.end_of_freeze_c[0]).all()


def replace_rules(scene: ib.Scene) -> ib.Scene:
    from dataclasses import replace

    return replace(scene, rules=())


def test_hyperaemia_is_off_unless_asked_for_and_then_twice_the_flow() -> None:
    plan = one_needle()
    wanted = Conditions(spacing_mm=3.0, hyperaemia=True)
    scene = compose(plan, block(), conditions=wanted)
    (rule,) = scene.rules
    old, new = scene.materials[rule.label], scene.materials[rule.becomes]
    assert old is not None
    assert new is not None
    assert new.perfusion == model().hyperaemia.value * old.perfusion == 2 * old.perfusion
    assert rule.when == "thawed"
    assert scene.key() != compose(plan, block(), conditions=Conditions(spacing_mm=3.0)).key()
    assert model().hyperaemia.assumed


def test_hyperaemia_warms_the_rim_and_does_not_make_the_second_freeze_larger() -> None:
    made = ib.uniform_block("kidney", 60)
    plan = bench_plan(made, probe_name="generic-17g-short", protocol=TWICE)
    plain, more = (
        ib.simulate(plan, made, conditions=Conditions(spacing_mm=3.0, hyperaemia=on), doubt=False)
        for on in (False, True)
    )
    assert (plain.end_of_freeze_c[0] == more.end_of_freeze_c[0]).all()
    first, second = (int(np.count_nonzero(h.end_of_freeze_c[1] <= 0)) for h in (plain, more))
    assert second <= first
    assert float(more.end_of_freeze_c[1].mean()) >= float(plain.end_of_freeze_c[1].mean())
    assert more.made_by["hyperaemia"] is True
    assert "hyperaemia" not in plain.made_by


@pytest.mark.parametrize("medium", ["gel", "fat", "bone_cortical", "bone_cancellous"])
def test_a_medium_without_rules_stays_what_it_is(medium: str) -> None:
    made = ib.uniform_block(medium, 80)
    assert compose(bench_plan(made), made, conditions=Conditions(spacing_mm=4.0)).rules == ()


def test_the_shell_takes_hyperaemia_and_the_run_is_read_back_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = str(tmp_path / "block")
    needle = ("--probe", "generic-17g-short", "--protocol", "freeze2,thaw2,freeze1")
    assert shell(monkeypatch, "new", folder, "--medium", "kidney", "--size-mm", "50", *needle) == 0
    assert shell(monkeypatch, "simulate", folder, "--spacing-mm", "4", "--hyperaemia") == 0
    case = Case.open(folder)
    prediction = load_prediction(latest_run(case), case.plan(), case.anatomy())
    assert all(conditions.hyperaemia for conditions in prediction.conditions.values())
    assert len(prediction.history.scene.rules) == 1
    assert shell(monkeypatch, "assess", folder) == 0
