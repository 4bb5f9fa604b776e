"""Input that would cost hours or end in nonsense: refused at once, with the field and the place, and nothing stored."""

import json
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest

from iceball.errors import GeometryError, SceneError
from iceball.io.nifti import write_nifti
from iceball.solve import Line, LineStep, Scene, Simulation
from iceball.space import Grid, Volume
from tests.cli.test_refusals import shell
from tests.solve.scenes import FAT, KIDNEY, block, mixed

SECONDS = 2.0
FAR = 1
"""First index of a cell of `mixed` far from its needle."""


@contextmanager
def at_once() -> Iterator[None]:
    """Of processor time, so that a busy machine makes no difference."""
    began = time.process_time()
    yield
    assert time.process_time() - began <= SECONDS


def with_initial(value: float) -> Scene:
    scene = mixed(20.0)
    field = np.full(scene.grid.shape, 37.0)
    field[FAR, 2, 5] = value
    return replace(scene, initial_c=field)


def huge() -> Scene:
    grid = Grid.box((0, 0, 0), (1300, 1300, 1300), 1.0)
    return Scene(grid, np.broadcast_to(np.uint8(0), grid.shape), (KIDNEY,), 60.0)


def outside() -> Scene:
    line = Line("north", (90.0, 0.0, 0.0), (120.0, 0.0, 0.0), 0.75, (LineStep(0.0, 60.0, -140.0),))
    return replace(block(60.0), lines=(line,))


