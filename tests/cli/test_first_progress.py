"""With kernels compiled, somebody who runs a case sees soon that it runs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from iceball.io.bundled import bundled_case

SECONDS = 2.0


@pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="needs the processor time of another process")
def test_the_first_progress_of_a_run_takes_at_most_two_seconds_of_the_processor(tmp_path: Path) -> None:
    bundled_case("kidney", tmp_path / "case")
    command = [sys.executable, "-m", "iceball.cli"]
    subprocess.run([*command, "prepare"], check=True, capture_output=True, timeout=300)
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
    assert used_at_first < 0.5 * SECONDS
    assert used < SECONDS


def processor_s(pid: int) -> float:
    """Its own time and the system's for it."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
