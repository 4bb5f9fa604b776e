"""Run the proofs and print their values; exits with 1 when one is off.

`--json` prints a list of {name, kind, metric, value, tolerance, unit, passed}; `--write-readme` keeps what was measured
in results.json, with date and commit, and writes the table in the project's README from all that is kept there.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any, TextIO

HERE = Path(__file__).resolve().parent
README = HERE.parent / "README.md"
RESULTS = HERE / "results.json"
"""The last values of each proof: {name: {date, commit, values}}."""
SHARED = HERE.parents[1] / "shared" / "data"
"""Where data lie that this repository must not hold, if they are at hand."""
BEGIN, END = "<!-- validation table: begin -->", "<!-- validation table: end -->"


KINDS = {"exact": "exact", "computed": "code-to-code", "measured": "data"}
"""First word of a proof's `source`, and what kind of proof that is."""
CONVERGENCE = "convergence"
UNITS = {"mm": "mm", "ml": "mL", "c": "K", "k": "K", "s": "s", "watts": "W", "w_per_m": "W/m", "percent": "%"}
"""Last word of a value's name, and the unit of its deviation; every other value is a plain number."""


@dataclass(frozen=True)
class Value:
    """One measured value of a proof beside what was expected: within a tolerance, or at least that much."""

    proof: str
    key: str
    measured: float
    expected: float
    tolerance: float
    kind: str = "exact"
    at_least: bool = False

    @property
    def used(self) -> float:
        """Share of the tolerance that the deviation takes; above 1 the value is off."""
        if self.at_least:
            if self.measured > 0:
                return max(self.expected, 0.0) / self.measured
            return self.measured / self.expected if self.expected < 0 else math.inf  # both below 0, or off
        share = abs(self.measured - self.expected) / self.tolerance
        return share if math.isfinite(share) else math.inf

    @property
    def bar(self) -> str:
        """What was expected, in words."""
        return (
            f"at least {self.expected:.5g}"
            if self.at_least
            else f"expected {self.expected:.5g} +- {self.tolerance:.3g}"
        )

    def as_json(self) -> dict[str, Any]:
        """One entry of `--json`: a deviation beside its tolerance, an order beside the least allowed."""
        metric = (
            self.key if self.at_least or self.expected == 0 else f"deviation of {self.key} from {self.expected:.7g}"
        )
        value = self.measured if self.at_least else abs(self.measured - self.expected)
        unit = next(
            (u for end, u in UNITS.items() if self.key.endswith((f"_{end}", f".{end}")) or self.key == end), "1"
        )
        return {
            "name": self.proof,
            "kind": self.kind,
            "metric": metric,
            "value": value if math.isfinite(value) else None,
            "tolerance": self.expected if self.at_least else self.tolerance,
            "unit": unit,
            "passed": self.used <= 1,
        }


