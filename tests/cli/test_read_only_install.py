"""The package may lie where its user cannot write, and its user may have no home: kernels are kept all the same."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import iceball

PROGRAM = """
import os, sys
sys.path[:0] = [sys.argv[1]]
from pathlib import Path
import iceball
from iceball.physics.heat import conductivity
from numba import config
from iceball.solve import Bioheat
from iceball.solve.rows import property_rows
from iceball.solve.simulation import Simulation
from tests.solve.scenes import block
assert iceball.__file__.startswith(sys.argv[1])
print(conductivity(20.0, property_rows(block(1.0), Bioheat())[0]))
print(len(list(Path(config.CACHE_DIR).rglob("heat.conductivity*.nbc"))))
"""


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="needs modes of files")
@pytest.mark.parametrize("home", ["/dev/null", ""])
def test_a_package_that_cannot_be_written_keeps_its_kernels_elsewhere(tmp_path: Path, home: str) -> None:
    place, scratch = tmp_path / "lib", tmp_path / "scratch"
    shutil.copytree(Path(iceball.__file__).parent, place / "iceball", ignore=shutil.ignore_patterns("__pycache__"))
    scratch.mkdir()
    for folder in [p for p in place.rglob("*") if p.is_dir()]:
        (folder / "__pycache__").touch()  # stops even root, as a mode would not
        folder.chmod(0o555)
    environment = {**os.environ, "HOME": home, "XDG_CACHE_HOME": "", "TMPDIR": str(scratch), "NUMBA_CACHE_DIR": ""}
    environment["PYTHONPATH"] = str(Path(__file__).resolve().parents[2])
    for _ in range(2):
        ran = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(place)],
            env=environment, cwd="/", capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr
        value, kept = ran.stdout.split()
        assert float(value) == pytest.approx(0.535)
        assert kept == "1"
    assert not list(place.rglob("*.nb[ci]"))
    assert list(scratch.rglob("*.nbc"))
    for folder in [p for p in place.rglob("*") if p.is_dir()]:
        folder.chmod(0o755)
