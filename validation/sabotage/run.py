"""Do our tests notice wrong physics? Puts one fault after another into a copy of the package and runs tests/laws.

Each fault is one subprocess without the JIT, on the small grids of those tests. What came of it is kept in `.results/`
as long as package and tests stay as they are: a run that was interrupted goes on where it stopped.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sabotage.faults import FAULTS, Fault

ROOT = Path(__file__).resolve().parents[2]
RESULTS = Path(__file__).resolve().parent / ".results"
BATTERY = "tests/laws"
"""With the scenes of `tests/solve/scenes.py`."""
CAUGHT_SHARE = 0.95
LONGEST_CPU_S = 100
"""A fault that makes the tests go on and on has been noticed too; CPU time, so that a busy machine notices no more."""


@dataclass(frozen=True)
class Outcome:
    """What the tests said of one fault: the first test that failed, or "" where none did."""

    fault: str
    caught_by: str
    seconds: float


class Copy:
    """A copy of package and tests in a folder, so that work on them can go on meanwhile."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copy(ROOT / "pyproject.toml", folder)
        unused = shutil.ignore_patterns("__pycache__", "cases")
        shutil.copytree(ROOT / "src" / "iceball", folder / "src" / "iceball", ignore=unused)
        shutil.copytree(ROOT / BATTERY, folder / BATTERY, ignore=unused)
        (folder / "tests" / "solve").mkdir()
        for file in ("tests/__init__.py", "tests/solve/__init__.py", "tests/solve/scenes.py"):
            shutil.copy(ROOT / file, folder / file)

    def digest(self, *more: str) -> str:
        """A hash of the physics, the solver and the tests."""
        found = hashlib.sha256("".join(more).encode())
        for part in ("src/iceball/physics", "src/iceball/solve", "tests"):
            for file in sorted((self.folder / part).rglob("*.py")):
                found.update(str(file.relative_to(self.folder)).encode() + file.read_bytes())
        return found.hexdigest()

    def try_out(self, fault: Fault | None, tests: str = BATTERY) -> Outcome:
        """Run the tests with a fault in the package, or without any."""
        began = time.perf_counter()
        file = self.folder / "src" / "iceball" / (fault.file if fault else "__init__.py")
        source = file.read_text(encoding="utf-8")
        file.write_text(fault.put_into(source) if fault else source, encoding="utf-8")
        try:
            caught_by = self._test(tests)
        finally:
            file.write_text(source, encoding="utf-8")
        return Outcome(fault.name if fault else "", caught_by, round(time.perf_counter() - began, 1))

    def _test(self, tests: str) -> str:
        command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "--tb=no", "-p", "no:cacheprovider"]
        environment = os.environ | {
            "NUMBA_DISABLE_JIT": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": str(self.folder / "src"),
        }
        done = subprocess.run(
            [*command, "--hypothesis-seed=0", tests],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (LONGEST_CPU_S, LONGEST_CPU_S + 5)),
        )
        if done.returncode == 0:
            return ""
        if done.returncode == -signal.SIGXCPU:
            return "no end"
        named = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
        return named.group(1).removeprefix(f"{BATTERY}/") if named else done.stdout[-300:] + done.stderr[-300:]


def outcomes(faults: tuple[Fault, ...]) -> list[Outcome]:
    """What the tests say of each fault; known ones are not tried again.

    Raises:
        SystemExit: if the tests fail without any fault.
    """
    found = []
    RESULTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        copy = Copy(Path(folder))
        sound = copy.try_out(None)
        if sound.caught_by:
            raise SystemExit(f"The tests fail without a fault: {sound.caught_by}")
        print(f"{'without a fault':40s} passes ({sound.seconds:.0f} s)", flush=True)
        for fault in faults:
            key = copy.digest(fault.name, fault.right, fault.wrong)
            file = RESULTS / f"{fault.name}.json"
            known = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
            if known.get("key") == key:
                outcome = Outcome(fault.name, known["caught_by"], known["seconds"])
            else:
                outcome = copy.try_out(fault)
                file.write_text(json.dumps({"key": key, **asdict(outcome)}, indent=1) + "\n", encoding="utf-8")
            print(f"{outcome.fault:40s} {outcome.caught_by or 'MISSED'} ({outcome.seconds:.0f} s)", flush=True)
            found.append(outcome)
    return found


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="only these faults")
    names = parser.parse_args().names
    unknown = set(names) - {f.name for f in FAULTS}
    if unknown:
        parser.error(f"no fault called {', '.join(sorted(unknown))}")
    found = outcomes(tuple(f for f in FAULTS if not names or f.name in names))
    missed = [o.fault for o in found if not o.caught_by]
    share = 1.0 - len(missed) / len(found)
    print(
        f"\n{len(found) - len(missed)} of {len(found)} faults caught ({100 * share:.0f} %; wanted {CAUGHT_SHARE:.0%})."
    )
    print("Missed: " + (", ".join(missed) or "none"))
    return 0 if share >= CAUGHT_SHARE else 1


if __name__ == "__main__":
    sys.exit(main())