def load(name: str) -> ModuleType:
    """The module of a proof."""
    spec = importlib.util.spec_from_file_location(f"validation_{name}", HERE / name / "run.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(HERE / name / "run.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where a dataclass looks for its own module
    spec.loader.exec_module(module)
    return module


def missing(expected: Mapping[str, Any]) -> str:
    """The first data set that a proof needs and that is not at hand; "" where nothing is missing."""
    needed = expected.get("needs", [])
    names = [needed] if isinstance(needed, str) else needed
    return next((name for name in names if not (SHARED / name).is_dir()), "")


def measure(name: str, expected: dict[str, Any], out: TextIO = sys.stdout) -> list[Value]:
    """Run one proof and print its values."""
    module = load(name)
    began = time.perf_counter()
    found = beside(name, expected, module.run())
    print(f"\n{name} ({time.perf_counter() - began:.1f} s)", file=out)
    for v in found:
        print(f"  {'ok ' if v.used <= 1 else 'OFF'} {v.key:28s} {v.measured:12.5g}  {v.bar}", file=out)
    return found


def beside(name: str, expected: dict[str, Any], values: Mapping[str, float | None]) -> list[Value]:
    """Each measured value of a proof beside what was expected; what is missing is not a number, so off."""
    kind = KINDS[expected["source"].split(":")[0]]
    found = []
    for key, row in expected["value"].items():
        told, least = values.get(key), "at_least" in row
        measured = math.nan if told is None else told
        bar, tolerance = (row["at_least"], math.nan) if least else (row["expected"], row["tolerance"])
        found.append(Value(name, key, measured, bar, tolerance, CONVERGENCE if _is_order(key) else kind, least))
    return found


def _is_order(key: str) -> bool:
    return key.rpartition(".")[2] == "order"


def table(
    values: Iterable[Value], shown: dict[str, list[str]], *, made: str, orders: Mapping[str, str] | None = None
) -> str:
    """The README's table: of each proof the quantities it shows and the one that comes nearest to its tolerance.

    Args:
        values: of all proofs.
        shown: names of the quantities to show, by proof.
        made: when and at which commits they were measured.
        orders: names of the fitted orders that stand in the last column of a proof's first row.
    """
    values, orders = list(values), orders or {}
    lines = ["| proof | quantity | measured | expected | tolerance | order |", "|---|---|---:|---:|---:|---:|"]
    for proof, keys in shown.items():
        own = [v for v in values if v.proof == proof]
        worst = max((v for v in own if not v.at_least), key=lambda v: v.used, default=None)
        order = next((f"{v.measured:.2f} (≥ {v.expected:g})" for v in own if v.key == orders.get(proof)), "")
        for v in own:
            if v.key in keys or v is worst or v.used > 1:
                marks = (" (nearest to its tolerance)" if v is worst else "") + (" **OFF**" if v.used > 1 else "")
                tolerance = "at least" if v.at_least else f"± {v.tolerance:.3g}"
                lines.append(
                    f"| [{proof}](validation/{proof}/problem.md) | `{v.key}`{marks} "
                    f"| {v.measured:.4g} | {v.expected:.4g} | {tolerance} | {order} |"
                )
                order = ""
    within = sum(v.used <= 1 for v in values)
    lines += ["", f"{within} of {len(values)} values within tolerance; {made}"]
    return "\n".join(lines)


def keep(results: dict[str, Any], values: Iterable[Value], *, date: str, commit: str) -> None:
    """Put what was measured into the kept results, in place of what each of its proofs had there."""
    for v in values:
        own = results.get(v.proof)
        if own is None or (own["date"], own["commit"]) != (date, commit):
            own = results[v.proof] = {"date": date, "commit": commit, "values": {}}
        own["values"][v.key] = v.measured if math.isfinite(v.measured) else None


def kept_table(results: Mapping[str, Any], expected: Mapping[str, dict[str, Any]]) -> str:
    """The table of all that is kept, held against what the proofs expect today."""
    names = [n for n in sorted(results) if n in expected]
    values = [v for n in names for v in beside(n, expected[n], results[n]["values"])]
    orders = {n: expected[n]["order"] for n in names if "order" in expected[n]}
    by_time: dict[tuple[str, str], list[str]] = {}
    for n in names:
        by_time.setdefault((results[n]["date"], results[n]["commit"]), []).append(n)
    many = sorted(by_time.items(), key=lambda item: -len(item[1]))
    told = [f"measured on {day} at commit {commit}" for (day, commit), _ in many[:1]]
    told += [f"on {day} at {commit}: {', '.join(own)}" for (day, commit), own in many[1:]]
    return table(values, {n: expected[n]["show"] for n in names}, made="; ".join(told) + ".", orders=orders)


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
    parser.add_argument("--write-readme", action="store_true", help="keep the results, and write the README's table")
    parser.add_argument("--json", action="store_true", help="print a list for machines; progress goes to stderr")
    parser.add_argument("names", nargs="*", help="only these")
    arguments = parser.parse_args()
    sys.path.insert(0, str(HERE))
    measured_at = commit() if arguments.write_readme else ""
    values: list[Value] = []
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    today = datetime.now(UTC).date().isoformat()
    files = sorted(HERE.glob("*/expected.toml"))
    known = {p.parent.name: tomllib.loads(p.read_text(encoding="utf-8")) for p in files}
    unknown = set(arguments.names) - set(known)
    if unknown:
        parser.error(f"no proof called {', '.join(sorted(unknown))}; known: {', '.join(known)}")
    for name, expected in known.items():
        if (arguments.names and name not in arguments.names) or (arguments.fast and not expected["fast"]):
            continue
        out = sys.stderr if arguments.json else sys.stdout
        if missing(expected):
            print(f"\n{name}: skipped, it needs the data set {missing(expected)} (see its problem.md)", file=out)
            continue
        found = measure(name, expected, out)
        values += found
        if arguments.write_readme:  # at once: a long list of proofs may be broken off
            keep(results, found, date=today, commit=measured_at)
            RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    if arguments.json:
        print(json.dumps([v.as_json() for v in values], indent=1))
    if arguments.write_readme:
        write_readme(kept_table(results, known))
    return 0 if all(v.used <= 1 for v in values) else 1


if __name__ == "__main__":
    sys.exit(main())
