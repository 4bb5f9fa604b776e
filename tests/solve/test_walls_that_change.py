"""Walls with a schedule (a spray spot, a warmer that is switched off) and flows that freeze shut."""

from dataclasses import replace

import numpy as np
import pytest

from iceball.solve import Control, History, Keep, Line, LineStep, Scene, Simulation, Wall, WallStep
from iceball.solve.checkpoint import Checkpoint
from iceball.solve.rule import Rule
from iceball.space import Grid
from tests.solve.scenes import FAT, KIDNEY

SECONDS = Keep(sensors_every_s=1.0)
SPRAY = (WallStep(10.0, 20.0, 1000.0, -196.0), WallStep(35.0, 5.0, 2000.0, 43.0))


def sprayed(steps: tuple[WallStep, ...] = SPRAY, *, duration_s: float = 60.0) -> Scene:
    """Kidney and fat under air; a spot of the air is sprayed."""
    grid = Grid.box((-12.0,) * 3, (12.0,) * 3, 2.0)
    x, y, z = np.moveaxis(grid.centres_mm(), -1, 0)
    labels = np.where(x > 4.0, 1, 0).astype(np.uint8)
    labels[z > 8.0] = 2
    labels[(z > 8.0) & (x**2 + y**2 < 25.0)] = 3
    walls = (Wall("air", 2, 10.0, 22.0), Wall("spot", 3, 10.0, 22.0, steps))
    return Scene(grid, labels, (KIDNEY, FAT, None, None), duration_s, walls=walls, sensors={"middle": (0, 0, 5.0)})


def vessel(closes_c: float | None = 0.0, *, far_flow: str = "vein") -> Scene:
    """A needle beside one piece of a vessel; another piece of it lies away from the ice."""
    grid = Grid.box((-14.0,) * 3, (14.0,) * 3, 2.0)
    labels = np.zeros(grid.shape, np.uint8)
    labels[8, 7, 4:6] = 1
    labels[8, 7, 11:13] = 2
    walls = (
        Wall("near", 1, 100.0, 37.0, closes_c=closes_c, flow="vein"),
        Wall("far", 2, 100.0, 37.0, closes_c=closes_c, flow=far_flow),
    )
    line = Line("needle", (0.1, 0.2, -9.0), (0.1, 0.2, 0.0), 0.75, (LineStep(0.0, 360.0, -140.0, 2000.0),))
    still = replace(KIDNEY, perfusion=0.0, metabolism=0.0)
    return Scene(grid, labels, (still, None, None), 360.0, (line,), walls)


def same(one: History, two: History) -> None:
    for name in ("final_c", "minimum_c", "first_frozen_s", "cycles_frozen"):
        assert np.array_equal(getattr(one, name), getattr(two, name), equal_nan=True), name
    assert one.heat == two.heat
    assert one.notes == two.notes


def beside(scene: Scene, label: int) -> np.ndarray:
    """Cells of tissue that have a face with a wall."""
    wall, out = scene.labels == label, np.zeros(scene.grid.shape, bool)
    for axis in range(3):
        for way in (1, -1):
            out |= np.roll(wall, way, axis)
    return out & scene.solved


def test_the_machines_agree_on_a_wall_that_is_switched() -> None:
    """The surface freezes at once while the cells under it are still warm: the fast loops must see that, too."""
    scene = sprayed((WallStep(10.0, 20.0, 1e5, -196.0), WallStep(35.0, 5.0, 1000.0, 43.0)))
    careful = Control(tolerance=0.0005, still_k=0.0)
    fast = Simulation(scene, control=careful).run()
    referee = Simulation(scene, backend="reference", control=Control(longest_s=0.05)).run()
    assert np.nanmax(np.abs(fast.minimum_c - referee.minimum_c)) < 0.5
    assert np.nanmax(np.abs(fast.final_c - referee.final_c)) < 0.5
    assert fast.heat.walls_j == pytest.approx(referee.heat.walls_j, rel=2e-3)
    assert fast.heat.residual < 1e-5
    for heat in (fast.heat, referee.heat):
        assert sum(heat.by_wall_j.values()) == pytest.approx(heat.walls_j, rel=1e-6)
    assert fast.heat.by_wall_j == pytest.approx(referee.heat.by_wall_j, rel=2e-3, abs=0.05)
    assert fast.heat.by_wall_j["spot"] < -100.0 < fast.heat.by_wall_j["air"] < 0.0
    assert np.nanmin(fast.minimum_c) < -100.0


