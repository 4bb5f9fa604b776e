"""What the memory cannot hold is refused before it is allocated, and the estimate is never below what a run takes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from iceball.errors import SceneError
from iceball.solve import Keep, Scene, Simulation, memory
from iceball.solve.memory import free_bytes, history_bytes, mixed_faces, must_fit, run_bytes
from iceball.space import Grid
from tests.solve.scenes import FAT, KIDNEY, block, needle

GB = 10**9


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> Callable[[int | None], None]:
    return lambda size: monkeypatch.setattr(memory, "free_bytes", lambda: size)


def large(cells: int, spacing_mm: float = 0.2) -> Scene:
    """Cubed, one tissue; its labels take no memory."""
    grid = Grid.box((0, 0, 0), (cells * spacing_mm,) * 3, spacing_mm)
    return Scene(grid, np.broadcast_to(np.uint8(0), grid.shape), (KIDNEY,), 60.0, initial_c=37.0)


def test_a_scene_of_a_hundred_million_cells_and_more_is_refused_at_once_before_anything_is_allocated(free) -> None:
    free(10 * GB)
    tracemalloc.start()
    began = time.process_time()
    scene = large(500)
    with pytest.raises(SceneError) as refused:
        Simulation(scene).run()
    assert time.process_time() - began < 2.0
    assert tracemalloc.get_traced_memory()[1] < 0.1 * scene.labels.size
    tracemalloc.stop()
    assert refused.value.where == "Scene.grid"
    assert re.fullmatch(
        r"125 million cells need about 1[5-9](\.\d)? GB of memory; 10 GB are free, of which 8 GB may be taken",
        refused.value.what,
    )
    fits = float(re.findall(r"about ([\d.]+) mm", refused.value.remedy)[0])
    cells = round((0.2 / fits * 500) ** 3)
    must_fit(run_bytes(cells, 0), shape=(1, 1, 1), spacing_mm=(fits,) * 3, where="")
    with pytest.raises(SceneError):
        must_fit(run_bytes(2 * cells, 0), shape=(1, 1, 1), spacing_mm=(fits,) * 3, where="")


def test_what_a_simulation_keeps_and_how_it_runs_counts_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = block(10.0)
    asked = []
    monkeypatch.setattr("iceball.solve.simulation.must_fit", lambda need, **_: asked.append(need))
    for settings in ({}, {"keep": Keep(every_s=5.0)}, {"checkpoint": lambda c: None}, {"backend": "reference"}):
        Simulation(scene, **settings)._must_fit()
    cells = scene.labels.size
    plain = run_bytes(cells, 0, fields=2)
    assert asked == [plain, plain + 3 * 4 * cells, plain + 150 * cells, plain + 52 * cells]


def test_flat_axes_are_not_made_coarser(free) -> None:
    free(1 * GB)
    with pytest.raises(SceneError) as refused:
        must_fit(4 * GB, shape=(4000, 1, 4000), spacing_mm=(0.1, 7.0, 0.2), where="x")
    across, along = (float(s) for s in re.findall(r"[\d.]+", refused.value.remedy)[:2])
    assert 2.0 < across / 0.1 < 3.0
    assert along == pytest.approx(2 * across, rel=0.05)


@pytest.mark.parametrize(("size", "widest_mm"), [(1 * GB, 0.3), (50_000_000, 4.0), (0, 4.0)])
def test_where_no_sensible_spacing_fits_another_machine_is_the_remedy(free, size: int, widest_mm: float) -> None:
    free(size)
    with pytest.raises(SceneError, match="Take a machine with more memory"):
        must_fit(60 * GB, shape=(9, 9, 9), spacing_mm=(0.2,) * 3, where="x", widest_mm=widest_mm)


def test_a_system_that_does_not_tell_its_memory_refuses_nothing(free) -> None:
    free(None)
    must_fit(10**15, shape=(9, 9, 9), spacing_mm=(0.2,) * 3, where="x")


def test_a_container_s_allowance_counts_and_files_read_once_do_not(tmp_path: Path) -> None:
    for name, text in (("max", "4000000000\n"), ("current", "3000000000"), ("stat", "anon 5\ninactive_file 500000000")):
        (tmp_path / f"memory.{name}").write_text(text)
    assert memory._allowed(tmp_path) == 1_500_000_000
    (tmp_path / "memory.max").write_text("max\n")
    assert memory._allowed(tmp_path) is None
    assert memory._allowed(tmp_path / "nowhere") is None


def test_the_free_memory_is_a_sensible_number_where_it_is_known() -> None:
    free = free_bytes()
    assert free is None or 1e7 < free < 1e15


@pytest.mark.parametrize("shape", [(7, 5, 6), (1, 1, 40), (40, 1, 1)])
@pytest.mark.parametrize("block_cells", [1, 60, 10**6])
def test_faces_between_two_labels_are_counted_once(
    shape: tuple[int, int, int], block_cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "BLOCK_CELLS", block_cells)
    labels = np.random.default_rng(2).integers(0, 3, shape).astype(np.uint8)
    assert mixed_faces(labels) == sum(int((np.diff(labels.astype(int), axis=a) != 0).sum()) for a in range(3)) > 0


def test_a_history_holds_what_is_said() -> None:
    history = Simulation(replace(block(4.0), freeze_ends_s=(2.0, 4.0))).run()
    cells = history.minimum_c.size
    assert sum(history.memory.values()) + history.scene.labels.nbytes == history_bytes(cells, fields=3)


def dear(kind: str) -> tuple[Scene, dict[str, object]]:
    """A scene that is dear in one way, and the settings it is run with."""
    grid = Grid.box((0, 0, 0), (110, 110, 110), 1.0)
    labels = np.zeros(grid.shape, np.uint8)
    if kind == "speckled":
        labels[np.random.default_rng(1).random(grid.shape, dtype=np.float32) < 0.1] = 1
    line = needle((55.0, 55.0, 45.0), (55.0, 55.0, 65.0), 2.0)
    scene = Scene(grid, labels, (KIDNEY, FAT), 1.0, lines=(line,), freeze_ends_s=(0.5, 1.0))
    settings: dict[str, object] = {"threads": 2}
    if kind == "in double precision":
        return replace(scene, duration_s=0.2, freeze_ends_s=(0.1, 0.2)), {**settings, "backend": "reference"}
    return scene, settings


MEASURED = """
import json, sys
sys.path[:0] = json.loads(sys.argv[1])
from dataclasses import replace
from pathlib import Path
from iceball.io.checkpoints import write_checkpoint
from iceball.solve import Simulation
from tests.solve.scenes import mixed
from tests.solve.test_memory import dear

