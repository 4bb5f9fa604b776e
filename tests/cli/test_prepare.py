"""Kernels are compiled once, kept where the user may write, and thrown away with the law they were made of."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from iceball import kernels
from iceball.io.bundled import bundled_case
from tests.acceptance.shell import shorten

RUN = """
import json, sys
sys.path[:0] = json.loads(sys.argv[1])
from dataclasses import replace
from iceball.solve.prepare import kernels
from iceball.solve.watch import StopWhen, reaches
from tests.solve.scenes import block, mixed
from iceball.solve import Keep, Simulation
Simulation(mixed(2.0, spacing_mm=4.0), keep=Keep(every_s=1.0)).run()
scene, kept = block(2.0, spacing_mm=4.0), []
scene = replace(scene, regions={"all": scene.labels == 0})
watch = [StopWhen(reaches("all", -100.0))]
Simulation(scene, threads=2, watch=watch, checkpoint=kept.append, checkpoint_every_s=1.0).run()
Simulation(scene, threads=2, watch=watch, resume=kept[0]).run()
print(json.dumps(kernels()))
"""

USED = """
import json
from numba.core.caching import IndexDataCacheFile as Store
names, load, save = set(), Store._load_data, Store._save_data

def loaded(store, name):
    names.add(name)
    return load(store, name)

def saved(store, name, data):
    names.add(name)
    save(store, name, data)

Store._load_data, Store._save_data = loaded, saved
from iceball.cli import app
from iceball.kernels import folder
app(["prepare", "--json"], standalone_mode=False)
print(json.dumps([str(folder()), sorted(names)]))
"""


def iceball(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, env={**os.environ, **environment}, timeout=300
    )


def stored(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file of compiled code: a kernel for other types writes one, and its index anew."""
    return {p.name: (p.stat().st_size, p.stat().st_mtime_ns) for p in folder.rglob("*.nb[ci]")}


def test_what_prepare_compiles_is_all_that_a_case_and_a_scene_need(tmp_path: Path) -> None:
    """A folder with just the compiled code that `prepare` uses stays as it is while others work with it."""
    kept, case = tmp_path / "kept", tmp_path / "case"
    bundled_case("kidney", case)
    shorten(case, 1)
    told = iceball("-c", USED)
    assert told.returncode == 0, told.stderr
    folder, names = json.loads(told.stdout.splitlines()[-1])
    shutil.copytree(folder, kept / Path(folder).name)
    for file in kept.rglob("*.nbc"):
        if file.name not in names:
            file.unlink()
    before = stored(kept)
    assert len(before) > 100
    ran = iceball(
        "-m", "iceball.cli", "run", str(case), "--spacing-mm", "4", "--members", "2", NUMBA_CACHE_DIR=str(kept)
    )
    assert ran.returncode == 0, ran.stderr
    ran = iceball("-c", RUN, json.dumps(sys.path), NUMBA_CACHE_DIR=str(kept))
    assert ran.returncode == 0, ran.stderr
    compiled, loaded = json.loads(ran.stdout)
    assert (compiled, loaded > 10) == (0, True)
    assert stored(kept) == before


def test_prepare_says_what_it_did_and_where() -> None:
    told = json.loads(iceball("-m", "iceball.cli", "prepare", "--json").stdout)
    assert told["kernels"] > 20
    assert Path(told["folder"]).is_dir()
    assert kernels.fingerprint() in told["folder"]


def test_every_kernel_is_kept_in_that_folder() -> None:
    program = (
        "import sys, iceball.solve.prepare as p\n"
        "from numba.core.dispatcher import Dispatcher\n"
        "for m in list(sys.modules.values()):\n"
        "    if getattr(m, '__name__', '').startswith('iceball.'):\n"
        "        for v in vars(m).values():\n"
        "            if isinstance(v, Dispatcher): print(v._cache.cache_path)\n"
    )
    paths = set(iceball("-c", program).stdout.split())
    assert paths
    assert all(kernels.fingerprint() in path for path in paths)


def test_no_kernel_is_made_before_the_folder_is_chosen() -> None:
    """Import `compiled` from `iceball.kernels`, or a law from `iceball.physics`, before numba's own njit is used."""
    home = Path(kernels.__file__).parent
    texts = {p.relative_to(home): p.read_text(encoding="utf-8") for p in home.rglob("*.py") if p.stem != "kernels"}
    made = {p: t for p, t in texts.items() if "njit" in t or "compiled(" in t}
    assert made
    assert {p.parts[0] for p in made} <= set(kernels.ROOMS), "another room: add it to ROOMS, or its kernels go stale"
    assert [str(p) for p, t in made.items() if not re.search(r"from iceball\.(physics|kernels)", t)] == []