def test_nothing_moves_before_a_wall_is_switched_and_its_rest_is_what_counts_at_the_start() -> None:
    history, rest = Simulation(sprayed(), keep=SECONDS).run(), Simulation(sprayed(()), keep=SECONDS).run()
    curve = history.sensors_c["middle"]
    assert curve[:11] == pytest.approx(rest.sensors_c["middle"][:11], abs=0.01)
    assert curve[30] < -4.0
    assert np.argmin(curve) in range(30, 36)
    # from the first moment on: the run begins as it does without the step
    at_once = Simulation(sprayed((WallStep(0.0, 20.0, 1000.0, -196.0),)), keep=SECONDS).run()
    assert at_once.sensors_c["middle"][0] == rest.sensors_c["middle"][0]
    assert at_once.sensors_c["middle"][20] == pytest.approx(curve[30], abs=0.3)


def test_a_wall_that_goes_on_as_it_is_changes_nothing() -> None:
    scene = sprayed((WallStep(10.0, 20.0, 10.0, 22.0),))
    same(Simulation(replace(scene, duration_s=30.0)).run(), Simulation(replace(sprayed(()), duration_s=30.0)).run())


def test_a_run_with_switched_walls_and_rules_goes_on_to_the_same_bits() -> None:
    dry = replace(KIDNEY, name="dry kidney", perfusion=0.0)
    scene = replace(sprayed(), materials=(KIDNEY, FAT, None, None, dry), rules=(Rule(0, 4, "frozen"),))
    taken: list[Checkpoint] = []
    whole = Simulation(scene, checkpoint=taken.append, checkpoint_every_s=4.0).run()
    assert "became" in whole.notes[0]
    for checkpoint in taken[1::3]:
        same(Simulation(scene, resume=checkpoint).run(), whole)


def test_a_flow_closes_when_one_whole_piece_of_its_wall_is_frozen() -> None:
    open_, shut = Simulation(vessel(None)).run(), Simulation(vessel()).run()
    assert not open_.notes
    assert "vein froze shut at " in shut.notes[0]
    time_s = float(shut.notes[0].split(" at ")[1].split(" s")[0])
    frozen_s = shut.first_frozen_s[beside(vessel(), 1)].max()
    assert frozen_s - 1.0 < time_s < frozen_s + 1.0
    referee = Simulation(vessel(), backend="reference").run()
    assert float(referee.notes[0].split(" at ")[1].split(" s")[0]) == pytest.approx(time_s, abs=2.0)
    assert referee.heat.walls_j == pytest.approx(shut.heat.walls_j, rel=0.01)
    assert shut.heat.residual < 1e-5
    assert 0 < shut.heat.walls_j < open_.heat.walls_j
    near = beside(vessel(), 1)
    assert shut.final_c[near].mean() < open_.final_c[near].mean() - 0.5
    # the other piece closed with it, though its own wall is not frozen
    alone = Simulation(vessel(far_flow="artery")).run()
    assert alone.heat.walls_j > shut.heat.walls_j
    assert len(alone.notes) == 1


def test_a_flow_that_is_shut_exchanges_nothing() -> None:
    shut = Simulation(vessel(), checkpoint=(taken := list[Checkpoint]()).append, checkpoint_every_s=10.0).run()
    walls = [checkpoint.parts["run"]["heat"][0] for checkpoint in taken]
    closed = [bool(np.isfinite(checkpoint.parts["walls"]["shut_s"]).all()) for checkpoint in taken]
    first = closed.index(True)
    assert 0 < first < len(closed) - 2
    assert len(set(walls[first:])) == 1
    assert len(set(walls[:first])) == first
    assert shut.heat.by_wall_j["near"] + shut.heat.by_wall_j["far"] == pytest.approx(shut.heat.walls_j, rel=1e-6)
    assert shut.heat.by_wall_j["near"] > shut.heat.by_wall_j["far"] > 0
    same(Simulation(vessel(), resume=taken[first - 1]).run(), shut)
    same(Simulation(vessel(), resume=taken[first + 1]).run(), shut)


def test_a_first_step_that_blows_up_is_taken_back_for_good() -> None:
    """Liquid nitrogen on cells of 0.1 mm: too few stages for what becomes ice; what was infinite stayed."""
    grid = Grid.box((0.0, 0.0, -0.1), (0.1, 0.1, 6.0), 0.1)
    labels = np.zeros(grid.shape, np.uint8)
    labels[:, :, 0] = 1
    scene = Scene(grid, labels, (KIDNEY, None), 2.0, walls=(Wall("spot", 1, 1e5, -196.0),), initial_c=37.0,
                  outer_c=(None,) * 6)  # fmt: skip
    history = Simulation(scene).run()
    assert history.stats["rejected"] > 0
    assert history.final_c[0, 0, 1] < -180.0
    assert history.final_c[0, 0, 30] > 0.0
