"""Run the proofs and print their values; exits with 1 when one is off. `--write-readme` rewrites the README's table."""

from __future__ import annotations

import argparse
import importlib.util
import math
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
README = HERE.parent / "README.md"
BEGIN, END = "<!-- validation table: begin -->", "<!-- validation table: end -->"


@dataclass(frozen=True)
class Value:
    """One measured value of a proof beside what was expected."""

    proof: str
    key: str
    measured: float
    expected: float
    tolerance: float

    @property
    def used(self) -> float:
        """Share of the tolerance that the deviation takes; above 1 the value is off."""
        share = abs(self.measured - self.expected) / self.tolerance
        return share if math.isfinite(share) else math.inf


def measure(name: str, expected: dict[str, dict[str, float]]) -> list[Value]:
    """Run one proof and print its values."""
    spec = importlib.util.spec_from_file_location(f"validation_{name}", HERE / name / "run.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(HERE / name / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    began = time.perf_counter()
    values = module.run()
    found = [Value(name, k, values.get(k, math.nan), row["expected"], row["tolerance"]) for k, row in expected.items()]
    print(f"\n{name} ({time.perf_counter() - began:.1f} s)")
    for v in found:
        print(
            f"  {'ok ' if v.used <= 1 else 'OFF'} {v.key:28s} {v.measured:12.5g}"
            f"  expected {v.expected:.5g} +- {v.tolerance:.3g}"
        )
    return found


def table(values: Iterable[Value], shown: dict[str, list[str]], *, date: str, commit: str) -> str:
    """The README's table: of each proof the quantities it shows and the one that comes nearest to its tolerance."""
    values = list(values)
    lines = ["| proof | quantity | measured | expected | tolerance |", "|---|---|---:|---:|---:|"]
    for proof, keys in shown.items():
        own = [v for v in values if v.proof == proof]
        worst = max(own, key=lambda v: v.used)
        for v in own:
            if v.key in keys or v is worst:
                marks = (" (nearest to its tolerance)" if v is worst else "") + (" **OFF**" if v.used > 1 else "")
                lines.append(
                    f"| [{proof}](validation/{proof}/problem.md) | `{v.key}`{marks} "
                    f"| {v.measured:.4g} | {v.expected:.4g} | ± {v.tolerance:.3g} |"
                )
    within = sum(v.used <= 1 for v in values)
    lines += ["", f"{within} of {len(values)} values within tolerance; measured on {date} at commit {commit}."]
    return "\n".join(lines)


def write_readme(text: str) -> None:
    """Replace what stands between the two markers."""
    page = README.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    if not rest or END not in rest:
        raise SystemExit(f"README.md: the markers {BEGIN} and {END} are missing.")
    README.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def commit() -> str:
    """The commit that was measured, and whether the solver or the proofs differ from it."""

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=HERE, capture_output=True, text=True, check=True).stdout.strip()

    changed = git("status", "--porcelain", "--", "../src/iceball/solve", "../src/iceball/physics", ".")
    return git("rev-parse", "--short", "HEAD") + (" with local changes" if changed else "")


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fast", action="store_true", help="leave out the long proofs")
    parser.add_argument("--write-readme", action="store_true", help="run all proofs and rewrite the README's table")
    parser.add_argument("names", nargs="*", help="only these")
    arguments = parser.parse_args()
    if arguments.write_readme and (arguments.fast or arguments.names):
        parser.error("--write-readme needs all proofs")
    sys.path.insert(0, str(HERE))
    measured_at = commit() if arguments.write_readme else ""
    values: list[Value] = []
    shown: dict[str, list[str]] = {}
    known = {p.parent.name: p for p in sorted(HERE.glob("*/expected.toml"))}
    unknown = set(arguments.names) - set(known)
    if unknown:
        parser.error(f"no proof called {', '.join(sorted(unknown))}; known: {', '.join(known)}")
    for name, file in known.items():
        expected = tomllib.loads(file.read_text(encoding="utf-8"))
        if (arguments.names and name not in arguments.names) or (arguments.fast and not expected["fast"]):
            continue
        shown[name] = expected["show"]
        values += measure(name, expected["value"])
    if arguments.write_readme:
        write_readme(table(values, shown, date=datetime.now(UTC).date().isoformat(), commit=measured_at))
    return 0 if all(v.used <= 1 for v in values) else 1


if __name__ == "__main__":
    sys.exit(main())
