"""What a run remembers is found inside its steps, from the values and rates at their ends."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from iceball.physics.freezing import enthalpy, temperature
from iceball.solve import Bioheat, Keep, Line, LineStep, Scene, Simulation
from iceball.solve.control import Control
from iceball.solve.laying import lay_out
from iceball.solve.machine import FIXED
from iceball.solve.march import March
from iceball.solve.record import Record
from iceball.solve.rows import property_rows
from iceball.solve.run import Run
from iceball.solve.sensors import Curves, Probing
from iceball.solve.step import Step, last_step
from iceball.solve.team import Team
from iceball.space import Grid
from tests.solve.scenes import KIDNEY, mixed

FINER = 8


class Lone:
    """Cells that do not feel each other, led along given enthalpies."""

    def __init__(self, celsius, count=24):
        scene = Scene(
            Grid.box((0.0, 0.0, 0.0), (2.0, 2.0, 2.0 * count), 2.0),
            np.zeros((1, 1, count), np.uint8),
            (KIDNEY,),
            1.0,
            initial_c=37.0,
        )
        self.rows = property_rows(scene, Bioheat())
        self.lay = lay_out(scene, self.rows)
        self.team = Team(1, count)
        self.start = self.field([self.h(celsius)] * count)
        self.record = Record(self.lay, self.rows, self.start)

    def h(self, celsius):
        return enthalpy(celsius, self.rows[0])

    def field(self, values):
        out = np.zeros(self.lay.padded, np.float32)
        self.lay.inner(out)[0, 0] = values
        return out

    def step(self, start_s, dt, before, after, rate_before, rate_after, *, idle=False):
        rows = np.zeros(0, np.int64) if idle else np.zeros(1, np.int64)
        low, high = np.zeros(1, np.int32), np.full(1, self.lay.shape[2], np.int32)
        fields = (self.field(f) for f in (before, after, rate_before, rate_after))
        self.record.follow(Step(start_s, dt, *fields, rows, low, high), self.team)


def test_a_known_path_is_timed_within_a_tenth_of_a_second_in_steps_of_20_s():
    cells = Lone(30.0)
    depth = np.linspace(0.95, 1.3, 24)  # of the way down to -40 °C: some cells pass it, all freeze through
    top, bottom = cells.h(30.0), cells.h(-40.0)

    def path(t):
        turn = np.pi * t / 600.0
        return top - depth * (top - bottom) * np.sin(turn) ** 2

    def rate(t):
        turn = np.pi * t / 600.0
        return -depth * (top - bottom) * np.sin(2 * turn) * np.pi / 600.0

    for t in np.arange(0.0, 600.0, 20.0):
        cells.step(t, 20.0, path(t), path(t + 20.0), rate(t), rate(t + 20.0))
    found = cells.record.results(cells.field(path(600.0)), 600.0)
    fine = np.arange(0.0, 600.0, 0.01)
    levels = {c: cells.h(c) for c in (0.0, -0.5, -8.0, -20.0, -40.0)}
    for n in range(24):
        true = top - depth[n] * (top - bottom) * np.sin(np.pi * fine / 600.0) ** 2
        at = {c: fine[np.argmax(true <= level)] for c, level in levels.items()}
        assert found["first_frozen"][0, 0, n] == pytest.approx(at[0.0], abs=0.1)
        for name, c in (("below_20", -20.0), ("below_40", -40.0)):
            assert found[name][0, 0, n] == pytest.approx(0.01 * np.sum(true <= levels[c]), abs=0.1)
        assert found["minimum"][0, 0, n] == pytest.approx(temperature(true.min(), cells.rows[0]), abs=0.05)
        assert found["cooling"][0, 0, n] == pytest.approx(60 * 7.5 / (at[-8.0] - at[-0.5]), rel=0.01)
        assert found["cycles"][0, 0, n] == 1


def test_a_cell_that_turns_within_a_step_is_counted_both_ways():
    cells = Lone(10.0)
    high, slope = cells.h(5.0), 2.4 * (cells.h(5.0) - cells.h(-45.0)) / 20.0
    # down through everything and up again between two equal ends
    cells.step(0.0, 20.0, [high] * 24, [high] * 24, [-2 * slope] * 24, [2 * slope] * 24)
    found = cells.record.results(cells.field([high] * 24), 20.0)
    assert (found["minimum"] < -40.0).all()
    assert (found["cycles"] == 1).all()
    assert ((found["below_20"] > found["below_40"]) & (found["below_40"] > 0)).all()
    assert (found["below_20"] < 20.0).all()
    assert not cells.record.ice.any()


def test_rates_that_the_step_does_not_bear_out_make_no_minimum():
    cells = Lone(-5.0)
    unit = float(cells.rows[0]["c0"])
    # (change, rate at the start, rate at the end) seen beside needles: K per step, as of frozen tissue
    seen = [
        (-18.9, -14.9, 37.7),
        (-17.1, -19.9, 30.6),
        (-24.8, -22.6, 33.2),
        (-12.0, -13.9, 13.1),
        (-19.3, -25.7, 13.9),
    ]
    for change, first, last in seen:
        start = np.full(24, cells.h(-50.0))
        cells.record.minimum[:] = start
        cells.step(0.0, 1.0, start, start + change * unit, [first * unit] * 24, [last * unit] * 24)
        assert cells.record.minimum.min() >= (start + change * unit).min() - 0.05 * unit


def test_a_smooth_turn_keeps_its_depth():
    cells = Lone(-5.0)
    start = cells.h(-50.0)
    unit = float(cells.rows[0]["c0"])
    # a parabola that falls by 0.5 K and comes back
    cells.step(0.0, 1.0, [start] * 24, [start] * 24, [-2.0 * unit] * 24, [2.0 * unit] * 24)
    assert cells.record.minimum.min() == pytest.approx(start - 0.5 * unit, abs=0.01 * unit)


def test_time_goes_on_for_a_cell_that_is_left_alone():
    cells = Lone(-30.0)
    h = [cells.h(-30.0)] * 24
    cells.step(0.0, 50.0, h, h, [0.0] * 24, [0.0] * 24, idle=True)
    found = cells.record.results(cells.start, 50.0)
    assert (found["below_20"] == 50.0).all()
    assert (found["below_40"] == 0.0).all()


def _step_times(scene):
    """Ends of the steps that a run takes."""
    shares = [0.0]
    Simulation(scene, threads=1, progress=lambda share, _: shares.append(share)).run()
    return np.unique(shares) * scene.duration_s


def _twice():
    """Two freezes, of a needle that is switched off in between."""
    grid = Grid.box((-12,) * 3, (12,) * 3, 2.0)
    steps = (LineStep(0.0, 100.0, -140.0, ramp_s=30.0), LineStep(140.0, 80.0, -140.0, ramp_s=30.0))
    line = Line("needle", (0.3, 0.2, -8.0), (0.3, 0.2, 8.0), 0.75, steps)
    labels = np.zeros(grid.shape, np.uint8)
    return Scene(grid, labels, (KIDNEY,), 240.0, lines=(line,), initial_c=37.0, sensors={"near": (5.0, 0.0, 0.0)})


SENSORS = {"near": (5.0, 0.0, 0.0), "beside": (5.0, 3.0, 2.0), "air": (2.0, 8.0, 0.0)}


@pytest.fixture(scope="module", params=["mixed", "twice"])
def both(request):
    """The records of one path: of steps, and of steps eight times longer."""
    scene = replace(mixed(), sensors=SENSORS) if request.param == "mixed" else _twice()
    times = _step_times(scene)
    simulation = Simulation(scene, threads=1)
    machine, begin_c = simulation._prepare()
    state = machine.enthalpies(begin_c)
    fine, coarse = (Record(machine.lay, machine.rows, state) for _ in range(2))
    probing = Probing(scene, machine.lay, machine.rows)
    curves = [Curves(scene, probing, state, 1.0) for _ in range(2)]
    machine.schedule.enter(0.0, np.array([scene.body_c]))
    march = March(machine, state, "rkl2", simulation.bounds_c, Control())
    for start, end in itertools.pairwise(times):
        before, rate = march.state.reshape(machine.lay.padded).copy(), None
        for landing in [*np.linspace(start, end, FINER + 1)[1:-1], end]:
            while march.time_s < landing:
                at = march.time_s
                taken = march.step(landing)
                step = last_step(march, at, taken)
                rate = step.rate_before.copy() if rate is None else rate
                fine.follow(step, machine.team)
                curves[0].follow(step, -taken.joules[FIXED:])
        low, high = np.zeros(machine.lay.rows, np.int32), np.full(machine.lay.rows, machine.lay.shape[2], np.int32)
        whole = Step(start, end - start, before, step.after, rate, step.rate_after, machine.all_rows, low, high)
        coarse.follow(whole, machine.team)
        curves[1].follow(whole, np.zeros(1))
        simulation._land(
            Run(machine, march, fine, curves[0], None, None, None, 0.0, 0.0, {}, [], np.zeros(0), np.zeros(0)), end
        )
    machine.team.close()
    found = [record.results(march.state, march.time_s) for record in (fine, coarse)]
    return found, [curve.finish(march.state, march.time_s)[1] for curve in curves], np.diff(times).max()


def test_steps_eight_times_longer_find_the_same_times(both):
    (fine, coarse), _, longest = both
    assert longest > 5.0
    for name in ("below_20", "below_40", "first_frozen"):
        on = (fine[name] > 0) | (coarse[name] > 0)
        assert on.sum() > 10
        assert np.abs(fine[name] - coarse[name])[on].max() <= 1.0
    assert (np.isfinite(fine["first_frozen"]) == np.isfinite(coarse["first_frozen"])).all()
    assert (fine["cycles"] == coarse["cycles"]).all()


def test_steps_eight_times_longer_find_the_same_minimum_and_cooling_rate(both):
    (fine, coarse), _, _ = both
    assert np.nanmax(np.abs(fine["minimum"] - coarse["minimum"])) <= 0.1
    assert np.nanmax(np.abs(coarse["cooling"] / fine["cooling"] - 1.0)) <= 0.03


def test_steps_eight_times_longer_give_the_same_sensor_curves(both):
    _, (fine, coarse), _ = both
    for name in fine:
        # A cell that freezes through falls by some K within a second, unseen by the ends of a step of three.
        fall = np.convolve(np.abs(np.diff(fine[name], prepend=fine[name][0])), np.ones(3), "same")
        assert (np.abs(fine[name] - coarse[name]) <= 0.1 + 0.1 * fall).all(), name
        assert np.quantile(np.abs(fine[name] - coarse[name]), 0.95) <= 0.1


def test_steps_end_at_every_corner_of_the_schedule_and_every_kept_time():
    keep = Keep(every_s=17.0, times_s=(3.3,))
    times = []
    history = Simulation(_twice(), keep=keep, threads=1, progress=lambda share, _: times.append(share * 240.0)).run()
    due = [30.0, 100.0, 140.0, 170.0, 220.0, 3.3, *(17.0 * n for n in range(15))]
    assert all(min(abs(t - d) for t in times) < 1e-6 for d in due)
    assert sorted(history.kept) == sorted({3.3, *(17.0 * n for n in range(15))})


def test_one_two_and_four_threads_give_the_same_bits():
    line = Line("n", (0.2, 0.1, -8.0), (2.0, 1.0, 8.0), 0.75, (LineStep(0.0, 30.0, -140.0, h=2000.0),))
    scene = replace(mixed(45.0), lines=(line,), freeze_ends_s=(30.0,))
    one, *others = (Simulation(scene, threads=n).run() for n in (1, 2, 4))
    for other in others:
        for name in ("minimum_c", "final_c", "first_frozen_s", "cycles_frozen", "cooling_rate"):
            assert getattr(one, name).tobytes() == getattr(other, name).tobytes(), name
        for name in ("-20", "-40"):
            assert one.time_below_s[name].tobytes() == other.time_below_s[name].tobytes()
        assert one.end_of_freeze_c[0].tobytes() == other.end_of_freeze_c[0].tobytes()
        assert one.sensors_c["near"].tobytes() == other.sensors_c["near"].tobytes()
        assert one.needle_watts["n"].tobytes() == other.needle_watts["n"].tobytes()
        assert one.heat == other.heat
