"""With kernels compiled, somebody who runs a case sees soon that it runs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from iceball.io.bundled import bundled_case

SECONDS, YARDSTICK_S = 2.0, 0.75
"""Of the processor, on a machine where it takes the second to load what every run loads; a slower one may take longer.

The yardstick took 0.78 to 1.05 s on a machine where the run took 2.0 to 2.1 s (2026-11-23).
"""


@pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="needs the processor time of another process")
def test_the_first_progress_of_a_run_takes_at_most_two_seconds_of_the_processor(tmp_path: Path) -> None:
    bundled_case("kidney", tmp_path / "case")
    command = [sys.executable, "-m", "iceball.cli"]
    subprocess.run([*command, "prepare"], check=True, capture_output=True, timeout=300)
    before = yardstick_s()
    words = [*command, "run", str(tmp_path / "case"), "--spacing-mm", "4"]
    run = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert run.stderr is not None
    try:
        first = run.stderr.readline()
        used_at_first = processor_s(run.pid)
        # a long path goes on in a second line
        simulating = next(line for line in run.stderr if line.startswith("Simulating"))
        used = processor_s(run.pid)
    finally:
        run.kill()
        run.communicate()
    assert first.startswith("Reading ")
    assert simulating
    slower = max(1.0, (before + yardstick_s()) / 2 / YARDSTICK_S)
    assert used_at_first < 0.5 * SECONDS * slower
    assert used < SECONDS * slower


def yardstick_s() -> float:
    """What a process takes that loads two libraries and ends."""
    began = os.times()
    subprocess.run([sys.executable, "-c", "import numba, scipy.ndimage"], check=True)
    ended = os.times()
    return ended.children_user + ended.children_system - began.children_user - began.children_system


def processor_s(pid: int) -> float:
    """Its own time and the system's for it."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
