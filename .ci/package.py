"""What people install: builds the wheel and the source archive, and looks into both."""

import sys
import tarfile
import zipfile
from pathlib import Path
from subprocess import run
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
CARRIED = ("src/iceball/web/static", "src/iceball/store/migrations")
"""Folders without which the wheel would install and the workbench not start."""
KEPT_OUT = ("node_modules", "__pycache__", ".venv", "iceball-demo")


def looked_into(folder: Path) -> list[str]:
    """What is wrong with the wheel and the source archive that lie in this folder."""
    wheel = set(zipfile.ZipFile(next(folder.glob("*.whl"))).namelist())
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        source = {name.partition("/")[2] for name in archive.getnames()}
    faults = [
        f"{name}: {what} is in it"
        for name, names in (("wheel", wheel), ("source archive", source))
        for what in KEPT_OUT
        if any(what in Path(each).parts for each in names)
    ]
    for carried in CARRIED:
        tracked = run(["git", "ls-files", carried], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
        if not tracked:
            faults.append(f"{carried}: git has no such folder")
        faults += [f"wheel: {file} is missing" for file in tracked if file.removeprefix("src/") not in wheel]
        faults += [f"source archive: {file} is missing" for file in tracked if file not in source]
    return faults


def main() -> int:
    """Build, look, say."""
    with TemporaryDirectory() as folder:
        run([sys.executable, "-m", "hatchling", "build", "-d", folder], cwd=ROOT, check=True)
        faults = looked_into(Path(folder))
    for fault in faults:
        print(f"error: {fault}", file=sys.stderr)
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