WRONG: dict[str, tuple[Callable[[], Scene], str, str]] = {
    "NaN in one voxel far from the ice": (lambda: with_initial(math.nan), "Scene.initial_c[1, 2, 5]", "nan °C at ("),
    "infinity in one voxel": (lambda: with_initial(math.inf), "Scene.initial_c[1, 2, 5]", "inf °C at ("),
    "colder than cold": (lambda: with_initial(-300.0), "Scene.initial_c[1, 2, 5]", "-300.0 °C"),
    "a start of another shape": (
        lambda: replace(block(9.0), initial_c=np.zeros((2, 2, 2))),
        "Scene.initial_c",
        "shape",
    ),
    "a start that is no number": (lambda: replace(block(9.0), initial_c=math.nan), "Scene.initial_c", "nan"),
    "k = 1e9 in one label": (
        lambda: replace(mixed(20.0), materials=(KIDNEY, replace(FAT, conductivity=1e9), None)),
        "Material fat.conductivity",
        "1e+09 is outside 0.01 to 500",
    ),
    "frozen k = 1e9 in one label": (
        lambda: replace(mixed(20.0), materials=(KIDNEY, replace(FAT, frozen_conductivity=(1e9, 0.0, 0.0)), None)),
        "Material fat.frozen_conductivity",
        "1e+09",
    ),
    "a density in g/cm3": (
        lambda: replace(mixed(20.0), materials=(replace(KIDNEY, density=0.05), FAT, None)),
        "Material kidney.density",
        "0.05",
    ),
    "1300 cells cubed": (huge, "Scene.grid", "2197 million cells"),
    "a protocol of 25 h": (lambda: replace(block(60.0), duration_s=25 * 3600.0), "Scene.duration_s", "24 hours"),
    "arterial blood in kelvin, and hot": (lambda: replace(block(60.0), body_c=3100.0), "Scene.body_c", "3100"),
    "a wall outside that is no number": (
        lambda: replace(block(60.0), outer_c=(37.0, 37.0, math.nan, 37.0, 37.0, 37.0)),
        "Scene.outer_c[2]",
        "nan",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_scene_that_cannot_be_is_refused_at_its_birth(name: str) -> None:
    make, where, said = WRONG[name]
    with at_once(), pytest.raises(SceneError) as refused:
        make()
    assert refused.value.where == where
    assert said in refused.value.what


def test_gas_needs_no_temperature() -> None:
    scene = mixed(20.0)
    field = np.full(scene.grid.shape, 37.0)
    field[~scene.solved] = math.nan
    assert replace(scene, initial_c=field).initial_c is field


def test_zero_cells_are_refused() -> None:
    with at_once(), pytest.raises(GeometryError, match="three positive sizes") as refused:
        Grid.of((0, 4, 4), np.eye(4))
    assert refused.value.where == "Grid.shape"


def test_a_probe_outside_the_grid_is_refused_before_anything_is_solved() -> None:
    told: list[float] = []
    scene = outside()
    with at_once(), pytest.raises(SceneError, match="north") as refused:
        Simulation(scene, threads=1, progress=lambda share, text: told.append(share)).run()
    assert "grid" in str(refused.value)
    assert max(told, default=0.0) == 0.0


def case_of(folder: Path, ct: Path) -> Path:
    from iceball.io.intake import Request, new_case
    from iceball.plan import freeze

    return new_case(folder, Request(ct, organ="soft_tissue", target_sphere=(0, 0, 0, 16), protocol=freeze(30))).folder


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("bad")
    return case_of(place / "case", image(place / "ct.nii.gz"))


def image(path: Path) -> Path:
    grid = Grid.box((-200, -200, -200), (200, 200, 200), 8.0)
    centres = grid.centres_mm()
    body = np.where(centres[..., 0] ** 2 + centres[..., 1] ** 2 < 190**2, 40.0, -1000.0).astype(np.float32)
    return write_nifti(Volume(grid, body), path)


PROBE = '{{ probe = "generic-17g-short", tip_mm = [{x:.1f}, 10.0, {z:.1f}], entry_mm = [{x:.1f}, -100.0, {z:.1f}] }}'
STEPS = "[protocol]\nsteps = [{{ kind = 'freeze', duration_s = {seconds:.1f} }}]\n"


def plan(case: Path, places: list[tuple[float, float]], seconds: float = 30.0) -> None:
    probes = ", ".join(PROBE.format(x=x, z=z) for x, z in places)
    text = f'probes = [{probes}]\ngoals = []\nreview = "edited"\n{STEPS.format(seconds=seconds)}'
    (case / "plan.toml").write_text(text)


SHELL = {
    "1300 cells cubed": ([(-120.0, -120.0), (120.0, 120.0)], 30.0, "0.25", "million cells", "spacing 0.25 mm"),
    "a probe outside the grid": ([(900.0, 0.0)], 30.0, "4", "no part of any active zone lies in tissue", ""),
    "a protocol of 25 h": ([(0.0, 0.0)], 25 * 3600.0, "4", "24 hours", "Protocol"),
}


@pytest.mark.parametrize("name", SHELL)
@pytest.mark.parametrize("verb", ["simulate", "run"])
def test_the_shell_refuses_it_at_once_and_stores_nothing(
    name: str, verb: str, case: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    places, seconds, spacing, said, where = SHELL[name]
    plan(case, places, seconds)
    with at_once():
        code = shell(monkeypatch, verb, str(case), "--spacing-mm", spacing, "--json")
    error = json.loads(capsys.readouterr().out)["error"]
    assert code == 1
    assert said in error["what"]
    assert where in error["where"]
    assert not list(case.glob("runs/*"))


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_an_image_with_one_voxel_that_is_no_number_is_refused_with_its_place(
    wrong: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ct = image(tmp_path / "ct.nii.gz")
    file = nibabel.load(ct)
    values = file.get_fdata(dtype=np.float32)
    values[3, 4, 5] = wrong
    nibabel.save(nibabel.Nifti1Image(values, file.affine), ct)
    words = ["new", str(tmp_path / "case"), "--ct", str(ct), "--target-sphere", "0,0,0,16", "--organ", "kidney"]
    assert shell(monkeypatch, *words, "--json") == 1
    error = json.loads(capsys.readouterr().out)["error"]
    assert "ct.nii.gz" in error["where"]
    assert "(3, 4, 5)" in error["what"]
    assert not (tmp_path / "case").exists()


@pytest.mark.parametrize("spacing", ["0", "-1", "nan", "1e9"])
def test_a_spacing_that_leaves_no_cells_is_wrong_use(
    spacing: str, case: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plan(case, [(0.0, 0.0)])
    with at_once():
        code = shell(monkeypatch, "simulate", str(case), "--spacing-mm", spacing, "--json")
    assert code in (1, 2)
    assert "spacing" in json.loads(capsys.readouterr().out)["error"]["what"]
    assert not list(case.glob("runs/*"))
