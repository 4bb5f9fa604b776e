"""The tissues of a large CT are told once and kept beside its case; what is kept is never another image's."""

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from iceball.io import case as cases
from iceball.io import kept_tissues
from iceball.io.case import Case
from iceball.io.once import alone
from iceball.space import Volume
from iceball.space.shapes import Sphere
from iceball.tissue import TARGET, Structure
from tests.tissue.phantom import grid, trunk

TUMOUR = Structure(TARGET, Sphere((40.0, -10.0, 0.0), 22.0), "by hand")


@pytest.fixture
def image() -> Volume:
    return trunk(grid((34, 26, 8), 8.0), couch=False)


@pytest.fixture
def large(tmp_path: Path, image: Volume, monkeypatch: pytest.MonkeyPatch) -> Case:
    """As a scan of 512 x 512 x 300 is kept."""
    monkeypatch.setattr(cases, "LARGE_CELLS", 1000)
    return Case.create(tmp_path / "large", title="Large", image=image, structures=[TUMOUR], organ="kidney")


def told_anew(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows each time that tissues are told from the image."""
    times: list[str] = []
    tell = kept_tissues.tissues_from_ct
    monkeypatch.setattr(kept_tissues, "tissues_from_ct", lambda *a, **k: (times.append("told"), tell(*a, **k))[1])
    return times


def test_a_large_image_makes_the_same_patient_as_a_small_one(tmp_path, image, large, monkeypatch):
    monkeypatch.setattr(cases, "LARGE_CELLS", 1_000_000)
    small = Case.create(tmp_path / "small", title="Small", image=image, structures=[TUMOUR], organ="kidney")
    assert large.large
    assert not small.large
    assert np.array_equal(large.anatomy().labels.data, small.anatomy().labels.data)
    assert np.array_equal(large.image().data, image.data)
    assert large.tissues_kept


def test_tissues_are_told_once(large, monkeypatch):
    times = told_anew(monkeypatch)
    assert not large.tissues_kept
    first = large.anatomy()
    assert np.array_equal(large.anatomy().labels.data, first.labels.data)
    assert np.array_equal(Case.open(large.folder).anatomy().labels.data, first.labels.data)
    assert times == ["told"]


def test_what_was_kept_is_not_taken_for_another_image_or_another_program(large, image, monkeypatch):
    large.anatomy()
    times = told_anew(monkeypatch)
    cut = image.data.copy()
    cut[:17] = -1000
    cases.write_nifti(Volume(image.grid, cut, "HU", image.header), large.image_file)
    away = Case.open(large.folder).holding(())
    anatomy = away.anatomy()
    air = next(label for label, name in anatomy.tissues.items() if name == "air")
    assert (anatomy.labels.data[:16] == air).all()
    assert times == ["told"]
    monkeypatch.setattr(kept_tissues, "_program", lambda: "another")
    away.anatomy()
    assert times == ["told"] * 2
    assert len(list((large.folder / "made").glob("tissues-*.npy"))) == kept_tissues.MOST_KEPT


@pytest.mark.parametrize("broken", [b"", b"nothing", None])
def test_a_broken_file_is_made_anew(large, monkeypatch, broken):
    whole = large.anatomy().labels.data
    [file] = (large.folder / "made").glob("*.npy")
    file.write_bytes(file.read_bytes()[:-100] if broken is None else broken)
    times = told_anew(monkeypatch)
    assert np.array_equal(large.anatomy().labels.data, whole)
    assert times == ["told"]


def test_the_outline_has_image_and_target_and_tells_no_tissue(large, monkeypatch):
    times = told_anew(monkeypatch)
    seen = large.outline()
    assert list(seen.structures) == ["tumour"]
    assert np.array_equal(seen.image.data, large.image().data)
    assert not times


def test_another_process_keeps_what_this_one_reads(large, monkeypatch):
    subprocess.run([sys.executable, "-m", "iceball.io.kept_tissues", str(large.folder)], check=True)
    times = told_anew(monkeypatch)
    large.anatomy()
    assert not times


def test_one_waits_for_another(tmp_path):
    order: list[str] = []
    held = threading.Event()

    def second() -> None:
        held.wait()
        with alone(tmp_path / "lock"):
            order.append("second")

    thread = threading.Thread(target=second)
    thread.start()
    with alone(tmp_path / "lock"):
        held.set()
        thread.join(0.2)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
