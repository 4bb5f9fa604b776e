"""Every kept field is counted, and print(history) says so."""

import pytest

from iceball.solve import Keep, Simulation
from tests.solve.scenes import mixed


@pytest.fixture(scope="module")
def history():
    return Simulation(mixed(30.0), keep=Keep(times_s=(10.0,)), threads=1).run()


def test_each_kept_field_is_counted(history):
    cells = history.minimum_c.size
    assert history.memory == {
        "minimum_c": 4 * cells,
        "final_c": 4 * cells,
        "end_of_freeze_c[0]": 4 * cells,
        "time_below_s[-20]": 4 * cells,
        "time_below_s[-40]": 4 * cells,
        "first_frozen_s": 4 * cells,
        "cooling_rate": 4 * cells,
        "kept[10]": 4 * cells,
        "cycles_frozen": cells,
    }


def test_the_record_takes_22_bytes_a_cell_while_it_runs(history):
    cells = history.minimum_c.size
    assert history.stats["record_bytes"] == 22 * cells


def test_a_printed_history_tells_its_end_its_ice_and_its_memory(history):
    text = str(history)
    assert text.startswith("History: Finished")
    assert "mL ever at or below -20 °C" in text
    assert "minimum_c 0.02" in text
    assert "bytes a cell" in text
    assert max(len(line) for line in text.splitlines()) < 300