def told(what):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(what))

kind = sys.argv[2]
scene, settings = dear(kind)
if kind == "with checkpoints":
    settings |= {"checkpoint": lambda c: write_checkpoint(Path(sys.argv[3]), c), "checkpoint_every_s": 0.3}
Simulation(mixed(1.0, half_mm=13.0), **settings).run()
before = told("VmRSS")
Simulation(scene, **settings).run()
print(told("VmHWM") - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="needs the memory of another process")
@pytest.mark.parametrize("kind", ["one tissue", "speckled", "in double precision", "with checkpoints"])
def test_no_run_takes_more_than_is_estimated(kind: str, tmp_path: Path) -> None:
    words = [sys.executable, "-c", MEASURED, json.dumps(sys.path), kind, str(tmp_path / "run.npz")]
    ran = subprocess.run(words, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr
    scene, settings = dear(kind)
    need = run_bytes(
        scene.labels.size,
        mixed_faces(scene.labels),
        double="backend" in settings,
        checkpoints=kind == "with checkpoints",
    )
    assert 0.6 * need < int(ran.stdout) < need


def test_room_is_asked_for_a_second_layout_where_tissues_may_change():
    assert run_bytes(10**6, 0, rules=True) - run_bytes(10**6, 0) == 50 * 10**6
