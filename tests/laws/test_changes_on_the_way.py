"""Laws of what changes during a run: a wall's steps, a flow that freezes shut, tissue that becomes another."""

from dataclasses import replace

import numpy as np
import pytest

from iceball.physics.freezing import enthalpy
from iceball.solve import Bioheat, Control, History, Scene, Simulation, Wall, WallStep
from iceball.solve.relabel import relabelled
from iceball.solve.rows import property_rows
from iceball.solve.rule import Rule
from iceball.space import Grid
from tests.solve.scenes import FAT, KIDNEY

STEADY = Control(longest_s=0.5)
STILL = replace(KIDNEY, perfusion=0.0, metabolism=0.0)


def column(*walls: Wall, seconds: float, begin_c: float | np.ndarray = 30.0) -> Scene:
    """Four cells of 2 mm between two walls, the first at their lower and the second at their upper end."""
    grid = Grid.box((0.0, 0.0, -2.0), (2.0, 2.0, 10.0), 2.0)
    labels = np.zeros(grid.shape, np.uint8)
    labels[:, :, 0], labels[:, :, -1] = 1, 2
    return Scene(grid, labels, (STILL, None, None), seconds, walls=walls, initial_c=begin_c, outer_c=(None,) * 6)


def run(scene: Scene) -> History:
    return Simulation(scene, backend="reference", control=STEADY).run()


def test_a_run_with_a_step_is_three_runs_in_a_row() -> None:
    """Rest, step and rest again, each as a run of its own with a wall that stays as it is."""
    air, warm = (20.0, 22.0), Wall("warm", 2, 50.0, 40.0)
    cold = WallStep(5.0, 20.0, 2000.0, -120.0)
    whole = run(column(Wall("spot", 1, *air, (cold,)), warm, seconds=40.0))
    begin, brought = np.full(whole.final_c.shape, 30.0), {"spot": 0.0, "warm": 0.0}
    for h, ambient_c, seconds in ((*air, 5.0), (cold.h, cold.ambient_c, 20.0), (*air, 15.0)):
        part = run(column(Wall("spot", 1, h, ambient_c), warm, seconds=seconds, begin_c=begin))
        begin = np.nan_to_num(part.final_c.astype(float))
        brought = {name: joules + part.heat.by_wall_j[name] for name, joules in brought.items()}
    assert whole.final_c == pytest.approx(part.final_c, abs=1e-3, nan_ok=True)
    assert whole.heat.by_wall_j == pytest.approx(brought, rel=1e-4)
    assert whole.heat.walls_j == pytest.approx(sum(brought.values()), rel=1e-4)
    assert np.nanmin(whole.minimum_c) < -40.0


@pytest.mark.parametrize("flow", ["", "vein"])
def test_a_flow_brings_heat_until_all_tissue_at_its_wall_is_cold_and_none_afterwards(flow: str) -> None:
    """Of two columns one is colder: the wall closes with the warmer, and takes its flow, between them, along."""
    cold, vein = Wall("cold", 1, 3000.0, -150.0), Wall("vein", 2, 200.0, 37.0, closes_c=0.0, flow=flow)
    both = column(cold, vein, seconds=80.0)
    labels = np.repeat(both.labels, 3, axis=0)
    labels[1] = 3
    labels[0, 0, 0] = 4
    weak, far = Wall("weak", 4, 1000.0, -150.0), Wall("far", 3, 10.0, 37.0, closes_c=-99.0, flow=flow)
    grid = Grid.box((0.0, 0.0, -2.0), (6.0, 2.0, 10.0), 2.0)
    scene = replace(both, grid=grid, labels=labels, materials=(STILL, *[None] * 4), walls=(cold, vein, far, weak))
    history = run(scene)
    time_s = float(history.notes[0].split(" at ")[1].split(" s")[0])
    at_wall = history.first_frozen_s[[0, 2], 0, 4]
    assert at_wall.min() < at_wall.max() - 2.0
    assert time_s == pytest.approx(at_wall.max(), abs=0.5)
    until = run(replace(scene, duration_s=time_s))
    assert history.heat.by_wall_j["vein"] == pytest.approx(until.heat.by_wall_j["vein"], rel=0.02)
    assert history.heat.by_wall_j["vein"] > 1.0
    together = history.heat.by_wall_j["far"] == pytest.approx(until.heat.by_wall_j["far"], rel=0.02)
    assert together == bool(flow)
    assert len(history.notes) == 1
    assert history.heat.residual < 1e-12


def test_a_cell_becomes_another_tissue_by_its_own_past_alone() -> None:
    grid = Grid.box((0.0,) * 3, (2.0,) * 3, 2.0)
    rows = property_rows(Scene(grid, np.zeros(grid.shape, np.uint8), (KIDNEY, *[FAT] * 7), 1.0), Bioheat())
    kidney = rows.view(np.recarray)[0]
    lowest_c = np.array([30.0, -5.0, -9.0, -9.0, -30.0, -30.0])
    now_c = np.array([30.0, 10.0, -4.0, 10.0, 10.0, -30.0])
    lowest, now = (np.array([enthalpy(c, kidney) for c in celsius]) for celsius in (lowest_c, now_c))
    labels = np.zeros(6, np.uint8)

    def changed(*rules: Rule) -> list[int]:
        out, counts = relabelled(rules, rows, labels, lowest, now)
        assert (out is None) == (not any(counts))
        return (labels if out is None else out).tolist()

    assert changed(Rule(0, 5, "frozen")) == [0, 0, 5, 5, 5, 5]  # at or below the solidus, -8 °C
    assert changed(Rule(0, 5, "thawed")) == [0, 0, 0, 5, 5, 0]
    assert changed(Rule(0, 5, "colder", -20.0)) == [0, 0, 0, 0, 5, 5]
    assert changed(Rule(0, 5, "colder", -50.0)) == [0] * 6
    assert changed(Rule(5, 0, "frozen")) == [0] * 6
    # the first rule that would change a cell does
    assert changed(Rule(0, 5, "colder", -20.0), Rule(0, 7, "thawed")) == [0, 0, 0, 7, 5, 5]
