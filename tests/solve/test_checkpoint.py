"""A run that goes on from a checkpoint comes to the same bits as one that was never interrupted."""

from dataclasses import fields, replace

import numpy as np
import pytest

from iceball.errors import SceneError, StaleError
from iceball.solve import Bioheat, Keep, Simulation
from iceball.solve.watch import StopWhen, reaches
from tests.solve.scenes import mixed
from tests.solve.test_needle_across_tissues import through_fat_into_kidney

KEEP = Keep(times_s=(0.0, 20.0, 70.0))
SCENE = replace(mixed(), regions={"far": np.arange(16)[:, None, None] + np.zeros((16, 16, 16)) > 10})


def _bytes(value):
    """All of a value that decides anything, as bytes."""
    if isinstance(value, np.ndarray):
        return value.tobytes()
    if isinstance(value, tuple):
        return b"".join(map(_bytes, value))
    if isinstance(value, dict):
        return b"".join(name.encode() + _bytes(v) for name, v in sorted(value.items(), key=str) if name != "seconds")
    return repr(value).encode()


def _same(one, two):
    for field in fields(one):
        if field.name == "scene":
            continue
        a, b = getattr(one, field.name), getattr(two, field.name)
        a, b = ({str(k): v for k, v in x.items()} if isinstance(x, dict) else x for x in (a, b))
        if field.name == "stats":
            a, b = ({k: v for k, v in x.items() if k not in ("threads", "solver_bytes")} for x in (a, b))
        assert _bytes(a) == _bytes(b), field.name


@pytest.fixture(scope="module")
def whole():
    """An uninterrupted run without checkpoints."""
    return Simulation(SCENE, keep=KEEP, threads=1).run()


@pytest.fixture(scope="module")
def checkpoints():
    """One a quarter of a minute: the freeze ends at 60 s, the needle warms from 90 s."""
    taken = []
    history = Simulation(SCENE, keep=KEEP, threads=1, checkpoint=taken.append, checkpoint_every_s=15.0).run()
    return taken, history


def test_taking_checkpoints_changes_nothing(whole, checkpoints):
    taken, history = checkpoints
    assert len(taken) >= 6
    _same(whole, history)


@pytest.mark.parametrize(("after_s", "threads"), [(15.0, 1), (60.0, 2), (75.0, 1), (105.0, 4)])
def test_a_resumed_run_comes_to_the_same_bits(whole, checkpoints, after_s, threads):
    checkpoint = next(c for c in checkpoints[0] if c.time_s >= after_s)
    assert after_s <= checkpoint.time_s < 120.0
    _same(whole, Simulation(SCENE, keep=KEEP, threads=threads, resume=checkpoint).run())


def test_a_checkpoint_serves_twice_and_a_resumed_run_gives_checkpoints_too(whole, checkpoints):
    taken, _ = checkpoints
    later = []
    _same(whole, Simulation(SCENE, keep=KEEP, resume=taken[0], checkpoint=later.append, checkpoint_every_s=15.0).run())
    assert [c.time_s for c in later] == [c.time_s for c in taken[1:]]
    _same(whole, Simulation(SCENE, keep=KEEP, resume=later[-1]).run())
    _same(whole, Simulation(SCENE, keep=KEEP, resume=taken[0]).run())


def test_a_cancelled_run_leaves_a_checkpoint_to_go_on_from(whole):
    taken, calls = [], iter(range(1000))
    stopped = Simulation(SCENE, keep=KEEP, cancelled=lambda: next(calls) > 7, checkpoint=taken.append,
                         checkpoint_every_s=1e9).run()  # fmt: skip
    assert stopped.result.name == "stopped_early"
    assert len(taken) == 1
    _same(whole, Simulation(SCENE, keep=KEEP, resume=taken[0]).run())


def test_a_watched_run_resumes_to_the_same_stop():
    watch, taken = [StopWhen(reaches("far", 20.0))], []
    history = Simulation(SCENE, watch=watch, checkpoint=taken.append, checkpoint_every_s=10.0).run()
    assert history.result.name == "stopped_to_spare"
    _same(history, Simulation(SCENE, watch=watch, resume=taken[-1]).run())


def test_a_run_resumes_whose_needle_asks_some_cells_for_less():
    scene, taken = replace(through_fat_into_kidney(2.0, 0.0, np.inf), duration_s=50.0), []
    history = Simulation(scene, checkpoint=taken.append, checkpoint_every_s=5.0).run()
    held = [c for c in taken if c.parts["march"]["machine.work.able"].min() < 1.0]
    assert held
    _same(history, Simulation(scene, resume=held[0]).run())


def test_explicit_steps_and_the_referee_resume_too():
    short = replace(mixed(12.0), freeze_ends_s=(6.0,))
    for backend in ("cpu", "reference"):
        taken = []
        history = Simulation(
            short, backend=backend, method="euler", checkpoint=taken.append, checkpoint_every_s=5.0
        ).run()
        _same(history, Simulation(short, backend=backend, method="euler", resume=taken[0]).run())


def test_another_run_or_version_is_refused(checkpoints):
    checkpoint = checkpoints[0][0]
    with pytest.raises(StaleError, match="another scene"):
        Simulation(mixed(121.0), keep=KEEP, resume=checkpoint)
    with pytest.raises(StaleError, match="another keep"):
        Simulation(SCENE, resume=checkpoint)
    with pytest.raises(StaleError, match="another bioheat and watch"):
        Simulation(SCENE, keep=KEEP, bioheat=Bioheat(blood=False), watch=[StopWhen(reaches("far", 0.0))],
                   resume=replace(checkpoint, run={**checkpoint.run, "scene": SCENE.key(watched=["far"])}))  # fmt: skip
    with pytest.raises(StaleError, match=r"version 0\.0\.9"):
        Simulation(SCENE, keep=KEEP, resume=replace(checkpoint, version="0.0.9"))
    with pytest.raises(StaleError, match="format 0"):
        Simulation(SCENE, keep=KEEP, resume=replace(checkpoint, format=0))
    with pytest.raises(SceneError, match="must be positive"):
        Simulation(SCENE, checkpoint_every_s=0.0)