def test_a_changed_law_makes_another_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    before, read = kernels.fingerprint(), Path.read_text

    def changed(name: str) -> str:
        edit = lambda path, **how: read(path, **how) + ("# changed\n" if path.name == name else "")  # noqa: E731
        monkeypatch.setattr(Path, "read_text", edit)
        return kernels.fingerprint()

    assert changed("heat.py") != before
    assert changed("cpu.py") != before
    assert changed("rows.py") != before, "its constants are compiled into the kernels"
    assert changed("simulation.py") == before, "no kernel is made of it"


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="needs owners of files")
def test_kernels_are_not_taken_from_a_folder_that_others_may_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, scratch = tmp_path / "home", tmp_path / "scratch"
    (home / "iceball").mkdir(parents=True)
    (home / "iceball").chmod(0o777)
    scratch.mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(home))
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    monkeypatch.setattr("sys.platform", "linux")
    kernels.folder.cache_clear()
    found = kernels.folder()
    kernels.folder.cache_clear()
    assert found is not None
    assert found.is_relative_to(scratch)
    assert found.parent.stat().st_mode & 0o077 == 0


def test_only_the_newest_folders_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(12):
        (tmp_path / f"kernels-{n:02d}").mkdir()
        os.utime(tmp_path / f"kernels-{n:02d}", (n, n))
    (tmp_path / "mine").mkdir()
    kernels.folder.cache_clear()
    found = kernels.folder(str(tmp_path))
    kernels.folder.cache_clear()
    assert found is not None
    left = sorted(p.name for p in tmp_path.iterdir())
    assert left == sorted(["mine", found.name, *(f"kernels-{n:02d}" for n in range(5, 12))])


VANISHES = """
import shutil, sys
from numba.core.caching import UserProvidedCacheLocator as Place
from iceball.kernels import folder
from iceball.solve.depth import depth
from iceball.solve.rows import Bioheat, property_rows
from iceball.solve.scene import Scene
from iceball.solve.prepare import TISSUE
from iceball.space import Grid
import numpy as np

def at_once(place):
    # another version cleans up between the look at the folder and the writing
    made(place)
    shutil.rmtree(folder(sys.argv[1]))

made = Place.ensure_cache_path
if sys.argv[2] == "at once":
    Place.ensure_cache_path = at_once
else:
    shutil.rmtree(folder(sys.argv[1]))
grid = Grid.box((0, 0, 0), (3, 3, 3), 1.0)
labels = np.zeros(grid.shape, np.uint8)
rows = property_rows(Scene(grid, labels, (TISSUE,), 1.0), Bioheat())
print(depth(np.full(grid.shape, -5.0), labels, rows, 0.0)[0, 0, 0])
"""


@pytest.mark.parametrize(("when", "is_kept"), [("at once", False), ("before", True)])
def test_a_run_whose_kernels_folder_vanishes_goes_on(tmp_path: Path, when: str, is_kept: bool) -> None:
    ran = iceball("-c", VANISHES, str(tmp_path), when, NUMBA_CACHE_DIR=str(tmp_path))
    assert ran.returncode == 0, ran.stderr
    # 1 K unfrozen, and 4 K of the 7 K over which k rises from 0.5 to 2 W/m/K
    assert float(ran.stdout) == pytest.approx(0.5 + 4 * 0.5 + 1.5 * 4**2 / 7 / 2)
    assert any(name.startswith("depth._depths") for name in stored(tmp_path)) is is_kept


def test_a_folder_that_was_opened_lately_or_vanishes_meanwhile_does_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(12):
        (tmp_path / f"kernels-{n:02d}").mkdir()
        os.utime(tmp_path / f"kernels-{n:02d}", (n, n))
    now = time.time()
    os.utime(tmp_path / "kernels-03", (now - 60, now - 60))
    (tmp_path / "kernels-zz").symlink_to(tmp_path / "nowhere")
    for n in range(kernels.KEPT):
        (tmp_path / f"kernels-now{n}").mkdir()
    kernels.folder.cache_clear()
    found = kernels.folder(str(tmp_path))
    kernels.folder.cache_clear()
    assert found is not None
    assert found.parent == tmp_path
    left = {p.name for p in tmp_path.iterdir()}
    assert left == {found.name, "kernels-03", "kernels-zz", *(f"kernels-now{n}" for n in range(kernels.KEPT))}
