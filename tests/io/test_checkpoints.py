"""A checkpoint on disk serves as well as one in memory."""

from pathlib import Path

import pytest

from iceball.errors import CaseError, StaleError
from iceball.io.checkpoints import read_checkpoint, write_checkpoint
from iceball.solve import Keep, Simulation
from tests.solve.scenes import mixed

KEEP = Keep(times_s=(8.0,))


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    file = tmp_path_factory.mktemp("run") / "run.npz"

    def keep_first(checkpoint):
        if not file.exists():
            write_checkpoint(file, checkpoint)

    return Simulation(mixed(30.0), keep=KEEP, checkpoint=keep_first, checkpoint_every_s=16.0).run(), file


def test_a_run_goes_on_from_a_file_to_the_same_bits(stored):
    whole, file = stored
    resumed = Simulation(mixed(30.0), keep=KEEP, resume=read_checkpoint(file)).run()
    for name in ("minimum_c", "final_c", "first_frozen_s", "cycles_frozen", "cooling_rate", "sensor_times_s"):
        assert getattr(whole, name).tobytes() == getattr(resumed, name).tobytes(), name
    assert whole.kept[8.0].tobytes() == resumed.kept[8.0].tobytes()
    assert whole.end_of_freeze_c[0].tobytes() == resumed.end_of_freeze_c[0].tobytes()
    assert (whole.heat, whole.stats) == (resumed.heat, resumed.stats)


def test_nothing_is_left_beside_the_file(stored):
    _, file = stored
    assert list(file.parent.iterdir()) == [file]


def test_a_file_that_is_no_checkpoint_is_refused(stored, tmp_path: Path):
    _, file = stored
    cut, text = tmp_path / "cut.npz", tmp_path / "text.npz"
    cut.write_bytes(file.read_bytes()[:-2000])
    text.write_text("no checkpoint")
    for path in (cut, text, tmp_path / "missing.npz"):
        with pytest.raises(CaseError, match="no checkpoint that can be read"):
            read_checkpoint(path)
    with pytest.raises(StaleError, match="another scene"):
        Simulation(mixed(31.0), keep=KEEP, resume=read_checkpoint(file))
